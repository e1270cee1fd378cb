/*
 * Receipts for what was stored in mailboxes of ours, when the sender has asked for them
 * (RFC 3461 §5.2.2: NOTIFY=SUCCESS, action "delivered").
 *
 * A receipt is a job for nobody's server (QUEUE_RECEIPTS), committed with the message: the send role
 * makes the notification of it, also when this process dies right after the commit. It names the address
 * that the sender wrote to, not the mailbox behind an alias. What went to Junk has no receipt: mail
 * that is not wanted shall not find out which addresses exist, nor send reports to forged senders.
 */
#pragma once

#include "mailcore/deliver/intake.h"
#include "mailcore/deliver/remote.h"

struct receipts {
	struct recipient *items; /* copies; one an address of RCPT */
	size_t len, cap;
};

/* Remembers a recipient of ours whose sender wants to know. */
void receipts_add(struct receipts *r, struct arena *a, const struct recipient *rcpt);
/* Writes at most r->len jobs; returns how many. */
size_t receipts_jobs(const struct receipts *r, const struct intake_source *source,
	const struct delivery_target *targets, size_t n_targets, struct delivery_job *out);

/* The send role's side. */
bool receipts_are(const struct job_group *group);
/* What an attempt would tell of them. */
void receipts_result(struct ctx *ctx, const struct job_group *group, struct remote_attempt *out);
