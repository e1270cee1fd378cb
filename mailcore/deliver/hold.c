/* Telling people that mail is held. */
#include "mailcore/deliver/hold.h"

#include "mailcore/base/log.h"
#include "mailcore/deliver/server_mail.h"

static const char *limit_words(struct span reason)
{
	if (span_starts(reason, SPAN("domain")))
		return "the limit of its domain";
	if (span_starts(reason, SPAN("account")))
		return "the limit of its account";
	return "its limit";
}

/* Somebody who cannot be told is passed over. */
static enum rc tell(const struct hold_env *env, struct ctx *ctx, const struct hold_notice *notice,
	struct span to)
{
	struct server_mail mail = { .to = to,
		.subject = SPAN("Outgoing mail is being held"),
		.text = arena_printf(ctx->arena,
			SPAN_FMT
			" has sent more mail in the last %s than %s allows.\n\n"
			"Nothing is lost: %lld messages are held and wait to be looked at.\n\n"
			"If this was you, ask the administrator of your domain to release them:"
			" they are in the panel under Queue.\n"
			"If it was not you, somebody else knows the password. Change it at once,"
			" and have the held messages removed.\n",
			SPAN_ARG(notice->address),
			span_ends(notice->reason, SPAN("hour")) ? "hour" : "day",
			limit_words(notice->reason), (long long)notice->jobs) };
	enum rc rc = server_mail_send(env->intake, ctx, &mail);

	return rc == RC_TEMP ? rc : RC_OK;
}

static enum rc tell_all(
	const struct hold_env *env, struct ctx *ctx, const struct hold_notice *notice)
{
	enum rc rc = tell(env, ctx, notice, notice->address);

	if (rc == RC_OK && !span_ieq(notice->login, notice->address))
		rc = tell(env, ctx, notice, notice->login);
	if (rc == RC_OK)
		rc = queue_hold_told(ctx, notice->mailbox_id);
	if (rc == RC_OK)
		log_warn("mailbox.held", "address=%s reason=%s jobs=%lld",
			log_text(ctx->arena, notice->address), log_text(ctx->arena, notice->reason),
			(long long)notice->jobs);
	return rc;
}

enum rc hold_tell(const struct hold_env *env, struct ctx *ctx)
{
	struct hold_notice *notices;
	size_t n = 0;

	enum rc rc = queue_hold_notices(ctx, &notices, &n);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = tell_all(env, ctx, &notices[i]);
	return rc;
}
