/*
 * Notifications to senders, through the one door, with the null sender: to a mailbox of ours at once,
 * to others by the queue. Never for mail that has the null sender itself.
 */
#pragma once

#include "mailcore/deliver/intake.h"
#include "mailcore/deliver/outcome.h"

struct bounce_env {
	const struct intake_env *intake;
	struct blob_store *blobs;
};

/* Tells the sender of a group about those of the verdicts (one a job) that have this notice. `also`
 * is committed with it. RC_NOT_FOUND: the sender cannot be told (gone, full): nothing was
 * committed; RC_TEMP. */
struct bounce_also {
	const struct stmt *stmt; /* NULL: nothing */
	const struct arg *args;
	size_t n_args;
};
MUST_CHECK enum rc bounce_send(const struct bounce_env *env, struct ctx *ctx,
	const struct job_group *group, const struct verdict *verdicts, enum notice notice,
	const struct bounce_also *also);
