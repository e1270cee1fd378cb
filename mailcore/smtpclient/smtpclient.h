/*
 * Speaking SMTP to another server (RFC 5321 §4.5.4), no LMTP.
 *
 * Straight-line calls, each with its deadline (REQUIREMENTS 12): the delivery threads of the send
 * role are the only ones in the program that wait for a peer. A client belongs to
 * one thread at a time and may be kept for the next message (connection reuse).
 *
 * Limits: reply lines of 512 octets count, longer ones are cut; 100 lines a reply; 64 KiB of reply
 * bytes a command. Bytes that arrive between 220 to STARTTLS and the handshake are an error. A
 * reply is text for people: control characters are replaced before it leaves this file.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/secret.h"
#include "mailcore/base/span.h"
#include "mailcore/net/addr.h"

struct smtpclient;

enum smtpclient_tls { CLIENT_TLS_NONE, CLIENT_TLS_MAY, CLIENT_TLS_MUST, CLIENT_TLS_IMPLICIT };

struct smtpclient_options {
	struct addr peer; /* with port */
	struct addr bind; /* family 0: any */
	struct span host; /* the peer's name: SNI, and verification when verify is set */
	struct span helo; /* our name */
	enum smtpclient_tls tls;
	bool verify; /* the certificate must be good for host: smarthosts and policies */
	int64_t connect_ms, command_ms, data_ms; /* 0: defaults of REQUIREMENTS 12 */
	bool (*cancelled)(void *arg);            /* looked at every second: stop */
	void *cancelled_arg;
};

struct smtpclient_reply {
	int code;            /* 0: no reply */
	struct span status;  /* "5.1.1", from the reply, else made from the code's class: "5.0.0" */
	struct span text;    /* all lines, one blank between, cut to 512 octets, printable */
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

/* Connects, greets, takes TLS by options. RC_OK; RC_TEMP: not reached, time-out, TLS (out->reply
 * says what, in words when no reply came); RC_DENIED: 5xx greeting. Heap; smtpclient_close. */
MUST_CHECK enum rc smtpclient_open(struct ctx *ctx, const struct smtpclient_options *options,
	struct smtpclient **out, struct smtpclient_reply *reply);
unsigned smtpclient_extensions(const struct smtpclient *c);
uint64_t smtpclient_size_max(const struct smtpclient *c);    /* 0: not told */
struct span smtpclient_tls_text(const struct smtpclient *c); /* "TLSv1.3 TLS_..." or empty */
/* PLAIN, else LOGIN; never in clear text. */
MUST_CHECK enum rc smtpclient_auth(struct smtpclient *c, struct ctx *ctx, struct span user,
	const struct secret *password, struct smtpclient_reply *reply);

struct smtpclient_rcpt {
	struct span address, orcpt;    /* orcpt: "rfc822;xtext", or empty */
	unsigned notify;               /* bits of queue.h, 0: nothing is said */
	struct smtpclient_reply reply; /* out: to RCPT, or to the message */
	bool accepted;                 /* out: RCPT was */
};
struct smtpclient_message {
	struct span mail_from, envid;
	bool ret_full, ret_hdrs, smtputf8, body_8bit;
	uint64_t size_bytes;
	struct smtpclient_rcpt *rcpts;
	size_t n_rcpts;
	/* The message, CRLF lines: called until it returns an empty span; RC_TEMP breaks off. */
	enum rc (*read)(void *arg, struct ctx *ctx, struct span *out);
	void *read_arg;
};
/* One transaction, pipelined when offered. RC_OK: every rcpt has its final reply. RC_TEMP: the
 * connection broke; replies that came are there, in_doubt says that the end of the message had been
 * sent. The caller closes then. */
MUST_CHECK enum rc smtpclient_send(struct smtpclient *c, struct ctx *ctx,
	struct smtpclient_message *message, struct smtpclient_reply *last, bool *in_doubt);
/* Ready for another message? RSET when needed. */
bool smtpclient_is_reusable(struct smtpclient *c);
void smtpclient_close(struct smtpclient *c); /* QUIT without waiting long; NULL is fine */
