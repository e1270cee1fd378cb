/* Rows of route. domain_id 0: the account's own. */
#pragma once

#include "backend/accounts/route_service.h"

/* Empty when there is none. */
MUST_CHECK enum rc route_find(
	struct ctx *ctx, int64_t account_id, int64_t domain_id, struct route_setting *out);
MUST_CHECK enum rc route_delete(struct ctx *ctx, int64_t account_id, int64_t domain_id);
/* sealed: empty for no smarthost. */
MUST_CHECK enum rc route_insert(struct ctx *ctx, int64_t account_id, int64_t domain_id,
	const struct route_setting *r, struct span sealed);
