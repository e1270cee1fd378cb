/* Rows of job as tenants see and change them. */
#include "backend/accounts/queue_repo.h"

#include "backend/accounts/service.h"
#include "mailcore/queue/job_row.h"
#include "sql/queue.h"

#define HOLDS_MAX 100

/* What belongs to no account is the server's: for its owner. */
static struct arg sees_all(const struct ctx *ctx)
{
	return A_BOOL(ctx->actor->role == ROLE_ADMIN);
}

enum rc queue_find_jobs(struct ctx *ctx, const struct queue_find *find, struct queue_items *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	const struct queue_ask *ask = &find->ask;
	enum rc rc = db_query(ctx, &SQL_QUEUE_LIST,
		ARGS(A_I64(ctx->actor->account_id), sees_all(ctx), A_I64(find->job_id),
			A_I64(find->after), A_TEXT(ask->list.domain), domains_arg(ctx),
			A_TEXT(ask->destination), A_TEXT(ask->state), A_BOOL(ask->by_reason),
			A_TEXT(ask->reason), A_TEXT(ask->address), A_I64(find->limit),
			A_TEXT(ask->sender)),
		&rows);

	if (rc != RC_OK)
		return rc;
	*out = (struct queue_items){ .len = rows_len(rows) };
	out->items = arena_array(ctx->arena, out->len, sizeof *out->items);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = (struct queue_item){ .job = job_read(ctx->arena, rows, i),
			.domain = row_copy(ctx, rows, i, JOB_COLUMNS) };
	return RC_OK;
}

enum rc queue_find_groups(struct ctx *ctx, struct span domain, struct queue_groups *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_QUEUE_GROUPS,
		ARGS(A_I64(ctx->actor->account_id), sees_all(ctx), A_TEXT(domain), domains_arg(ctx),
			A_I64(QUEUE_GROUPS_MAX)),
		&rows);

	if (rc != RC_OK)
		return rc;
	out->len = rows_len(rows);
	out->items = arena_array(ctx->arena, out->len, sizeof *out->items);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = (struct queue_group){ .destination = row_copy(ctx, rows, i, 0),
			.state = row_copy(ctx, rows, i, 1),
			.reason = row_copy(ctx, rows, i, 2),
			.jobs = row_i64(rows, i, 3),
			.oldest_at_us = row_time_us(rows, i, 4),
			.next_at_us = row_time_us(rows, i, 5),
			.words = row_copy(ctx, rows, i, 6),
			.paused = row_bool(rows, i, 7) };
	return RC_OK;
}

enum rc queue_find_senders(struct ctx *ctx, struct queue_senders *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_QUEUE_SENDERS,
		ARGS(A_I64(ctx->actor->account_id), sees_all(ctx), domains_arg(ctx),
			A_I64(QUEUE_SENDERS_MAX)),
		&rows);

	if (rc != RC_OK)
		return rc;
	out->len = rows_len(rows);
	out->items = arena_array(ctx->arena, out->len, sizeof *out->items);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = (struct queue_sender){ .address = row_copy(ctx, rows, i, 0),
			.jobs = row_i64(rows, i, 1),
			.held = row_i64(rows, i, 2),
			.oldest_at_us = row_time_us(rows, i, 3),
			.paused = row_bool(rows, i, 4) };
	return RC_OK;
}

enum rc queue_find_holds(struct ctx *ctx, struct queue_holds *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_HOLD_NOTICE_LIST,
		ARGS(A_I64(ctx->actor->account_id), A_I64(HOLDS_MAX)), &rows);

	if (rc != RC_OK)
		return rc;
	out->len = rows_len(rows);
	out->items = arena_array(ctx->arena, out->len, sizeof *out->items);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = (struct queue_hold){ .address = row_copy(ctx, rows, i, 0),
			.reason = row_copy(ctx, rows, i, 1),
			.held_at_us = row_time_us(rows, i, 2),
			.jobs = row_i64(rows, i, 3) };
	return RC_OK;
}

/* ------------------------------------------------------------------------ changing */

static const struct stmt *statement_of(enum queue_action action)
{
	switch (action) {
	case QUEUE_RETRY:
		return &SQL_QUEUE_RETRY;
	case QUEUE_HOLD:
		return &SQL_QUEUE_HOLD;
	case QUEUE_RELEASE:
		return &SQL_QUEUE_RELEASE;
	case QUEUE_REMOVE:
		break;
	}
	return &SQL_QUEUE_REMOVE;
}

static bool is_among(const struct rows *rows, int64_t job_id)
{
	for (size_t i = 0; i < rows_len(rows); i++) {
		if (row_i64(rows, i, 0) == job_id)
			return true;
	}
	return false;
}

enum rc queue_change(struct ctx *ctx, enum queue_action action, const struct queue_items *on,
	struct queue_items *done)
{
	AUTO(rows_close) struct rows *rows = NULL;
	int64_t *ids = arena_array(ctx->arena, on->len, sizeof *ids);

	for (size_t i = 0; i < on->len; i++)
		ids[i] = on->items[i].job.job_id;
	enum rc rc =
		db_query(ctx, statement_of(action), ARGS(A_ARRAY(ARG_I64S, ids, on->len)), &rows);
	if (rc != RC_OK)
		return rc;
	*done = (struct queue_items){ .items = arena_array(
					      ctx->arena, on->len, sizeof *done->items) };
	for (size_t i = 0; i < on->len; i++) {
		if (is_among(rows, ids[i]))
			done->items[done->len++] = on->items[i];
	}
	return RC_OK;
}

enum rc queue_add_events(
	struct ctx *ctx, const struct queue_items *items, struct span name, struct span text)
{
	struct arena *a = ctx->arena;
	size_t n = items->len;
	struct uuid *trace = arena_array(a, n, sizeof *trace);
	int64_t *job = arena_array(a, n, sizeof *job);
	int64_t *domain = arena_array(a, n, sizeof *domain);
	int64_t *mailbox = arena_array(a, n, sizeof *mailbox);
	struct span *from = arena_array(a, n, sizeof *from),
		    *rcpt = arena_array(a, n, sizeof *rcpt);

	for (size_t i = 0; i < n; i++) {
		const struct job *j = &items->items[i].job;
		trace[i] = j->trace_id;
		job[i] = j->job_id;
		domain[i] = j->domain_id;
		mailbox[i] = j->mailbox_id;
		from[i] = j->mail_from;
		rcpt[i] = j->rcpt;
	}
	return db_exec(ctx, &SQL_QUEUE_EVENT,
		ARGS(A_ARRAY(ARG_UUIDS, trace, n), A_ARRAY(ARG_I64S, job, n),
			A_ARRAY(ARG_I64S, domain, n), A_ARRAY(ARG_I64S, mailbox, n),
			A_ARRAY(ARG_TEXTS, from, n), A_ARRAY(ARG_TEXTS, rcpt, n), A_TEXT(name),
			A_TEXT(text)),
		NULL);
}
