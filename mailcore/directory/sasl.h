/*
 * SASL PLAIN (RFC 4616), LOGIN and SCRAM-SHA-256 (RFC 5802, 7677) messages, as SMTP, IMAP and POP3
 * carry them in base64.
 *
 * Reads and writes only; what must be looked up is asked for by a state (sasl_login.h answers).
 * Pure but for the nonce and the credentials it keeps, which are wiped by sasl_done. Strict base64. An authorization identity is allowed when
 * it is empty or names the same user. The name is UTF-8 without controls; a password may hold any
 * byte but NUL.
 *
 *   sasl_begin -> SASL_CONTINUE: send sasl_challenge, read a line, sasl_next ... -> SASL_READY
 *
 * SCRAM with channel binding (-PLUS) uses tls-exporter (RFC 9266). A client that could bind and has
 * been told that we cannot, although we can, is refused: somebody has changed the list.
 */
#pragma once

#include <stdbool.h>

#include "mailcore/base/secret.h"
#include "mailcore/base/span.h"

#define SASL_NAME_MAX     320  /* decoded bytes */
#define SASL_PASSWORD_MAX 1024 /* decoded bytes */
/* What a line of the exchange may be long (RFC 4954 §4); longer than the limits above need, so
 * that too long answers are told apart from flooding. */
#define SASL_LINE_MAX 12288

#define SASL_BINDING_SIZE 32 /* of tls-exporter */

enum sasl_mechanism { SASL_PLAIN, SASL_LOGIN, SASL_SCRAM, SASL_SCRAM_PLUS };

enum sasl_state {
	SASL_CONTINUE, /* sasl_challenge() waits for an answer */
	/* PLAIN, LOGIN: sasl_name() and sasl_password() are there; SCRAM: sasl_mailbox_id() has
	 * proved itself. */
	SASL_READY,
	SASL_NEEDS_SALT,  /* SCRAM: sasl_name() is there; sasl_scram_salt() goes on */
	SASL_NEEDS_PROOF, /* SCRAM: is sasl_scram_proof() right? sasl_scram_signed() goes on */
	SASL_CANCELLED,   /* the client said "*" */
	SASL_MALFORMED, /* not base64, not the mechanism's form, too long, or a foreign identity */
};

struct sasl {
	enum sasl_mechanism mechanism;
	bool has_name; /* LOGIN: the name has been given */
	struct secret name, password;
	struct scram_exchange *scram; /* NULL but for SCRAM */
};

/* The mechanisms' names, as they are announced, in any case. */
bool sasl_mechanism_parse(struct span text, enum sasl_mechanism *out);

/* initial: the response that came with the command; ptr NULL when there was none; "=" is the empty
 * one. binding: the channel's SASL_BINDING_SIZE bytes, empty when it has none (then -PLUS is not to
 * be announced and is malformed). *s need not be initialised. */
enum sasl_state sasl_begin(
	struct sasl *s, enum sasl_mechanism mechanism, struct span binding, struct span initial);
/* One line of the client, without its line end. */
enum sasl_state sasl_next(struct sasl *s, struct span line);
/* In base64, ready to be sent. */
const char *sasl_challenge(const struct sasl *s);
struct span sasl_name(const struct sasl *s);
struct span sasl_password(const struct sasl *s);

bool sasl_is_scram(const struct sasl *s);
enum sasl_state sasl_scram_salt(struct sasl *s, struct span salt, unsigned iterations);
/* AuthMessage (RFC 5802 §3) and the client's proof of SCRAM_HASH_SIZE bytes. */
struct span sasl_scram_message(const struct sasl *s);
const unsigned char *sasl_scram_proof(const struct sasl *s);
/* The proof was right: the server's signature for the client, and whose it was. */
enum sasl_state sasl_scram_signed(struct sasl *s, struct span signature, int64_t mailbox_id);
int64_t sasl_mailbox_id(const struct sasl *s);

/* Wipes and frees; harmless on a zeroed or finished one. */
void sasl_done(struct sasl *s);
