/* RCPT: everything that can refuse a recipient refuses it here, so that nobody gets a bounce. */
#include "mailcore/base/log.h"
#include "mailcore/deliver/rcpt.h"
#include "mailcore/directory/recipient_cache.h"
#include "mailcore/smtp/abuse.h"
#include "mailcore/smtp/commands.h"
#include "mailcore/smtp/reply.h"

/* A guesser of addresses waits; a sender with an old list hardly notices. */
static void slow_down(struct smtp_session *s, enum rc rc)
{
	if (rc != RC_NOT_FOUND || conn_is_exempt(s->conn))
		return;
	if (++s->unknown_recipients <= SMTP_UNKNOWN_FREE)
		return;
	smtp_strike(s);
	conn_delay(s->conn, SMTP_TARPIT_MS);
}

static void accept_recipients(
	struct smtp_session *s, const struct smtp_rcpt *rcpt, const struct recipients *found)
{
	for (size_t i = 0; i < found->len; i++) {
		struct recipient one = found->items[i];
		one.notify = rcpt->notify;
		one.orcpt = rcpt->orcpt;
		intake_add_rcpt(s->tx.intake, &one);
	}
	s->tx.recipients++;
	s->state = STATE_RCPT;
	smtp_reply_recipient(s, RC_OK, NULL);
}

static enum figure figure_of(enum rc rc)
{
	if (rc == RC_NOT_FOUND)
		return FIGURE_REFUSED_UNKNOWN;
	return rc == RC_LIMIT ? FIGURE_REFUSED_FULL : FIGURE_REFUSED_POLICY;
}

static void note_refusal(
	struct smtp_session *s, struct ctx *ctx, const struct smtp_path *path, enum rc rc)
{
	struct str text = str_in(ctx->arena, 1024);

	log_info("smtp.rcpt_refused", "conn=%s rcpt=%s code=%d rc=%s", conn_id(s->conn),
		log_text(ctx->arena, path->text), s->last_code, rc_name(rc));
	str_add_cstr(&text, "Mail from ");
	addr_add(&text, conn_peer(s->conn));
	str_addf(&text, " was refused: " SPAN_FMT ".", SPAN_ARG(smtp_reply_text(s)));
	struct refusal refusal = { .mail_from = s->tx.source.mail_from,
		.rcpt = path->text,
		.domain = path->domain,
		.text = str_span(&text),
		.figure = figure_of(rc) };
	if (rc != RC_TEMP)
		refused_note(&s->tx.refused, &refusal);
}

/* <postmaster>, and the server's own name behind it, are the server's (RFC 5321 §4.5.1). */
static struct span domain_of(const struct smtp_session *s, const struct smtp_path *path)
{
	return span_ieq(path->domain, span_of(s->options->hostname)) ? SPAN("") : path->domain;
}

static enum rc resolve(struct smtp_session *s, struct ctx *ctx, const struct smtp_path *path,
	struct span domain, struct recipients *out, struct err *err)
{
	return recipient_cache_resolve(
		s->options->recipients, ctx, path->local, domain, s->tx.size, out, err);
}

/* Who gets it: a rewritten sender's bounce, a mailbox or alias of ours, the server's own postmaster;
 * for our users anybody. */
static enum rc find(struct smtp_session *s, struct ctx *ctx, const struct smtp_path *path,
	struct recipients *out, struct err *err)
{
	enum rc rc = RC_INVALID;

	if (!s->logged_in && s->tx.source.mail_from.len == 0)
		rc = rcpt_unwind(ctx, path->local, path->domain, out, err);
	if (rc != RC_INVALID)
		return rc;
	rc = resolve(s, ctx, path, path->domain, out, err);
	if (rc == RC_DENIED && domain_of(s, path).len == 0)
		rc = resolve(s, ctx, path, SPAN(""), out, err);
	if (rc == RC_DENIED && s->logged_in) {
		rcpt_outside(ctx, path->text, out);
		rc = RC_OK;
	}
	return rc;
}

/* Not the mailbox of that very address: an alias, perhaps a closed group. */
static bool leads_elsewhere(const struct smtp_path *path, const struct recipients *found)
{
	return found->len != 1 || found->items[0].kind != RECIPIENT_MAILBOX ||
		!span_ieq(found->items[0].mailbox.address, path->text);
}

static enum rc check_group(
	struct smtp_session *s, struct ctx *ctx, const struct smtp_path *path, struct err *err)
{
	return recipient_may_post(ctx, path->local, path->domain, s->tx.source.mail_from, err);
}

static void decide(struct smtp_session *s, struct ctx *ctx, const struct smtp_rcpt *rcpt)
{
	struct recipients found;
	struct err err = { 0 };
	bool closed = false;

	enum rc rc = find(s, ctx, &rcpt->to, &found, &err);
	if (rc == RC_OK && leads_elsewhere(&rcpt->to, &found)) {
		rc = check_group(s, ctx, &rcpt->to, &err);
		closed = rc == RC_DENIED;
	}
	if (rc == RC_OK) {
		accept_recipients(s, rcpt, &found);
		return;
	}
	if (closed)
		smtp_reply(s, 550, "5.7.1", "Only members may write to this address");
	else
		smtp_reply_recipient(s, rc, &err);
	note_refusal(s, ctx, &rcpt->to, rc);
	slow_down(s, rc);
}

enum step smtp_rcpt(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	struct smtp_rcpt rcpt;

	enum parse parsed = smtp_rcpt_parse(ctx->arena, arg, s->options->submission, &rcpt);
	if (parsed != PARSE_OK)
		smtp_reply_parse(s, parsed, "5.1.3");
	else if (rcpt.to.utf8 && !s->tx.smtputf8)
		smtp_reply(s, 553, "5.6.7", "This address needs SMTPUTF8");
	else if (s->tx.recipients >= s->options->max_recipients)
		smtp_reply(s, 452, "4.5.3", "Too many recipients, please send the others later");
	else if (!smtp_rate_allows(s, SMTP_RECIPIENTS))
		smtp_reply(s, 450, "4.7.1",
			"Too many recipients from your network in a minute, try again later");
	else
		decide(s, ctx, &rcpt);
	return STEP_DONE;
}
