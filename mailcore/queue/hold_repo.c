/* Limits on sending: who must be told that mail is held, and counts that are over. */
#include "mailcore/queue/job_row.h"
#include "sql/queue.h"

#define NOTICES_MAX 100

enum rc queue_hold_notices(struct ctx *ctx, struct hold_notice **out, size_t *out_len)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_HOLD_NOTICE_DUE, ARGS(A_I64(NOTICES_MAX)), &r);

	if (rc != RC_OK)
		return rc;
	size_t n = rows_len(r);
	struct hold_notice *items = arena_array(ctx->arena, n, sizeof *items);
	for (size_t i = 0; i < n; i++)
		items[i] = (struct hold_notice){ .mailbox_id = row_i64(r, i, 0),
			.reason = arena_span(ctx->arena, row_text(r, i, 2)),
			.address = arena_span(ctx->arena, row_text(r, i, 3)),
			.login = arena_span(ctx->arena, row_text(r, i, 4)),
			.jobs = row_i64(r, i, 5) };
	*out = items;
	*out_len = n;
	return RC_OK;
}

enum rc queue_hold_told(struct ctx *ctx, int64_t mailbox_id)
{
	return db_exec(ctx, &SQL_HOLD_NOTICE_TOLD, ARGS(A_I64(mailbox_id)), NULL);
}

enum rc queue_counts_forget(struct ctx *ctx, int64_t *out_deleted)
{
	return db_exec(ctx, &SQL_SEND_COUNT_FORGET, NO_ARGS, out_deleted);
}
