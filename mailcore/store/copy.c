/*
 * COPY and MOVE between folders of a mailbox: all or nothing, UIDs in the order of the source.
 *
 * Both folder rows are locked in ascending order. Keywords are carried by name: each of the
 * source's bits gets the bit of the same name in the destination, made there if need be.
 */
#include "mailcore/store/store_impl.h"
#include "sql/folder.h"
#include "sql/message.h"

struct copying {
	int64_t mailbox_id, from, to;
	const uint32_t *uids;
	size_t n;
	bool move;
	struct uid_pairs pairs;
};

/* Locks, and learns the keywords of both; which of the source's bits are used. */
static enum rc lock_both(struct ctx *ctx, const struct copying *c, struct keyword_table *from,
	struct keyword_table *to, uint64_t *out_used)
{
	struct rows *rows[3] = { 0 };
	struct batch *b = db_batch_new(ctx);
	db_batch_add(
		b, &SQL_FOLDER_LOCK_TWO, ARGS(A_I64(c->mailbox_id), A_I64(c->from), A_I64(c->to)));
	db_batch_add(b, &SQL_MAILBOX_QUOTA, ARGS(A_I64(c->mailbox_id)));
	db_batch_add(b, &SQL_KEYWORDS_USED,
		ARGS(A_I64(c->mailbox_id), A_I64(c->from), uids_arg(ctx->arena, c->uids, c->n)));
	enum rc rc = db_batch_run(b, rows, NULL);
	if (rc != RC_OK)
		return rc;
	bool have_from = false;
	bool have_to = false;
	for (size_t i = 0; i < rows_len(rows[0]); i++) {
		int64_t id = row_i64(rows[0], i, 0);
		if (id == c->from)
			keyword_table_read(from, rows[0], i, 1, ctx->arena);
		if (id == c->to)
			keyword_table_read(to, rows[0], i, 1, ctx->arena);
		have_from |= id == c->from;
		have_to |= id == c->to;
	}
	*out_used = (uint64_t)row_i64(rows[2], 0, 0);
	for (int i = 0; i < 3; i++)
		rows_close(rows[i]);
	return have_from && have_to ? RC_OK : RC_NOT_FOUND;
}

/* What each bit of the source becomes; keywords for which there is no room are lost. */
static void map_keywords(const struct keyword_table *from, struct keyword_table *to, uint64_t used,
	int64_t out[KEYWORDS_MAX])
{
	for (size_t i = 0; i < KEYWORDS_MAX; i++) {
		uint64_t bit = 0;
		bool wanted = i < from->len && (used >> i & 1);
		out[i] = wanted && keyword_bit(to, from->names[i], &bit) ? (int64_t)bit : 0;
	}
}

static void read_pairs(struct arena *a, struct rows *r, struct uid_pairs *out)
{
	*out = (struct uid_pairs){ 0 };
	if (rows_len(r) == 0)
		return;
	out->uidvalidity = row_i64(r, 0, 0);
	int64_t first = row_i64(r, 0, 1);
	out->len = uids_read(r, 0, 2, a, &out->from);
	out->to = arena_array(a, out->len, sizeof *out->to);
	for (size_t i = 0; i < out->len; i++)
		out->to[i] = (uint32_t)(first + (int64_t)i);
}

/* Would the copies fit? Asked after the fact, inside the tx. */
static enum rc check_quota(struct ctx *ctx, const struct copying *c)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_MAILBOX_QUOTA, ARGS(A_I64(c->mailbox_id)), &r);
	if (rc != RC_OK)
		return rc;
	int64_t quota = row_i64(r, 0, 0);
	bool full = quota && row_i64(r, 0, 1) > quota;
	return full || row_i64(r, 0, 2) > MAILBOX_MESSAGES_MAX ? RC_LIMIT : RC_OK;
}

static void add_copy(struct batch *b, struct arena *a, const struct copying *c, const int64_t *map)
{
	db_batch_add(b, &SQL_MESSAGE_COPY,
		ARGS(A_I64(c->mailbox_id), A_I64(c->from), uids_arg(a, c->uids, c->n), A_I64(c->to),
			A_ARRAY(ARG_I64S, map, KEYWORDS_MAX)));
	if (c->move)
		db_batch_add(b, &SQL_MESSAGE_EXPUNGE,
			ARGS(A_I64(c->mailbox_id), A_I64(c->from), uids_arg(a, c->uids, c->n),
				A_BOOL(false), A_BOOL(false)));
}

static enum rc copy(struct ctx *ctx, void *arg)
{
	struct copying *c = arg;
	struct keyword_table from = { 0 };
	struct keyword_table to = { 0 };
	int64_t map[KEYWORDS_MAX];
	uint64_t used = 0;
	struct rows *rows[2] = { 0 };
	enum rc rc = lock_both(ctx, c, &from, &to, &used);
	if (rc != RC_OK)
		return rc;
	map_keywords(&from, &to, used, map);
	rc = keyword_table_save(ctx, c->mailbox_id, c->to, &to);
	if (rc != RC_OK)
		return rc;
	struct batch *b = db_batch_new(ctx);
	add_copy(b, ctx->arena, c, map);
	rc = db_batch_run(b, rows, NULL);
	if (rc != RC_OK)
		return rc;
	read_pairs(ctx->arena, rows[0], &c->pairs);
	rows_close(rows[0]);
	rows_close(rows[1]);
	return c->move ? RC_OK : check_quota(ctx, c);
}

static enum rc run(struct store *s, struct ctx *ctx, struct copying *c, struct uid_pairs *out)
{
	enum rc rc = tx_run(ctx, copy, c);
	if (rc != RC_OK)
		return rc;
	*out = c->pairs;
	if (c->pairs.len == 0)
		return RC_OK;
	store_ring(s, c->mailbox_id, c->to);
	if (c->move)
		store_ring(s, c->mailbox_id, c->from);
	return RC_OK;
}

enum rc message_copy(struct store *s, struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	const uint32_t *uids, size_t n, int64_t to_folder_id, struct uid_pairs *out)
{
	struct copying c = { .mailbox_id = mailbox_id,
		.from = folder_id,
		.to = to_folder_id,
		.uids = uids,
		.n = n };
	return run(s, ctx, &c, out);
}

enum rc message_move(struct store *s, struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	const uint32_t *uids, size_t n, int64_t to_folder_id, struct uid_pairs *out)
{
	struct copying c = { .mailbox_id = mailbox_id,
		.from = folder_id,
		.to = to_folder_id,
		.uids = uids,
		.n = n,
		.move = true };
	return run(s, ctx, &c, out);
}
