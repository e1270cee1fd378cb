/*
 * ARC (RFC 8617): the chain of seals. Verifies only; a chain is used as an override for sealers
 * that the configuration trusts, nothing else.
 *
 * Limits: 50 sets, signatures and keys as in dkim.h.
 */
#pragma once

#include "mailcore/auth/results.h"
#include "mailcore/base/ctx.h"
#include "mailcore/base/span.h"
#include "mailcore/net/resolver.h"

struct arc_result {
	enum auth_result result; /* none, pass, fail; temperror when DNS failed */
	unsigned sets;
	struct span sealer;       /* d= of the newest seal */
	struct span auth_results; /* of the newest set, as written (without i=) */
	struct span reason;
};

struct arc_verifier;

/* Used as dkim_verify_begin and its sisters. ctx->now_us is the time for x= and t=. */
struct arc_verifier *arc_verify_begin(struct arena *a, struct span head);
void arc_verify_body(struct arc_verifier *v, struct span bytes);
void arc_verify_end(
	struct arc_verifier *v, struct resolver *r, struct ctx *ctx, struct arc_result *out);
/* Instead of the end, when there is none. */
void arc_verify_abort(struct arc_verifier *v);
