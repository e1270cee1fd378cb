/* What was deleted: for 30 days it can be brought back. */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

#define UNDO_S (30 * 24 * 3600)

struct deleted {
	struct span kind; /* "account", "domain", "mailbox" */
	struct span name;
	struct span account; /* whose it was */
	int64_t deleted_at_us, purge_at_us;
};
struct deleteds {
	struct deleted *items;
	size_t len;
	struct span next_cursor;
};

/* What comes back one by one, newest first; mailboxes of a deleted domain are part of that. */
MUST_CHECK enum rc deleted_list(const struct services *s, struct ctx *ctx,
	const struct list_ask *ask, struct deleteds *out, struct err *err);
struct cJSON *deleted_json(struct arena *a, const struct deleted *d);

/* Housekeeping of the send role: what is older goes for good. */
MUST_CHECK enum rc deleted_purge(struct ctx *ctx, int64_t *out_mailboxes);
