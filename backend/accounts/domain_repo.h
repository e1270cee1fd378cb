/* Rows of domain, and the public columns of dkim_key. Results in ctx->arena. */
#pragma once

#include "backend/accounts/dkim_service.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/page.h"

/* At or below the actor. RC_NOT_FOUND, RC_TEMP. */
MUST_CHECK enum rc domain_find(struct ctx *ctx, struct span name, struct domain *out);
/* The one of this name that was deleted last. */
MUST_CHECK enum rc domain_find_deleted(struct ctx *ctx, struct span name, struct domain *out);
MUST_CHECK enum rc domain_find_page(struct ctx *ctx, const struct page *page, struct domains *out);
/* RC_EXISTS. */
MUST_CHECK enum rc domain_insert(struct ctx *ctx, int64_t alias_of, struct domain *domain);
/* One that waits for its RSA key. RC_NOT_FOUND: none does. */
MUST_CHECK enum rc domain_find_keys_due(struct ctx *ctx, int64_t *out_id, struct span *out_name);
/* RC_CONFLICT: it does not wait. */
MUST_CHECK enum rc domain_mark_keys_made(struct ctx *ctx, int64_t domain_id);
/* RC_CONFLICT: another version. */
MUST_CHECK enum rc domain_store(struct ctx *ctx, int64_t version, struct domain *domain);
/* RC_EXISTS: the name is taken. */
MUST_CHECK enum rc domain_unmark_deleted(struct ctx *ctx, struct domain *domain);
/* RC_CONFLICT: another version. */
MUST_CHECK enum rc domain_mark_deleted(struct ctx *ctx, int64_t domain_id, int64_t version);

MUST_CHECK enum rc dkim_key_find(struct ctx *ctx, int64_t domain_id, struct dkim_keys *out);
/* Removes those of the selectors whose keys are retired. */
MUST_CHECK enum rc dkim_key_forget(
	struct ctx *ctx, int64_t domain_id, const struct span *selectors, size_t n);
MUST_CHECK enum rc dkim_key_set_states(struct ctx *ctx, int64_t domain_id,
	const struct span *selectors, const struct span *states, size_t n);
