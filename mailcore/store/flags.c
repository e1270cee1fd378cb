/*
 * Changing flags (STORE).
 *
 * One statement under the folder lock decides which messages really change, so a change that
 * changes nothing bumps nothing and UNCHANGEDSINCE is judged by what is committed. Without
 * keywords it all goes in one round trip; keywords need the folder's table first.
 */
#include "mailcore/store/store_impl.h"
#include "sql/folder.h"
#include "sql/message.h"

#define FLAGS_ALL 31

struct flagging {
	int64_t mailbox_id, folder_id;
	const struct flag_change *change;
	struct flag_result result;
};

static void add_change(
	struct batch *b, struct arena *a, const struct flagging *f, uint64_t keywords)
{
	const struct flag_change *c = f->change;
	int64_t flags = c->flags & FLAGS_ALL;
	int64_t words = (int64_t)keywords;
	int64_t keep_flags = c->op == FLAGS_SET ? 0
		: c->op == FLAGS_ADD            ? FLAGS_ALL
						: FLAGS_ALL & ~flags;
	int64_t keep_words = c->op == FLAGS_SET ? 0 : c->op == FLAGS_ADD ? -1 : ~words;
	bool set = c->op != FLAGS_REMOVE;
	db_batch_add(b, &SQL_FLAGS_CHANGE,
		ARGS(A_I64(f->mailbox_id), A_I64(f->folder_id), uids_arg(a, c->uids, c->n_uids),
			A_I64(keep_flags), A_I64(set ? flags : 0), A_I64(keep_words),
			A_I64(set ? words : 0), A_I64(c->unchanged_since)));
}

static void read_result(struct arena *a, struct rows *r, struct flag_result *out)
{
	*out = (struct flag_result){ .modseq = row_i64(r, 0, 0) };
	out->n_failed = uids_read(r, 0, 1, a, &out->failed);
}

/* Lock and change in one round trip, a tx of their own. */
static enum rc change_plain(struct ctx *ctx, struct flagging *f)
{
	struct rows *rows[2] = { 0 };
	enum rc rc = RC_CONFLICT;
	for (int try = 0; rc == RC_CONFLICT && try < 8; try++) {
		struct batch *b = db_batch_new(ctx);
		db_batch_add(b, &SQL_FOLDER_LOCK, ARGS(A_I64(f->mailbox_id), A_I64(f->folder_id)));
		add_change(b, ctx->arena, f, 0);
		rc = db_batch_run(b, rows, NULL);
	}
	if (rc != RC_OK)
		return rc == RC_CONFLICT ? RC_TEMP : rc;
	if (rows_len(rows[0]) == 0)
		rc = RC_NOT_FOUND;
	else
		read_result(ctx->arena, rows[1], &f->result);
	rows_close(rows[0]);
	rows_close(rows[1]);
	return rc;
}

/* Keywords to bits; new ones only when they are to be set. */
static enum rc keyword_bits(struct keyword_table *t, const struct flag_change *c, uint64_t *out)
{
	uint64_t bits = 0;
	for (size_t i = 0; i < c->n_keywords; i++) {
		uint64_t bit = 0;
		if (!keyword_bit(t, c->keywords[i], &bit) && c->op != FLAGS_REMOVE)
			return RC_LIMIT;
		bits |= bit;
	}
	if (c->op == FLAGS_REMOVE)
		t->len = t->known;
	*out = bits;
	return RC_OK;
}

static enum rc change_with_keywords(struct ctx *ctx, void *arg)
{
	struct flagging *f = arg;
	AUTO(rows_close) struct rows *lock = NULL;
	struct rows *rows[1] = { 0 };
	struct keyword_table table;
	uint64_t bits = 0;
	enum rc rc = db_query(
		ctx, &SQL_FOLDER_LOCK, ARGS(A_I64(f->mailbox_id), A_I64(f->folder_id)), &lock);
	if (rc != RC_OK)
		return rc;
	if (rows_len(lock) == 0)
		return RC_NOT_FOUND;
	keyword_table_read(&table, lock, 0, 3, ctx->arena);
	rc = keyword_bits(&table, f->change, &bits);
	if (rc == RC_OK)
		rc = keyword_table_save(ctx, f->mailbox_id, f->folder_id, &table);
	if (rc != RC_OK)
		return rc;
	struct batch *b = db_batch_new(ctx);
	add_change(b, ctx->arena, f, bits);
	rc = db_batch_run(b, rows, NULL);
	if (rc != RC_OK)
		return rc;
	read_result(ctx->arena, rows[0], &f->result);
	rows_close(rows[0]);
	return RC_OK;
}

enum rc message_set_flags(struct store *s, struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	const struct flag_change *change, struct flag_result *out)
{
	struct flagging f = { .mailbox_id = mailbox_id, .folder_id = folder_id, .change = change };
	enum rc rc =
		change->n_keywords ? tx_run(ctx, change_with_keywords, &f) : change_plain(ctx, &f);
	if (rc != RC_OK)
		return rc;
	if (f.result.modseq)
		store_ring(s, mailbox_id, folder_id);
	*out = f.result;
	return RC_OK;
}
