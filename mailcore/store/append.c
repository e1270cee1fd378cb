/*
 * IMAP APPEND and import: several messages into one folder, all or none; and REPLACE, which also
 * expunges one.
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
	const struct replaced *old;     /* NULL: nothing is replaced */
	const struct append_also *also; /* or NULL */
};

static int64_t total_size(const struct append *ap)
{
	int64_t size = 0;
	for (size_t i = 0; i < ap->n; i++)
		size += (int64_t)ap->items[i].message->blob.size;
	return size;
}

/* Folders are locked in ascending order. Returns which of the rows is the destination's. */
static int add_locks(struct batch *b, const struct append *ap, int next)
{
	int64_t other = ap->old ? ap->old->folder_id : ap->folder_id;
	int64_t low = other < ap->folder_id ? other : ap->folder_id;
	int64_t high = other < ap->folder_id ? ap->folder_id : other;

	db_batch_add(b, &SQL_FOLDER_LOCK, ARGS(A_I64(ap->mailbox_id), A_I64(low)));
	if (high != low)
		db_batch_add(b, &SQL_FOLDER_LOCK, ARGS(A_I64(ap->mailbox_id), A_I64(high)));
	return next + (high != low && ap->folder_id == high);
}

/* What is wrong with appending to this folder, or the numbers that it gives. */
static enum rc read_folder(
	struct ctx *ctx, struct append *ap, const struct rows *quota, const struct rows *folder)
{
	int64_t max = row_i64(quota, 0, 0);
	int64_t freed = ap->old ? ap->old->size_bytes : 0;

	if (rows_len(folder) == 0)
		return RC_NOT_FOUND;
	if (max && row_i64(quota, 0, 1) - freed + total_size(ap) > max)
		return RC_LIMIT;
	if (row_i64(quota, 0, 2) + (int64_t)ap->n > MAILBOX_MESSAGES_MAX)
		return RC_LIMIT;
	if (row_i64(folder, 0, 1) + (int64_t)ap->n > UINT32_MAX)
		return RC_LIMIT;
	ap->uidvalidity = row_i64(folder, 0, 0);
	ap->first_uid = row_i64(folder, 0, 1);
	ap->modseq = row_i64(folder, 0, 2) + 1;
	keyword_table_read(&ap->keywords, folder, 0, 3, ctx->arena);
	return RC_OK;
}

/* Blobs, meta, quota, folder lock. */
static enum rc begin(struct ctx *ctx, struct append *ap)
{
	struct rows *rows[5] = { 0 };
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
	int folder = add_locks(b, ap, 3);
	enum rc rc = db_batch_run(b, rows, NULL);
	if (rc != RC_OK)
		return rc;
	rc = read_folder(ctx, ap, rows[2], rows[folder]);
	for (int i = 0; i < 5; i++)
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

static void add_expunge(struct batch *b, struct arena *a, const struct append *ap)
{
	if (ap->old)
		db_batch_add(b, &SQL_MESSAGE_EXPUNGE,
			ARGS(A_I64(ap->mailbox_id), A_I64(ap->old->folder_id),
				uids_arg(a, &ap->old->uid, 1), A_BOOL(false), A_BOOL(true)));
}

static enum rc append(struct ctx *ctx, void *arg)
{
	struct append *ap = arg;
	struct rows *rows[5] = { 0 };
	enum rc rc = begin(ctx, ap);
	if (rc != RC_OK)
		return rc;
	struct batch *b = db_batch_new(ctx);
	add_messages(b, ctx->arena, ap);
	add_counts(b, ctx->arena, ap);
	add_expunge(b, ctx->arena, ap);
	if (ap->also)
		db_batch_add(b, ap->also->stmt, ap->also->args, ap->also->n_args);
	rc = keyword_table_save(ctx, ap->mailbox_id, ap->folder_id, &ap->keywords);
	if (rc == RC_OK)
		rc = db_batch_run(b, rows, NULL);
	if (rc == RC_OK && ap->old && row_is_null(rows[3], 0, 1))
		rc = RC_CONFLICT; /* nothing was expunged: undo all of it */
	for (int i = 0; i < 5; i++)
		rows_close(rows[i]);
	return rc;
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

enum rc message_append_also(struct store *s, struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	const struct append_item *item, const struct append_also *also, uint32_t *out_uid)
{
	struct append ap = { .mailbox_id = mailbox_id,
		.folder_id = folder_id,
		.items = item,
		.n = 1,
		.also = also };
	enum rc rc = tx_run_checked(ctx, append, is_appended, &ap);
	if (rc != RC_OK)
		return rc;
	*out_uid = (uint32_t)ap.first_uid;
	store_ring(s, mailbox_id, folder_id);
	return RC_OK;
}

enum rc message_replace(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	const struct replaced *old, int64_t to_folder_id, const struct append_item *item,
	int64_t *out_uidvalidity, uint32_t *out_uid)
{
	struct append ap = { .mailbox_id = mailbox_id,
		.folder_id = to_folder_id,
		.items = item,
		.n = 1,
		.old = old };
	enum rc rc = tx_run_checked(ctx, append, is_appended, &ap);
	if (rc != RC_OK)
		return rc;
	*out_uidvalidity = ap.uidvalidity;
	*out_uid = (uint32_t)ap.first_uid;
	store_ring(s, mailbox_id, to_folder_id);
	if (old->folder_id != to_folder_id)
		store_ring(s, mailbox_id, old->folder_id);
	return RC_OK;
}
