/* Reading what snapshots do not hold: the columns of message_meta, and bytes. */
#include "mailcore/base/clock.h"
#include "mailcore/store/store_impl.h"
#include "sql/message.h"

static struct message_row read_row(struct arena *a, const struct rows *r, size_t i)
{
	return (struct message_row){
		.uid = (uint32_t)row_i64(r, i, 0),
		.blob_id = row_uuid(r, i, 1),
		.envelope = arena_span(a, row_bytes(r, i, 2)),
		.bodystructure = arena_span(a, row_bytes(r, i, 3)),
		.headers = arena_span(a, row_bytes(r, i, 4)),
		.message_id = arena_span(a, row_text(r, i, 5)),
		.thread_id = row_uuid(r, i, 6),
		.has_attachment = row_bool(r, i, 7),
		.sent_at = row_time_us(r, i, 8) / USEC_PER_SEC,
		.subject = arena_span(a, row_text(r, i, 9)),
		.from_text = arena_span(a, row_text(r, i, 10)),
		.to_text = arena_span(a, row_text(r, i, 11)),
		.preview = arena_span(a, row_text(r, i, 12)),
		.saved_at = row_time_us(r, i, 13) / USEC_PER_SEC,
	};
}

/* Are the UIDs (ascending) nearly all that lie between the first and the last? */
static bool is_dense(const uint32_t *uids, size_t n)
{
	return n > 0 && uids[n - 1] - uids[0] < 2 * n + 16;
}

static enum rc read_wire(struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	const uint32_t *uids, size_t n, unsigned want, struct message_row *out, size_t *out_len)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_MESSAGE_WIRE,
		ARGS(A_I64(mailbox_id), A_I64(folder_id), A_I64(uids[0]), A_I64(uids[n - 1]),
			A_BOOL(want & META_ENVELOPE), A_BOOL(want & META_BODYSTRUCTURE),
			A_BOOL(want & META_HEADERS)),
		&r);
	if (rc != RC_OK)
		return rc;
	size_t len = 0;
	size_t k = 0;
	for (size_t i = 0; i < rows_len(r); i++) {
		uint32_t uid = (uint32_t)row_i64(r, i, 0);
		while (k < n && uids[k] < uid)
			k++;
		if (k == n || uids[k] != uid)
			continue;
		out[len++] = (struct message_row){ .uid = uid,
			.envelope = arena_span(ctx->arena, row_bytes(r, i, 1)),
			.bodystructure = arena_span(ctx->arena, row_bytes(r, i, 2)),
			.headers = arena_span(ctx->arena, row_bytes(r, i, 3)) };
	}
	*out_len = len;
	return RC_OK;
}

enum rc message_rows(struct store *s, struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	const uint32_t *uids, size_t n, unsigned want, struct message_row *out, size_t *out_len)
{
	if (!(want & (META_LIST | META_IDS)) && is_dense(uids, n))
		return read_wire(ctx, mailbox_id, folder_id, uids, n, want, out, out_len);
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_MESSAGE_ROWS,
		ARGS(A_I64(mailbox_id), A_I64(folder_id), uids_arg(ctx->arena, uids, n),
			A_BOOL(want & META_ENVELOPE), A_BOOL(want & META_BODYSTRUCTURE),
			A_BOOL(want & META_HEADERS), A_BOOL(want & META_LIST)),
		&r);
	if (rc != RC_OK)
		return rc;
	*out_len = rows_len(r);
	ASSERT(*out_len <= n);
	for (size_t i = 0; i < *out_len; i++)
		out[i] = read_row(ctx->arena, r, i);
	return RC_OK;
}

/* How many of the UIDs come no later than `last`. */
static size_t handled(const uint32_t *uids, size_t n, uint32_t last)
{
	size_t i = 0;
	while (i < n && uids[i] <= last)
		i++;
	return i;
}

static enum rc query_bytes(struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	const uint32_t *uids, size_t n, bool head_only, size_t max_bytes, struct rows **out)
{
	struct arg mailbox = A_I64(mailbox_id);
	struct arg folder = A_I64(folder_id);
	if (n == 1)
		return db_query(ctx, &SQL_MESSAGE_READ_ONE,
			ARGS(mailbox, folder, A_I64(uids[0]), A_BOOL(head_only)), out);
	return db_query(ctx, &SQL_MESSAGE_READ,
		ARGS(mailbox, folder, uids_arg(ctx->arena, uids, n), A_BOOL(head_only),
			A_I64(max_bytes ? (int64_t)max_bytes : 1)),
		out);
}

enum rc message_read(struct store *s, struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	const uint32_t *uids, size_t n, bool head_only, size_t max_bytes, struct message_bytes *out,
	size_t *out_len, size_t *out_done)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = query_bytes(ctx, mailbox_id, folder_id, uids, n, head_only, max_bytes, &r);
	if (rc != RC_OK)
		return rc;
	size_t len = rows_len(r);
	ASSERT(len <= n);
	for (size_t i = 0; i < len; i++) {
		out[i].uid = (uint32_t)row_i64(r, i, 0);
		rc = blob_decode(s->blobs, ctx->arena, row_uuid(r, i, 1), (int)row_i64(r, i, 2),
			(int)row_i64(r, i, 3), (size_t)row_i64(r, i, 4), (size_t)row_i64(r, i, 5),
			row_bytes(r, i, 6), row_bytes(r, i, 7), head_only, &out[i].bytes);
		out[i].unreadable = rc != RC_OK;
		if (rc != RC_OK)
			out[i].bytes = SPAN_NONE;
	}
	*out_len = len;
	*out_done = n;
	if (len && row_i64(r, 0, 8) > (int64_t)len)
		*out_done = handled(uids, n, out[len - 1].uid);
	return RC_OK;
}
