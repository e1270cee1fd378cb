/* Undo. */
#include "mailcore/deliver/outbox.h"

#include "mailcore/base/clock.h"
#include "mailcore/deliver/local.h"

enum rc outbox_cancel(struct store *store, struct ctx *ctx, int64_t mailbox_id, struct uuid id,
	uint32_t *out_draft_uid)
{
	struct outbox_item item;
	struct prepared *draft;
	struct append_also also;
	struct folder drafts;
	struct span bytes;

	enum rc rc = outbox_find(ctx, mailbox_id, id, SPAN(""), &item);
	if (rc == RC_OK)
		rc = local_read_own(store, ctx, id, &bytes);
	if (rc == RC_NOT_FOUND)
		return RC_CONFLICT;
	if (rc == RC_OK)
		rc = folder_find_role(store, ctx, mailbox_id, SPAN("drafts"), &drafts);
	if (rc == RC_NOT_FOUND) /* somebody has removed it */
		rc = folder_find_role(store, ctx, mailbox_id, SPAN("inbox"), &drafts);
	if (rc == RC_OK)
		rc = message_prepare(store, ctx->arena, uuid_make(ctx->now_us), bytes, &draft);
	if (rc != RC_OK)
		return rc;
	outbox_cancel_stmt(ctx, mailbox_id, id, &also.stmt, &also.args, &also.n_args);
	struct append_item append = { .message = draft,
		.flags = FLAG_SEEN | FLAG_DRAFT,
		.internal_at = ctx->now_us / USEC_PER_SEC };
	rc = message_append_also(
		store, ctx, mailbox_id, drafts.folder_id, &append, &also, out_draft_uid);
	return rc == RC_EXISTS ? RC_CONFLICT : rc;
}
