/* Rows of mailbox, and app passwords among the credentials. Results in ctx->arena. */
#pragma once

#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/page.h"

/* At or below the actor. local_key: lower case; deleted: the last one that was. RC_NOT_FOUND,
 * RC_TEMP. */
MUST_CHECK enum rc mailbox_find_key(struct ctx *ctx, struct span local_key, struct span domain,
	bool deleted, struct mailbox *out);
MUST_CHECK enum rc mailbox_find_page(
	struct ctx *ctx, const struct page *page, struct mailboxes *out);
/* RC_EXISTS. */
MUST_CHECK enum rc mailbox_insert(
	struct ctx *ctx, struct span localpart, struct span local_key, struct mailbox *mailbox);
/* RC_CONFLICT: another version. */
MUST_CHECK enum rc mailbox_store(struct ctx *ctx, int64_t version, struct mailbox *mailbox);
MUST_CHECK enum rc mailbox_mark_deleted(struct ctx *ctx, int64_t mailbox_id, int64_t version);
/* RC_EXISTS: the address is taken. */
MUST_CHECK enum rc mailbox_unmark_deleted(struct ctx *ctx, struct mailbox *mailbox);

MUST_CHECK enum rc app_password_insert(struct ctx *ctx, int64_t mailbox_id, struct span hash,
	struct span scram, struct app_password *out);
MUST_CHECK enum rc app_password_find(
	struct ctx *ctx, int64_t mailbox_id, struct app_passwords *out);
MUST_CHECK enum rc app_password_remove(struct ctx *ctx, int64_t mailbox_id, int64_t id);
