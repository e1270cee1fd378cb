/* In the trace what was not stored: refused recipients, refused messages. */
#include "mailcore/store/store_impl.h"
#include "sql/message.h"

static void count(const struct rows *rows, const struct refusal *items, size_t n)
{
	for (size_t i = 0; i < rows_len(rows); i++) {
		int64_t place = row_i64(rows, i, 0);
		ASSERT(place >= 0 && (size_t)place < n);
		figure_add(items[place].figure, row_i64(rows, i, 1), 1);
	}
}

enum rc refusals_record(struct ctx *ctx, const struct refusal *items, size_t n)
{
	struct uuid *id = arena_array(ctx->arena, n, sizeof *id);
	struct span *columns[4];

	for (size_t k = 0; k < 4; k++)
		columns[k] = arena_array(ctx->arena, n, sizeof **columns);
	for (size_t i = 0; i < n; i++) {
		id[i] = uuid_make(ctx->now_us);
		columns[0][i] = items[i].domain;
		columns[1][i] = items[i].mail_from;
		columns[2][i] = items[i].rcpt;
		columns[3][i] = items[i].text;
	}
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_EVENT_REFUSED,
		ARGS(A_ARRAY(ARG_UUIDS, id, n), A_ARRAY(ARG_TEXTS, columns[0], n),
			A_ARRAY(ARG_TEXTS, columns[1], n), A_ARRAY(ARG_TEXTS, columns[2], n),
			A_ARRAY(ARG_TEXTS, columns[3], n)),
		&rows);

	if (rc == RC_OK)
		count(rows, items, n);
	return rc;
}

static struct span text(struct span s)
{
	return s.ptr ? s : SPAN("");
}

enum rc events_record(struct ctx *ctx, struct uuid trace_id, struct span mail_from,
	const struct delivery_event *events, size_t n)
{
	struct uuid *id = arena_array(ctx->arena, n, sizeof *id);
	int64_t *number[3];
	struct span *column[5];

	for (size_t k = 0; k < 3; k++)
		number[k] = arena_array(ctx->arena, n, sizeof **number);
	for (size_t k = 0; k < 5; k++)
		column[k] = arena_array(ctx->arena, n, sizeof **column);
	for (size_t i = 0; i < n; i++) {
		const struct delivery_event *e = &events[i];
		id[i] = trace_id;
		number[0][i] = (int64_t)i;
		number[1][i] = e->domain_id;
		number[2][i] = e->mailbox_id;
		struct span columns[] = { mail_from, e->rcpt, e->name, e->text, e->evidence };
		for (size_t k = 0; k < 5; k++)
			column[k][i] = text(columns[k]);
	}
	return db_exec(ctx, &SQL_EVENT_INSERT,
		ARGS(A_ARRAY(ARG_UUIDS, id, n), A_ARRAY(ARG_I64S, number[0], n),
			A_ARRAY(ARG_I64S, number[1], n), A_ARRAY(ARG_I64S, number[2], n),
			A_ARRAY(ARG_TEXTS, column[0], n), A_ARRAY(ARG_TEXTS, column[1], n),
			A_ARRAY(ARG_TEXTS, column[2], n), A_ARRAY(ARG_TEXTS, column[3], n),
			A_ARRAY(ARG_TEXTS, column[4], n)),
		NULL);
}
