/*
 * Delivery status notifications (RFC 3464, 6522, 3461; 6533 for UTF-8 addresses), made, not sent.
 *
 * Pure: from facts to message bytes. A notification is never made for the null sender.
 * What is returned of the message is cut to DSN_RETURN_MAX, at a line, and the text says so. A message
 * that could not travel inside (lines above 998 octets, a UTF-8 header to who cannot take it)
 * is returned as its header, encoded. May hold 8-bit text when the message does.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define DSN_RETURN_MAX (50UL * 1024)
#define DSN_MAX        (1024UL * 1024)

enum dsn_action { DSN_FAILED, DSN_DELAYED, DSN_DELIVERED, DSN_RELAYED, DSN_EXPANDED };

struct dsn_rcpt {
	struct span original; /* ORCPT as it came, "rfc822;xtext", or empty */
	struct span final;    /* the address we tried */
	enum dsn_action action;
	struct span status;                    /* "5.1.1" */
	struct span remote_mta;                /* host name, or empty: we said it ourselves */
	struct span diagnostic;                /* the remote's reply with its code, or empty */
	struct span advice;                    /* plain words: what it means and what to do */
	int64_t last_attempt_s, retry_until_s; /* 0: not given */
};
struct dsn {
	struct span reporting_mta; /* our host name */
	struct span to;            /* the sender of the message; never empty */
	struct span envid;         /* as it came: xtext; or empty */
	int64_t arrival_s, now_s;
	const struct dsn_rcpt *rcpts; /* of one action */
	size_t n_rcpts;
	struct span head;  /* of the message */
	struct span start; /* head and body as far as DSN_RETURN_MAX; used when return_full */
	bool return_full, smtputf8;
};

/* Appends the whole message, CRLF lines. RC_INVALID: cannot be written (addresses). */
MUST_CHECK enum rc dsn_write(struct ctx *ctx, const struct dsn *dsn, struct str *out);
