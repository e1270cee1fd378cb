/*
 * Plans: what an account may have. Admins and resellers make them for the accounts below; those of a
 * reseller stay within its own.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

#define PLAN_NO_LIMIT (-1)

struct plan {
	int64_t plan_id, account_id;
	struct span account; /* login of who made it */
	struct span name;
	int64_t max_domains, max_mailboxes, max_aliases, max_storage_bytes; /* or PLAN_NO_LIMIT */
	int64_t send_per_hour, send_per_day; /* recipients of one mailbox, or PLAN_NO_LIMIT */
	int64_t mailbox_quota_bytes;         /* of a mailbox made without one; 0: none */
	int64_t accounts;                    /* that have it */
	int64_t created_at_us, version;
};
struct plans {
	struct plan *items;
	size_t len;
	struct span next_cursor;
};

struct plan_change {
	bool set_name, set_max_domains, set_max_mailboxes, set_max_aliases, set_max_storage,
		set_send_per_hour, set_send_per_day, set_quota;
	struct plan to; /* what is set; a new one: all of it */
	int64_t version;
};

/* RC_EXISTS (name); RC_LIMIT names the field that goes beyond one's own plan. Customers: RC_DENIED. */
MUST_CHECK enum rc plan_create(const struct services *s, struct ctx *ctx, const struct plan *in,
	struct plan *out, struct err *err);
MUST_CHECK enum rc plan_get(const struct services *s, struct ctx *ctx, int64_t plan_id,
	struct plan *out, struct err *err);
MUST_CHECK enum rc plan_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct plans *out, struct err *err);
MUST_CHECK enum rc plan_update(const struct services *s, struct ctx *ctx, int64_t plan_id,
	const struct plan_change *change, struct plan *out, struct err *err);
/* RC_CONFLICT while accounts have it. */
MUST_CHECK enum rc plan_delete(const struct services *s, struct ctx *ctx, int64_t plan_id,
	int64_t version, struct err *err);

struct cJSON *plan_json(struct arena *a, const struct plan *plan);
