/* Log-in of people, and their sessions. */
#include "backend/accounts/login_service.h"

#include <openssl/sha.h>

#include "backend/accounts/account_repo.h"
#include "backend/accounts/service.h"
#include "backend/accounts/session_repo.h"
#include "backend/accounts/support_service.h"
#include "mailcore/base/base64.h"
#include "mailcore/base/figures.h"
#include "mailcore/base/log.h"
#include "mailcore/base/random.h"
#include "mailcore/base/utf8.h"
#include "mailcore/directory/directory.h"
#include "mailcore/keys/keys.h"

#define SECRET_BYTES   32
#define SECRET_LENGTH  43 /* base64url of it */
#define USER_AGENT_MAX 300
#define LOGIN_MAX      320

/* ------------------------------------------------------------------------ who is it */

struct who {
	struct session_owner owner;
	enum session_kind kind;
};

static enum rc refuse(enum rc rc, struct err *err)
{
	if (rc == RC_DENIED || rc == RC_NOT_FOUND)
		return err_set(err, RC_DENIED, "", "Name or password is wrong.");
	if (rc == RC_LIMIT)
		return err_set(err, RC_LIMIT, "", "Too many attempts. Please wait a few minutes.");
	if (rc == RC_CONFLICT)
		return err_set(err, RC_CONFLICT, "", "This log-in is switched off.");
	return with_reason(err, rc);
}

static enum rc check_mailbox(
	const struct services *s, struct ctx *ctx, const struct login_ask *ask, struct who *out)
{
	struct mailbox_ref mailbox;

	if (!s->directory)
		return RC_DENIED;
	enum rc rc = mailbox_login(s->directory, ctx, ask->login, ask->password, "webmail",
		arena_cstr(ctx->arena, ask->address), &mailbox);
	if (rc == RC_OK)
		*out = (struct who){ { 0, mailbox.mailbox_id }, SESSION_WEBMAIL };
	return rc;
}

static enum rc check_account(const struct services *s, struct ctx *ctx, const struct login_ask *ask,
	int64_t account_id, bool suspended, struct who *out)
{
	const char *peer = arena_cstr(ctx->arena, ask->address);

	if (s->directory && !directory_may_try(s->directory, ask->login, peer))
		return RC_LIMIT;
	enum rc rc = keys_verify(s->keys, ctx, KEYS_ACCOUNT, account_id, ask->password);
	if (rc == RC_OK || rc == RC_DENIED)
		figure_add(rc == RC_OK ? FIGURE_LOGIN : FIGURE_LOGIN_FAILED, 0, 1);
	if (rc == RC_DENIED && s->directory)
		directory_has_failed(s->directory, ask->login, peer);
	if (rc == RC_OK && suspended)
		return RC_CONFLICT;
	if (rc == RC_OK)
		*out = (struct who){ { account_id, 0 }, SESSION_PANEL };
	return rc;
}

/* Unknown names take the way of mailboxes, which takes the same time for them. */
static enum rc check(
	const struct services *s, struct ctx *ctx, const struct login_ask *ask, struct who *out)
{
	int64_t account_id = 0;
	enum account_role role;
	bool suspended = false;

	if (ask->login.len > LOGIN_MAX || !utf8_valid(ask->login) ||
		span_find(ask->login, '\0') != SPAN_NPOS)
		return RC_DENIED;
	enum rc rc = account_find_login(ctx, ask->login, &account_id, &role, &suspended);
	if (rc == RC_OK)
		return check_account(s, ctx, ask, account_id, suspended, out);
	return rc == RC_NOT_FOUND ? check_mailbox(s, ctx, ask, out) : rc;
}

/* ------------------------------------------------------------------------ sessions */

static void hash_secret(struct span secret, unsigned char out[32])
{
	(void)SHA256((const unsigned char *)secret.ptr, secret.len, out);
}

static enum rc open_session(struct ctx *ctx, const struct who *who, struct span address,
	struct span user_agent, bool is_pending, struct span *out_secret, struct web_session *out)
{
	struct web_session session = {
		.kind = who->kind, .address = address, .is_pending = is_pending
	};
	struct str secret = str_in(ctx->arena, SECRET_LENGTH);
	struct str agent = str_in(ctx->arena, USER_AGENT_MAX * 4);

	random_add_token(&secret, SECRET_BYTES);
	hash_secret(str_span(&secret), session.hash);
	random_bytes(session.csrf, sizeof session.csrf);
	utf8_add_valid(&agent, span_sub(user_agent, 0, USER_AGENT_MAX - 8));
	session.user_agent = str_span(&agent);
	enum rc rc = session_insert(ctx, &who->owner, &session);
	if (rc != RC_OK)
		return rc;
	*out_secret = str_span(&secret);
	*out = session;
	return RC_OK;
}

static enum keys_subject subject_of(const struct session_owner *owner)
{
	return owner->mailbox_id ? KEYS_MAILBOX : KEYS_ACCOUNT;
}

static int64_t id_of(const struct session_owner *owner)
{
	return owner->mailbox_id ? owner->mailbox_id : owner->account_id;
}

enum rc login_start(const struct services *s, struct ctx *ctx, const struct login_ask *ask,
	struct span *out_secret, struct web_session *out, struct err *err)
{
	struct who who;
	enum rc rc = check(s, ctx, ask, &who);

	log_info("login.web", "login=%s peer=" SPAN_FMT " result=%s",
		log_text(ctx->arena, ask->login), SPAN_ARG(ask->address), rc_name(rc));
	if (rc != RC_OK)
		return refuse(rc, err);
	rc = keys_find_totp(s->keys, ctx, subject_of(&who.owner), id_of(&who.owner));
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return with_reason(err, rc);
	rc = open_session(ctx, &who, ask->address, ask->user_agent, rc == RC_OK, out_secret, out);
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ second factor */

static enum rc begin_anew(struct err *err)
{
	return err_set(err, RC_CONFLICT, "", "Please sign in again from the start.");
}

static enum rc wrong_code(struct ctx *ctx, struct span hash, struct err *err)
{
	int64_t tries = 0;
	enum rc rc = session_note_wrong_code(ctx, hash, &tries);

	if (rc != RC_OK)
		return with_reason(err, rc);
	if (tries < SESSION_TRIES)
		return err_set(
			err, RC_DENIED, "code", "This code is not right, or was used before.");
	rc = session_delete(ctx, hash);
	return rc == RC_OK ? begin_anew(err) : with_reason(err, rc);
}

static enum rc check_code(const struct services *s, struct ctx *ctx, const struct login_code *ask,
	const struct session_owner *owner)
{
	const char *peer = arena_cstr(ctx->arena, ask->address);
	struct span name = arena_printf(ctx->arena, "second factor of %s %lld",
		owner->mailbox_id ? "mailbox" : "account", (long long)id_of(owner));

	if (s->directory && !directory_may_try(s->directory, name, peer))
		return RC_LIMIT;
	enum rc rc = keys_verify_totp(s->keys, ctx, subject_of(owner), id_of(owner), ask->code);
	if (rc == RC_DENIED && s->directory)
		directory_has_failed(s->directory, name, peer);
	return rc;
}

enum rc login_finish(const struct services *s, struct ctx *ctx, const struct login_code *ask,
	struct span *out_secret, struct web_session *out, struct err *err)
{
	unsigned char hash[32];
	struct who who;
	struct web_session pending;

	if (ask->secret.len != SECRET_LENGTH)
		return begin_anew(err);
	hash_secret(ask->secret, hash);
	enum rc rc = session_find(ctx, span_make(hash, sizeof hash), &who.owner, &pending);
	if (rc == RC_DENIED || (rc == RC_OK && !pending.is_pending))
		return begin_anew(err);
	if (rc == RC_OK)
		rc = check_code(s, ctx, ask, &who.owner);
	log_info("login.code", "session=" SPAN_FMT " peer=" SPAN_FMT " result=%s",
		SPAN_ARG(pending.id), SPAN_ARG(ask->address), rc_name(rc));
	if (rc == RC_DENIED)
		return wrong_code(ctx, span_make(hash, sizeof hash), err);
	if (rc != RC_OK)
		return refuse(rc, err);
	who.kind = pending.kind;
	rc = session_delete(ctx, span_make(hash, sizeof hash));
	if (rc == RC_OK)
		rc = open_session(ctx, &who, ask->address, ask->user_agent, false, out_secret, out);
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ whose session */

static enum rc fill_panel(struct ctx *ctx, int64_t account_id, struct actor *out)
{
	struct actor actor = { .account_id = account_id };
	bool suspended;

	actor_enter(ctx, &actor);
	enum rc rc = account_find_id(ctx, account_id, &actor.role, &actor.login, &actor.language,
		&suspended, &actor.needs_factor);
	actor_enter(ctx, NULL);
	if (rc == RC_NOT_FOUND || (rc == RC_OK && suspended))
		return RC_DENIED;
	if (rc == RC_OK)
		*out = actor;
	return rc;
}

static enum rc fill_webmail(struct ctx *ctx, int64_t mailbox_id, struct actor *out)
{
	struct mailbox_ref mailbox;
	enum rc rc = mailbox_find_id(ctx, mailbox_id, &mailbox);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && mailbox.no_login))
		return RC_DENIED;
	if (rc == RC_OK)
		*out = (struct actor){ .role = ROLE_MAILBOX,
			.account_id = mailbox.account_id,
			.mailbox_id = mailbox_id,
			.login = mailbox.address };
	return rc;
}

enum rc login_find(struct ctx *ctx, enum session_kind kind, struct span secret,
	struct actor *out_actor, struct web_session *out)
{
	unsigned char hash[32];
	struct session_owner owner;
	struct actor self;

	if (secret.len != SECRET_LENGTH)
		return RC_DENIED;
	hash_secret(secret, hash);
	enum rc rc = session_find(ctx, span_make(hash, sizeof hash), &owner, out);
	if (rc == RC_OK && (out->kind != kind || out->is_pending))
		return RC_DENIED;
	if (rc == RC_OK && kind == SESSION_PANEL)
		rc = fill_panel(ctx, owner.account_id, &self);
	if (rc == RC_OK && kind == SESSION_PANEL)
		rc = support_apply(ctx, &self, out, out_actor);
	if (rc == RC_OK && kind == SESSION_WEBMAIL)
		rc = fill_webmail(ctx, owner.mailbox_id, out_actor);
	if (rc == RC_OK)
		rc = session_seen(ctx, span_make(hash, sizeof hash));
	return rc;
}

enum rc login_end(const struct services *s, struct ctx *ctx, const struct web_session *session)
{
	struct err err;
	enum rc rc = RC_OK;

	if (ctx->actor && ctx->actor->supporter.len > 0)
		rc = support_end(s, ctx, session, &err);
	if (rc == RC_OK)
		rc = session_delete(ctx, span_make(session->hash, sizeof session->hash));
	return rc;
}

static struct session_owner owner_of(const struct actor *actor)
{
	if (actor->role == ROLE_MAILBOX)
		return (struct session_owner){ 0, actor->mailbox_id };
	return (struct session_owner){ actor->account_id, 0 };
}

enum rc login_sessions(const struct services *s, struct ctx *ctx, const struct web_session *current,
	struct web_sessions *out)
{
	struct session_owner owner = owner_of(ctx->actor);
	struct err err;
	enum rc rc = need_own(ctx, &err);

	(void)s;
	if (rc == RC_OK)
		rc = session_find_all(ctx, &owner, out);
	for (size_t i = 0; rc == RC_OK && current && i < out->len; i++)
		out->items[i].is_current = span_eq(out->items[i].id, current->id);
	return rc;
}

enum rc login_end_other(const struct services *s, struct ctx *ctx, struct span id, struct err *err)
{
	struct web_sessions sessions;
	enum rc rc = login_sessions(s, ctx, NULL, &sessions);

	if (rc != RC_OK)
		return with_reason(err, rc);
	for (size_t i = 0; i < sessions.len; i++) {
		const struct web_session *w = &sessions.items[i];
		if (span_eq(w->id, id))
			return with_reason(
				err, session_delete(ctx, span_make(w->hash, sizeof w->hash)));
	}
	return not_found(err, "", "session");
}

enum rc login_collect(struct ctx *ctx, int64_t *out_deleted)
{
	return session_collect(ctx, out_deleted);
}
