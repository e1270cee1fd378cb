/* Rows of alias. Results in ctx->arena. */
#pragma once

#include "backend/accounts/alias_service.h"
#include "backend/accounts/page.h"

/* At or below the actor; local_key "" is the catch-all. RC_NOT_FOUND, RC_TEMP. */
MUST_CHECK enum rc alias_find(
	struct ctx *ctx, struct span local_key, struct span domain, struct alias *out);
MUST_CHECK enum rc alias_find_page(struct ctx *ctx, const struct page *page, struct aliases *out);
/* RC_EXISTS. */
MUST_CHECK enum rc alias_insert(struct ctx *ctx, struct span local_key, struct alias *alias);
/* RC_CONFLICT: another version. */
MUST_CHECK enum rc alias_store(struct ctx *ctx, int64_t version, struct alias *alias);
MUST_CHECK enum rc alias_remove(struct ctx *ctx, int64_t alias_id, int64_t version);
