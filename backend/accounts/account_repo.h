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
	struct span *out_login, bool *out_suspended);
MUST_CHECK enum rc account_find_first(struct ctx *ctx, int64_t *out_id, struct span *out_login);

/* At or below the actor. RC_NOT_FOUND. */
MUST_CHECK enum rc account_find(struct ctx *ctx, struct span login, struct account *out);
MUST_CHECK enum rc account_find_page(
	struct ctx *ctx, const struct page *page, struct span search, struct accounts *out);

/* parent_id 0: the root. Writes account_tree too. RC_EXISTS. Inside a tx. */
MUST_CHECK enum rc account_insert(struct ctx *ctx, int64_t parent_id, enum account_role role,
	struct span login, struct span name, int64_t *out_id, int64_t *out_created_at_us);
MUST_CHECK enum rc account_set_suspended(struct ctx *ctx, int64_t account_id, bool suspended);

/* Fills items, len and next_cursor. */
MUST_CHECK enum rc account_find_usage(
	struct ctx *ctx, const struct page *page, int64_t month_start_us, struct usages *out);
