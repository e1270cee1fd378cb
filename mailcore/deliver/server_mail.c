/* Mail that the server itself writes to people. */
#include "mailcore/deliver/server_mail.h"

#include "mailcore/base/clock.h"
#include "mailcore/deliver/rcpt.h"
#include "mailcore/mime/build.h"

static bool write_message(const struct intake_env *env, struct ctx *ctx,
	const struct server_mail *mail, struct str *out)
{
	struct arena *a = ctx->arena;
	struct span host = span_of(env->hostname);
	struct span name = mail->from.len > 0 ? mail->from : SPAN("Mail server");
	struct address_list from, rcpt;
	struct err err;

	address_list_parse(a,
		arena_printf(
			a, SPAN_FMT " <postmaster@" SPAN_FMT ">", SPAN_ARG(name), SPAN_ARG(host)),
		&from);
	address_list_parse(a, mail->to, &rcpt);
	struct build_message message = { .from = from.items,
		.n_from = from.len,
		.to = rcpt.items,
		.n_to = rcpt.len,
		.subject = mail->subject,
		.date_s = ctx->now_us / USEC_PER_SEC,
		.message_id = message_id_make(a, host),
		.text = mail->text };
	return message_build(out, &message, &err) == RC_OK && str_ok(out);
}

static enum rc find_recipient(struct ctx *ctx, struct span to, struct recipients *out)
{
	size_t at = span_rfind(to, '@');
	struct err err;

	if (at == SPAN_NPOS)
		return RC_NOT_FOUND;
	enum rc rc = recipient_resolve(ctx, span_sub(to, 0, at), span_from(to, at + 1), out, &err);
	if (rc == RC_DENIED) {
		rcpt_outside(ctx, to, out);
		return RC_OK;
	}
	return rc == RC_OK || rc == RC_TEMP ? rc : RC_NOT_FOUND;
}

enum rc server_mail_send(
	const struct intake_env *env, struct ctx *ctx, const struct server_mail *mail)
{
	struct intake_source source = { .internal = true,
		.mail_from = SPAN(""),
		.also = mail->also,
		.also_args = mail->also_args,
		.n_also_args = mail->n_also_args };
	struct str message = str_in(ctx->arena, SERVER_MAIL_MAX);
	struct recipients found;
	struct err err = { 0 };
	struct uuid id;

	enum rc rc = find_recipient(ctx, mail->to, &found);
	if (rc != RC_OK)
		return rc;
	if (!write_message(env, ctx, mail, &message))
		return RC_NOT_FOUND;
	struct intake *in = intake_open(env, ctx, &source);
	for (size_t i = 0; i < found.len; i++)
		intake_add_rcpt(in, &found.items[i]);
	rc = intake_write(in, str_span(&message));
	if (rc != RC_OK) {
		intake_abort(in);
		return rc == RC_TEMP ? rc : RC_NOT_FOUND;
	}
	rc = intake_commit(in, ctx, &id, &err);
	return rc == RC_OK || rc == RC_TEMP ? rc : RC_NOT_FOUND;
}
