/* Support access. */
#include "backend/accounts/support_service.h"

#include "backend/accounts/account_repo.h"
#include "backend/accounts/account_service.h"
#include "backend/accounts/audit.h"
#include "backend/accounts/service.h"
#include "backend/accounts/session_repo.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/log.h"
#include "mailcore/base/random.h"

static struct span hash_of(const struct web_session *session)
{
	return span_make(session->hash, sizeof session->hash);
}

/* ------------------------------------------------------------------------ begin */

struct begin {
	const struct web_session *session;
	struct account account;
	struct span reason;
	unsigned char csrf[32];
};

static enum rc begin_tx(struct ctx *ctx, void *arg)
{
	struct begin *b = arg;
	struct cJSON *after = json_object(ctx->arena);

	json_add_text(ctx->arena, after, "reason", b->reason);
	json_add_i64(ctx->arena, after, "minutes", SUPPORT_SECONDS / 60);
	enum rc rc = session_act(ctx, hash_of(b->session), b->account.account_id, SUPPORT_SECONDS,
		b->reason, span_make(b->csrf, sizeof b->csrf));
	if (rc == RC_OK)
		rc = audit_add(
			ctx, b->account.account_id, "support.begin", b->account.login, NULL, after);
	return rc;
}

static enum rc check(
	const struct ctx *ctx, const struct account *account, struct span reason, struct err *err)
{
	if (account->account_id == ctx->actor->account_id)
		return err_set(err, RC_DENIED, "", "Nobody needs support access to themselves.");
	if (reason.len < SUPPORT_REASON_MIN || reason.len > SUPPORT_REASON_MAX)
		return err_set(err, RC_INVALID, "reason",
			"Say why, in %d to %d letters: the owner reads it in the audit log.",
			SUPPORT_REASON_MIN, SUPPORT_REASON_MAX);
	return RC_OK;
}

enum rc support_begin(const struct services *s, struct ctx *ctx, const struct web_session *session,
	struct span login, struct span reason, struct err *err)
{
	struct begin b = { .session = session, .reason = span_trim(reason) };
	enum rc rc = need_own(ctx, err);

	if (rc == RC_OK)
		rc = account_get(s, ctx, login, &b.account, err);
	if (rc == RC_OK)
		rc = check(ctx, &b.account, b.reason, err);
	if (rc != RC_OK)
		return rc;
	random_bytes(b.csrf, sizeof b.csrf);
	rc = service_run(ctx, begin_tx, &b);
	log_info("support.begin", "who=%s for=%s rc=%s", log_text(ctx->arena, ctx->actor->login),
		log_text(ctx->arena, b.account.login), rc_name(rc));
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ end */

struct end {
	const struct web_session *session;
	int64_t account_id;
	struct span login;
	const char *action;
	unsigned char csrf[32];
};

static enum rc end_tx(struct ctx *ctx, void *arg)
{
	struct end *e = arg;
	int64_t ended = 0;
	enum rc rc = session_act_end(
		ctx, hash_of(e->session), span_make(e->csrf, sizeof e->csrf), &ended);

	if (rc == RC_OK && ended > 0) /* another request of the session may have been quicker */
		rc = audit_add(ctx, e->account_id, e->action, e->login, NULL, NULL);
	return rc;
}

enum rc support_end(const struct services *s, struct ctx *ctx, const struct web_session *session,
	struct err *err)
{
	struct end e = { .session = session,
		.account_id = ctx->actor->account_id,
		.login = ctx->actor->login,
		.action = "support.end" };

	(void)s;
	if (ctx->actor->supporter.len == 0)
		return err_set(err, RC_CONFLICT, "", "The time was over already.");
	random_bytes(e.csrf, sizeof e.csrf);
	return with_reason(err, service_run(ctx, end_tx, &e));
}

/* ------------------------------------------------------------------------ guard */

/* The time is over: written down by the first request that finds it so. */
static enum rc run_out(
	struct ctx *ctx, struct actor *self, struct web_session *session, const struct actor *was)
{
	struct end e = { .session = session,
		.account_id = was->account_id,
		.login = was->login,
		.action = "support.timeout" };

	self->source = "panel";
	self->address = SPAN("");
	random_bytes(e.csrf, sizeof e.csrf);
	actor_enter(ctx, self);
	enum rc rc = service_run(ctx, end_tx, &e);
	actor_enter(ctx, NULL);
	memcpy(session->csrf, e.csrf, sizeof session->csrf);
	return rc;
}

enum rc support_apply(
	struct ctx *ctx, const struct actor *self, struct web_session *session, struct actor *actor)
{
	struct actor below = { .account_id = session->acting_for }, own = *self;
	bool suspended, needs_factor;

	*actor = *self;
	if (!session->acting_for)
		return RC_OK;
	/* with one's own rights: is it still below? */
	actor_enter(ctx, self);
	enum rc rc = account_find_id(ctx, below.account_id, &below.role, &below.login,
		&below.language, &suspended, &needs_factor);
	actor_enter(ctx, NULL);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	if (rc == RC_NOT_FOUND)
		below.account_id = self->account_id;
	if (rc == RC_NOT_FOUND || session->acting_is_over)
		return run_out(ctx, &own, session, &below);
	below.supporter = self->login;
	below.needs_factor = self->needs_factor;
	below.language = self->language;
	below.acting_until_us = session->acting_until_us;
	*actor = below;
	return RC_OK;
}
