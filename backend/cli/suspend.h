/* The four switches on the command line: the same for accounts, domains and mailboxes. */
#pragma once

#include "backend/accounts/suspension.h"
#include "backend/cli/options.h"

struct suspend_options {
	const char *all, *login, *send, *receive, *hold, *reason, *until;
};

#define SUSPEND_ROWS(o)                                                                            \
	{ "--suspend", "yes|no", "switch log-in, sending and receiving off or on", &(o).all },     \
		{ "--login", "yes|no", "may log in", &(o).login },                                 \
		{ "--send", "yes|no", "may send", &(o).send },                                     \
		{ "--receive", "yes|no", "may receive", &(o).receive },                            \
		{ "--hold", "yes|no", "keep outgoing mail until it is released", &(o).hold },      \
		{ "--reason", "TEXT", "why, for those whom it concerns", &(o).reason },            \
	{                                                                                          \
		"--until", "TIME", "ends by itself then: 2026-12-01T00:00:00Z, or never",          \
			&(o).until                                                                 \
	}

/* RC_INVALID: neither yes nor no; no time. */
MUST_CHECK enum rc suspend_read(
	const struct suspend_options *o, struct suspension_change *out, struct err *err);
