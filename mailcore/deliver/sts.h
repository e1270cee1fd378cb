/*
 * MTA-STS policies of the domains that we send to: fetched, kept, refreshed (RFC 8461 §3.3, 5.1).
 *
 * The record in DNS says that there is a policy and which; when its id has changed, or half of
 * max_age has passed, it is fetched again. A policy that is kept holds until its max_age is over, also when the
 * record has gone or the file cannot be had: otherwise whoever can interfere with DNS could switch it off.
 * Who cannot be had is asked again after STS_RETRY_MS. Kept in the memory of the send role; limit:
 * STS_DOMAINS_MAX. Thread-safe; the lock is a leaf, nobody waits under it.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/net/resolver.h"
#include "mailcore/smtpclient/sts_policy.h"

#define STS_DOMAINS_MAX 10000
#define STS_RETRY_MS    (5 * 60 * 1000)

struct sts;

struct sts_env {
	struct resolver *resolver;
	uint16_t port; /* 443 */
};
struct sts *sts_new(const struct sts_env *env);
void sts_free(struct sts *s); /* NULL is fine */

/* What holds for the domain (A-labels) now; false: it has no policy. May fetch one: waits HTTPS_MS
 * at most. Memory: ctx->arena. */
bool sts_find(struct sts *s, struct ctx *ctx, struct span domain, bool (*cancelled)(void *arg),
	void *cancelled_arg, struct sts_policy *out);
