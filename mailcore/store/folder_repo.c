#include "mailcore/store/folder_repo.h"

#include "sql/folder.h"

static struct folder read_folder(struct arena *a, const struct rows *r, size_t row)
{
	return (struct folder){
		.folder_id = row_i64(r, row, 0),
		.name = arena_span(a, row_text(r, row, 1)),
		.role = arena_span(a, row_text(r, row, 2)),
		.uidvalidity = row_i64(r, row, 3),
		.uidnext = row_i64(r, row, 4),
		.highestmodseq = row_i64(r, row, 5),
		.messages = row_i64(r, row, 6),
		.unseen = row_i64(r, row, 7),
		.size_bytes = row_i64(r, row, 8),
		.subscribed = row_bool(r, row, 9),
		.first_recent_uid = row_i64(r, row, 10),
	};
}

enum rc folder_repo_list(struct ctx *ctx, int64_t mailbox_id, struct folders *out)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_FOLDER_LIST, ARGS(A_I64(mailbox_id)), &r);
	if (rc != RC_OK)
		return rc;
	out->len = rows_len(r);
	out->items = arena_array(ctx->arena, out->len, sizeof *out->items);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = read_folder(ctx->arena, r, i);
	return RC_OK;
}

enum rc folder_repo_find(
	struct ctx *ctx, int64_t mailbox_id, struct span name, struct span role, struct folder *out)
{
	AUTO(rows_close) struct rows *r = NULL;
	const struct stmt *stmt = name.ptr ? &SQL_FOLDER_FIND : &SQL_FOLDER_FIND_ROLE;
	enum rc rc =
		db_query(ctx, stmt, ARGS(A_I64(mailbox_id), A_TEXT(name.ptr ? name : role)), &r);
	if (rc != RC_OK)
		return rc;
	if (rows_len(r) == 0)
		return RC_NOT_FOUND;
	*out = read_folder(ctx->arena, r, 0);
	return RC_OK;
}

enum rc folder_repo_existing(struct ctx *ctx, int64_t mailbox_id, const struct span *names,
	size_t n, bool *out_exists, int64_t *out_count)
{
	struct rows *rows[2];
	struct batch *b = db_batch_new(ctx);
	db_batch_add(b, &SQL_FOLDER_NAMES, ARGS(A_I64(mailbox_id), A_ARRAY(ARG_TEXTS, names, n)));
	db_batch_add(b, &SQL_FOLDER_COUNT, ARGS(A_I64(mailbox_id)));
	enum rc rc = db_batch_run(b, rows, NULL);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		out_exists[i] = false;
		for (size_t k = 0; k < rows_len(rows[0]); k++)
			out_exists[i] |= span_eq(row_text(rows[0], k, 0), names[i]);
	}
	*out_count = row_i64(rows[1], 0, 0);
	rows_close(rows[0]);
	rows_close(rows[1]);
	return RC_OK;
}

enum rc folder_repo_take_ids(struct ctx *ctx, int64_t mailbox_id, size_t n, int64_t *out_folder_id,
	int64_t *out_uidvalidity)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc =
		db_query(ctx, &SQL_MAIL_ROOT_TAKE, ARGS(A_I64(mailbox_id), A_I64((int64_t)n)), &r);
	if (rc != RC_OK)
		return rc;
	if (rows_len(r) == 0)
		return RC_NOT_FOUND;
	*out_folder_id = row_i64(r, 0, 0);
	*out_uidvalidity = row_i64(r, 0, 1);
	return RC_OK;
}

enum rc folder_repo_insert(struct ctx *ctx, int64_t mailbox_id, int64_t first_id,
	int64_t first_uidvalidity, const struct span *names, const struct span *roles, size_t n)
{
	int64_t *id = arena_array(ctx->arena, n, sizeof *id);
	int64_t *uidvalidity = arena_array(ctx->arena, n, sizeof *uidvalidity);
	for (size_t i = 0; i < n; i++) {
		id[i] = first_id + (int64_t)i;
		uidvalidity[i] = first_uidvalidity + (int64_t)i;
	}
	return db_exec(ctx, &SQL_FOLDER_INSERT,
		ARGS(A_I64(mailbox_id), A_ARRAY(ARG_I64S, id, n), A_ARRAY(ARG_TEXTS, names, n),
			A_ARRAY(ARG_TEXTS, roles, n), A_ARRAY(ARG_I64S, uidvalidity, n)),
		NULL);
}

enum rc folder_repo_drop(struct ctx *ctx, int64_t mailbox_id, int64_t folder_id)
{
	struct batch *b = db_batch_new(ctx);
	db_batch_add(b, &SQL_FOLDER_DROP, ARGS(A_I64(mailbox_id), A_I64(folder_id)));
	db_batch_add(b, &SQL_FOLDER_DROP_MESSAGES, ARGS(A_I64(mailbox_id), A_I64(folder_id)));
	return db_batch_run(b, NULL, NULL);
}

enum rc folder_repo_tree(struct ctx *ctx, int64_t mailbox_id, struct span name,
	struct folder_place **out, size_t *out_len)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_FOLDER_TREE, ARGS(A_I64(mailbox_id), A_TEXT(name)), &r);
	if (rc != RC_OK)
		return rc;
	size_t n = rows_len(r);
	struct folder_place *places = arena_array(ctx->arena, n, sizeof *places);
	for (size_t i = 0; i < n; i++)
		places[i] = (struct folder_place){ .folder_id = row_i64(r, i, 0),
			.name = arena_span(ctx->arena, row_text(r, i, 1)),
			.role = arena_span(ctx->arena, row_text(r, i, 2)),
			.uidvalidity = row_i64(r, i, 3) };
	*out = places;
	*out_len = n;
	return RC_OK;
}

enum rc folder_repo_past(struct ctx *ctx, int64_t mailbox_id, const struct span *names, size_t n,
	int64_t *out_uidvalidity)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(
		ctx, &SQL_FOLDER_PAST, ARGS(A_I64(mailbox_id), A_ARRAY(ARG_TEXTS, names, n)), &r);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		out_uidvalidity[i] = 0;
		for (size_t k = 0; k < rows_len(r); k++)
			if (span_eq(row_text(r, k, 0), names[i]))
				out_uidvalidity[i] = row_i64(r, k, 1);
	}
	return RC_OK;
}

enum rc folder_repo_rename(
	struct ctx *ctx, int64_t mailbox_id, const struct folder_place *places, size_t n)
{
	int64_t *id = arena_array(ctx->arena, n, sizeof *id);
	int64_t *uidvalidity = arena_array(ctx->arena, n, sizeof *uidvalidity);
	struct span *name = arena_array(ctx->arena, n, sizeof *name);
	for (size_t i = 0; i < n; i++) {
		id[i] = places[i].folder_id;
		name[i] = places[i].name;
		uidvalidity[i] = places[i].uidvalidity;
	}
	return db_exec(ctx, &SQL_FOLDER_RENAME,
		ARGS(A_I64(mailbox_id), A_ARRAY(ARG_I64S, id, n), A_ARRAY(ARG_TEXTS, name, n),
			A_ARRAY(ARG_I64S, uidvalidity, n)),
		NULL);
}
