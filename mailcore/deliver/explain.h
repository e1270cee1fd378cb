/*
 * What a remote server's reply means and what to do about it, in plain words. Pure: one table.
 *
 * The first row that fits decides: code class, enhanced status, words that the big services and
 * the usual programs write. There is always an answer.
 */
#pragma once

#include "mailcore/base/span.h"

enum explain_reason {
	EXPLAIN_UNKNOWN_USER,
	EXPLAIN_NO_DOMAIN,
	EXPLAIN_MAILBOX_FULL,
	EXPLAIN_MAILBOX_OFF,
	EXPLAIN_GREYLISTED,
	EXPLAIN_RATE_LIMITED,
	EXPLAIN_SPAM,
	EXPLAIN_BLOCKED_ADDRESS, /* our IP is on a list */
	EXPLAIN_AUTHENTICATION,  /* SPF, DKIM, DMARC, PTR of our mail */
	EXPLAIN_TOO_LARGE,
	EXPLAIN_TLS,
	EXPLAIN_RELAY,
	EXPLAIN_POLICY,
	EXPLAIN_CONTENT,
	EXPLAIN_SMTPUTF8,
	EXPLAIN_8BIT,
	EXPLAIN_LOOP,
	EXPLAIN_DNS,
	EXPLAIN_UNREACHABLE,
	EXPLAIN_BUSY,
	EXPLAIN_LOGIN, /* the smarthost refuses our log-in */
	EXPLAIN_PROTOCOL,
	EXPLAIN_OTHER_TEMPORARY,
	EXPLAIN_OTHER_PERMANENT,
};

struct explanation {
	enum explain_reason reason;
	struct span word;    /* stable, for lists and JSON: "greylisted" */
	struct span meaning; /* one sentence, a full stop at the end */
	struct span advice;  /* what to do; one or two sentences */
};

/* code 0: our own finding, known by its status and text ("4.4.1"). Never NULL, static. */
const struct explanation *explain_reply(int code, struct span status, struct span text);
