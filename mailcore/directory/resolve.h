/* Between resolve.c and recipient_cache.c. */
#pragma once

#include "mailcore/directory/directory.h"

struct span address_join(struct arena *a, struct span localpart, struct span domain);

/* recipient_resolve_sized, and what still fits into each of the mailboxes: INT64_MAX without quotas; 0
 * when the answer may be another one soon (a target was left out, or is not a mailbox). */
MUST_CHECK enum rc recipient_resolve_room(struct ctx *ctx, struct span localpart,
	struct span domain, uint64_t size, struct recipients *out, int64_t *out_room,
	struct err *err);
