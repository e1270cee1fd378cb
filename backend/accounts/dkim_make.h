/* Making a domain's DKIM key pairs: an RSA and an Ed25519 one, named after the month. */
#pragma once

#include "backend/accounts/services.h"

/* Inside the tx that makes or changes the domain. RC_EXISTS: this month's selectors are taken and
 * no other could be found. */
MUST_CHECK enum rc dkim_make_pair(
	const struct services *s, struct ctx *ctx, int64_t domain_id, int serial);
/* The same for a domain with keys_due: the Ed25519 key only, which is made in no time and signs
 * alone until dkim_due_turn has made the other. */
MUST_CHECK enum rc dkim_make_quick(const struct services *s, struct ctx *ctx, int64_t domain_id);
/* And that other. */
MUST_CHECK enum rc dkim_make_rest(const struct services *s, struct ctx *ctx, int64_t domain_id);
/* For one domain, if it is due: in a tx of its own. */
MUST_CHECK enum rc dkim_due_make(const struct services *s, struct ctx *ctx, int64_t domain_id);
