/* Making a domain's DKIM key pairs: an RSA and an Ed25519 one, named after the month. */
#pragma once

#include "backend/accounts/services.h"

/* Inside the tx that makes or changes the domain. RC_EXISTS: this month's selectors are taken and
 * no other could be found. */
MUST_CHECK enum rc dkim_make_pair(
	const struct services *s, struct ctx *ctx, int64_t domain_id, int serial);
