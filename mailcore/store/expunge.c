/* Removing messages. Their blobs are queued for the collector, which looks again an hour later. */
#include "mailcore/store/store_impl.h"
#include "sql/folder.h"
#include "sql/message.h"

#define TRIES 8

static void add_expunge(struct batch *b, struct arena *a, int64_t mailbox_id, int64_t folder_id,
	const uint32_t *uids, size_t n, bool only_deleted)
{
	if (uids)
		db_batch_add(b, &SQL_MESSAGE_EXPUNGE,
			ARGS(A_I64(mailbox_id), A_I64(folder_id), uids_arg(a, uids, n),
				A_BOOL(only_deleted), A_BOOL(true)));
	else
		db_batch_add(b, &SQL_MESSAGE_EXPUNGE_ALL,
			ARGS(A_I64(mailbox_id), A_I64(folder_id), A_BOOL(only_deleted)));
}

enum rc message_expunge(struct store *s, struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	const uint32_t *uids, size_t n, bool only_deleted, uint32_t **out_uids, size_t *out_len)
{
	struct rows *rows[2] = { 0 };
	enum rc rc = RC_CONFLICT;
	for (int try = 0; rc == RC_CONFLICT && try < TRIES; try++) {
		struct batch *b = db_batch_new(ctx);
		db_batch_add(b, &SQL_FOLDER_LOCK, ARGS(A_I64(mailbox_id), A_I64(folder_id)));
		add_expunge(b, ctx->arena, mailbox_id, folder_id, uids, n, only_deleted);
		rc = db_batch_run(b, rows, NULL);
	}
	if (rc != RC_OK)
		return rc == RC_CONFLICT ? RC_TEMP : rc;
	uint32_t *gone = NULL;
	size_t n_gone = uids_read(rows[1], 0, 1, ctx->arena, &gone);
	bool found = rows_len(rows[0]) > 0;
	rows_close(rows[0]);
	rows_close(rows[1]);
	if (!found)
		return RC_NOT_FOUND;
	if (n_gone)
		store_ring(s, mailbox_id, folder_id);
	if (out_uids) {
		*out_uids = gone;
		*out_len = n_gone;
	}
	return RC_OK;
}
