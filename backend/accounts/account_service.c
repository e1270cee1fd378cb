/* Panel accounts. */
#include "backend/accounts/account_service.h"

#include "backend/accounts/account_repo.h"
#include "backend/accounts/audit.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/service.h"
#include "backend/accounts/session_repo.h"
#include "mailcore/base/json.h"
#include "mailcore/keys/keys.h"

#define LOGIN_MAX 254
#define HASH_MAX  1024

/* ------------------------------------------------------------------------ input */

static enum rc normalise_login(struct ctx *ctx, struct span text, struct span *out, struct err *err)
{
	text = span_trim(text);
	char *login = arena_cstr(ctx->arena, text);
	bool good = text.len > 0 && text.len <= LOGIN_MAX;

	for (size_t i = 0; good && i < text.len; i++) {
		login[i] = ascii_lower(login[i]);
		good = ascii_is_alpha(login[i]) || ascii_is_digit(login[i]) ||
			(login[i] && strchr(".-_@+", login[i]));
	}
	if (!good)
		return err_set(err, RC_INVALID, "login",
			"A log-in name has letters, digits and . - _ + @ only.");
	*out = span_make(login, text.len);
	return RC_OK;
}

static enum rc hash_password(const struct services *s, struct ctx *ctx, struct span password,
	struct span login, struct span *out, struct err *err)
{
	enum rc rc = password_check(password, login, err);
	struct str hash = str_in(ctx->arena, HASH_MAX);

	if (rc == RC_OK)
		rc = keys_hash_password(s->keys, password, &hash);
	if (rc == RC_INVALID && err && !err->text[0])
		return err_set(err, RC_INVALID, "password", "This password cannot be used.");
	*out = str_span(&hash);
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ create */

struct create {
	const struct services *s;
	struct span hash;
	struct account *account;
};

static enum rc create_tx(struct ctx *ctx, void *arg)
{
	struct create *c = arg;
	struct account *account = c->account;
	enum rc rc = account_insert(ctx, account);

	if (rc == RC_OK)
		rc = keys_store_password(
			c->s->keys, ctx, KEYS_ACCOUNT, account->account_id, c->hash, SPAN_NONE);
	if (rc == RC_OK)
		rc = audit_add(ctx, account->account_id, "account.create", account->login, NULL,
			account_json(ctx->arena, account));
	return rc;
}

static enum rc find_plan(
	struct ctx *ctx, struct span plan, struct account *account, struct err *err)
{
	enum rc rc = account_find_plan(ctx, account->parent_id, plan, account);

	return rc == RC_NOT_FOUND ? not_found(err, "plan", "plan") : rc;
}

static enum rc create(const struct services *s, struct ctx *ctx, const struct account_new *in,
	const struct account *parent, struct account *out, struct err *err)
{
	struct account account = { .role = in->role, .name = in->name, .version = 1 };
	struct create c = { s, .account = &account };
	enum rc rc = normalise_login(ctx, in->login, &account.login, err);

	if (rc == RC_OK && parent) {
		account.parent_id = parent->account_id;
		account.parent = parent->login;
		rc = find_plan(ctx, in->plan, &account, err);
	}
	if (rc == RC_OK)
		rc = hash_password(s, ctx, in->password, account.login, &c.hash, err);
	if (rc != RC_OK)
		return with_reason(err, rc);
	rc = service_run(ctx, create_tx, &c);
	if (rc == RC_EXISTS)
		return err_set(err, RC_EXISTS, "login", "This log-in name is taken.");
	if (rc == RC_OK)
		*out = account;
	return with_reason(err, rc);
}

enum rc account_create_first(const struct services *s, struct ctx *ctx, struct span login,
	struct span password, struct account *out, struct err *err)
{
	struct account_new in = { .login = login, .password = password, .role = ROLE_ADMIN };
	struct span first;
	int64_t id;
	enum rc rc = account_find_first(ctx, &id, &first);

	if (rc == RC_OK)
		return err_set(err, RC_EXISTS, "login", "There is an admin already.");
	if (rc != RC_NOT_FOUND)
		return with_reason(err, rc);
	return create(s, ctx, &in, NULL, out, err);
}

static bool may_make(enum account_role parent, enum account_role child)
{
	return (child == ROLE_RESELLER && parent == ROLE_ADMIN) ||
		(child == ROLE_CUSTOMER && (parent == ROLE_ADMIN || parent == ROLE_RESELLER));
}

enum rc account_create(const struct services *s, struct ctx *ctx, const struct account_new *in,
	struct account *out, struct err *err)
{
	struct account parent;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = account_find(ctx, in->parent.len ? in->parent : ctx->actor->login, &parent);
	if (rc == RC_NOT_FOUND)
		return not_found(err, "parent", "account");
	if (rc != RC_OK)
		return with_reason(err, rc);
	if (!may_make(ctx->actor->role, in->role))
		return err_set(err, RC_DENIED, "role", "Your account may not make such accounts.");
	if (!may_make(parent.role, in->role))
		return err_set(err, RC_INVALID, "role", "A %s cannot belong to a %s.",
			role_name(in->role), role_name(parent.role));
	return create(s, ctx, in, &parent, out, err);
}

/* ------------------------------------------------------------------------ look */

enum rc account_get(const struct services *s, struct ctx *ctx, struct span login,
	struct account *out, struct err *err)
{
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = account_find(ctx, login.len ? login : ctx->actor->login, out);
	if (rc == RC_OK)
		rc = account_find_pools(ctx, out);
	return rc == RC_NOT_FOUND ? not_found(err, "", "account") : with_reason(err, rc);
}

enum rc account_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct accounts *out, struct err *err)
{
	static const char *const sorts[] = { "name", "created", NULL };
	struct page page;
	enum rc rc = need_account(ctx);

	if (rc == RC_OK)
		rc = page_open_list(s, ctx, ask, sorts, &page, err);
	if (rc == RC_OK)
		rc = account_find_page(ctx, &page, ask->role, out);
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ change */

struct change {
	const struct services *s;
	struct account *account;
	struct span hash;
};

static enum rc set_password_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	int64_t id = c->account->account_id;
	enum rc rc = keys_store_password(c->s->keys, ctx, KEYS_ACCOUNT, id, c->hash, SPAN_NONE);

	if (rc == RC_OK)
		rc = session_delete_all(ctx, id, 0, SPAN(""));
	if (rc == RC_OK)
		rc = audit_add(ctx, id, "account.password", c->account->login, NULL, NULL);
	return rc;
}

enum rc account_set_password(const struct services *s, struct ctx *ctx, struct span login,
	struct span password, struct err *err)
{
	struct account account;
	struct change c = { .s = s, .account = &account };
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = account_get(s, ctx, login, &account, err);

	if (rc == RC_OK)
		rc = hash_password(s, ctx, password, account.login, &c.hash, err);
	if (rc != RC_OK)
		return rc;
	rc = service_run(ctx, set_password_tx, &c);
	if (rc == RC_OK)
		keys_forget(s->keys, KEYS_ACCOUNT, account.account_id);
	return with_reason(err, rc);
}

enum rc account_check_password(
	const struct services *s, struct ctx *ctx, struct span current, struct err *err)
{
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = need_account(ctx);

	if (rc == RC_OK)
		rc = keys_verify(s->keys, ctx, KEYS_ACCOUNT, ctx->actor->account_id, current);
	if (rc == RC_DENIED)
		return err_set(err, RC_INVALID, "current", "The current password is not right.");
	return with_reason(err, rc);
}

enum rc account_change_password(const struct services *s, struct ctx *ctx, struct span current,
	struct span password, struct err *err)
{
	enum rc rc = account_check_password(s, ctx, current, err);

	if (rc != RC_OK)
		return rc;
	return account_set_password(s, ctx, ctx->actor->login, password, err);
}

static struct cJSON *pools_json(struct arena *a, const struct account *account)
{
	struct cJSON *o = json_object(a);

	for (size_t i = 0; i < POOL_KINDS; i++) {
		const struct pool_usage *p = &account->pools[i];
		struct cJSON *kind = json_object(a);
		if (p->pool < 0)
			json_add_null(a, kind, "pool");
		else
			json_add_i64(a, kind, "pool", p->pool);
		json_add_i64(a, kind, "given_out", p->given_out);
		json_add_i64(a, kind, "used", p->used);
		json_add(a, o, p->kind, kind);
	}
	return o;
}

struct cJSON *account_json(struct arena *a, const struct account *account)
{
	struct cJSON *o = json_object(a);

	json_add_i64(a, o, "id", account->account_id);
	json_add_text(a, o, "login", account->login);
	json_add_text(a, o, "name", account->name);
	json_add_cstr(a, o, "role", role_name(account->role));
	if (account->parent.len > 0)
		json_add_text(a, o, "parent", account->parent);
	else
		json_add_null(a, o, "parent");
	if (account->plan_id)
		json_add_text(a, o, "plan", account->plan);
	else
		json_add_null(a, o, "plan");
	suspension_add_json(a, o, &account->suspension);
	json_add_bool(a, o, "require_second_factor", account->require_second_factor);
	json_add_text(a, o, "contact", account->contact);
	json_add_text(a, o, "language", account->language);
	json_add_i64(a, o, "domains", account->domains);
	json_add_i64(a, o, "mailboxes", account->mailboxes);
	json_add_time(a, o, "created_at", account->created_at_us);
	json_add_i64(a, o, "version", account->version);
	if (account->pools[0].kind)
		json_add(a, o, "usage", pools_json(a, account));
	return o;
}
