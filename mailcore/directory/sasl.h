/*
 * SASL PLAIN (RFC 4616) and LOGIN messages, as SMTP, IMAP and POP3 carry them in base64.
 *
 * Reads only; the caller looks whether name and password are right. Pure but for the credentials
 * it keeps, which are wiped by sasl_done. Strict base64. An authorization identity is allowed when
 * it is empty or names the same user. The name is UTF-8 without controls; a password may hold any
 * byte but NUL.
 *
 *   sasl_begin -> SASL_CONTINUE: send sasl_challenge, read a line, sasl_next ... -> SASL_READY
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

enum sasl_mechanism { SASL_PLAIN, SASL_LOGIN };

enum sasl_state {
	SASL_CONTINUE,  /* sasl_challenge() waits for an answer */
	SASL_READY,     /* sasl_name() and sasl_password() are there */
	SASL_CANCELLED, /* the client said "*" */
	SASL_MALFORMED, /* not base64, not the mechanism's form, too long, or a foreign identity */
};

struct sasl {
	enum sasl_mechanism mechanism;
	bool has_name; /* LOGIN: the name has been given */
	struct secret name, password;
};

/* "PLAIN" or "LOGIN" in any case. */
bool sasl_mechanism_parse(struct span text, enum sasl_mechanism *out);

/* initial: the response that came with the command; ptr NULL when there was none; "=" is the empty
 * one. *s need not be initialised. */
enum sasl_state sasl_begin(struct sasl *s, enum sasl_mechanism mechanism, struct span initial);
/* One line of the client, without its line end. */
enum sasl_state sasl_next(struct sasl *s, struct span line);
/* In base64, ready to be sent. */
const char *sasl_challenge(const struct sasl *s);
struct span sasl_name(const struct sasl *s);
struct span sasl_password(const struct sasl *s);
/* Wipes and frees; harmless on a zeroed or finished one. */
void sasl_done(struct sasl *s);
