/* The blob and blob_gc tables; rows of blob are inserted by store in its batches. */
#include "mailcore/blob/blob_impl.h"
#include "mailcore/db/tx.h"
#include "sql/blob.h"

static enum rc read_row(
	struct blob_store *s, struct ctx *ctx, struct uuid id, bool head_only, struct span *out)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_BLOB_FIND, ARGS(A_UUID(id), A_BOOL(head_only)), &r);
	if (rc != RC_OK)
		return rc;
	if (rows_len(r) == 0)
		return RC_NOT_FOUND;
	return blob_decode(s, ctx->arena, id, (int)row_i64(r, 0, 0), (int)row_i64(r, 0, 1),
		(size_t)row_i64(r, 0, 2), (size_t)row_i64(r, 0, 3), row_bytes(r, 0, 4),
		row_bytes(r, 0, 5), head_only, out);
}

enum rc blob_read(struct blob_store *s, struct ctx *ctx, struct uuid id, struct span *out)
{
	return read_row(s, ctx, id, false, out);
}

enum rc blob_read_head(struct blob_store *s, struct ctx *ctx, struct uuid id, struct span *out)
{
	return read_row(s, ctx, id, true, out);
}

/* ------------------------------------------------------------------------ collecting */

struct collection {
	size_t limit;
	size_t deleted;
	struct uuid *files; /* whose rows are gone: after the commit the files go too */
	size_t n_files;
};

static void note_deleted(struct ctx *ctx, struct collection *c, const struct rows *r)
{
	c->deleted = rows_len(r);
	c->n_files = 0;
	c->files = arena_array(ctx->arena, rows_len(r), sizeof *c->files);
	for (size_t i = 0; i < rows_len(r); i++)
		if (row_i64(r, i, 1) == PLACE_FILE)
			c->files[c->n_files++] = row_uuid(r, i, 0);
}

static enum rc collect(struct ctx *ctx, void *arg)
{
	struct collection *c = arg;
	AUTO(rows_close) struct rows *due = NULL;
	enum rc rc = db_query(ctx, &SQL_BLOB_GC_TAKE, ARGS(A_I64((int64_t)c->limit)), &due);
	if (rc != RC_OK)
		return rc;
	size_t n = rows_len(due);
	int64_t *mailboxes = arena_array(ctx->arena, n, sizeof *mailboxes);
	struct uuid *ids = arena_array(ctx->arena, n, sizeof *ids);
	for (size_t i = 0; i < n; i++) {
		mailboxes[i] = row_i64(due, i, 0);
		ids[i] = row_uuid(due, i, 1);
	}
	struct rows *rows[3] = { 0 };
	struct batch *b = db_batch_new(ctx);
	db_batch_add(b, &SQL_BLOB_GC_META,
		ARGS(A_ARRAY(ARG_I64S, mailboxes, n), A_ARRAY(ARG_UUIDS, ids, n)));
	db_batch_add(b, &SQL_BLOB_GC_DELETE, ARGS(A_ARRAY(ARG_UUIDS, ids, n)));
	db_batch_add(b, &SQL_BLOB_GC_DONE,
		ARGS(A_ARRAY(ARG_I64S, mailboxes, n), A_ARRAY(ARG_UUIDS, ids, n)));
	rc = db_batch_run(b, rows, NULL);
	if (rc != RC_OK)
		return rc;
	note_deleted(ctx, c, rows[1]);
	for (int i = 0; i < 3; i++)
		rows_close(rows[i]);
	return RC_OK;
}

enum rc blob_collect(struct blob_store *s, struct ctx *ctx, size_t limit, size_t *out_deleted)
{
	struct collection c = { .limit = limit };
	enum rc rc = tx_run(ctx, collect, &c);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < c.n_files; i++)
		blob_file_remove(s, c.files[i]);
	*out_deleted = c.deleted;
	return RC_OK;
}
