/* API tokens. */
#include "backend/accounts/token_service.h"

#include <openssl/sha.h>

#include "backend/accounts/account_repo.h"
#include "backend/accounts/audit.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/page.h"
#include "backend/accounts/service.h"
#include "mailcore/base/json.h"
#include "mailcore/base/random.h"
#include "sql/token.h"

#define SECRET_BYTES 24 /* 192 random bits */
#define SECRET_MAX   100
#define LABEL_MAX    100
#define SCOPES_MAX   40
#define DOMAINS_MAX  100

const char *const token_scopes[] = { "accounts:read", "accounts:write", "plans:read", "plans:write",
	"domains:read", "domains:write", "mailboxes:read", "mailboxes:write", "aliases:read",
	"aliases:write", "queue:read", "queue:write", "trace:read", "tokens:read", "tokens:write",
	"audit:read", "bulk:read", "bulk:write", "usage:read", "metrics:read", "*", NULL };

static struct span sha256(struct arena *a, struct span text)
{
	unsigned char *digest = arena_alloc(a, SHA256_DIGEST_LENGTH);
	(void)SHA256((const unsigned char *)text.ptr, text.len, digest);
	return span_make(digest, SHA256_DIGEST_LENGTH);
}

/* ------------------------------------------------------------------------ guard */

/* The hash is looked up by an index, so the time taken says nothing about the secret. */
enum rc token_find(struct ctx *ctx, struct span secret, struct actor *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct actor actor = { 0 };

	if (!span_starts(secret, SPAN("ms_")) || secret.len > SECRET_MAX)
		return RC_DENIED;
	enum rc rc =
		db_query(ctx, &SQL_TOKEN_FIND, ARGS(A_BYTES(sha256(ctx->arena, secret))), &rows);
	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0 || row_bool(rows, 0, 6) ||
		!role_parse(row_text(rows, 0, 2), &actor.role))
		return RC_DENIED;
	actor.token_id = row_i64(rows, 0, 0);
	actor.account_id = row_i64(rows, 0, 1);
	actor.label = row_copy(ctx, rows, 0, 3);
	actor.scopes = row_copy_texts(ctx, rows, 0, 4, &actor.n_scopes);
	actor.domains = row_copy_texts(ctx, rows, 0, 5, &actor.n_domains);

	enum account_role role;
	bool suspended, needs_factor; /* a token is a factor of its own */
	actor_enter(ctx, &actor);
	rc = account_find_id(ctx, actor.account_id, &role, &actor.login, &actor.language,
		&suspended, &needs_factor);
	if (rc == RC_OK)
		rc = db_exec(ctx, &SQL_TOKEN_USED, ARGS(A_I64(actor.token_id)), NULL);
	actor_enter(ctx, NULL);
	if (rc == RC_OK)
		*out = actor;
	return rc == RC_NOT_FOUND ? RC_DENIED : rc;
}

/* ------------------------------------------------------------------------ create */

static bool scope_exists(struct span scope)
{
	for (const char *const *s = token_scopes; *s; s++) {
		if (span_eq(scope, span_of(*s)))
			return true;
	}
	return false;
}

static enum rc check_scopes(struct ctx *ctx, const struct token_new *in, struct err *err)
{
	if (in->n_scopes == 0 || in->n_scopes > SCOPES_MAX)
		return err_set(err, RC_INVALID, "scopes", "A token needs at least one scope.");
	for (size_t i = 0; i < in->n_scopes; i++) {
		const char *scope = arena_cstr(ctx->arena, in->scopes[i]);
		if (!scope_exists(in->scopes[i]))
			return err_set(
				err, RC_INVALID, "scopes", "There is no scope \"%.60s\".", scope);
		if (!actor_has_scope(ctx->actor, scope))
			return err_set(err, RC_DENIED, "scopes",
				"This token does not have the scope %.60s itself.", scope);
	}
	return RC_OK;
}

/* A bound token makes only tokens that are bound likewise. */
static enum rc check_domains(
	const struct services *s, struct ctx *ctx, const struct token_new *in, struct err *err)
{
	struct domain domain;

	if (in->n_domains > DOMAINS_MAX)
		return err_set(err, RC_INVALID, "domains", "At most %d domains.", DOMAINS_MAX);
	if (in->n_domains == 0 && ctx->actor->n_domains > 0)
		return err_set(err, RC_DENIED, "domains",
			"This token is bound to domains; name some of them.");
	for (size_t i = 0; i < in->n_domains; i++) {
		enum rc rc = domain_get(s, ctx, in->domains[i], &domain, NULL);
		if (rc == RC_NOT_FOUND)
			return err_set(err, RC_INVALID, "domains", "There is no domain %.80s.",
				arena_cstr(ctx->arena, in->domains[i]));
		if (rc != RC_OK)
			return with_reason(err, rc);
	}
	return RC_OK;
}

struct create {
	struct token *token;
	struct span hash;
};

static enum rc create_tx(struct ctx *ctx, void *arg)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct create *c = arg;
	struct token *t = c->token;
	struct arg expires = t->expires_at_us ? A_TIME(t->expires_at_us) : A_NULL(ARG_TIME);
	enum rc rc = db_query(ctx, &SQL_TOKEN_INSERT,
		ARGS(A_I64(ctx->actor->account_id), A_TEXT(t->label), A_BYTES(c->hash),
			A_ARRAY(ARG_TEXTS, t->scopes, t->n_scopes),
			A_ARRAY(ARG_TEXTS, t->domains, t->n_domains), expires),
		&rows);

	if (rc != RC_OK)
		return rc;
	t->token_id = row_i64(rows, 0, 0);
	t->created_at_us = row_time_us(rows, 0, 1);
	struct token shown = *t;
	shown.secret = SPAN("");
	return audit_add(ctx, ctx->actor->account_id, "token.create", t->label, NULL,
		token_json(ctx->arena, &shown));
}

static const struct span *normal_domains(struct ctx *ctx, const struct token_new *in)
{
	struct span *names = arena_array(ctx->arena, in->n_domains, sizeof *names);

	for (size_t i = 0; i < in->n_domains; i++) {
		if (domain_name_normalise(ctx, in->domains[i], &names[i], NULL) != RC_OK)
			names[i] = in->domains[i]; /* checked before: does not happen */
	}
	return names;
}

enum rc token_create(const struct services *s, struct ctx *ctx, const struct token_new *in,
	struct token *out, struct err *err)
{
	struct token token = { .label = span_trim(in->label),
		.scopes = in->scopes,
		.n_scopes = in->n_scopes,
		.n_domains = in->n_domains,
		.expires_at_us = in->expires_at_us };
	struct str secret = str_in(ctx->arena, SECRET_MAX);
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = need_account(ctx);

	if (rc == RC_OK && (token.label.len == 0 || token.label.len > LABEL_MAX))
		return err_set(err, RC_INVALID, "label", "Give the token a name.");
	if (rc == RC_OK && in->expires_at_us && in->expires_at_us <= ctx->now_us)
		return err_set(err, RC_INVALID, "expires_at", "This time has passed.");
	if (rc == RC_OK)
		rc = check_scopes(ctx, in, err);
	if (rc == RC_OK)
		rc = check_domains(s, ctx, in, err);
	if (rc != RC_OK)
		return rc;
	token.domains = normal_domains(ctx, in);
	str_add_cstr(&secret, "ms_");
	random_add_token(&secret, SECRET_BYTES);
	token.secret = str_span(&secret);
	struct create c = { &token, sha256(ctx->arena, token.secret) };
	rc = service_run(ctx, create_tx, &c);
	if (rc == RC_OK)
		*out = token;
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ list, revoke */

static enum rc find_page(
	struct ctx *ctx, const struct page *page, int64_t after, struct tokens *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_TOKEN_LIST,
		ARGS(A_I64(ctx->actor->account_id), A_I64(after), A_I64(page->limit + 1)), &rows);

	if (rc != RC_OK)
		return rc;
	*out = (struct tokens){ 0 };
	out->items = page_items(ctx, page, rows, sizeof *out->items, &out->len);
	for (size_t i = 0; i < out->len; i++) {
		struct token *t = &out->items[i];
		t->token_id = row_i64(rows, i, 0);
		t->label = row_copy(ctx, rows, i, 1);
		t->scopes = row_copy_texts(ctx, rows, i, 2, &t->n_scopes);
		t->domains = row_copy_texts(ctx, rows, i, 3, &t->n_domains);
		t->created_at_us = row_time_us(rows, i, 4);
		t->expires_at_us = row_time_us(rows, i, 5);
		t->used_at_us = row_time_us(rows, i, 6);
	}
	out->next_cursor = page_next_id(ctx, page, rows);
	return RC_OK;
}

enum rc token_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct tokens *out, struct err *err)
{
	struct page page;
	uint64_t after = 0;
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = page_open(ctx, ask, &page, err);
	if (rc != RC_OK)
		return rc;
	if (page.after.len > 0 && !span_u64(page.after, INT64_MAX, &after))
		return err_set(err, RC_INVALID, "cursor", "This cursor is not one of ours.");
	return with_reason(err, find_page(ctx, &page, (int64_t)after, out));
}

static enum rc revoke_tx(struct ctx *ctx, void *arg)
{
	AUTO(rows_close) struct rows *rows = NULL;
	const int64_t *id = arg;
	enum rc rc = db_query(
		ctx, &SQL_TOKEN_DELETE, ARGS(A_I64(ctx->actor->account_id), A_I64(*id)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	return audit_add(
		ctx, ctx->actor->account_id, "token.revoke", row_text(rows, 0, 0), NULL, NULL);
}

enum rc token_revoke(const struct services *s, struct ctx *ctx, int64_t token_id, struct err *err)
{
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = service_run(ctx, revoke_tx, &token_id);
	return rc == RC_NOT_FOUND ? not_found(err, "", "token") : with_reason(err, rc);
}

static struct cJSON *texts_json(struct arena *a, const struct span *items, size_t n)
{
	struct cJSON *array = json_array(a);
	for (size_t i = 0; i < n; i++)
		json_push_text(a, array, items[i]);
	return array;
}

struct cJSON *token_json(struct arena *a, const struct token *t)
{
	struct cJSON *o = json_object(a);

	json_add_i64(a, o, "id", t->token_id);
	json_add_text(a, o, "label", t->label);
	if (t->secret.len > 0)
		json_add_text(a, o, "token", t->secret);
	json_add(a, o, "scopes", texts_json(a, t->scopes, t->n_scopes));
	json_add(a, o, "domains", texts_json(a, t->domains, t->n_domains));
	json_add_time(a, o, "created_at", t->created_at_us);
	json_add_time(a, o, "expires_at", t->expires_at_us);
	json_add_time(a, o, "used_at", t->used_at_us);
	return o;
}
