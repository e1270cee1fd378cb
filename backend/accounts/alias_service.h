/* Aliases: an address, or a domain's catch-all ("@example.test"), with targets. */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

#define ALIAS_TARGETS_MAX 100

struct alias {
	int64_t alias_id, domain_id, account_id;
	struct span address; /* "sales@example.test" or "@example.test" */
	struct span domain;
	const struct span *targets;
	size_t n_targets;
	struct span name;    /* what it is for */
	struct span posters; /* who may write: "anyone", "domain", "members" (its targets) */
	int64_t created_at_us;
	int64_t version;
};
struct aliases {
	struct alias *items;
	size_t len;
	struct span next_cursor;
};

struct alias_new {
	struct span address;
	const struct span *targets;
	size_t n_targets;
	struct span name;
	struct span posters; /* empty: anyone */
};

/* RC_LIMIT. RC_EXISTS: an alias or (not for a catch-all) a mailbox has the address. */
MUST_CHECK enum rc alias_create(const struct services *s, struct ctx *ctx,
	const struct alias_new *in, struct alias *out, struct err *err);
MUST_CHECK enum rc alias_get(const struct services *s, struct ctx *ctx, struct span address,
	struct alias *out, struct err *err);
MUST_CHECK enum rc alias_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct aliases *out, struct err *err);
/* Replaces all but the address. version: If-Match; 0: any. */
MUST_CHECK enum rc alias_replace(const struct services *s, struct ctx *ctx,
	const struct alias_new *in, int64_t version, struct alias *out, struct err *err);
MUST_CHECK enum rc alias_delete(const struct services *s, struct ctx *ctx, struct span address,
	int64_t version, struct err *err);

struct cJSON *alias_json(struct arena *a, const struct alias *alias);
