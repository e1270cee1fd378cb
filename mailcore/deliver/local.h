/*
 * Jobs that do not leave: recipients of our own whose message had to wait for its time (QUEUE_LOCAL),
 * and the sender's copy for Sent (QUEUE_SENT).
 *
 * Message and end of the job are one tx: each is stored exactly once, whatever is killed when.
 */
#pragma once

#include "mailcore/deliver/intake.h"
#include "mailcore/deliver/remote.h"

bool local_is(const struct job_group *group);
/* As remote_deliver: a result for every job. Those that are OUTCOME_SENT are settled already, with their
 * events. owner: of the leases. */
void local_deliver(const struct intake_env *env, struct ctx *ctx, struct span owner,
	const struct job_group *group, struct remote_attempt *out);

/* A message of our own user as it was written: without what intake has put on top. RC_NOT_FOUND: its
 * blob is gone. Memory: ctx->arena. */
MUST_CHECK enum rc local_read_own(
	struct store *store, struct ctx *ctx, struct uuid blob_id, struct span *out);
