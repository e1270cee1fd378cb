/* Rows of blob and message_meta as arrays, one statement for any number of messages. */
#include "mailcore/store/store_impl.h"
#include "sql/blob.h"
#include "sql/message.h"

struct arg uids_arg(struct arena *a, const uint32_t *uids, size_t n)
{
	int64_t *wide = arena_array(a, n, sizeof *wide);
	for (size_t i = 0; i < n; i++)
		wide[i] = uids[i];
	return A_ARRAY(ARG_I64S, wide, n);
}

size_t uids_read(struct rows *r, size_t row, unsigned col, struct arena *a, uint32_t **out)
{
	int64_t *wide = NULL;
	size_t n = row_i64s(r, row, col, a, &wide);
	*out = arena_array(a, n, sizeof **out);
	for (size_t i = 0; i < n; i++)
		(*out)[i] = (uint32_t)wide[i];
	return n;
}

static void add_blob(struct batch *b, const struct blob_draft *d)
{
	db_batch_add(b, &SQL_BLOB_INSERT_ONE,
		ARGS(A_UUID(d->id), A_I64(d->place), A_I64(d->codec), A_I64((int64_t)d->head_size),
			A_I64((int64_t)d->size), A_BYTES(d->head), A_BYTES(d->body)));
}

void batch_add_blobs(struct batch *b, struct arena *a, const struct prepared *const *docs, size_t n)
{
	if (n == 1) {
		add_blob(b, &docs[0]->blob);
		return;
	}
	struct uuid *id = arena_array(a, n, sizeof *id);
	int64_t *number[4];
	struct span *head = arena_array(a, n, sizeof *head);
	struct span *body = arena_array(a, n, sizeof *body);
	for (int k = 0; k < 4; k++)
		number[k] = arena_array(a, n, sizeof **number);
	for (size_t i = 0; i < n; i++) {
		const struct blob_draft *d = &docs[i]->blob;
		id[i] = d->id;
		number[0][i] = d->place;
		number[1][i] = d->codec;
		number[2][i] = (int64_t)d->head_size;
		number[3][i] = (int64_t)d->size;
		head[i] = d->head;
		body[i] = d->body;
	}
	db_batch_add(b, &SQL_BLOB_INSERT,
		ARGS(A_ARRAY(ARG_UUIDS, id, n), A_ARRAY(ARG_I64S, number[0], n),
			A_ARRAY(ARG_I64S, number[1], n), A_ARRAY(ARG_I64S, number[2], n),
			A_ARRAY(ARG_I64S, number[3], n), A_ARRAY(ARG_BYTESS, head, n),
			A_ARRAY(ARG_BYTESS, body, n)));
}

/* One column of the documents, picked by its place in struct prepared. */
static struct arg spans(struct arena *a, enum arg_type type, const struct prepared *const *docs,
	size_t n, size_t offset)
{
	struct span *items = arena_array(a, n, sizeof *items);
	for (size_t i = 0; i < n; i++)
		memcpy(&items[i], (const char *)docs[i] + offset, sizeof *items);
	return A_ARRAY(type, items, n);
}

static void add_meta(struct batch *b, const struct prepared *d, int64_t mailbox_id)
{
	db_batch_add(b, &SQL_META_INSERT_ONE,
		ARGS(A_I64(mailbox_id), A_UUID(d->blob.id), A_BYTES(d->envelope),
			A_BYTES(d->bodystructure), A_BYTES(d->headers), A_I64(d->sent_at),
			A_TEXT(d->subject), A_TEXT(d->from_text), A_TEXT(d->to_text),
			A_TEXT(d->preview), A_BOOL(d->has_attachment), A_TEXT(d->message_id)));
}

void batch_add_meta(struct batch *b, struct arena *a, const struct prepared *const *docs,
	size_t n_docs, const int64_t *mailboxes, const int64_t *doc_of, size_t n)
{
	if (n == 1 && docs[doc_of[0]]->refs.len == 0) {
		add_meta(b, docs[doc_of[0]], mailboxes[0]);
		return;
	}
	struct uuid *id = arena_array(a, n_docs, sizeof *id);
	int64_t *sent = arena_array(a, n_docs, sizeof *sent);
	bool *attachment = arena_array(a, n_docs, sizeof *attachment);
	int64_t *ordinal = arena_array(a, n, sizeof *ordinal);
	for (size_t i = 0; i < n_docs; i++) {
		id[i] = docs[i]->blob.id;
		sent[i] = docs[i]->sent_at;
		attachment[i] = docs[i]->has_attachment;
	}
	for (size_t i = 0; i < n; i++)
		ordinal[i] = doc_of[i] + 1; /* WITH ORDINALITY counts from one */
#define TEXTS(field) spans(a, ARG_TEXTS, docs, n_docs, offsetof(struct prepared, field))
#define BYTES(field) spans(a, ARG_BYTESS, docs, n_docs, offsetof(struct prepared, field))
	db_batch_add(b, &SQL_META_INSERT,
		ARGS(A_ARRAY(ARG_I64S, mailboxes, n), A_ARRAY(ARG_I64S, ordinal, n),
			A_ARRAY(ARG_UUIDS, id, n_docs), BYTES(envelope), BYTES(bodystructure),
			BYTES(headers), A_ARRAY(ARG_I64S, sent, n_docs), TEXTS(subject),
			TEXTS(from_text), TEXTS(to_text), TEXTS(preview),
			A_ARRAY(ARG_BOOLS, attachment, n_docs), TEXTS(message_id), TEXTS(refs)));
#undef TEXTS
#undef BYTES
}

enum rc blobs_settle(struct ctx *ctx, const struct uuid *ids, size_t n, bool *out_there)
{
	struct rows *rows[2] = { 0 };
	struct batch *b = db_batch_new(ctx);
	db_batch_add(b, &SQL_BLOB_FENCE, ARGS(A_ARRAY(ARG_UUIDS, ids, n)));
	db_batch_add(b, &SQL_BLOB_KNOWN, ARGS(A_ARRAY(ARG_UUIDS, ids, n)));
	enum rc rc = db_batch_run(b, rows, NULL);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		out_there[i] = false;
		for (size_t k = 0; k < rows_len(rows[1]); k++)
			out_there[i] |= uuid_eq(row_uuid(rows[1], k, 0), ids[i]);
	}
	rows_close(rows[0]);
	rows_close(rows[1]);
	return RC_OK;
}
