/*
 * IMAP APPEND and import: several messages into one folder, all or none.
 *
 * Blob and meta first; then the folder row is locked and gives UIDs, MODSEQ and keywords; then the
 * rows that need them. Three round trips whatever the number of messages.
 */
#include "mailcore/base/clock.h"
#include "mailcore/store/store_impl.h"
#include "mailcore/store/uidset.h"
#include "sql/folder.h"
#include "sql/message.h"

struct append {
	int64_t mailbox_id, folder_id;
	const struct append_item *items;
	size_t n;
	int64_t uidvalidity, first_uid, modseq;
	struct keyword_table keywords;
};

static int64_t total_size(const struct append *ap)
{
	int64_t size = 0;
	for (size_t i = 0; i < ap->n; i++)
		size += (int64_t)ap->items[i].message->blob.size;
	return size;
}

/* Blobs, meta, quota, folder lock. */
static enum rc begin(struct ctx *ctx, struct append *ap)
{
	struct rows *rows[4] = { 0 };
	const struct prepared **docs = arena_array(ctx->arena, ap->n, sizeof *docs);
	int64_t *mailboxes = arena_array(ctx->arena, ap->n, sizeof *mailboxes);
	int64_t *doc_of = arena_array(ctx->arena, ap->n, sizeof *doc_of);
	for (size_t i = 0; i < ap->n; i++) {
		docs[i] = ap->items[i].message;
		mailboxes[i] = ap->mailbox_id;
		doc_of[i] = (int64_t)i;
	}
	struct batch *b = db_batch_new(ctx);
	batch_add_blobs(b, ctx->arena, docs, ap->n);
	batch_add_meta(b, ctx->arena, docs, ap->n, mailboxes, doc_of, ap->n);
	db_batch_add(b, &SQL_MAILBOX_QUOTA, ARGS(A_I64(ap->mailbox_id)));
	db_batch_add(b, &SQL_FOLDER_LOCK, ARGS(A_I64(ap->mailbox_id), A_I64(ap->folder_id)));
	enum rc rc = db_batch_run(b, rows, NULL);
	if (rc != RC_OK)
		return rc;
	int64_t quota = row_i64(rows[2], 0, 0);
	if (quota && row_i64(rows[2], 0, 1) + total_size(ap) > quota)
		rc = RC_LIMIT;
	if (rows_len(rows[3]) == 0)
		rc = RC_NOT_FOUND;
	if (rc == RC_OK && row_i64(rows[3], 0, 1) + (int64_t)ap->n > UINT32_MAX)
		rc = RC_LIMIT;
	if (rc == RC_OK) {
		ap->uidvalidity = row_i64(rows[3], 0, 0);
		ap->first_uid = row_i64(rows[3], 0, 1);
		ap->modseq = row_i64(rows[3], 0, 2) + 1;
		keyword_table_read(&ap->keywords, rows[3], 0, 3, ctx->arena);
	}
	for (int i = 0; i < 4; i++)
		rows_close(rows[i]);
	return rc;
}

/* Keywords that are refused or do not fit are left out: the message matters more. */
static int64_t keyword_mask(struct append *ap, const struct append_item *item)
{
	uint64_t mask = 0;
	uint64_t bit;
	for (size_t i = 0; i < item->n_keywords; i++)
		if (keyword_bit(&ap->keywords, item->keywords[i], &bit))
			mask |= bit;
	return (int64_t)mask;
}

static void add_messages(struct batch *b, struct arena *a, struct append *ap)
{
	size_t n = ap->n;
	int64_t *column[6]; /* uid, flags, keywords, at, zone, size */
	struct uuid *blob = arena_array(a, n, sizeof *blob);
	for (int k = 0; k < 6; k++)
		column[k] = arena_array(a, n, sizeof **column);
	for (size_t i = 0; i < n; i++) {
		const struct append_item *item = &ap->items[i];
		column[0][i] = ap->first_uid + (int64_t)i;
		column[1][i] = item->flags;
		column[2][i] = keyword_mask(ap, item);
		column[3][i] = item->internal_at * USEC_PER_SEC;
		column[4][i] = item->internal_zone;
		column[5][i] = (int64_t)item->message->blob.size;
		blob[i] = item->message->blob.id;
	}
	db_batch_add(b, &SQL_APPEND_INSERT,
		ARGS(A_I64(ap->mailbox_id), A_I64(ap->folder_id), A_I64(ap->modseq),
			A_ARRAY(ARG_I64S, column[0], n), A_ARRAY(ARG_I64S, column[1], n),
			A_ARRAY(ARG_I64S, column[2], n), A_ARRAY(ARG_TIMES, column[3], n),
			A_ARRAY(ARG_I64S, column[4], n), A_ARRAY(ARG_I64S, column[5], n),
			A_ARRAY(ARG_UUIDS, blob, n)));
}

static void add_counts(struct batch *b, struct arena *a, const struct append *ap)
{
	int64_t unseen = 0;
	struct uid_range range = { (uint32_t)ap->first_uid,
		(uint32_t)(ap->first_uid + (int64_t)ap->n - 1) };
	struct uidset set = { &range, 1 };
	struct str packed = str_in(a, 64);
	uidset_pack(&packed, &set);
	for (size_t i = 0; i < ap->n; i++)
		unseen += !(ap->items[i].flags & FLAG_SEEN);
	db_batch_add(b, &SQL_CHANGE_LOG_INSERT,
		ARGS(A_I64(ap->mailbox_id), A_I64(ap->folder_id), A_I64(ap->modseq),
			A_TEXT(SPAN("A")), A_BYTES(str_span(&packed))));
	db_batch_add(b, &SQL_APPEND_COUNT,
		ARGS(A_I64(ap->mailbox_id), A_I64(ap->folder_id), A_I64((int64_t)ap->n),
			A_I64(ap->modseq), A_I64(unseen), A_I64(total_size(ap))));
}

static enum rc append(struct ctx *ctx, void *arg)
{
	struct append *ap = arg;
	enum rc rc = begin(ctx, ap);
	if (rc != RC_OK)
		return rc;
	struct batch *b = db_batch_new(ctx);
	add_messages(b, ctx->arena, ap);
	add_counts(b, ctx->arena, ap);
	rc = keyword_table_save(ctx, ap->mailbox_id, ap->folder_id, &ap->keywords);
	return rc == RC_OK ? db_batch_run(b, NULL, NULL) : rc;
}

/* After an unknown commit. */
static enum rc is_appended(struct ctx *ctx, void *arg, bool *out)
{
	const struct append *ap = arg;
	return blobs_settle(ctx, &ap->items[0].message->blob.id, 1, out);
}

enum rc message_append(struct store *s, struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	const struct append_item *items, size_t n, int64_t *out_uidvalidity, uint32_t *out_uids)
{
	struct append ap = {
		.mailbox_id = mailbox_id, .folder_id = folder_id, .items = items, .n = n
	};
	ASSERT(n > 0);
	enum rc rc = tx_run_checked(ctx, append, is_appended, &ap);
	if (rc != RC_OK)
		return rc;
	*out_uidvalidity = ap.uidvalidity;
	for (size_t i = 0; i < n; i++)
		out_uids[i] = (uint32_t)(ap.first_uid + (int64_t)i);
	store_ring(s, mailbox_id, folder_id);
	return RC_OK;
}
