/* Recipients on other servers: a delivery's rows of the outbound queue, in the delivery's own tx. */
#include "mailcore/store/store_impl.h"
#include "sql/job.h"

struct columns {
	size_t n;
	struct uuid *blob;
	int64_t *account, *domain, *mailbox, *notify, *ret, *priority, *not_before;
	bool *smtputf8, *body_8bit;
	struct span *mail_from, *rcpt, *original, *destination, *envid, *hold;
};

static struct columns columns_new(struct arena *a, size_t n)
{
	return (struct columns){ .blob = arena_array(a, n, sizeof(struct uuid)),
		.account = arena_array(a, n, sizeof(int64_t)),
		.domain = arena_array(a, n, sizeof(int64_t)),
		.mailbox = arena_array(a, n, sizeof(int64_t)),
		.notify = arena_array(a, n, sizeof(int64_t)),
		.ret = arena_array(a, n, sizeof(int64_t)),
		.priority = arena_array(a, n, sizeof(int64_t)),
		.not_before = arena_array(a, n, sizeof(int64_t)),
		.smtputf8 = arena_array(a, n, sizeof(bool)),
		.body_8bit = arena_array(a, n, sizeof(bool)),
		.mail_from = arena_array(a, n, sizeof(struct span)),
		.rcpt = arena_array(a, n, sizeof(struct span)),
		.original = arena_array(a, n, sizeof(struct span)),
		.destination = arena_array(a, n, sizeof(struct span)),
		.envid = arena_array(a, n, sizeof(struct span)),
		.hold = arena_array(a, n, sizeof(struct span)) };
}

static struct span text(struct span s)
{
	return s.ptr ? s : SPAN("");
}

static void columns_add(struct columns *c, const struct delivery *d, const struct delivery_job *j)
{
	size_t i = c->n++;

	c->blob[i] = d->message->blob.id;
	c->account[i] = j->account_id;
	c->domain[i] = j->domain_id;
	c->mailbox[i] = j->mailbox_id;
	c->notify[i] = j->notify;
	c->ret[i] = j->ret;
	c->priority[i] = j->priority;
	c->not_before[i] = j->not_before_us;
	c->smtputf8[i] = j->smtputf8;
	c->body_8bit[i] = j->body_8bit;
	c->mail_from[i] = text(j->mail_from);
	c->rcpt[i] = text(j->rcpt);
	c->original[i] = text(j->original_rcpt);
	c->destination[i] = text(j->destination);
	c->envid[i] = text(j->envid);
	c->hold[i] = text(j->hold_reason);
}

static void columns_send(struct batch *b, const struct columns *c)
{
	db_batch_add(b, &SQL_JOB_INSERT,
		ARGS(A_ARRAY(ARG_UUIDS, c->blob, c->n), A_ARRAY(ARG_I64S, c->account, c->n),
			A_ARRAY(ARG_I64S, c->domain, c->n), A_ARRAY(ARG_I64S, c->mailbox, c->n),
			A_ARRAY(ARG_TEXTS, c->mail_from, c->n), A_ARRAY(ARG_TEXTS, c->rcpt, c->n),
			A_ARRAY(ARG_TEXTS, c->original, c->n),
			A_ARRAY(ARG_TEXTS, c->destination, c->n),
			A_ARRAY(ARG_TEXTS, c->envid, c->n), A_ARRAY(ARG_I64S, c->notify, c->n),
			A_ARRAY(ARG_I64S, c->ret, c->n), A_ARRAY(ARG_BOOLS, c->smtputf8, c->n),
			A_ARRAY(ARG_BOOLS, c->body_8bit, c->n),
			A_ARRAY(ARG_I64S, c->priority, c->n),
			A_ARRAY(ARG_TIMES, c->not_before, c->n),
			A_ARRAY(ARG_TEXTS, c->hold, c->n)));
}

void batch_add_jobs(
	struct batch *b, struct arena *a, const struct delivery *const *deliveries, size_t n)
{
	size_t n_jobs = 0;

	for (size_t i = 0; i < n; i++)
		n_jobs += deliveries[i]->n_jobs;
	struct columns c = columns_new(a, n_jobs);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < deliveries[i]->n_jobs; k++)
			columns_add(&c, deliveries[i], &deliveries[i]->jobs[k]);
	}
	columns_send(b, &c);
}
