/* Rows of account and account_tree. RC_TEMP from every function; results in ctx->arena. */
#pragma once

#include "backend/accounts/account_service.h"
#include "backend/accounts/page.h"
#include "backend/accounts/usage_service.h"

/* For log-in, across tenants. RC_NOT_FOUND. */
MUST_CHECK enum rc account_find_login(struct ctx *ctx, struct span login, int64_t *out_id,
	enum account_role *out_role, bool *out_suspended);
/* Within the tenant. RC_NOT_FOUND. */
MUST_CHECK enum rc account_find_id(struct ctx *ctx, int64_t account_id, enum account_role *out_role,
	struct span *out_login, struct span *out_language, bool *out_suspended,
	bool *out_needs_factor);
MUST_CHECK enum rc account_find_first(struct ctx *ctx, int64_t *out_id, struct span *out_login);

/* At or below the actor. RC_NOT_FOUND. */
MUST_CHECK enum rc account_find(struct ctx *ctx, struct span login, struct account *out);
/* The one of this name that was deleted last. */
MUST_CHECK enum rc account_find_deleted(struct ctx *ctx, struct span login, struct account *out);
/* Fills plan and plan_id by a name or number, as accounts below parent_id mean it; empty: none. */
MUST_CHECK enum rc account_find_plan(
	struct ctx *ctx, int64_t parent_id, struct span plan, struct account *account);
/* Fills pools. */
MUST_CHECK enum rc account_find_pools(struct ctx *ctx, struct account *account);
MUST_CHECK enum rc account_find_page(
	struct ctx *ctx, const struct page *page, struct span role, struct accounts *out);

/* account->parent_id 0: the root. Writes account_tree too. RC_EXISTS. Inside a tx. */
MUST_CHECK enum rc account_insert(struct ctx *ctx, struct account *account);
/* RC_CONFLICT: another version. */
MUST_CHECK enum rc account_store(struct ctx *ctx, int64_t version, struct account *account);
/* With everything below; their sessions end. RC_CONFLICT: another version. */
MUST_CHECK enum rc account_mark_deleted(struct ctx *ctx, const struct account *account);
/* RC_EXISTS: a name is taken; RC_CONFLICT: what is above is still deleted. */
MUST_CHECK enum rc account_unmark_deleted(struct ctx *ctx, const struct account *account);

/* Fills items, len and next_cursor. */
MUST_CHECK enum rc account_find_usage(
	struct ctx *ctx, const struct page *page, int64_t month_start_us, struct usages *out);
