/* What became of a message that a mailbox has sent. */
#include "mailcore/queue/job_row.h"
#include "sql/queue.h"

enum rc queue_sent_states(struct ctx *ctx, int64_t mailbox_id, struct span message_id,
	struct sent_state **out, size_t *out_len)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct arena *a = ctx->arena;
	enum rc rc =
		db_query(ctx, &SQL_SENT_STATE, ARGS(A_I64(mailbox_id), A_TEXT(message_id)), &rows);

	if (rc != RC_OK)
		return rc;
	size_t n = rows_len(rows);
	struct sent_state *items = arena_array(a, n, sizeof *items);
	for (size_t i = 0; i < n; i++)
		items[i] = (struct sent_state){ .rcpt = arena_span(a, row_text(rows, i, 0)),
			.state = arena_span(a, row_text(rows, i, 1)),
			.text = arena_span(a, row_text(rows, i, 2)),
			.at_s = row_time_us(rows, i, 3) / USEC_PER_SEC };
	*out = items;
	*out_len = n;
	return RC_OK;
}
