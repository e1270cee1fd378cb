/*
 * Speaking SMTP to another server (RFC 5321, 3207, 2920, 1870, 6152, 6531, 3461, 4954); no LMTP.
 *
 * Straight-line calls, each with its deadline (REQUIREMENTS 12): the delivery threads of the send
 * role are the only ones in the program that wait for a peer. A client belongs to one thread at a
 * time and may be kept for the next message (connection reuse).
 *
 * Limits are those of reply.h. Bytes that came along with the 220 to STARTTLS are dropped, what was
 * said before it is forgotten. A server that speaks out of turn elsewhere is hung up on: an answer
 * to what was not asked yet is no answer. Text that would put a line end into a command is refused
 * (RC_INVALID) before a byte is sent. Bare CR and LF of a message are made CRLF on the wire.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/secret.h"
#include "mailcore/base/span.h"
#include "mailcore/net/addr.h"
#include "mailcore/net/tls_client.h"
#include "mailcore/smtpclient/reply.h"

/* REQUIREMENTS 12 */
#define CLIENT_CONNECT_MS  (30 * 1000)
#define CLIENT_GREETING_MS (5 * 60 * 1000)
#define CLIENT_COMMAND_MS  (5 * 60 * 1000)
#define CLIENT_DATA_MS     (2 * 60 * 1000)
#define CLIENT_BLOCK_MS    (3 * 60 * 1000)
#define CLIENT_END_MS      (10 * 60 * 1000)
#define CLIENT_RCPTS_MAX   100 /* of one transaction; their commands fit into WIRE_OUT_MAX */

struct smtpclient;

/* MAY takes what is offered and verifies nothing; after a failed handshake RC_TEMP with
 * tls_failed, and the caller may come again with NONE. */
enum smtpclient_tls { CLIENT_TLS_NONE, CLIENT_TLS_MAY, CLIENT_TLS_MUST, CLIENT_TLS_IMPLICIT };

struct smtpclient_options {
	struct addr peer; /* with port */
	struct addr bind; /* family 0: any */
	struct span host; /* the peer's name: SNI, and verification when verify is set */
	struct span helo; /* our name */
	enum smtpclient_tls tls;
	bool verify; /* the certificate must be good for host: smarthosts and policies */
	/* DANE: the certificate must match one of these; tls is MUST. */
	const struct tlsa *tlsa;
	size_t n_tlsa;
	struct span also;   /* with tlsa: another name that the certificate may have */
	int64_t until_ms;   /* monotonic: all waiting ends there; 0: only the limits below */
	int64_t connect_ms; /* 0: the defaults above */
	int64_t command_ms; /* of every reply */
	int64_t data_ms;    /* of every block of the message */
	bool (*cancelled)(void *arg); /* looked at every second: stop; NULL: never */
	void *cancelled_arg;
};

enum smtpclient_extension {
	CLIENT_PIPELINING = 1,
	CLIENT_8BITMIME = 2,
	CLIENT_SMTPUTF8 = 4,
	CLIENT_DSN = 8,
	CLIENT_SIZE = 16,
	CLIENT_CHUNKING = 32,
	CLIENT_STARTTLS = 64,
	CLIENT_AUTH_PLAIN = 128,
	CLIENT_AUTH_LOGIN = 256,
	CLIENT_ENHANCED = 512,
};

/* What went wrong, for whoever tries the next server. reply.code 0: reply.text are our words. */
struct smtpclient_failure {
	struct smtpclient_reply reply;
	bool tls_failed; /* the handshake, not the network */
	bool no_tls;     /* MUST, and it was not offered or refused */
};

/* Connects, greets, takes TLS by options. RC_OK; RC_TEMP: not reached, time-out, TLS, 4xx;
 * RC_DENIED: 5xx to greeting or EHLO. Heap; smtpclient_close. Text of the failure:
 * ctx->arena. */
MUST_CHECK enum rc smtpclient_open(struct ctx *ctx, const struct smtpclient_options *options,
	struct smtpclient **out, struct smtpclient_failure *failure);
unsigned smtpclient_extensions(const struct smtpclient *c);
uint64_t smtpclient_size_max(const struct smtpclient *c);    /* 0: not told */
struct span smtpclient_tls_text(const struct smtpclient *c); /* "TLSv1.3 TLS_..." or empty */
/* A kept client works for somebody else now. */
void smtpclient_set_until(struct smtpclient *c, int64_t until_ms);
/* How many transactions it has done, and when it was opened (monotonic). */
unsigned smtpclient_uses(const struct smtpclient *c);
int64_t smtpclient_opened_ms(const struct smtpclient *c);
/* PLAIN, else LOGIN; never in clear text but to a loopback address. RC_DENIED: refused, or no
 * mechanism of ours is offered; RC_TEMP. */
MUST_CHECK enum rc smtpclient_auth(struct smtpclient *c, struct ctx *ctx, struct span user,
	const struct secret *password, struct smtpclient_reply *reply);

enum { /* RFC 3461, the same bits as in queue.h */
	CLIENT_NOTIFY_NEVER = 1,
	CLIENT_NOTIFY_SUCCESS = 2,
	CLIENT_NOTIFY_FAILURE = 4,
	CLIENT_NOTIFY_DELAY = 8,
};

struct smtpclient_rcpt {
	struct span address;           /* local@domain as it goes on the wire, no brackets */
	struct span orcpt;             /* as on the wire: "rfc822;xtext", or empty */
	unsigned notify;               /* 0: nothing is said */
	struct smtpclient_reply reply; /* out: to RCPT, or to the message; code 0: none came */
	bool accepted;                 /* out: RCPT was */
};
struct smtpclient_message {
	struct span mail_from, envid; /* "" is the null sender; envid: xtext */
	bool ret_full, ret_hdrs, smtputf8, body_8bit;
	uint64_t size_bytes;
	struct smtpclient_rcpt *rcpts;
	size_t n_rcpts;
	/* The message: called until it returns an empty span; anything but RC_OK breaks off. */
	enum rc (*read)(void *arg, struct ctx *ctx, struct span *out);
	void *read_arg;
};
/* One transaction, pipelined when offered; parameters are said only to servers that offer them.
 * RC_OK: every rcpt has its final reply. RC_INVALID: something cannot be said (a line end in an
 * address), nothing was sent. RC_TEMP: the connection broke or read failed; replies that came are
 * there, *last is the reply that broke it off, or our words; *in_doubt: the end of the message had
 * been sent. After RC_TEMP the caller closes. */
MUST_CHECK enum rc smtpclient_send(struct smtpclient *c, struct ctx *ctx,
	struct smtpclient_message *message, struct smtpclient_reply *last, bool *in_doubt);
/* Ready for another message: alive, in step, nothing unread. RSET has been said when needed. */
bool smtpclient_is_reusable(struct smtpclient *c);
void smtpclient_close(struct smtpclient *c); /* QUIT without waiting; NULL is fine */
