/* MAIL: opens the transaction. On submission the sender must be the log-in's own address. */
#include "mailcore/smtp/abuse.h"
#include "mailcore/smtp/commands.h"
#include "mailcore/smtp/reply.h"

/* RFC 3848, RFC 6531 §4.3 */
static const char *protocol_word(const struct smtp_session *s, bool smtputf8)
{
	static const char *const words[2][2][2] = {
		{ { "ESMTP", "ESMTPA" }, { "ESMTPS", "ESMTPSA" } },
		{ { "UTF8SMTP", "UTF8SMTPA" }, { "UTF8SMTPS", "UTF8SMTPSA" } },
	};
	if (!s->esmtp && !conn_is_tls(s->conn))
		return "SMTP";
	return words[smtputf8][conn_is_tls(s->conn)][s->logged_in];
}

static void begin(struct smtp_session *s, struct ctx *ctx, const struct smtp_mail *mail)
{
	struct intake_source *source = &s->tx.source;
	struct span tls = SPAN("");

	if (conn_is_tls(s->conn))
		tls = arena_printf(
			&s->tx_arena, "%s %s", conn_tls_version(s->conn), conn_tls_cipher(s->conn));
	*source = (struct intake_source){ .peer = *conn_peer(s->conn),
		.helo = span_make(s->helo, s->helo_len),
		.protocol = span_of(protocol_word(s, mail->smtputf8)),
		.tls = tls,
		.mail_from = mail->from.text,
		.sender = s->logged_in ? &s->login : NULL,
		.envid = arena_span(&s->tx_arena, mail->envid),
		.ret = mail->ret,
		.smtputf8 = mail->smtputf8 };
	s->tx.smtputf8 = mail->smtputf8;
	s->tx.size = mail->size;
	s->tx.intake = intake_open(s->options->intake, ctx, source);
	s->state = STATE_MAIL;
}

/* The null sender is free to all: a program may have to confirm a reading (RFC 8098). */
static enum rc may_send(struct smtp_session *s, struct ctx *ctx, const struct smtp_mail *mail)
{
	if (!s->logged_in || mail->from.text.len == 0)
		return RC_OK;
	return mailbox_may_send_as(ctx, &s->login, mail->from.text);
}

enum step smtp_mail(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	struct smtp_mail mail;

	enum parse parsed = smtp_mail_parse(&s->tx_arena, arg, s->options->submission, &mail);
	if (parsed != PARSE_OK) {
		smtp_reply_parse(s, parsed, "5.1.7");
	} else if (mail.from.utf8 && !mail.smtputf8) {
		smtp_reply(s, 553, "5.6.7", "This address needs SMTPUTF8");
	} else if (mail.size > s->options->intake->max_size) {
		smtp_reply(s, 552, "5.3.4", "Messages may have %zu bytes at most",
			s->options->intake->max_size);
	} else if (s->logged_in && s->login.no_send) {
		smtp_reply(s, 550, "5.7.1", "Sending is switched off for this mailbox");
	} else if (!smtp_rate_allows(s, SMTP_MESSAGES)) {
		smtp_reply(s, 450, "4.7.1",
			"Too many messages from your network in a minute, try again later");
	} else if (!intake_has_room(s->options->intake, mail.size)) {
		smtp_reply(s, 452, "4.3.1",
			"There is not enough room on this server at the moment, try again later");
	} else {
		enum rc rc = may_send(s, ctx, &mail);
		if (rc == RC_OK)
			begin(s, ctx, &mail);
		smtp_reply_sender(s, rc);
	}
	if (s->state != STATE_MAIL)
		arena_reset(&s->tx_arena);
	return STEP_DONE;
}
