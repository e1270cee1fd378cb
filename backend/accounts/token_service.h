/*
 * API tokens: "ms_" and 192 random bits, stored as SHA-256, scoped, optionally bound to domains,
 * optionally expiring. A revoked token is refused from the commit on: every use looks it up.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

struct token {
	int64_t token_id;
	struct span label;
	struct span secret; /* only from token_create */
	const struct span *scopes;
	size_t n_scopes;
	const struct span *domains;
	size_t n_domains;
	int64_t created_at_us, expires_at_us, used_at_us; /* 0: never */
};
struct tokens {
	struct token *items;
	size_t len;
	struct span next_cursor;
};

struct token_new {
	struct span label;
	const struct span *scopes; /* "resource:read", "resource:write"; "*" for all */
	size_t n_scopes;
	const struct span *domains;
	size_t n_domains;
	int64_t expires_at_us; /* 0: never */
};

/* The scopes that exist, in the order to show them; ends with NULL. */
extern const char *const token_scopes[];

/* For the actor's own account. A token cannot make one with more scopes than it has. */
MUST_CHECK enum rc token_create(const struct services *s, struct ctx *ctx,
	const struct token_new *in, struct token *out, struct err *err);
MUST_CHECK enum rc token_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct tokens *out, struct err *err);
MUST_CHECK enum rc token_revoke(
	const struct services *s, struct ctx *ctx, int64_t token_id, struct err *err);

/* For the guard: whose token is this? RC_DENIED: nobody's, expired, or the account (or one above
 * it) is suspended. out->source and ->address are the caller's to fill. */
MUST_CHECK enum rc token_find(struct ctx *ctx, struct span secret, struct actor *out);

struct cJSON *token_json(struct arena *a, const struct token *token);
