/* Receipts for what was stored here. */
#include "mailcore/deliver/receipt.h"

#include "mailcore/base/vec.h"

void receipts_add(struct receipts *r, struct arena *a, const struct recipient *rcpt)
{
	if (!(rcpt->notify & NOTIFY_SUCCESS))
		return;
	for (size_t i = 0; i < r->len; i++) {
		if (span_eq(r->items[i].original, rcpt->original))
			return;
	}
	struct recipient copy = { .mailbox = { .account_id = rcpt->mailbox.account_id,
					  .domain_id = rcpt->mailbox.domain_id,
					  .mailbox_id = rcpt->mailbox.mailbox_id },
		.original = arena_span(a, rcpt->original),
		.orcpt = arena_span(a, rcpt->orcpt) };
	VEC_PUSH(a, r, copy);
}

static bool is_junk(int64_t mailbox_id, const struct delivery_target *targets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (targets[i].mailbox_id == mailbox_id)
			return targets[i].junk;
	}
	return true; /* it is not among them at all */
}

size_t receipts_jobs(const struct receipts *r, const struct intake_source *source,
	const struct delivery_target *targets, size_t n_targets, struct delivery_job *out)
{
	size_t n = 0;

	if (source->mail_from.len == 0 || source->internal)
		return 0;
	for (size_t i = 0; i < r->len; i++) {
		const struct recipient *rcpt = &r->items[i];
		if (is_junk(rcpt->mailbox.mailbox_id, targets, n_targets))
			continue;
		out[n++] = (struct delivery_job){ .account_id = rcpt->mailbox.account_id,
			.domain_id = rcpt->mailbox.domain_id,
			.mail_from = source->mail_from,
			.rcpt = rcpt->original,
			.original_rcpt = rcpt->orcpt,
			.destination = QUEUE_RECEIPTS,
			.envid = source->envid,
			.notify = NOTIFY_SUCCESS,
			.ret = source->ret,
			.smtputf8 = source->smtputf8,
			.priority = PRIORITY_BULK };
	}
	return n;
}

bool receipts_are(const struct job_group *group)
{
	return span_eq(group->jobs[0].destination, QUEUE_RECEIPTS);
}

void receipts_result(struct ctx *ctx, const struct job_group *group, struct remote_attempt *out)
{
	*out = (struct remote_attempt){ .results = arena_array(
						ctx->arena, group->len, sizeof *out->results) };
	for (size_t i = 0; i < group->len; i++)
		out->results[i] = (struct remote_result){ .outcome = OUTCOME_SENT,
			.status = SPAN("2.1.5"),
			.reply = SPAN("2.1.5 Stored"),
			.text = SPAN("The sender has asked for a receipt and gets one."),
			.stored = true };
}
