/*
 * Limits on what an account or a domain sends. Those of a single mailbox are the mailbox' own
 * (mailbox_service.h) or its plan's. What has no limit of its own has the server's.
 *
 * Set by those above: an administrator, and a reseller for what lies below it, not beyond the
 * server's.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

enum limit_of { LIMIT_OF_ACCOUNT, LIMIT_OF_DOMAIN };

#define SEND_LIMIT_MAX 1000000000
enum {
	LIMIT_HOUR_MESSAGES,
	LIMIT_HOUR_RECIPIENTS,
	LIMIT_DAY_MESSAGES,
	LIMIT_DAY_RECIPIENTS,
	LIMITS
};
extern const char *const send_limit_names[LIMITS]; /* "hour_messages" ... */

struct send_limit {
	int64_t value[LIMITS]; /* 0: no limit */
	bool own;              /* else the server's */
};
MUST_CHECK enum rc send_limit_get(const struct services *s, struct ctx *ctx, enum limit_of of,
	struct span name, struct send_limit *out, struct err *err);
/* RC_DENIED: one's own account, a customer, or beyond the server's; RC_INVALID (a field). */
MUST_CHECK enum rc send_limit_set(const struct services *s, struct ctx *ctx, enum limit_of of,
	struct span name, const struct send_limit *in, struct send_limit *out, struct err *err);
/* Back to the server's. */
MUST_CHECK enum rc send_limit_remove(const struct services *s, struct ctx *ctx, enum limit_of of,
	struct span name, struct err *err);

/* Of one mailbox: recipients, and who says so. */
enum limit_from { LIMIT_FROM_MAILBOX, LIMIT_FROM_PLAN, LIMIT_FROM_SERVER };
struct mailbox_limit {
	int64_t hour, day; /* 0: none */
	enum limit_from hour_from, day_from;
};
MUST_CHECK enum rc mailbox_limit_get(const struct services *s, struct ctx *ctx, struct span address,
	struct mailbox_limit *out, struct err *err);

struct cJSON *send_limit_json(struct arena *a, const struct send_limit *l);
