/* Rows of plan. RC_TEMP from every function; results in ctx->arena. */
#pragma once

#include "backend/accounts/page.h"
#include "backend/accounts/plan_service.h"

/* At or below the actor. RC_NOT_FOUND. */
MUST_CHECK enum rc plan_find(struct ctx *ctx, int64_t plan_id, struct plan *out);
MUST_CHECK enum rc plan_find_page(struct ctx *ctx, const struct page *page, int64_t after,
	struct span search, struct plans *out);
/* The plan that accounts below parent_id mean by a name or number. RC_NOT_FOUND. */
MUST_CHECK enum rc plan_find_for(struct ctx *ctx, int64_t parent_id, struct span name,
	int64_t *out_id, struct span *out_name);
/* RC_LIMIT: a figure of the plan goes beyond what an account may give. */
MUST_CHECK enum rc plan_check_bounds(
	struct ctx *ctx, int64_t account_id, const struct plan *plan, struct err *err);
/* RC_EXISTS. */
MUST_CHECK enum rc plan_insert(struct ctx *ctx, struct plan *plan);
/* RC_EXISTS; RC_CONFLICT: another version. */
MUST_CHECK enum rc plan_store(struct ctx *ctx, int64_t version, struct plan *plan);
/* RC_NOT_FOUND: somebody has it; RC_CONFLICT: another version. */
MUST_CHECK enum rc plan_remove(struct ctx *ctx, int64_t plan_id, int64_t version);
