/* App passwords: one a device, made here and shown once. */
#include "backend/accounts/audit.h"
#include "backend/accounts/mailbox_find.h"
#include "backend/accounts/mailbox_repo.h"
#include "backend/accounts/service.h"
#include "mailcore/base/json.h"
#include "mailcore/keys/keys.h"

#define HASH_MAX     1024
#define SECRET_BYTES 18 /* 144 random bits, 24 characters */
#define LABEL_MAX    100
#define COUNT_MAX    100

struct change {
	struct mailbox mailbox;
	struct app_password password;
	struct span hash, scram;
};

static enum rc audit(struct ctx *ctx, const struct change *c, const char *action)
{
	struct cJSON *o = json_object(ctx->arena);

	json_add_i64(ctx->arena, o, "id", c->password.app_password_id);
	json_add_text(ctx->arena, o, "label", c->password.label);
	return audit_add(ctx, c->mailbox.account_id, action, c->mailbox.address, NULL, o);
}

static enum rc create_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc =
		app_password_insert(ctx, c->mailbox.mailbox_id, c->hash, c->scram, &c->password);

	return rc == RC_OK ? audit(ctx, c, "app_password.create") : rc;
}

static enum rc make_secret(const struct services *s, struct ctx *ctx, struct change *c)
{
	struct str secret = str_in(ctx->arena, 64), hash = str_in(ctx->arena, HASH_MAX);

	random_add_token(&secret, SECRET_BYTES);
	c->password.password = str_span(&secret);
	enum rc rc = keys_hash_app_password(s->keys, c->password.password, &hash);
	c->hash = str_span(&hash);
	c->scram = keys_scram_verifier(
		s->keys, ctx->arena, c->mailbox.mailbox_id, c->password.password);
	return rc;
}

enum rc app_password_create(const struct services *s, struct ctx *ctx, struct span address,
	struct span label, struct app_password *out, struct err *err)
{
	struct change c = { .password.label = span_trim(label) };
	struct app_passwords have;
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = mailbox_find_own(ctx, address, &c.mailbox, err);

	if (rc != RC_OK)
		return rc;
	if (c.password.label.len == 0 || c.password.label.len > LABEL_MAX)
		return err_set(err, RC_INVALID, "label",
			"Name the device or program (at most %d bytes).", LABEL_MAX);
	rc = app_password_find(ctx, c.mailbox.mailbox_id, &have);
	if (rc == RC_OK && have.len >= COUNT_MAX)
		return err_set(err, RC_LIMIT, "label", "A mailbox has at most %d app passwords.",
			COUNT_MAX);
	if (rc == RC_OK)
		rc = make_secret(s, ctx, &c);
	if (rc == RC_OK)
		rc = service_run(ctx, create_tx, &c);
	if (rc == RC_OK)
		*out = c.password;
	return with_reason(err, rc);
}

enum rc app_password_list(const struct services *s, struct ctx *ctx, struct span address,
	struct app_passwords *out, struct err *err)
{
	struct mailbox mailbox;
	enum rc rc = mailbox_find_own(ctx, address, &mailbox, err);

	(void)s;
	if (rc != RC_OK)
		return rc;
	return with_reason(err, app_password_find(ctx, mailbox.mailbox_id, out));
}

static enum rc delete_tx(struct ctx *ctx, void *arg)
{
	struct change *c = arg;
	enum rc rc = app_password_remove(ctx, c->mailbox.mailbox_id, c->password.app_password_id);

	return rc == RC_OK ? audit(ctx, c, "app_password.delete") : rc;
}

enum rc app_password_delete(const struct services *s, struct ctx *ctx, struct span address,
	int64_t app_password_id, struct err *err)
{
	struct change c = { .password.app_password_id = app_password_id };
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = mailbox_find_own(ctx, address, &c.mailbox, err);

	if (rc != RC_OK)
		return rc;
	rc = service_run(ctx, delete_tx, &c);
	if (rc == RC_NOT_FOUND)
		return not_found(err, "", "app password");
	if (rc == RC_OK)
		keys_forget(s->keys, KEYS_MAILBOX, c.mailbox.mailbox_id);
	return with_reason(err, rc);
}

struct cJSON *app_password_json(struct arena *a, const struct app_password *p)
{
	struct cJSON *o = json_object(a);

	json_add_i64(a, o, "id", p->app_password_id);
	json_add_text(a, o, "label", p->label);
	if (p->password.len > 0)
		json_add_text(a, o, "password", p->password);
	json_add_time(a, o, "created_at", p->created_at_us);
	json_add_time(a, o, "used_at", p->used_at_us);
	return o;
}
