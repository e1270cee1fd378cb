/*
 * iprev (RFC 8601 §2.7.3): does the name that the address has lead back to it?
 *
 * Limit: 10 names of one address are looked at.
 */
#pragma once

#include "mailcore/auth/results.h"
#include "mailcore/base/ctx.h"
#include "mailcore/net/resolver.h"

struct iprev_result {
	enum auth_result result; /* pass; fail: no name leads back; permerror: it has no name */
	struct span name;        /* that leads back; else the first it has; else empty */
};

/* Memory: ctx->arena. */
void iprev_check(
	struct resolver *r, struct ctx *ctx, const struct addr *ip, struct iprev_result *out);
