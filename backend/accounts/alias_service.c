/*
 * Aliases.
 *
 * An alias may have the address of a mailbox: it then decides where that address' mail goes, and
 * the mailbox among its targets keeps a copy (directory_resolve).
 */
#include "backend/accounts/alias_service.h"

#include "backend/accounts/alias_repo.h"
#include "backend/accounts/audit.h"
#include "backend/accounts/domain_repo.h"
#include "backend/accounts/limits.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/service.h"
#include "mailcore/base/json.h"

/* "@example.test" or "sales@example.test": the key is lower case. */
static enum rc split_address(struct ctx *ctx, struct span text, struct span *out_key,
	struct span *out_domain, struct err *err)
{
	struct span local;

	text = span_trim(text);
	if (span_starts(text, SPAN("@"))) {
		*out_key = SPAN("");
		if (domain_name_normalise(ctx, span_from(text, 1), out_domain, NULL) == RC_OK)
			return RC_OK;
		return err_set(err, RC_INVALID, "address", "A catch-all is written @example.org.");
	}
	enum rc rc = address_normalise(ctx, text, &local, out_domain, err);
	if (rc != RC_OK)
		return rc;
	char *key = arena_cstr(ctx->arena, local);
	for (size_t i = 0; i < local.len; i++)
		key[i] = ascii_lower(key[i]);
	*out_key = span_make(key, local.len);
	return RC_OK;
}

static bool has_target(const struct span *targets, size_t n, struct span target)
{
	for (size_t i = 0; i < n; i++) {
		if (span_ieq(targets[i], target))
			return true;
	}
	return false;
}

/* Checked, domains lower case, doubles left out. */
static enum rc normalise_targets(
	struct ctx *ctx, const struct alias_new *in, struct alias *out, struct err *err)
{
	struct span *targets, local, domain;

	if (in->n_targets == 0 || in->n_targets > ALIAS_TARGETS_MAX)
		return err_set(err, RC_INVALID, "targets", "An alias has 1 to %d targets.",
			ALIAS_TARGETS_MAX);
	targets = arena_array(ctx->arena, in->n_targets, sizeof *targets);
	for (size_t i = 0; i < in->n_targets; i++) {
		if (address_normalise(ctx, in->targets[i], &local, &domain, NULL) != RC_OK)
			return err_set(err, RC_INVALID, "targets",
				"\"%.80s\" is not a mail address.",
				arena_cstr(ctx->arena, in->targets[i]));
		struct span target = arena_printf(
			ctx->arena, SPAN_FMT "@" SPAN_FMT, SPAN_ARG(local), SPAN_ARG(domain));
		if (!has_target(targets, out->n_targets, target))
			targets[out->n_targets++] = target;
	}
	out->targets = targets;
	return RC_OK;
}

static enum rc take_group(const struct alias_new *in, struct alias *out, struct err *err)
{
	static const char *const posters[] = { "anyone", "domain", "members" };

	out->name = span_trim(in->name);
	out->posters = in->posters.len > 0 ? in->posters : SPAN("anyone");
	for (size_t i = 0; i < sizeof posters / sizeof posters[0]; i++) {
		if (span_eq(out->posters, span_of(posters[i])))
			return RC_OK;
	}
	return err_set(err, RC_INVALID, "posters", "One of anyone, domain and members.");
}

static enum rc find(struct ctx *ctx, struct span address, struct span *out_key, struct alias *out,
	struct err *err)
{
	struct span domain;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK &&
		(split_address(ctx, address, out_key, &domain, NULL) != RC_OK ||
			!actor_has_domain(ctx->actor, domain)))
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = alias_find(ctx, *out_key, domain, out);
	return rc == RC_NOT_FOUND ? not_found(err, "", "alias") : with_reason(err, rc);
}

/* ------------------------------------------------------------------------ create */

struct change {
	struct span key;
	struct alias before, *after;
	int64_t version;
	struct err *err;
};

static enum rc create_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = limits_take(ctx, c->after->account_id, POOL_ALIASES, 1, c->err);

	if (rc == RC_OK)
		rc = alias_insert(ctx, c->key, c->after);
	if (rc == RC_OK)
		rc = audit_add(ctx, c->after->account_id, "alias.create", c->after->address, NULL,
			alias_json(ctx->arena, c->after));
	return rc;
}

static enum rc find_domain(struct ctx *ctx, struct span name, struct alias *alias, struct err *err)
{
	struct domain domain;
	enum rc rc =
		actor_has_domain(ctx->actor, name) ? domain_find(ctx, name, &domain) : RC_NOT_FOUND;

	if (rc == RC_NOT_FOUND)
		return err_set(err, RC_NOT_FOUND, "address", "There is no domain " SPAN_FMT ".",
			SPAN_ARG(name));
	if (rc != RC_OK)
		return with_reason(err, rc);
	rc = domain_takes_addresses(&domain, err);
	if (rc != RC_OK)
		return rc;
	alias->domain_id = domain.domain_id;
	alias->account_id = domain.account_id;
	alias->domain = domain.name;
	return RC_OK;
}

enum rc alias_create(const struct services *s, struct ctx *ctx, const struct alias_new *in,
	struct alias *out, struct err *err)
{
	struct alias alias = { .version = 1 };
	struct change c = { .after = &alias, .err = err };
	struct span domain;
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = split_address(ctx, in->address, &c.key, &domain, err);
	if (rc == RC_OK)
		rc = find_domain(ctx, domain, &alias, err);
	if (rc == RC_OK)
		rc = normalise_targets(ctx, in, &alias, err);
	if (rc == RC_OK)
		rc = take_group(in, &alias, err);
	if (rc != RC_OK)
		return rc;
	alias.address =
		arena_printf(ctx->arena, SPAN_FMT "@" SPAN_FMT, SPAN_ARG(c.key), SPAN_ARG(domain));
	rc = service_run(ctx, create_tx, &c);
	if (rc == RC_EXISTS)
		return err_set(err, RC_EXISTS, "address", "This alias exists already.");
	if (rc == RC_NOT_FOUND)
		return not_found(err, "address", "domain");
	if (rc == RC_OK)
		*out = alias;
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ look */

enum rc alias_get(const struct services *s, struct ctx *ctx, struct span address, struct alias *out,
	struct err *err)
{
	struct span key;

	(void)s;
	return find(ctx, address, &key, out, err);
}

enum rc alias_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct aliases *out, struct err *err)
{
	static const char *const sorts[] = { "name", "created", "targets", NULL };
	struct page page;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = page_open_list(s, ctx, ask, sorts, &page, err);
	if (rc == RC_OK)
		rc = alias_find_page(ctx, &page, out);
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ change */

static enum rc replace_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = alias_store(ctx, c->version, c->after);

	if (rc == RC_OK)
		rc = audit_add(ctx, c->after->account_id, "alias.update", c->after->address,
			alias_json(ctx->arena, &c->before), alias_json(ctx->arena, c->after));
	return rc;
}

enum rc alias_replace(const struct services *s, struct ctx *ctx, const struct alias_new *in,
	int64_t version, struct alias *out, struct err *err)
{
	struct alias alias;
	struct change c = { .after = &alias, .version = version };
	enum rc rc = find(ctx, in->address, &c.key, &c.before, err);

	(void)s;
	if (rc != RC_OK)
		return rc;
	alias = c.before;
	alias.n_targets = 0;
	rc = normalise_targets(ctx, in, &alias, err);
	if (rc == RC_OK)
		rc = take_group(in, &alias, err);
	if (rc != RC_OK)
		return rc;
	rc = service_run(ctx, replace_tx, &c);
	if (rc == RC_CONFLICT)
		return version_mismatch(err);
	if (rc == RC_OK)
		*out = alias;
	return with_reason(err, rc);
}

static enum rc delete_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = alias_remove(ctx, c->before.alias_id, c->version);

	if (rc == RC_OK)
		rc = audit_add(ctx, c->before.account_id, "alias.delete", c->before.address,
			alias_json(ctx->arena, &c->before), NULL);
	return rc;
}

enum rc alias_delete(const struct services *s, struct ctx *ctx, struct span address,
	int64_t version, struct err *err)
{
	struct change c = { .version = version };
	enum rc rc = find(ctx, address, &c.key, &c.before, err);

	(void)s;
	if (rc != RC_OK)
		return rc;
	rc = service_run(ctx, delete_tx, &c);
	if (rc == RC_CONFLICT)
		return version_mismatch(err);
	return with_reason(err, rc);
}

struct cJSON *alias_json(struct arena *a, const struct alias *alias)
{
	struct cJSON *o = json_object(a);
	struct cJSON *targets = json_array(a);

	for (size_t i = 0; i < alias->n_targets; i++)
		json_push_text(a, targets, alias->targets[i]);
	json_add_text(a, o, "address", alias->address);
	json_add_text(a, o, "domain", alias->domain);
	json_add(a, o, "targets", targets);
	json_add_text(a, o, "name", alias->name);
	json_add_text(a, o, "posters", alias->posters);
	json_add_time(a, o, "created_at", alias->created_at_us);
	json_add_i64(a, o, "version", alias->version);
	return o;
}
