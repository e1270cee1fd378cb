/* Forgotten passwords, the half that people see. */
#include "backend/accounts/password_reset.h"

#include <openssl/sha.h>

#include "backend/accounts/audit.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/service.h"
#include "backend/accounts/session_repo.h"
#include "mailcore/base/log.h"
#include "mailcore/base/utf8.h"
#include "mailcore/directory/directory.h"
#include "mailcore/directory/reset_repo.h"
#include "mailcore/keys/keys.h"

#define SECRET_LENGTH 43 /* base64url of 32 bytes */
#define LOGIN_MAX     320
#define HASH_MAX      512

/* ------------------------------------------------------------------------ asking */

/* Counted with failed log-ins, under a name of its own: whoever asks for links all day is stopped,
 * and can still log in. */
static bool may_ask(const struct services *s, struct ctx *ctx, const struct reset_request *ask)
{
	const char *peer = arena_cstr(ctx->arena, ask->address);
	struct span name = arena_printf(ctx->arena, "reset of " SPAN_FMT, SPAN_ARG(ask->login));

	if (!s->directory)
		return true;
	if (!directory_may_try(s->directory, name, peer))
		return false;
	directory_has_failed(s->directory, name, peer);
	return true;
}

enum rc password_reset_request(
	const struct services *s, struct ctx *ctx, const struct reset_request *ask, struct err *err)
{
	struct reset_request cleaned = *ask;

	cleaned.login = span_trim(ask->login);
	if (cleaned.login.len == 0 || cleaned.login.len > LOGIN_MAX || !utf8_valid(cleaned.login) ||
		span_find(cleaned.login, '\0') != SPAN_NPOS)
		return err_set(err, RC_INVALID, "login", "This is no log-in name.");
	if (!may_ask(s, ctx, &cleaned))
		return err_set(err, RC_LIMIT, "", "Too many attempts. Please wait a few minutes.");
	return with_reason(
		err, reset_ask_add(ctx, cleaned.login, cleaned.address, cleaned.language));
}

/* ------------------------------------------------------------------------ the link */

static enum rc find(struct ctx *ctx, struct span secret, unsigned char hash[RESET_HASH_BYTES],
	struct reset_owner *out, struct err *err)
{
	enum rc rc = RC_DENIED;

	if (secret.len == SECRET_LENGTH) {
		(void)SHA256((const unsigned char *)secret.ptr, secret.len, hash);
		rc = reset_find(ctx, span_make(hash, RESET_HASH_BYTES), out);
	}
	if (rc == RC_DENIED)
		return err_set(err, rc, "",
			"This link has been used, or is older than an hour. Ask for a new one.");
	return with_reason(err, rc);
}

enum rc password_reset_check(
	const struct services *s, struct ctx *ctx, struct span secret, struct err *err)
{
	unsigned char hash[RESET_HASH_BYTES];
	struct reset_owner owner;

	(void)s;
	return find(ctx, secret, hash, &owner, err);
}

struct use {
	const struct services *s;
	struct reset_owner owner;
	unsigned char link[RESET_HASH_BYTES];
	struct span password, hash;
};

static enum keys_subject subject_of(const struct reset_owner *owner)
{
	return owner->mailbox_id ? KEYS_MAILBOX : KEYS_ACCOUNT;
}

static int64_t id_of(const struct reset_owner *owner)
{
	return owner->mailbox_id ? owner->mailbox_id : owner->account_id;
}

static enum rc use_tx(struct ctx *ctx, void *arg)
{
	struct use *u = arg;
	const struct reset_owner *o = &u->owner;
	struct span for_scram = o->mailbox_id ? u->password : SPAN_NONE;
	enum rc rc = reset_take(ctx, span_make(u->link, sizeof u->link));

	if (rc == RC_OK)
		rc = keys_store_password(
			u->s->keys, ctx, subject_of(o), id_of(o), u->hash, for_scram);
	if (rc == RC_OK)
		rc = session_delete_all(ctx, o->account_id, o->mailbox_id, SPAN(""));
	if (rc == RC_OK)
		rc = audit_add(ctx, o->tenant_id, "password.reset", o->login, NULL, NULL);
	return rc;
}

/* Acts as the link's owner, whom the link has named. */
static enum rc run_as_owner(struct ctx *ctx, struct use *u, struct span address)
{
	struct actor self = { .account_id = u->owner.tenant_id,
		.mailbox_id = u->owner.mailbox_id,
		.login = u->owner.login,
		.source = "panel",
		.address = address };

	ASSERT(role_parse(u->owner.role, &self.role));
	actor_enter(ctx, &self);
	enum rc rc = service_run(ctx, use_tx, u);
	actor_enter(ctx, NULL);
	return rc;
}

enum rc password_reset_use(const struct services *s, struct ctx *ctx, struct span secret,
	struct span password, struct span address, struct err *err)
{
	struct use u = { .s = s, .password = password };
	struct str hash = str_in(ctx->arena, HASH_MAX);

	enum rc rc = find(ctx, secret, u.link, &u.owner, err);
	if (rc == RC_OK)
		rc = password_check(password, u.owner.login, err);
	if (rc == RC_OK)
		rc = keys_hash_password(s->keys, password, &hash);
	if (rc != RC_OK)
		return with_reason(err, rc);
	u.hash = str_span(&hash);
	rc = run_as_owner(ctx, &u, address);
	log_info("password.reset_used", "login=%s peer=" SPAN_FMT " result=%s",
		log_text(ctx->arena, u.owner.login), SPAN_ARG(address), rc_name(rc));
	if (rc == RC_OK)
		keys_forget(s->keys, subject_of(&u.owner), id_of(&u.owner));
	if (rc == RC_DENIED)
		return err_set(err, rc, "", "This link has been used in the meantime.");
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ where it goes */

enum rc password_reset_recovery(
	const struct services *s, struct ctx *ctx, struct span *out, struct err *err)
{
	(void)s;
	if (ctx->actor->role != ROLE_MAILBOX)
		return not_found(err, "", "mailbox");
	return with_reason(err, recovery_get(ctx, ctx->actor->mailbox_id, out));
}

struct recovery {
	struct span address;
};

static enum rc set_recovery_tx(struct ctx *ctx, void *arg)
{
	const struct recovery *r = arg;
	enum rc rc = recovery_set(ctx, ctx->actor->mailbox_id, r->address);

	if (rc == RC_OK)
		rc = audit_add(ctx, ctx->actor->account_id, "mailbox.recovery", ctx->actor->login,
			NULL, NULL);
	return rc;
}

static enum rc take_recovery(
	struct ctx *ctx, struct span text, struct recovery *out, struct err *err)
{
	struct span local, domain, address = span_trim(text);

	if (address.len > 0 && address_normalise(ctx, address, &local, &domain, NULL) != RC_OK)
		return err_set(err, RC_INVALID, "recovery",
			"This is not a mail address. It should look like name@example.org.");
	if (span_ieq(address, ctx->actor->login))
		return err_set(err, RC_INVALID, "recovery",
			"This is the mailbox itself: without its password nobody could read"
			" the mail.");
	out->address = address;
	return RC_OK;
}

enum rc password_reset_set_recovery(const struct services *s, struct ctx *ctx, struct span current,
	struct span recovery, struct err *err)
{
	struct recovery r;

	if (ctx->actor->role != ROLE_MAILBOX)
		return not_found(err, "", "mailbox");
	enum rc rc = take_recovery(ctx, recovery, &r, err);
	if (rc == RC_OK)
		rc = keys_verify(s->keys, ctx, KEYS_MAILBOX, ctx->actor->mailbox_id, current);
	if (rc == RC_DENIED)
		return err_set(err, RC_INVALID, "current", "The current password is not right.");
	if (rc == RC_OK)
		rc = service_run(ctx, set_recovery_tx, &r);
	return with_reason(err, rc);
}
