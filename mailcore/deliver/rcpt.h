/*
 * Recipients that no mailbox or alias stands for: on other servers, and bounces that come back to a
 * sender which we have rewritten (srs.h).
 */
#pragma once

#include "mailcore/directory/directory.h"

/* For our own users: an address of a domain that is not ours. Copies into ctx->arena. */
void rcpt_outside(struct ctx *ctx, struct span address, struct recipients *out);
/* The original sender behind one of our rewritten addresses. RC_INVALID: it is none, go on as usual;
 * RC_NOT_FOUND: it is none that we have made, or too old; else as recipient_resolve. */
MUST_CHECK enum rc rcpt_unwind(struct ctx *ctx, struct span local, struct span domain,
	struct recipients *out, struct err *err);
