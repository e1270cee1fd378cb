/* Rows of outbox and send_setting. */
#include "mailcore/queue/outbox.h"

#include <string.h>

#include "mailcore/base/clock.h"
#include "sql/outbox.h"

static const struct arg *keep(struct arena *a, const struct arg *args, size_t n)
{
	struct arg *copy = arena_array(a, n, sizeof *copy);

	memcpy(copy, args, n * sizeof *args);
	return copy;
}

void outbox_insert_stmt(struct ctx *ctx, int64_t mailbox_id, const struct outbox_item *item,
	size_t jobs, const struct stmt **out_stmt, const struct arg **out_args, size_t *out_n_args)
{
	const struct arg args[] = { A_I64(mailbox_id), A_UUID(item->id),
		A_TIME(item->send_at_s * USEC_PER_SEC), A_I64((int64_t)jobs),
		A_TEXT(item->subject.ptr ? item->subject : SPAN("")),
		A_TEXT(item->to.ptr ? item->to : SPAN("")) };

	*out_stmt = &SQL_OUTBOX_INSERT;
	*out_n_args = sizeof args / sizeof args[0];
	*out_args = keep(ctx->arena, args, *out_n_args);
}

void outbox_cancel_stmt(struct ctx *ctx, int64_t mailbox_id, struct uuid id,
	const struct stmt **out_stmt, const struct arg **out_args, size_t *out_n_args)
{
	const struct arg args[] = { A_I64(mailbox_id), A_UUID(id) };

	*out_stmt = &SQL_OUTBOX_CANCEL;
	*out_n_args = sizeof args / sizeof args[0];
	*out_args = keep(ctx->arena, args, *out_n_args);
}

static struct outbox_item read_item(struct arena *a, const struct rows *r, size_t i)
{
	return (struct outbox_item){ .id = row_uuid(r, i, 0),
		.send_at_s = row_time_us(r, i, 1) / USEC_PER_SEC,
		.made_at_s = row_time_us(r, i, 2) / USEC_PER_SEC,
		.subject = arena_span(a, row_text(r, i, 3)),
		.to = arena_span(a, row_text(r, i, 4)),
		.held = row_bool(r, i, 5),
		.send_at_wall_s = row_i64(r, i, 6) };
}

enum rc outbox_list(struct ctx *ctx, int64_t mailbox_id, struct span zone, struct outbox_item **out,
	size_t *out_len)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_OUTBOX_FIND,
		ARGS(A_I64(mailbox_id), A_TEXT(zone), A_NULL(ARG_UUID)), &rows);

	if (rc != RC_OK)
		return rc;
	*out_len = rows_len(rows);
	*out = arena_array(ctx->arena, *out_len, sizeof **out);
	for (size_t i = 0; i < *out_len; i++)
		(*out)[i] = read_item(ctx->arena, rows, i);
	return RC_OK;
}

enum rc outbox_find(struct ctx *ctx, int64_t mailbox_id, struct uuid id, struct span zone,
	struct outbox_item *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(
		ctx, &SQL_OUTBOX_FIND, ARGS(A_I64(mailbox_id), A_TEXT(zone), A_UUID(id)), &rows);

	if (rc == RC_OK && rows_len(rows) == 0)
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		*out = read_item(ctx->arena, rows, 0);
	return rc;
}

enum rc outbox_count(struct ctx *ctx, int64_t mailbox_id, int64_t *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_OUTBOX_COUNT, ARGS(A_I64(mailbox_id)), &rows);

	if (rc == RC_OK)
		*out = row_i64(rows, 0, 0);
	return rc;
}

enum rc send_setting_get(struct ctx *ctx, int64_t mailbox_id, struct send_setting *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_SEND_SETTING_GET, ARGS(A_I64(mailbox_id)), &rows);

	if (rc != RC_OK)
		return rc;
	*out = (struct send_setting){ .undo_s = OUTBOX_UNDO_S, .zone = SPAN("") };
	if (rows_len(rows) > 0)
		*out = (struct send_setting){ (int)row_i64(rows, 0, 0),
			arena_span(ctx->arena, row_text(rows, 0, 1)) };
	return RC_OK;
}

enum rc send_setting_set(struct ctx *ctx, int64_t mailbox_id, const struct send_setting *setting)
{
	int64_t unused;
	enum rc rc = zone_time(ctx, 0, setting->zone, &unused);

	if (rc == RC_OK)
		rc = db_exec(ctx, &SQL_SEND_SETTING_SET,
			ARGS(A_I64(mailbox_id), A_I64(setting->undo_s), A_TEXT(setting->zone)),
			NULL);
	return rc;
}

enum rc zone_time(struct ctx *ctx, int64_t wall_s, struct span zone, int64_t *out_time_s)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_ZONE_TIME, ARGS(A_I64(wall_s), A_TEXT(zone)), &rows);

	if (rc == RC_OK && row_is_null(rows, 0, 0))
		rc = RC_INVALID;
	if (rc == RC_OK)
		*out_time_s = row_time_us(rows, 0, 0) / USEC_PER_SEC;
	return rc;
}
