/*
 * Mail that the server itself writes to people: plain text, from postmaster@ the server's name, with
 * the null sender, so that no report about it ever comes back.
 */
#pragma once

#include "mailcore/deliver/intake.h"

#define SERVER_MAIL_MAX 16384

struct server_mail {
	struct span to;      /* one address, of a mailbox here or elsewhere */
	struct span from;    /* the name beside the address; empty: "Mail server" */
	struct span subject; /* UTF-8 */
	struct span text;    /* lines end with LF */
	/* Committed with it; NULL: nothing. */
	const struct stmt *also;
	const struct arg *also_args;
	size_t n_also_args;
};

/* RC_NOT_FOUND: it cannot be told (no such address, full, too long); nothing was committed.
 * RC_TEMP. */
MUST_CHECK enum rc server_mail_send(
	const struct intake_env *env, struct ctx *ctx, const struct server_mail *mail);
