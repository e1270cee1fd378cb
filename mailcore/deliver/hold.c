/* Telling people that mail is held. */
#include "mailcore/deliver/hold.h"

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/deliver/rcpt.h"
#include "mailcore/mime/build.h"

#define NOTICE_MAX 16384

static const char *limit_words(struct span reason)
{
	if (span_starts(reason, SPAN("domain")))
		return "the limit of its domain";
	if (span_starts(reason, SPAN("account")))
		return "the limit of its account";
	return "its limit";
}

static bool write_notice(const struct hold_env *env, struct ctx *ctx,
	const struct hold_notice *notice, struct span to, struct str *out)
{
	struct arena *a = ctx->arena;
	struct span host = span_of(env->intake->hostname);
	struct address_list from, rcpt;
	struct err err;

	address_list_parse(
		a, arena_printf(a, "Mail server <postmaster@" SPAN_FMT ">", SPAN_ARG(host)), &from);
	address_list_parse(a, to, &rcpt);
	struct build_message message = { .from = from.items,
		.n_from = from.len,
		.to = rcpt.items,
		.n_to = rcpt.len,
		.subject = SPAN("Outgoing mail is being held"),
		.date_s = ctx->now_us / USEC_PER_SEC,
		.message_id = message_id_make(a, host),
		.text = arena_printf(a,
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
	return message_build(out, &message, &err) == RC_OK;
}

/* Somebody who cannot be told is passed over. */
static enum rc tell(const struct hold_env *env, struct ctx *ctx, const struct hold_notice *notice,
	struct span to)
{
	struct intake_source source = { .internal = true, .mail_from = SPAN("") };
	struct str message = str_in(ctx->arena, NOTICE_MAX);
	struct recipients found;
	struct err err = { 0 };
	struct uuid id;
	size_t at = span_rfind(to, '@');

	if (at == SPAN_NPOS)
		return RC_OK;
	enum rc rc =
		recipient_resolve(ctx, span_sub(to, 0, at), span_from(to, at + 1), &found, &err);
	if (rc == RC_DENIED) {
		rcpt_outside(ctx, to, &found);
		rc = RC_OK;
	}
	if (rc != RC_OK || !write_notice(env, ctx, notice, to, &message))
		return rc == RC_TEMP ? rc : RC_OK;
	struct intake *in = intake_open(env->intake, ctx, &source);
	for (size_t i = 0; i < found.len; i++)
		intake_add_rcpt(in, &found.items[i]);
	rc = intake_write(in, str_span(&message));
	if (rc != RC_OK) {
		intake_abort(in);
		return rc;
	}
	rc = intake_commit(in, ctx, &id, &err);
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
