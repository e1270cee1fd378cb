/* The job table as the runner works on it: claiming and waking. */
#include "mailcore/queue/job_row.h"
#include "sql/job.h"

#define OLD_MAX 200 /* jobs that one queue_claim_old takes */

struct job job_read(struct arena *a, const struct rows *r, size_t row)
{
	return (struct job){ .job_id = row_i64(r, row, 0),
		.trace_id = row_uuid(r, row, 1),
		.blob_id = row_uuid(r, row, 2),
		.account_id = row_i64(r, row, 3),
		.domain_id = row_i64(r, row, 4),
		.mailbox_id = row_i64(r, row, 5),
		.mail_from = arena_span(a, row_text(r, row, 6)),
		.rcpt = arena_span(a, row_text(r, row, 7)),
		.original_rcpt = arena_span(a, row_text(r, row, 8)),
		.destination = arena_span(a, row_text(r, row, 9)),
		.envid = arena_span(a, row_text(r, row, 10)),
		.notify = (unsigned)row_i64(r, row, 11),
		.ret = (enum dsn_ret)row_i64(r, row, 12),
		.smtputf8 = row_bool(r, row, 13),
		.body_8bit = row_bool(r, row, 14),
		.priority = (int)row_i64(r, row, 15),
		.attempts = (int)row_i64(r, row, 16),
		.created_at_s = row_time_us(r, row, 17) / USEC_PER_SEC,
		.next_at_s = row_time_us(r, row, 18) / USEC_PER_SEC,
		.delay_told = row_bool(r, row, 19),
		.state = arena_span(a, row_text(r, row, 20)),
		.hold_reason = arena_span(a, row_text(r, row, 21)),
		.last_reply = arena_span(a, row_text(r, row, 22)) };
}

static bool same_group(const struct job *a, const struct job *b)
{
	return uuid_eq(a->trace_id, b->trace_id) && span_eq(a->destination, b->destination) &&
		span_eq(a->mail_from, b->mail_from);
}

/* Rows come sorted, so that a group's jobs stand together. */
static void read_groups(
	struct arena *a, const struct rows *r, struct job_group **out, size_t *out_len)
{
	size_t n = rows_len(r), len = 0;
	struct job *jobs = arena_array(a, n, sizeof *jobs);
	struct job_group *groups = arena_array(a, n, sizeof *groups);

	for (size_t i = 0; i < n; i++) {
		jobs[i] = job_read(a, r, i);
		struct job_group *last = len > 0 ? &groups[len - 1] : NULL;
		if (last && last->len < QUEUE_RCPTS_MAX && same_group(&last->jobs[0], &jobs[i]))
			last->len++;
		else
			groups[len++] = (struct job_group){ .jobs = &jobs[i], .len = 1 };
	}
	*out = groups;
	*out_len = len;
}

enum rc queue_claim(struct ctx *ctx, const struct queue_claim *claim, struct job_group **out,
	size_t *out_len, struct span *out_after)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_JOB_CLAIM,
		ARGS(A_TEXT(claim->owner), A_I64(claim->priority), A_TEXT(claim->after),
			A_I64(QUEUE_HOPS_MAX), A_ARRAY(ARG_TEXTS, claim->busy, claim->n_busy),
			A_I64((int64_t)claim->max_destinations), A_I64((int64_t)claim->max_jobs),
			A_I64(QUEUE_LEASE_S)),
		&r);
	if (rc != RC_OK)
		return rc;
	*out_after = arena_span(ctx->arena, row_text(r, 0, 23));
	*out_len = 0;
	if (!row_is_null(r, 0, 0))
		read_groups(ctx->arena, r, out, out_len);
	return RC_OK;
}

enum rc queue_claim_old(struct ctx *ctx, struct span owner, int64_t lifetime_s, int64_t delay_s,
	struct job_group **out, size_t *out_len)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_JOB_CLAIM_OLD,
		ARGS(A_TEXT(owner), A_I64(lifetime_s), A_I64(delay_s), A_I64(OLD_MAX),
			A_I64(QUEUE_LEASE_S)),
		&r);
	if (rc == RC_OK)
		read_groups(ctx->arena, r, out, out_len);
	return rc;
}

enum rc queue_wake(struct ctx *ctx, size_t *out_woken, int64_t *out_next_ms)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_JOB_WAKE, ARGS(A_I64(QUEUE_WAKE_MAX)), &r);
	if (rc != RC_OK)
		return rc;
	*out_woken = (size_t)row_i64(r, 0, 0);
	*out_next_ms = row_is_null(r, 0, 1) ? INT64_MAX : row_i64(r, 0, 1);
	return RC_OK;
}

enum rc queue_unclaim(struct ctx *ctx, struct span owner, const int64_t *job_ids, size_t n)
{
	return db_exec(
		ctx, &SQL_JOB_UNCLAIM, ARGS(A_TEXT(owner), A_ARRAY(ARG_I64S, job_ids, n)), NULL);
}

enum rc queue_unclaim_all(struct ctx *ctx, struct span owner)
{
	return db_exec(ctx, &SQL_JOB_UNCLAIM_ALL, ARGS(A_TEXT(owner)), NULL);
}

enum rc queue_renew(struct ctx *ctx, struct span owner)
{
	return db_exec(ctx, &SQL_JOB_RENEW, ARGS(A_TEXT(owner), A_I64(QUEUE_LEASE_S)), NULL);
}

enum rc queue_destination_set(
	struct ctx *ctx, struct span destination, int64_t wait_ms, struct span reply)
{
	if (wait_ms == 0)
		return db_exec(ctx, &SQL_DESTINATION_UP, ARGS(A_TEXT(destination)), NULL);
	return db_exec(ctx, &SQL_DESTINATION_DOWN,
		ARGS(A_TEXT(destination), A_I64(wait_ms), A_TEXT(reply)), NULL);
}

enum rc queue_destinations_down(struct ctx *ctx, struct destination_state **out, size_t *out_len)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_DESTINATION_LIST, ARGS(A_I64(QUEUE_DESTINATIONS)), &r);
	if (rc != RC_OK)
		return rc;
	size_t n = rows_len(r);
	struct destination_state *items = arena_array(ctx->arena, n, sizeof *items);
	for (size_t i = 0; i < n; i++)
		items[i] = (struct destination_state){
			.destination = arena_span(ctx->arena, row_text(r, i, 0)),
			.failures = (int)row_i64(r, i, 1),
		};
	*out = items;
	*out_len = n;
	return RC_OK;
}

enum rc queue_destinations_paused(struct ctx *ctx, struct span **out, size_t *out_len)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_DESTINATION_PAUSED, ARGS(A_I64(QUEUE_PAUSES_MAX)), &r);

	if (rc != RC_OK)
		return rc;
	*out_len = rows_len(r);
	*out = arena_array(ctx->arena, *out_len, sizeof **out);
	for (size_t i = 0; i < *out_len; i++)
		(*out)[i] = arena_span(ctx->arena, row_text(r, i, 0));
	return RC_OK;
}
