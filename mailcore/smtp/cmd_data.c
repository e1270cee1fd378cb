/*
 * DATA: the message, and its end (shared with BDAT).
 *
 * Whatever is wrong with a message is said after all of it has been read, else the rest would be
 * taken for commands. 250 comes after intake_commit has made it durable.
 */
#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/smtp/abuse.h"
#include "mailcore/smtp/commands.h"
#include "mailcore/smtp/reply.h"

#define BARE      "Lines must end with CR LF, both and together"
#define TOO_LARGE "The message is too large"

void smtp_message_begin(struct smtp_session *s, bool dots)
{
	text_filter_init(
		&s->tx.text, s->options->submission ? LINES_NORMALISE : LINES_STRICT, dots);
}

/* Nothing more is kept of a message that will be refused. */
static bool is_lost(const struct smtp_session *s)
{
	return s->tx.trouble != RC_OK || (s->tx.text.bare && s->tx.text.rule == LINES_STRICT);
}

static void keep(struct smtp_session *s, struct str *text)
{
	ASSERT(str_ok(text));
	/* Its beginning in any case: the trace names the message. */
	if (!is_lost(s) || (s->tx.trouble == RC_OK && intake_size(s->tx.intake) == 0))
		s->tx.trouble = intake_write(s->tx.intake, str_span(text));
}

void smtp_message_add(struct smtp_session *s, struct ctx *ctx, struct span frame)
{
	struct str text = str_in(ctx->arena, 2 * frame.len + 2);

	(void)str_reserve(&text, frame.len + 2); /* the usual need, at once; below the maximum */
	text_filter_add(&s->tx.text, frame, &text);
	keep(s, &text);
}

static void accepted(struct smtp_session *s, struct ctx *ctx, struct uuid id, size_t size)
{
	struct str text = str_in(ctx->arena, 64);

	uuid_add(&text, id);
	smtp_reply(s, 250, "2.0.0", "Message accepted, its id is %s", str_cstr(&text));
	log_info("message.accepted", "conn=%s id=%s from=%s rcpt=%zu size=%zu", conn_id(s->conn),
		str_cstr(&text), log_text(ctx->arena, s->tx.source.mail_from), s->tx.recipients,
		size);
	s->errors = s->junk = s->commands = 0;
	s->quiet_ms = clock_mono_ms();
}

static enum rc commit(struct smtp_session *s, struct ctx *ctx, struct err *err)
{
	size_t size = intake_size(s->tx.intake);
	struct intake *intake = s->tx.intake;
	struct uuid id;

	smtp_signals_collect(s);
	s->tx.intake = NULL; /* intake_commit frees it */
	enum rc rc = intake_commit(intake, ctx, &id, err);
	if (rc == RC_OK)
		accepted(s, ctx, id, size);
	return rc;
}

/* Read to its end, and not to be had: the recipients' owners can see it in the trace. */
static enum rc refuse(struct smtp_session *s, struct ctx *ctx, enum rc rc, const struct err *err)
{
	intake_refuse(s->tx.intake, ctx, err);
	s->tx.intake = NULL;
	smtp_strike(s);
	return rc;
}

void smtp_message_finish(struct smtp_session *s, struct ctx *ctx)
{
	struct str rest = str_in(ctx->arena, 2);
	struct err err = { 0 };
	enum rc rc;

	text_filter_finish(&s->tx.text, &rest);
	keep(s, &rest);
	if (s->tx.trouble == RC_TEMP) /* collecting touches nothing but the disk */
		rc = err_set(&err, RC_TEMP, "4.3.1", "There is no room for this message now.");
	else if (s->tx.trouble != RC_OK)
		rc = refuse(s, ctx, err_set(&err, s->tx.trouble, "", TOO_LARGE), &err);
	else if (is_lost(s))
		rc = refuse(s, ctx, err_set(&err, RC_INVALID, "5.5.2", BARE), &err);
	else
		rc = commit(s, ctx, &err);
	if (rc != RC_OK) {
		smtp_reply_message(s, rc, &err);
		log_info("message.refused", "conn=%s from=%s code=%d rc=%s", conn_id(s->conn),
			log_text(ctx->arena, s->tx.source.mail_from), s->last_code, rc_name(rc));
	}
	smtp_transaction_reset(s);
}

enum step smtp_data(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	smtp_message_begin(s, true);
	smtp_framer_expect(&s->framer, INPUT_DATA);
	smtp_reply(s, 354, NULL, "Send the message; a dot alone on a line ends it");
	return STEP_DONE;
}

enum step smtp_data_frame(struct smtp_session *s, struct ctx *ctx, struct span frame)
{
	smtp_message_add(s, ctx, frame);
	if (s->tx.text.state != TEXT_END)
		return STEP_DONE;
	smtp_framer_expect(&s->framer, INPUT_LINE);
	smtp_message_finish(s, ctx);
	return STEP_DONE;
}
