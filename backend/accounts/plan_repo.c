/* Rows of plan. */
#include "backend/accounts/plan_repo.h"

#include "backend/accounts/service.h"
#include "sql/plan.h"

static void read_plan(struct ctx *ctx, const struct rows *rows, size_t row, struct plan *out)
{
	*out = (struct plan){ .plan_id = row_i64(rows, row, 0),
		.account_id = row_i64(rows, row, 1),
		.account = row_copy(ctx, rows, row, 2),
		.name = row_copy(ctx, rows, row, 3),
		.max_domains = row_i64(rows, row, 4),
		.max_mailboxes = row_i64(rows, row, 5),
		.max_aliases = row_i64(rows, row, 6),
		.max_storage_bytes = row_i64(rows, row, 7),
		.send_per_hour = row_i64(rows, row, 8),
		.send_per_day = row_i64(rows, row, 9),
		.mailbox_quota_bytes = row_i64(rows, row, 10),
		.accounts = row_i64(rows, row, 11),
		.created_at_us = row_time_us(rows, row, 12),
		.version = row_i64(rows, row, 13) };
}

enum rc plan_find(struct ctx *ctx, int64_t plan_id, struct plan *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(
		ctx, &SQL_PLAN_GET, ARGS(A_I64(ctx->actor->account_id), A_I64(plan_id)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	read_plan(ctx, rows, 0, out);
	return RC_OK;
}

enum rc plan_find_page(struct ctx *ctx, const struct page *page, int64_t after, struct span search,
	struct plans *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_PLAN_LIST,
		ARGS(A_I64(ctx->actor->account_id), A_I64(after), A_TEXT(search),
			A_I64(page->limit + 1)),
		&rows);

	if (rc != RC_OK)
		return rc;
	*out = (struct plans){ 0 };
	out->items = page_items(ctx, page, rows, sizeof *out->items, &out->len);
	for (size_t i = 0; i < out->len; i++)
		read_plan(ctx, rows, i, &out->items[i]);
	out->next_cursor = page_next_id(ctx, page, rows);
	return RC_OK;
}

enum rc plan_find_for(struct ctx *ctx, int64_t parent_id, struct span name, int64_t *out_id,
	struct span *out_name)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_PLAN_FOR, ARGS(A_I64(parent_id), A_TEXT(name)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	*out_id = row_i64(rows, 0, 0);
	*out_name = row_copy(ctx, rows, 0, 1);
	return RC_OK;
}

static int64_t figure_of(const struct plan *plan, struct span kind)
{
	const struct {
		const char *name;
		int64_t figure;
	} figures[] = { { "max_domains", plan->max_domains },
		{ "max_mailboxes", plan->max_mailboxes }, { "max_aliases", plan->max_aliases },
		{ "max_storage_bytes", plan->max_storage_bytes },
		{ "send_per_hour", plan->send_per_hour }, { "send_per_day", plan->send_per_day } };

	for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
		if (span_eq(kind, span_of(figures[i].name)))
			return figures[i].figure;
	}
	return PLAN_NO_LIMIT;
}

enum rc plan_check_bounds(
	struct ctx *ctx, int64_t account_id, const struct plan *plan, struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_PLAN_BOUNDS, ARGS(A_I64(account_id)), &rows);

	for (size_t i = 0; rc == RC_OK && i < rows_len(rows); i++) {
		struct span kind = row_text(rows, i, 0);
		int64_t pool = row_i64(rows, i, 1), wanted = figure_of(plan, kind);
		if (wanted == PLAN_NO_LIMIT || wanted > pool)
			rc = err_set(err, RC_LIMIT, arena_cstr(ctx->arena, kind),
				"Your own plan allows %lld here; a plan of yours cannot give more.",
				(long long)pool);
	}
	return rc;
}

enum rc plan_insert(struct ctx *ctx, struct plan *plan)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_PLAN_INSERT,
		ARGS(A_I64(plan->account_id), A_TEXT(plan->name), A_I64(plan->max_domains),
			A_I64(plan->max_mailboxes), A_I64(plan->max_aliases),
			A_I64(plan->max_storage_bytes), A_I64(plan->send_per_hour),
			A_I64(plan->send_per_day), A_I64(plan->mailbox_quota_bytes)),
		&rows);

	if (rc != RC_OK)
		return rc;
	plan->plan_id = row_i64(rows, 0, 0);
	plan->created_at_us = row_time_us(rows, 0, 1);
	return RC_OK;
}

enum rc plan_store(struct ctx *ctx, int64_t version, struct plan *plan)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_PLAN_UPDATE,
		ARGS(A_I64(plan->plan_id), A_I64(version), A_TEXT(plan->name),
			A_I64(plan->max_domains), A_I64(plan->max_mailboxes),
			A_I64(plan->max_aliases), A_I64(plan->max_storage_bytes),
			A_I64(plan->send_per_hour), A_I64(plan->send_per_day),
			A_I64(plan->mailbox_quota_bytes)),
		&rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_CONFLICT;
	plan->version = row_i64(rows, 0, 0);
	return RC_OK;
}

enum rc plan_remove(struct ctx *ctx, int64_t plan_id, int64_t version)
{
	int64_t changed = 0;
	enum rc rc = db_exec(ctx, &SQL_PLAN_DELETE, ARGS(A_I64(plan_id), A_I64(version)), &changed);

	return rc == RC_OK && changed == 0 ? RC_CONFLICT : rc;
}
