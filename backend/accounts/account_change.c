/* Changing, deleting and bringing back accounts. */
#include "backend/accounts/account_repo.h"
#include "backend/accounts/account_service.h"
#include "backend/accounts/audit.h"
#include "backend/accounts/limits.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/service.h"

struct change {
	struct account before, *after;
	int64_t version;
	struct err *err;
};

/* What only those above may do. */
static enum rc need_above(const struct ctx *ctx, const struct account *account, struct err *err)
{
	if (account->account_id == ctx->actor->account_id)
		return err_set(err, RC_DENIED, "",
			"Nobody can suspend, delete or re-plan their own account.");
	return RC_OK;
}

/* ------------------------------------------------------------------------ update */

static const char *action_of(const struct change *c)
{
	bool before = suspension_is_on(&c->before.suspension);
	bool after = suspension_is_on(&c->after->suspension);

	if (before == after)
		return "account.update";
	return after ? "account.suspend" : "account.resume";
}

static enum rc update_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = account_store(ctx, c->version, c->after);

	if (rc == RC_OK)
		rc = audit_add(ctx, c->after->account_id, action_of(c), c->after->login,
			account_json(ctx->arena, &c->before), account_json(ctx->arena, c->after));
	return rc;
}

static enum rc take_contact(
	struct ctx *ctx, struct account *account, struct span contact, struct err *err)
{
	struct span local, domain;

	contact = span_trim(contact);
	if (contact.len > 0 && address_normalise(ctx, contact, &local, &domain, NULL) != RC_OK)
		return err_set(err, RC_INVALID, "contact",
			"This is not a mail address. It should look like name@example.org.");
	account->contact = contact;
	return RC_OK;
}

static enum rc take_language(struct account *account, struct span language, struct err *err)
{
	if (language.len > 0 && !span_eq(language, SPAN("en")) && !span_eq(language, SPAN("de")))
		return err_set(err, RC_INVALID, "language", "One of en and de, or nothing.");
	account->language = language;
	return RC_OK;
}

static enum rc apply(struct ctx *ctx, struct account *account, const struct account_change *change,
	struct err *err)
{
	enum rc rc = RC_OK;

	if (change->set_name)
		account->name = change->name;
	if (change->set_require_factor)
		account->require_second_factor = change->require_second_factor;
	if (change->set_contact)
		rc = need_own(ctx, err);
	if (rc == RC_OK && change->set_contact)
		rc = take_contact(ctx, account, change->contact, err);
	if (rc != RC_OK)
		return rc;
	if (change->set_language)
		rc = take_language(account, change->language, err);
	if (rc != RC_OK)
		return rc;
	if (change->set_plan || suspension_is_changed(&change->suspension))
		rc = need_above(ctx, account, err);
	if (rc == RC_OK)
		rc = suspension_apply(&account->suspension, &change->suspension, err);
	if (rc == RC_OK && change->set_plan) {
		rc = account_find_plan(ctx, account->parent_id, change->plan, account);
		if (rc == RC_NOT_FOUND)
			return not_found(err, "plan", "plan");
	}
	return rc;
}

enum rc account_update(const struct services *s, struct ctx *ctx, struct span login,
	const struct account_change *change, struct account *out, struct err *err)
{
	struct account account;
	struct change c = { .after = &account, .version = change->version };
	enum rc rc = account_get(s, ctx, login, &account, err);

	if (rc != RC_OK)
		return rc;
	c.before = account;
	rc = apply(ctx, &account, change, err);
	if (rc == RC_OK)
		rc = service_run(ctx, update_tx, &c);
	if (rc == RC_CONFLICT)
		return version_mismatch(err);
	if (rc == RC_OK)
		*out = account;
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ delete */

static enum rc delete_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = RC_OK;

	if (c->version && c->version != c->before.version)
		rc = RC_CONFLICT;
	if (rc == RC_OK)
		rc = account_mark_deleted(ctx, &c->before);
	if (rc == RC_OK)
		rc = audit_add(ctx, c->before.account_id, "account.delete", c->before.login,
			account_json(ctx->arena, &c->before), NULL);
	return rc;
}

enum rc account_delete(const struct services *s, struct ctx *ctx, struct span login,
	int64_t version, struct err *err)
{
	struct change c = { .version = version };
	enum rc rc = account_get(s, ctx, login, &c.before, err);

	if (rc == RC_OK)
		rc = need_above(ctx, &c.before, err);
	if (rc == RC_OK)
		rc = service_run(ctx, delete_tx, &c);
	if (rc == RC_CONFLICT)
		return version_mismatch(err);
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ restore */

/* What came back counts already; is any pool above fuller than it may be? */
static enum rc check_pools(struct ctx *ctx, struct change *c)
{
	static const enum pool_kind kinds[] = { POOL_DOMAINS, POOL_MAILBOXES, POOL_ALIASES,
		POOL_STORAGE };
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < sizeof kinds / sizeof kinds[0]; i++)
		rc = limits_check(ctx, c->before.account_id, kinds[i], c->err);
	return rc;
}

static enum rc restore_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = account_unmark_deleted(ctx, &c->before);

	if (rc == RC_OK)
		rc = check_pools(ctx, c);
	if (rc == RC_OK)
		rc = audit_add(
			ctx, c->before.account_id, "account.restore", c->before.login, NULL, NULL);
	return rc;
}

enum rc account_restore(const struct services *s, struct ctx *ctx, struct span login,
	struct account *out, struct err *err)
{
	struct change c = { .err = err };
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = account_find_deleted(ctx, login, &c.before);
	if (rc == RC_NOT_FOUND)
		return not_found(err, "", "account");
	if (rc == RC_OK)
		rc = service_run(ctx, restore_tx, &c);
	if (rc == RC_EXISTS)
		return err_set(err, RC_EXISTS, "",
			"A name of it has been taken in the meantime, so it cannot come back.");
	if (rc == RC_CONFLICT)
		return err_set(err, RC_CONFLICT, "",
			"The account above it is deleted. Bring that one back first.");
	if (rc != RC_OK)
		return with_reason(err, rc);
	*out = c.before;
	out->deleted_at_us = 0;
	return ctx->actor->dry_run ? RC_OK : account_get(s, ctx, login, out, err);
}
