/* What waits for its time. */
#include "mailcore/deliver/later.h"

#include "mailcore/queue/outbox.h"

static struct delivery_job job_of(const struct intake_source *source, struct span rcpt)
{
	return (struct delivery_job){ .account_id = source->sender->account_id,
		.domain_id = source->sender->domain_id,
		.mail_from = source->mail_from,
		.rcpt = rcpt,
		.not_before_us = source->not_before_us };
}

/* They carry no mailbox: no limit counts them. */
void later_jobs(const struct intake_source *source, const struct delivery_target *targets, size_t n,
	struct delivery_job *out)
{
	for (size_t i = 0; i < n; i++) {
		out[i] = job_of(source, targets[i].address);
		out[i].destination = SPAN(QUEUE_LOCAL);
		out[i].domain_id =
			targets[i].domain_id; /* whose people see its end in their trace */
	}
	out[n] = job_of(source, source->sender->address);
	out[n].destination = SPAN(QUEUE_SENT);
	out[n].notify = NOTIFY_NEVER;
}
