/* Mail domains. */
#include "backend/accounts/domain_service.h"

#include "backend/accounts/account_repo.h"
#include "backend/accounts/audit.h"
#include "backend/accounts/dkim_make.h"
#include "backend/accounts/domain_repo.h"
#include "backend/accounts/limits.h"
#include "backend/accounts/service.h"
#include "mailcore/base/json.h"

/* A name that is not one, or that the token must not touch, is not there. */
static enum rc find(struct ctx *ctx, struct span name, struct domain *out, struct err *err)
{
	struct span key;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK &&
		(domain_name_normalise(ctx, name, &key, NULL) != RC_OK ||
			!actor_has_domain(ctx->actor, key)))
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = domain_find(ctx, key, out);
	return rc == RC_NOT_FOUND ? not_found(err, "", "domain") : with_reason(err, rc);
}

static enum rc find_owner(struct ctx *ctx, struct span login, struct account *out, struct err *err)
{
	enum rc rc = account_find(ctx, login.len ? login : ctx->actor->login, out);
	return rc == RC_NOT_FOUND ? not_found(err, "account", "account") : with_reason(err, rc);
}

/* ------------------------------------------------------------------------ create */

struct create {
	const struct services *s;
	struct domain *domain;
	int64_t alias_of;
	struct err *err;
};

static enum rc create_tx(struct ctx *ctx, void *arg)
{
	struct create *c = arg;
	struct domain *domain = c->domain;
	enum rc rc = limits_take(ctx, domain->account_id, POOL_DOMAINS, 1, c->err);

	if (rc == RC_OK)
		rc = domain_insert(ctx, c->alias_of, domain);
	if (rc == RC_OK)
		rc = domain->keys_due ? dkim_make_quick(c->s, ctx, domain->domain_id)
				      : dkim_make_pair(c->s, ctx, domain->domain_id, 0);
	if (rc == RC_OK)
		rc = audit_add(ctx, domain->account_id, "domain.create", domain->name, NULL,
			domain_json(ctx->arena, domain));
	return rc;
}

/* The domain that the new one is a name of; its owner owns both. */
static enum rc find_original(
	struct ctx *ctx, const struct domain_new *in, struct domain *out, struct err *err)
{
	enum rc rc = find(ctx, in->alias_of, out, NULL);

	if (rc == RC_NOT_FOUND)
		return err_set(err, rc, "alias_of", "There is no such domain.");
	if (rc != RC_OK)
		return with_reason(err, rc);
	if (out->alias_of.len > 0)
		return err_set(err, RC_INVALID, "alias_of",
			"This domain is another name of " SPAN_FMT " itself.",
			SPAN_ARG(out->alias_of));
	return RC_OK;
}

static enum rc be_name_of(struct ctx *ctx, const struct domain_new *in, const struct account *owner,
	struct create *c, struct err *err)
{
	struct domain original;

	if (in->alias_of.len == 0)
		return RC_OK;
	enum rc rc = find_original(ctx, in, &original, err);
	if (rc != RC_OK)
		return rc;
	if (in->account.len > 0 && original.account_id != owner->account_id)
		return err_set(err, RC_INVALID, "alias_of",
			"Both domains must belong to the same account.");
	c->alias_of = original.domain_id;
	c->domain->alias_of = original.name;
	c->domain->account_id = original.account_id;
	c->domain->account = original.account;
	return RC_OK;
}

enum rc domain_takes_addresses(const struct domain *domain, struct err *err)
{
	if (domain->alias_of.len == 0)
		return RC_OK;
	return err_set(err, RC_CONFLICT, "address",
		"This domain is another name of " SPAN_FMT ". Add the address there.",
		SPAN_ARG(domain->alias_of));
}

enum rc domain_create(const struct services *s, struct ctx *ctx, const struct domain_new *in,
	struct domain *out, struct err *err)
{
	struct domain domain = { .version = 1, .dmarc = SPAN("apply"), .keys_due = in->keys_later };
	struct create c = { .s = s, .domain = &domain, .err = err };
	struct account owner;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = domain_name_normalise(ctx, in->name, &domain.name, err);
	if (rc == RC_OK && !actor_has_domain(ctx->actor, domain.name))
		return err_set(err, RC_DENIED, "name", "This token is for other domains.");
	if (rc == RC_OK)
		rc = find_owner(ctx, in->account, &owner, err);
	if (rc != RC_OK)
		return rc;
	domain.account_id = owner.account_id;
	domain.account = owner.login;
	domain.unicode = domain_name_unicode(ctx->arena, domain.name);
	rc = be_name_of(ctx, in, &owner, &c, err);
	if (rc != RC_OK)
		return rc;
	rc = service_run(ctx, create_tx, &c);
	if (rc == RC_EXISTS)
		return err_set(err, RC_EXISTS, "name", "This domain exists already.");
	if (rc == RC_OK)
		*out = domain;
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ look */

enum rc domain_get(const struct services *s, struct ctx *ctx, struct span name, struct domain *out,
	struct err *err)
{
	(void)s;
	return find(ctx, name, out, err);
}

enum rc domain_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct domains *out, struct err *err)
{
	static const char *const sorts[] = { "name", "created", "mailboxes", NULL };
	struct page page;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = page_open_list(s, ctx, ask, sorts, &page, err);
	if (rc == RC_OK)
		rc = domain_find_page(ctx, &page, out);
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ change */

struct change {
	struct domain before, *after;
	int64_t version;
	struct err *err;
};

/* What a domain brings along counts already. */
static enum rc check_pools(struct ctx *ctx, const struct change *c)
{
	static const enum pool_kind kinds[] = { POOL_DOMAINS, POOL_MAILBOXES, POOL_ALIASES,
		POOL_STORAGE };
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < sizeof kinds / sizeof kinds[0]; i++)
		rc = limits_check(ctx, c->after->account_id, kinds[i], c->err);
	return rc;
}

static enum rc update_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = domain_store(ctx, c->version, c->after);

	if (rc == RC_OK && c->after->account_id != c->before.account_id)
		rc = check_pools(ctx, c);
	if (rc == RC_OK)
		rc = audit_add(ctx, c->after->account_id, "domain.update", c->after->name,
			domain_json(ctx->arena, &c->before), domain_json(ctx->arena, c->after));
	return rc;
}

static enum rc apply_dmarc(struct domain *domain, struct span dmarc, struct err *err)
{
	if (dmarc.len == 0)
		return RC_OK;
	if (!span_eq(dmarc, SPAN("apply")) && !span_eq(dmarc, SPAN("junk")) &&
		!span_eq(dmarc, SPAN("ignore")))
		return err_set(err, RC_INVALID, "dmarc",
			"What DMARC asks for is applied (apply), at most Junk (junk), or ignored (ignore).");
	domain->dmarc = dmarc;
	return RC_OK;
}

enum rc domain_update(const struct services *s, struct ctx *ctx, struct span name,
	const struct domain_change *change, struct domain *out, struct err *err)
{
	struct domain domain;
	struct account owner;
	enum rc rc = find(ctx, name, &domain, err);

	(void)s;
	if (rc != RC_OK)
		return rc;
	struct change c = { domain, &domain, change->version, err };
	if (change->account.len > 0 && (domain.names > 0 || domain.alias_of.len > 0))
		return err_set(err, RC_CONFLICT, "account",
			"The domain shares its addresses with another one. Both have one owner.");
	if (change->account.len > 0) {
		rc = find_owner(ctx, change->account, &owner, err);
		if (rc != RC_OK)
			return rc;
		domain.account_id = owner.account_id;
		domain.account = owner.login;
	}
	rc = suspension_apply(&domain.suspension, &change->suspension, err);
	if (rc == RC_OK)
		rc = apply_dmarc(&domain, change->dmarc, err);
	if (rc == RC_OK)
		rc = service_run(ctx, update_tx, &c);
	if (rc == RC_CONFLICT)
		return version_mismatch(err);
	if (rc == RC_OK)
		*out = domain;
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ delete */

static enum rc delete_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = domain_mark_deleted(ctx, c->before.domain_id, c->version);

	if (rc == RC_OK)
		rc = audit_add(ctx, c->before.account_id, "domain.delete", c->before.name,
			domain_json(ctx->arena, &c->before), NULL);
	return rc;
}

enum rc domain_delete(const struct services *s, struct ctx *ctx, struct span name,
	bool with_content, int64_t version, struct err *err)
{
	struct change c = { .version = version };
	enum rc rc = find(ctx, name, &c.before, err);

	(void)s;
	if (rc != RC_OK)
		return rc;
	if (c.before.names > 0)
		return err_set(err, RC_CONFLICT, "",
			"The domain still has %lld other names. Remove them first.",
			(long long)c.before.names);
	if (!with_content && (c.before.mailboxes > 0 || c.before.aliases > 0))
		return err_set(err, RC_CONFLICT, "",
			"The domain still has %lld mailboxes and %lld aliases. Remove them first.",
			(long long)c.before.mailboxes, (long long)c.before.aliases);
	rc = service_run(ctx, delete_tx, &c);
	if (rc == RC_CONFLICT)
		return version_mismatch(err);
	return with_reason(err, rc);
}

static enum rc restore_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = domain_unmark_deleted(ctx, c->after);

	if (rc == RC_OK)
		rc = check_pools(ctx, c);
	if (rc == RC_OK)
		rc = audit_add(ctx, c->after->account_id, "domain.restore", c->after->name, NULL,
			domain_json(ctx->arena, c->after));
	return rc;
}

enum rc domain_restore(const struct services *s, struct ctx *ctx, struct span name,
	struct domain *out, struct err *err)
{
	struct domain domain;
	struct change c = { .after = &domain, .err = err };
	struct span key;
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK &&
		(domain_name_normalise(ctx, name, &key, NULL) != RC_OK ||
			!actor_has_domain(ctx->actor, key)))
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = domain_find_deleted(ctx, key, &domain);
	if (rc == RC_NOT_FOUND)
		return not_found(err, "", "domain");
	if (rc == RC_OK)
		rc = service_run(ctx, restore_tx, &c);
	if (rc == RC_EXISTS)
		return err_set(err, RC_EXISTS, "",
			"This domain has been added anew in the meantime, so it cannot come back.");
	if (rc == RC_NOT_FOUND)
		return err_set(
			err, RC_CONFLICT, "", "Its account is deleted. Bring that one back first.");
	if (rc == RC_OK)
		*out = domain;
	return with_reason(err, rc);
}

struct cJSON *domain_json(struct arena *a, const struct domain *domain)
{
	struct cJSON *o = json_object(a);

	json_add_text(a, o, "name", domain->name);
	json_add_text(a, o, "unicode", domain->unicode);
	json_add_text(a, o, "account", domain->account);
	json_add_text(a, o, "alias_of", domain->alias_of);
	suspension_add_json(a, o, &domain->suspension);
	json_add_text(a, o, "dmarc", domain->dmarc);
	json_add_i64(a, o, "mailboxes", domain->mailboxes);
	json_add_i64(a, o, "aliases", domain->aliases);
	json_add_i64(a, o, "size_bytes", domain->size_bytes);
	json_add_time(a, o, "created_at", domain->created_at_us);
	json_add_i64(a, o, "version", domain->version);
	return o;
}
