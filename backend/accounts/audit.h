/* Who did what, from where: one row per change, written in the tx of the change. */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

struct audit_entry {
	int64_t audit_id;
	int64_t account_id;
	struct span on_behalf_of; /* the log-in that the actor acted for; empty: for itself */
	struct span actor, source, address, action, object;
	struct span before, after; /* JSON text or empty; no secrets */
	int64_t at_us;
};
struct audit_entries {
	struct audit_entry *items;
	size_t len;
	struct span next_cursor;
};

/* account_id: whose things were touched. before, after: may be NULL. Inside the tx. */
MUST_CHECK enum rc audit_add(struct ctx *ctx, int64_t account_id, const char *action,
	struct span object, const struct cJSON *before, const struct cJSON *after);

/* Newest first. ask->search: part of object or action. */
MUST_CHECK enum rc audit_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct audit_entries *out, struct err *err);
struct cJSON *audit_json(struct arena *a, const struct audit_entry *e);
