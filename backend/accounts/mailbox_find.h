/* Which mailbox an actor means: below its account, or a mailbox user's own. */
#pragma once

#include "backend/accounts/mailbox_service.h"

/* RC_NOT_FOUND for anything else, malformed addresses included. */
MUST_CHECK enum rc mailbox_find_own(
	struct ctx *ctx, struct span address, struct mailbox *out, struct err *err);
/* The key of a local part: lower case. */
struct span mailbox_key(struct ctx *ctx, struct span localpart);
