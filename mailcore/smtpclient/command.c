/* Commands of a client, as text; see command.h. */
#include "mailcore/smtpclient/command.h"

#include "mailcore/base/utf8.h"

/* --- paths ------------------------------------------------------------------------------------ */

bool path_is_sayable(struct span path, bool utf8)
{
	bool quoted = false;

	if (path.len > COMMAND_PATH_MAX || !utf8_valid(path) || (!utf8 && !utf8_is_ascii(path)))
		return false;
	for (size_t i = 0; i < path.len; i++) {
		unsigned char ch = (unsigned char)path.ptr[i];
		if (ch < 0x20 || ch == 0x7f || (!quoted && (ch == ' ' || ch == '<' || ch == '>')))
			return false;
		if (quoted && ch == '\\' && i + 1 < path.len &&
			(unsigned char)path.ptr[i + 1] >= 0x20)
			i++;
		else if (ch == '"')
			quoted = !quoted;
	}
	return !quoted;
}

/* RFC 3461 §4: xtext = *( xchar / hexchar ), xchar from "!" to "~" but "+" and "=". */
bool xtext_is_valid(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char ch = text.ptr[i];
		if (ch < '!' || ch > '~' || ch == '=')
			return false;
		if (ch == '+' &&
			(i + 2 >= text.len || ascii_hex(text.ptr[i + 1]) < 0 ||
				ascii_hex(text.ptr[i + 2]) < 0))
			return false;
	}
	return text.len > 0;
}

/* --- MAIL and RCPT ---------------------------------------------------------------------------- */

static void add_mail_dsn(struct str *out, const struct smtpclient_message *m)
{
	if (m->ret_full)
		str_add_cstr(out, " RET=FULL");
	else if (m->ret_hdrs)
		str_add_cstr(out, " RET=HDRS");
	if (m->envid.len <= COMMAND_ENVID_MAX && xtext_is_valid(m->envid))
		str_addf(out, " ENVID=" SPAN_FMT, SPAN_ARG(m->envid));
}

bool command_add_mail(struct str *out, const struct smtpclient_message *m, unsigned extensions)
{
	if (!path_is_sayable(m->mail_from, m->smtputf8))
		return false;
	str_addf(out, "MAIL FROM:<" SPAN_FMT ">", SPAN_ARG(m->mail_from));
	if (extensions & CLIENT_SIZE)
		str_addf(out, " SIZE=%llu", (unsigned long long)m->size_bytes);
	if ((extensions & CLIENT_8BITMIME) && m->body_8bit)
		str_add_cstr(out, " BODY=8BITMIME");
	if ((extensions & CLIENT_SMTPUTF8) && m->smtputf8)
		str_add_cstr(out, " SMTPUTF8");
	if (extensions & CLIENT_DSN)
		add_mail_dsn(out, m);
	str_add_cstr(out, "\r\n");
	return str_ok(out);
}

static void add_notify(struct str *out, unsigned notify)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {
		{ CLIENT_NOTIFY_SUCCESS, "SUCCESS" },
		{ CLIENT_NOTIFY_FAILURE, "FAILURE" },
		{ CLIENT_NOTIFY_DELAY, "DELAY" },
	};
	const char *between = " NOTIFY=";

	if (notify & CLIENT_NOTIFY_NEVER) {
		str_add_cstr(out, " NOTIFY=NEVER");
		return;
	}
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (notify & words[i].bit) {
			str_addf(out, "%s%s", between, words[i].word);
			between = ",";
		}
	}
}

/* ORCPT = addr-type ";" xtext */
static bool orcpt_is_valid(struct span orcpt)
{
	size_t semicolon = span_find(orcpt, ';');

	for (size_t i = 0; i < semicolon && i < orcpt.len; i++) {
		if (!ascii_is_alpha(orcpt.ptr[i]) && !ascii_is_digit(orcpt.ptr[i]) &&
			orcpt.ptr[i] != '-')
			return false;
	}
	return semicolon != SPAN_NPOS && semicolon > 0 && orcpt.len <= COMMAND_ORCPT_MAX &&
		xtext_is_valid(span_from(orcpt, semicolon + 1));
}

bool command_add_rcpt(struct str *out, const struct smtpclient_message *m,
	const struct smtpclient_rcpt *rcpt, unsigned extensions)
{
	if (rcpt->address.len == 0 || !path_is_sayable(rcpt->address, m->smtputf8))
		return false;
	str_addf(out, "RCPT TO:<" SPAN_FMT ">", SPAN_ARG(rcpt->address));
	if (extensions & CLIENT_DSN) {
		add_notify(out, rcpt->notify);
		if (orcpt_is_valid(rcpt->orcpt))
			str_addf(out, " ORCPT=" SPAN_FMT, SPAN_ARG(rcpt->orcpt));
	}
	str_add_cstr(out, "\r\n");
	return str_ok(out);
}

/* --- dots ------------------------------------------------------------------------------------- */

/* Some of a line, without its end. */
static void add_text(struct stuffer *s, struct str *out, struct span text)
{
	if (text.len == 0)
		return;
	if (!s->in_line && text.ptr[0] == '.')
		str_add_c(out, '.');
	str_add(out, text);
	s->in_line = true;
}

static void end_line(struct stuffer *s, struct str *out)
{
	str_add_cstr(out, "\r\n");
	s->in_line = false;
	s->cr = false;
}

/* Up to `text`'s end there is no LF: every CR in it ends a line of its own, but the last one may
 * still meet its LF. */
static void add_with_cr(struct stuffer *s, struct str *out, struct span text)
{
	for (;;) {
		size_t cr = span_find(text, '\r');
		if (text.len > 0 && s->cr)
			end_line(s, out);
		add_text(s, out, span_sub(text, 0, cr));
		if (cr == SPAN_NPOS)
			return;
		s->cr = true;
		text = span_from(text, cr + 1);
	}
}

void stuffer_add(struct stuffer *s, struct str *out, struct span piece)
{
	for (;;) {
		size_t lf = span_find(piece, '\n');
		add_with_cr(s, out, span_sub(piece, 0, lf));
		if (lf == SPAN_NPOS)
			return;
		end_line(s, out); /* a CR before it belongs to it */
		piece = span_from(piece, lf + 1);
	}
}

void stuffer_end(struct stuffer *s, struct str *out)
{
	if (s->in_line || s->cr)
		end_line(s, out);
	str_add_cstr(out, ".\r\n");
}
