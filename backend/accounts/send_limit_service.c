/* Limits on what accounts and domains send. */
#include "backend/accounts/send_limit_service.h"

#include "backend/accounts/account_repo.h"
#include "backend/accounts/audit.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/service.h"
#include "mailcore/base/json.h"
#include "sql/send_limit.h"

const char *const send_limit_names[LIMITS] = { "hour_messages", "hour_recipients", "day_messages",
	"day_recipients" };

static const char *const scopes[] = { "account", "domain" };

struct target {
	enum limit_of of;
	int64_t id, account_id;
	struct span name;
};

static enum rc find_target(const struct services *s, struct ctx *ctx, enum limit_of of,
	struct span name, struct target *out, struct err *err)
{
	struct domain domain;
	struct account account;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK && of == LIMIT_OF_DOMAIN) {
		rc = domain_get(s, ctx, name, &domain, err);
		if (rc == RC_OK)
			*out = (struct target){ of, domain.domain_id, domain.account_id,
				domain.name };
		return rc;
	}
	if (rc == RC_OK)
		rc = account_find(ctx, name, &account);
	if (rc == RC_OK)
		*out = (struct target){ of, account.account_id, account.account_id, account.login };
	return rc == RC_NOT_FOUND ? not_found(err, "", "account") : with_reason(err, rc);
}

/* The server's when there is none. */
static enum rc find_row(struct ctx *ctx, enum limit_of of, int64_t id, struct send_limit *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(
		ctx, &SQL_SEND_LIMIT_GET, ARGS(A_TEXT(span_of(scopes[of])), A_I64(id)), &rows);

	*out = (struct send_limit){ .own = false };
	if (rc != RC_OK || rows_len(rows) == 0)
		return rc;
	out->own = row_i64(rows, 0, 0) != 0;
	for (unsigned i = 0; i < LIMITS; i++)
		out->value[i] = row_i64(rows, 0, 1 + i);
	return RC_OK;
}

enum rc send_limit_get(const struct services *s, struct ctx *ctx, enum limit_of of,
	struct span name, struct send_limit *out, struct err *err)
{
	struct target t;
	enum rc rc = find_target(s, ctx, of, name, &t, err);

	if (rc == RC_OK)
		rc = with_reason(err, find_row(ctx, of, t.id, out));
	return rc;
}

/* ------------------------------------------------------------------------ change */

struct change {
	struct target target;
	struct send_limit after; /* own false: it goes */
};

static enum rc change_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	const struct target *t = &c->target;
	const int64_t *v = c->after.value;
	struct arg scope = A_TEXT(span_of(scopes[t->of]));
	struct send_limit before;

	enum rc rc = find_row(ctx, t->of, t->id, &before);
	if (rc == RC_OK && c->after.own)
		rc = db_exec(ctx, &SQL_SEND_LIMIT_SET,
			ARGS(scope, A_I64(t->id), A_I64(v[0]), A_I64(v[1]), A_I64(v[2]),
				A_I64(v[3])),
			NULL);
	else if (rc == RC_OK)
		rc = db_exec(ctx, &SQL_SEND_LIMIT_DELETE, ARGS(scope, A_I64(t->id)), NULL);
	if (rc == RC_OK)
		rc = audit_add(ctx, t->account_id, "send_limit.set", t->name,
			send_limit_json(ctx->arena, &before),
			send_limit_json(ctx->arena, &c->after));
	return rc;
}

/* Nobody sets limits for itself, but the administrator. */
static enum rc may_change(struct ctx *ctx, const struct target *t, struct err *err)
{
	const struct actor *actor = ctx->actor;

	if (actor->role == ROLE_ADMIN)
		return RC_OK;
	if (actor->role != ROLE_RESELLER || t->account_id == actor->account_id)
		return err_set(err, RC_DENIED, "", "Limits on sending are set by those above you.");
	return RC_OK;
}

static enum rc check_values(
	struct ctx *ctx, enum limit_of of, const struct send_limit *in, struct err *err)
{
	struct send_limit server;
	enum rc rc = find_row(ctx, of, 0, &server);

	for (int i = 0; rc == RC_OK && i < LIMITS; i++) {
		int64_t max = server.value[i] > 0 && ctx->actor->role != ROLE_ADMIN
			? server.value[i]
			: SEND_LIMIT_MAX;
		bool unlimited = in->value[i] == 0 && max < SEND_LIMIT_MAX;
		if (in->value[i] < 0 || in->value[i] > max || unlimited)
			return err_set(err, RC_INVALID, send_limit_names[i],
				"A number from %d to %lld.", max < SEND_LIMIT_MAX ? 1 : 0,
				(long long)max);
	}
	return with_reason(err, rc);
}

enum rc send_limit_set(const struct services *s, struct ctx *ctx, enum limit_of of,
	struct span name, const struct send_limit *in, struct send_limit *out, struct err *err)
{
	struct change c = { .after = *in };
	enum rc rc = find_target(s, ctx, of, name, &c.target, err);

	c.after.own = true;
	if (rc == RC_OK)
		rc = may_change(ctx, &c.target, err);
	if (rc == RC_OK)
		rc = check_values(ctx, of, in, err);
	if (rc == RC_OK)
		rc = with_reason(err, service_run(ctx, change_tx, &c));
	if (rc == RC_OK)
		*out = c.after;
	return rc;
}

enum rc send_limit_remove(const struct services *s, struct ctx *ctx, enum limit_of of,
	struct span name, struct err *err)
{
	struct change c = { .after = { .own = false } };
	enum rc rc = find_target(s, ctx, of, name, &c.target, err);

	if (rc == RC_OK)
		rc = may_change(ctx, &c.target, err);
	if (rc == RC_OK)
		rc = with_reason(err, service_run(ctx, change_tx, &c));
	return rc;
}

/* ------------------------------------------------------------------------ mailboxes */

static int64_t choose(
	int64_t own, int64_t with_plan, bool any, int64_t server, enum limit_from *from)
{
	if (own > 0) {
		*from = LIMIT_FROM_MAILBOX;
		return own;
	}
	*from = any ? LIMIT_FROM_PLAN : LIMIT_FROM_SERVER;
	return any ? with_plan : server;
}

enum rc mailbox_limit_get(const struct services *s, struct ctx *ctx, struct span address,
	struct mailbox_limit *out, struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct mailbox m;

	enum rc rc = mailbox_get(s, ctx, address, &m, err);
	if (rc != RC_OK)
		return rc;
	rc = db_query(ctx, &SQL_MAILBOX_LIMIT_GET, ARGS(A_I64(m.mailbox_id)), &rows);
	if (rc == RC_OK && rows_len(rows) == 0)
		rc = RC_NOT_FOUND;
	if (rc != RC_OK)
		return with_reason(err, rc);
	out->hour = choose(m.send_per_hour, row_i64(rows, 0, 0), !row_is_null(rows, 0, 0),
		row_i64(rows, 0, 2), &out->hour_from);
	out->day = choose(m.send_per_day, row_i64(rows, 0, 1), !row_is_null(rows, 0, 1),
		row_i64(rows, 0, 3), &out->day_from);
	return RC_OK;
}

struct cJSON *send_limit_json(struct arena *a, const struct send_limit *l)
{
	struct cJSON *o = json_object(a);

	for (int i = 0; i < LIMITS; i++)
		json_add_i64(a, o, send_limit_names[i], l->value[i]);
	json_add_cstr(a, o, "from", l->own ? "own" : "server");
	return o;
}
