/* How mail of a domain or account leaves. */
#include "backend/accounts/route_service.h"

#include "backend/accounts/account_repo.h"
#include "backend/accounts/audit.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/route_repo.h"
#include "backend/accounts/service.h"
#include "mailcore/base/json.h"
#include "mailcore/directory/route.h"
#include "mailcore/keys/keys.h"

struct target {
	int64_t account_id, domain_id; /* domain 0: the account's own */
	struct span name;
};

static enum rc find_target(const struct services *s, struct ctx *ctx, enum route_of of,
	struct span name, struct target *out, struct err *err)
{
	struct domain domain;
	struct account account;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK && of == ROUTE_OF_DOMAIN) {
		rc = domain_get(s, ctx, name, &domain, err);
		if (rc == RC_OK)
			*out = (struct target){ domain.account_id, domain.domain_id, domain.name };
		return rc;
	}
	if (rc == RC_OK)
		rc = account_find(ctx, name, &account);
	if (rc == RC_OK)
		*out = (struct target){ account.account_id, 0, account.login };
	return rc == RC_NOT_FOUND ? not_found(err, "", "account") : with_reason(err, rc);
}

/* What may be changed, by whom. */
static enum rc find_mine(const struct services *s, struct ctx *ctx, enum route_of of,
	struct span name, struct target *out, struct err *err)
{
	enum rc rc = find_target(s, ctx, of, name, out, err);

	if (rc == RC_OK && ctx->actor->role != ROLE_ADMIN)
		return err_set(err, RC_DENIED, "",
			"Relays and outgoing addresses are set by administrators.");
	return rc;
}

enum rc route_get(const struct services *s, struct ctx *ctx, enum route_of of, struct span name,
	struct route_setting *out, struct err *err)
{
	struct target t;
	enum rc rc = find_target(s, ctx, of, name, &t, err);

	if (rc == RC_OK)
		rc = with_reason(err, route_find(ctx, t.account_id, t.domain_id, out));
	return rc;
}

/* ------------------------------------------------------------------------ change */

struct change {
	struct target target;
	struct route_setting after;
	struct span sealed;
};

static enum rc change_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	const struct target *t = &c->target;
	bool any = c->after.smarthost.len > 0 || c->after.source.len > 0;
	struct route_setting before;

	enum rc rc = route_find(ctx, t->account_id, t->domain_id, &before);
	if (rc == RC_OK)
		rc = route_delete(ctx, t->account_id, t->domain_id);
	if (rc == RC_OK && any)
		rc = route_insert(ctx, t->account_id, t->domain_id, &c->after, c->sealed);
	if (rc == RC_OK)
		rc = audit_add(ctx, t->account_id, "route.set", t->name,
			route_setting_json(ctx->arena, &before),
			route_setting_json(ctx->arena, &c->after));
	return rc;
}

/* "smtps://user@host:465", in ASCII */
static struct span without_password(struct arena *a, const struct smarthost *s)
{
	struct str out = str_in(a, 2 * SMARTHOST_URL_MAX);
	bool six = span_find(span_of(s->host), ':') != SPAN_NPOS;

	str_add_cstr(&out, s->implicit_tls ? "smtps://" : "smtp://");
	for (const char *p = s->user; *p; p++) {
		if (ascii_is_alpha(*p) || ascii_is_digit(*p) || *p == '-' || *p == '.' || *p == '_')
			str_add_c(&out, *p);
		else
			str_addf(&out, "%%%02X", (unsigned)(unsigned char)*p);
	}
	str_addf(&out, "%s%s%s%s:%u", s->user[0] ? "@" : "", six ? "[" : "", s->host,
		six ? "]" : "", s->port);
	return str_span(&out);
}

static enum rc seal_smarthost(const struct services *s, struct ctx *ctx, struct span url,
	struct change *c, struct err *err)
{
	struct smarthost parsed;
	enum rc rc = url.len > 0 ? smarthost_parse(url, &parsed, err) : RC_NOT_FOUND;

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc != RC_OK)
		return rc;
	c->after.smarthost = without_password(ctx->arena, &parsed);
	c->sealed = keys_seal(s->keys, ctx->arena,
		route_place(ctx->arena, c->target.account_id, c->target.domain_id), url);
	smarthost_done(&parsed);
	return RC_OK;
}

enum rc route_set(const struct services *s, struct ctx *ctx, enum route_of of, struct span name,
	const struct route_setting *in, struct route_setting *out, struct err *err)
{
	struct change c = { .after.source = in->source };
	struct addr four, six;
	enum rc rc = find_mine(s, ctx, of, name, &c.target, err);

	if (rc == RC_OK)
		rc = seal_smarthost(s, ctx, in->smarthost, &c, err);
	if (rc == RC_OK && !route_parse_source(in->source, &four, &six))
		rc = err_set(err, RC_INVALID, "source",
			"An outgoing address is one IPv4 or IPv6 address, or one of each with a comma.");
	if (rc != RC_OK)
		return rc;
	rc = service_run(ctx, change_tx, &c);
	if (rc == RC_OK)
		*out = c.after;
	return with_reason(err, rc);
}

enum rc route_remove(const struct services *s, struct ctx *ctx, enum route_of of, struct span name,
	struct err *err)
{
	struct change c = { 0 };
	enum rc rc = find_mine(s, ctx, of, name, &c.target, err);

	if (rc == RC_OK)
		rc = with_reason(err, service_run(ctx, change_tx, &c));
	return rc;
}

struct cJSON *route_setting_json(struct arena *a, const struct route_setting *r)
{
	struct cJSON *o = json_object(a);

	json_add_text(a, o, "smarthost", r->smarthost);
	json_add_text(a, o, "source", r->source);
	return o;
}
