/* Deleting mailboxes, and bringing them back. */
#include "backend/accounts/audit.h"
#include "backend/accounts/limits.h"
#include "backend/accounts/mailbox_find.h"
#include "backend/accounts/mailbox_repo.h"
#include "backend/accounts/service.h"
#include "backend/accounts/session_repo.h"
#include "mailcore/keys/keys.h"

struct change {
	struct mailbox mailbox;
	int64_t version;
	struct err *err;
};

static enum rc delete_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = mailbox_mark_deleted(ctx, c->mailbox.mailbox_id, c->version);

	if (rc == RC_OK)
		rc = session_delete_all(ctx, 0, c->mailbox.mailbox_id, SPAN(""));
	if (rc == RC_OK)
		rc = audit_add(ctx, c->mailbox.account_id, "mailbox.delete", c->mailbox.address,
			mailbox_json(ctx->arena, &c->mailbox), NULL);
	return rc;
}

enum rc mailbox_delete(const struct services *s, struct ctx *ctx, struct span address,
	int64_t version, struct err *err)
{
	struct change c = { .version = version };
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = mailbox_find_own(ctx, address, &c.mailbox, err);
	if (rc != RC_OK)
		return rc;
	rc = service_run(ctx, delete_tx, &c);
	if (rc == RC_CONFLICT)
		return version_mismatch(err);
	if (rc == RC_OK)
		keys_forget(s->keys, KEYS_MAILBOX, c.mailbox.mailbox_id);
	return with_reason(err, rc);
}

static enum rc restore_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	int64_t account = c->mailbox.account_id;
	enum rc rc = mailbox_unmark_deleted(ctx, &c->mailbox);

	if (rc == RC_OK)
		rc = limits_check(ctx, account, POOL_MAILBOXES, c->err);
	if (rc == RC_OK)
		rc = limits_check(ctx, account, POOL_STORAGE, c->err);
	if (rc == RC_OK)
		rc = audit_add(ctx, account, "mailbox.restore", c->mailbox.address, NULL,
			mailbox_json(ctx->arena, &c->mailbox));
	return rc;
}

static enum rc find_deleted(struct ctx *ctx, struct span address, struct mailbox *out)
{
	struct span local, domain;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK &&
		(address_normalise(ctx, address, &local, &domain, NULL) != RC_OK ||
			!actor_has_domain(ctx->actor, domain)))
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = mailbox_find_key(ctx, mailbox_key(ctx, local), domain, true, out);
	return rc;
}

enum rc mailbox_restore(const struct services *s, struct ctx *ctx, struct span address,
	struct mailbox *out, struct err *err)
{
	struct change c = { .err = err };
	enum rc rc = find_deleted(ctx, address, &c.mailbox);

	(void)s;
	if (rc == RC_NOT_FOUND)
		return not_found(err, "", "mailbox");
	if (rc == RC_OK)
		rc = service_run(ctx, restore_tx, &c);
	if (rc == RC_EXISTS)
		return err_set(err, RC_EXISTS, "",
			"This address has been made anew in the meantime, so it cannot come back.");
	if (rc == RC_OK)
		*out = c.mailbox;
	return with_reason(err, rc);
}
