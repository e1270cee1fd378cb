/* Taking back what waits for its time: the message becomes a draft again, or has gone out. */
#pragma once

#include "mailcore/deliver/intake.h"
#include "mailcore/queue/outbox.h"

/* The message to the folder with drafts, as it was written; its jobs gone in the same tx.
 * RC_CONFLICT: too late, it has gone out or is just going; or it was never there. */
MUST_CHECK enum rc outbox_cancel(struct store *store, struct ctx *ctx, int64_t mailbox_id,
	struct uuid id, uint32_t *out_draft_uid);
