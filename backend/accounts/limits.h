/*
 * Pools: what an account and those above it may have by their plans. Asked inside the tx that takes
 * something out of them; the pools are locked until it ends.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

enum pool_kind { POOL_DOMAINS, POOL_MAILBOXES, POOL_ALIASES, POOL_STORAGE };

/* "domains" and so on */
const char *pool_name(enum pool_kind kind);
/* Is there room for n more at the account? RC_LIMIT (field "limit") names the pool that is too
 * small. n <= 0 is always fine. */
MUST_CHECK enum rc limits_take(
	struct ctx *ctx, int64_t account_id, enum pool_kind kind, int64_t n, struct err *err);
/* The same for what has been taken already in this tx: does it fit? */
MUST_CHECK enum rc limits_check(
	struct ctx *ctx, int64_t account_id, enum pool_kind kind, struct err *err);
/* The quota of a mailbox that asks for none. Where storage is limited nobody has no quota:
 * RC_INVALID (field "quota_bytes"). */
MUST_CHECK enum rc limits_default_quota(
	struct ctx *ctx, int64_t account_id, int64_t *quota_bytes, struct err *err);
