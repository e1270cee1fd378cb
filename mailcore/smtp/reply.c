/* SMTP replies, and rc to reply code. */
#include "mailcore/smtp/reply.h"

#include <stdarg.h>
#include <stdio.h>

/* A bug of ours that a peer should not suffer from for good. */
#define CANNOT_SAY 451, "4.3.0", "Something went wrong here, please try again later"

#define TEXT_MAX 400 /* a reply line is 512 at most (RFC 5321 §4.5.3.1.5) */

static void add_printable(struct str *out, const char *text)
{
	for (; *text; text++)
		str_add_c(out, *text >= ' ' && *text < 0x7f ? *text : '?');
}

void smtp_reply(struct smtp_session *s, int code, const char *enhanced, const char *fmt, ...)
{
	struct str *out = conn_out(s->conn);
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); /* a longer one is cut */
	va_end(ap);
	s->last_reply = out->len;
	str_addf(out, "%d ", code);
	if (enhanced)
		str_addf(out, "%s ", enhanced);
	add_printable(out, text);
	str_add(out, SPAN("\r\n"));
	s->last_code = code;
}

struct span smtp_reply_text(const struct smtp_session *s)
{
	return span_trim(span_from(str_span(conn_out(s->conn)), s->last_reply));
}

void smtp_reply_part(struct smtp_session *s, int code, const char *text)
{
	str_addf(conn_out(s->conn), "%d-%s\r\n", code, text);
}

void smtp_reply_parse(struct smtp_session *s, enum parse result, const char *bad_address)
{
	switch (result) {
	case PARSE_OK:
		break;
	case PARSE_SYNTAX:
		smtp_reply(s, 501, "5.5.4", "I do not understand the arguments of this command");
		return;
	case PARSE_ADDRESS:
		smtp_reply(s, 501, bad_address, "This is not an address");
		return;
	case PARSE_PARAM_VALUE:
		smtp_reply(s, 501, "5.5.4", "A parameter is there twice, or has a wrong value");
		return;
	case PARSE_PARAM_UNKNOWN:
		smtp_reply(s, 555, "5.5.4", "I do not know one of the parameters");
		return;
	}
	smtp_reply(s, CANNOT_SAY);
}

static const char *text_of(const struct err *err, const char *otherwise)
{
	return err && err->text[0] ? err->text : otherwise;
}

void smtp_reply_recipient(struct smtp_session *s, enum rc rc, const struct err *err)
{
	switch (rc) {
	case RC_OK:
		smtp_reply(s, 250, "2.1.5", "Recipient accepted");
		return;
	case RC_NOT_FOUND:
	case RC_INVALID:
		smtp_reply(s, 550, "5.1.1", "There is no such mailbox here");
		return;
	case RC_DENIED:
		smtp_reply(s, 550, "5.7.1",
			"Relaying refused: the domain is not served here, and you are not logged in");
		return;
	case RC_LIMIT:
		if (err && err->field[0] == '5')
			smtp_reply(s, 552, "5.2.2", "%s", err->text);
		else
			smtp_reply(s, 452, "4.2.2", "%s", text_of(err, "The mailbox is full"));
		return;
	case RC_CONFLICT:
		smtp_reply(s, 550, "5.2.1", "%s",
			text_of(err, "The mailbox takes no mail at present"));
		return;
	case RC_TEMP:
		smtp_reply(s, 451, "4.3.0",
			"Recipients cannot be looked up at the moment, please try again later");
		return;
	case RC_EXISTS:
	case RC_CLOSED:
		break;
	}
	smtp_reply(s, CANNOT_SAY);
}

void smtp_reply_login(struct smtp_session *s, enum rc rc)
{
	switch (rc) {
	case RC_OK:
		smtp_reply(s, 235, "2.7.0", "You are logged in");
		return;
	case RC_DENIED:
	case RC_NOT_FOUND:
	case RC_INVALID:
		smtp_reply(s, 535, "5.7.8", "User name or password is wrong");
		return;
	case RC_LIMIT:
		smtp_reply(s, 454, "4.7.0", "Too many failed log-ins, please try again later");
		return;
	case RC_CONFLICT:
		smtp_reply(s, 525, "5.7.13", "Log-in is switched off for this mailbox");
		return;
	case RC_TEMP:
		smtp_reply(s, 454, "4.7.0",
			"Log-ins cannot be checked at the moment, please try again later");
		return;
	case RC_EXISTS:
	case RC_CLOSED:
		break;
	}
	smtp_reply(s, CANNOT_SAY);
}

void smtp_reply_sender(struct smtp_session *s, enum rc rc)
{
	switch (rc) {
	case RC_OK:
		smtp_reply(s, 250, "2.1.0", "Sender accepted");
		return;
	case RC_DENIED:
	case RC_NOT_FOUND:
	case RC_INVALID:
		smtp_reply(s, 553, "5.7.1", "This sender address does not belong to your mailbox");
		return;
	case RC_TEMP:
		smtp_reply(s, 451, "4.3.0",
			"The sender cannot be checked at the moment, please try again later");
		return;
	case RC_EXISTS:
	case RC_LIMIT:
	case RC_CONFLICT:
	case RC_CLOSED:
		break;
	}
	smtp_reply(s, CANNOT_SAY);
}

void smtp_reply_message(struct smtp_session *s, enum rc rc, const struct err *err)
{
	const char *status = err && err->field[0] ? err->field : NULL;

	switch (rc) {
	case RC_LIMIT:
		if (status)
			smtp_reply(s, 554, status, "%s", err->text);
		else
			smtp_reply(s, 552, "5.3.4", "The message is too large");
		return;
	case RC_INVALID:
	case RC_DENIED:
		smtp_reply(s, 550, status ? status : "5.6.0", "%s",
			text_of(err, "The message is malformed"));
		return;
	case RC_TEMP:
		if (status && err->field[0] == '4')
			smtp_reply(s, 452, status, "%s", err->text);
		else
			smtp_reply(s, 451, "4.3.0",
				"The message cannot be stored at the moment, please try again later");
		return;
	case RC_OK:
	case RC_NOT_FOUND:
	case RC_EXISTS:
	case RC_CONFLICT:
	case RC_CLOSED:
		break;
	}
	smtp_reply(s, CANNOT_SAY);
}
