/* SMTP command lines to structs. */
#include "mailcore/smtp/parse.h"

#include "mailcore/base/cur.h"
#include "mailcore/base/str.h"
#include "mailcore/base/utf8.h"
#include "mailcore/mime/address.h"
#include "mailcore/net/addr.h"

/* --- lines --- */

static struct span without_line_end(struct span s)
{
	if (span_ends(s, SPAN("\n")))
		s.len--;
	if (span_ends(s, SPAN("\r")))
		s.len--;
	return s;
}

static bool has_control(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

bool smtp_line_parse(struct span frame, struct span *out_verb, struct span *out_arg)
{
	struct span line = without_line_end(frame);
	if (has_control(line))
		return false;
	while (line.len > 0 && ascii_is_space(line.ptr[line.len - 1]))
		line.len--;

	size_t space = span_find(line, ' ');
	*out_verb = span_sub(line, 0, space);
	*out_arg = space == SPAN_NPOS ? SPAN("") : span_trim(span_from(line, space + 1));
	return true;
}

/* --- EHLO --- */

bool smtp_helo_parse(struct span arg, struct span *out)
{
	if (arg.len == 0 || arg.len > SMTP_HELO_MAX || !utf8_valid(arg))
		return false;
	for (size_t i = 0; i < arg.len; i++) {
		if (ascii_is_space(arg.ptr[i]))
			return false;
	}
	*out = arg;
	return true;
}

/* --- paths --- */

static bool is_address_char(char c)
{
	return c != '<' && c != '>' && c != ' ' && c != '\t';
}

/* RFC 5321: A-d-l = At-domain *( "," At-domain ), to be ignored (appendix C). */
static bool skip_source_route(struct cur *c)
{
	if (cur_peek(c) != '@')
		return true;
	struct cur work = *c;
	while (!cur_done(&work) && is_address_char(*work.p) && *work.p != ':')
		work.p++;
	if (!cur_take(&work, ':'))
		return false;
	*c = work;
	return true;
}

/* The text of an address: a quoted local part may hold anything. */
static struct span take_address(struct cur *c)
{
	const char *start = c->p;

	if (cur_take(c, '"')) {
		while (!cur_done(c) && *c->p != '"') {
			if (*c->p++ == '\\' && !cur_done(c))
				c->p++;
		}
	}
	while (!cur_done(c) && is_address_char(*c->p))
		c->p++;
	return cur_since(c, start);
}

/* RFC 5321: Mailbox = Local-part "@" ( Domain / address-literal ) */
static bool mailbox_parse(struct arena *a, struct span text, struct smtp_path *out)
{
	struct addr_spec spec;
	struct addr addr;

	if (text.len > SMTP_PATH_MAX || !addr_spec_parse(a, text, &spec))
		return false;
	if (spec.literal && !addr_parse_literal(spec.domain, &addr))
		return false;
	struct str written = str_in(a, 2 * SMTP_PATH_MAX);
	addr_spec_add(&written, spec.local, spec.domain);
	*out = (struct smtp_path){ .local = spec.local,
		.domain = spec.domain,
		.text = str_span(&written),
		.utf8 = !utf8_is_ascii(text) };
	return str_ok(&written);
}

/* The words that stand for an address: "" (null sender) and postmaster (RFC 5321 §4.5.1). */
static bool word_parse(struct span text, struct span word, struct smtp_path *out)
{
	if (!span_ieq(text, word))
		return false;
	*out = (struct smtp_path){ .local = text, .text = text };
	return true;
}

/* RFC 5321: Path = "<" [ A-d-l ":" ] Mailbox ">", Reverse-path = Path / "<>",
 * "<postmaster>" besides. `word` is the text that need not be a mailbox. */
static bool path_parse(struct arena *a, struct cur *c, struct span word, bool brackets_optional,
	struct smtp_path *out)
{
	struct cur work = *c;
	bool bracket = cur_take(&work, '<');

	if (!bracket && !brackets_optional)
		return false;
	if (!skip_source_route(&work))
		return false;
	struct span text = take_address(&work);
	if (bracket && !cur_take(&work, '>'))
		return false;
	if (!bracket && text.len == 0)
		return false;
	if (!word_parse(text, word, out) && !mailbox_parse(a, text, out))
		return false;
	*c = work;
	return true;
}

/* --- parameters --- */

struct param {
	struct span keyword;
	struct span value; /* ptr NULL: none */
};

static bool is_keyword_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-';
}

static bool is_value_char(char c)
{
	return (unsigned char)c > ' ' && c != '=' && c != 0x7f;
}

static void skip_space(struct cur *c)
{
	while (!cur_done(c) && ascii_is_space(*c->p))
		c->p++;
}

/* RFC 5321: esmtp-param = esmtp-keyword [ "=" esmtp-value ]. False: something else. */
static bool param_parse(struct cur *c, struct param *out)
{
	struct cur work = *c;

	out->keyword = cur_take_while(&work, is_keyword_char);
	out->value = SPAN_NONE;
	if (out->keyword.len == 0)
		return false;
	if (cur_take(&work, '=')) {
		out->value = cur_take_while(&work, is_value_char);
		if (out->value.len == 0)
			return false;
	}
	if (!cur_done(&work) && !ascii_is_space(*work.p))
		return false;
	*c = work;
	return true;
}

static bool set_once(bool *seen)
{
	bool first = !*seen;
	*seen = true;
	return first;
}

/* RFC 3461 §4: xtext = *( xchar / "+" two upper-case hexadecimal digits ) */
static bool is_xtext(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c <= ' ' || c >= 0x7f || c == '=')
			return false;
		if (c != '+')
			continue;
		if (i + 2 >= s.len || ascii_hex(s.ptr[i + 1]) < 0 || ascii_hex(s.ptr[i + 2]) < 0 ||
			s.ptr[i + 1] >= 'a' || s.ptr[i + 2] >= 'a')
			return false;
		i += 2;
	}
	return true;
}

static bool ret_parse(struct span value, enum dsn_ret *out)
{
	bool full = span_ieq(value, SPAN("FULL"));

	if (!full && !span_ieq(value, SPAN("HDRS")))
		return false;
	*out = full ? RET_FULL : RET_HDRS;
	return true;
}

struct mail_seen {
	bool size, body, smtputf8, auth, ret, envid;
};

static enum parse mail_param(const struct param *p, struct mail_seen *seen, struct smtp_mail *out)
{
	bool ok;

	if (span_ieq(p->keyword, SPAN("SIZE")))
		ok = set_once(&seen->size) && p->value.ptr && p->value.len <= 20 &&
			span_u64(p->value, UINT64_MAX, &out->size);
	else if (span_ieq(p->keyword, SPAN("BODY")))
		ok = set_once(&seen->body) &&
			(span_ieq(p->value, SPAN("7BIT")) || span_ieq(p->value, SPAN("8BITMIME")));
	else if (span_ieq(p->keyword, SPAN("SMTPUTF8")))
		ok = set_once(&seen->smtputf8) && !p->value.ptr;
	else if (span_ieq(p->keyword, SPAN("AUTH")))
		/* RFC 4954 §5: whom another server had authenticated; we trust no one for it. */
		ok = set_once(&seen->auth) && p->value.ptr;
	else if (span_ieq(p->keyword, SPAN("RET")))
		ok = set_once(&seen->ret) && ret_parse(p->value, &out->ret);
	else if (span_ieq(p->keyword, SPAN("ENVID"))) {
		out->envid = p->value;
		ok = set_once(&seen->envid) && p->value.len > 0 && p->value.len <= SMTP_ENVID_MAX &&
			is_xtext(p->value);
	} else
		return PARSE_PARAM_UNKNOWN;
	return ok ? PARSE_OK : PARSE_PARAM_VALUE;
}

static enum parse mail_params(struct cur *c, struct smtp_mail *out)
{
	struct mail_seen seen = { 0 };

	for (;;) {
		if (!cur_done(c) && !ascii_is_space(*c->p))
			return PARSE_SYNTAX;
		skip_space(c);
		if (cur_done(c))
			break;
		struct param param;
		if (!param_parse(c, &param))
			return PARSE_SYNTAX;
		enum parse result = mail_param(&param, &seen, out);
		if (result != PARSE_OK)
			return result;
	}
	out->smtputf8 = seen.smtputf8;
	return PARSE_OK;
}

/* --- MAIL and RCPT --- */

enum parse smtp_mail_parse(
	struct arena *a, struct span arg, bool brackets_optional, struct smtp_mail *out)
{
	struct cur c = cur_of(arg);
	struct smtp_mail mail = { 0 };

	if (!cur_take_word(&c, SPAN("FROM:")))
		return PARSE_SYNTAX;
	skip_space(&c);
	if (!path_parse(a, &c, SPAN(""), brackets_optional, &mail.from))
		return PARSE_ADDRESS;
	enum parse result = mail_params(&c, &mail);
	if (result == PARSE_OK)
		*out = mail;
	return result;
}

/* RFC 3461 §4.1: NEVER, or a list of SUCCESS, FAILURE, DELAY. */
static bool notify_parse(struct span value, unsigned *out)
{
	struct span rest = value, word;
	unsigned bits = 0;

	while (span_split(&rest, ',', &word)) {
		if (span_ieq(word, SPAN("NEVER")))
			bits |= NOTIFY_NEVER;
		else if (span_ieq(word, SPAN("SUCCESS")))
			bits |= NOTIFY_SUCCESS;
		else if (span_ieq(word, SPAN("FAILURE")))
			bits |= NOTIFY_FAILURE;
		else if (span_ieq(word, SPAN("DELAY")))
			bits |= NOTIFY_DELAY;
		else
			return false;
	}
	if ((bits & NOTIFY_NEVER) && bits != NOTIFY_NEVER)
		return false;
	*out = bits;
	return true;
}

/* RFC 3461 §4.2: addr-type ";" xtext; RFC 6533: what is behind "utf-8;" may be more. */
static bool orcpt_parse(struct span value, struct span *out)
{
	size_t semicolon = span_find(value, ';');

	if (value.len > SMTP_ORCPT_MAX || semicolon == SPAN_NPOS || semicolon == 0)
		return false;
	struct span type = span_sub(value, 0, semicolon), text = span_from(value, semicolon + 1);
	struct cur c = cur_of(type);
	(void)cur_take_while(&c, is_keyword_char);
	if (!cur_done(&c) || text.len == 0)
		return false;
	if (!is_xtext(text) && (!span_ieq(type, SPAN("utf-8")) || !utf8_valid(text)))
		return false;
	*out = value;
	return true;
}

struct rcpt_seen {
	bool notify, orcpt;
};

static enum parse rcpt_param(const struct param *p, struct rcpt_seen *seen, struct smtp_rcpt *out)
{
	bool ok;

	if (span_ieq(p->keyword, SPAN("NOTIFY")))
		ok = set_once(&seen->notify) && p->value.ptr &&
			notify_parse(p->value, &out->notify);
	else if (span_ieq(p->keyword, SPAN("ORCPT")))
		ok = set_once(&seen->orcpt) && p->value.ptr && orcpt_parse(p->value, &out->orcpt);
	else
		return PARSE_PARAM_UNKNOWN;
	return ok ? PARSE_OK : PARSE_PARAM_VALUE;
}

static enum parse rcpt_params(struct cur *c, struct smtp_rcpt *out)
{
	struct rcpt_seen seen = { 0 };
	struct param param;

	for (;;) {
		if (!cur_done(c) && !ascii_is_space(*c->p))
			return PARSE_SYNTAX;
		skip_space(c);
		if (cur_done(c))
			return PARSE_OK;
		if (!param_parse(c, &param))
			return PARSE_SYNTAX;
		enum parse result = rcpt_param(&param, &seen, out);
		if (result != PARSE_OK)
			return result;
	}
}

enum parse smtp_rcpt_parse(
	struct arena *a, struct span arg, bool brackets_optional, struct smtp_rcpt *out)
{
	struct cur c = cur_of(arg);
	struct smtp_rcpt rcpt = { 0 };

	if (!cur_take_word(&c, SPAN("TO:")))
		return PARSE_SYNTAX;
	skip_space(&c);
	if (!path_parse(a, &c, SPAN("postmaster"), brackets_optional, &rcpt.to))
		return PARSE_ADDRESS;
	enum parse result = rcpt_params(&c, &rcpt);
	if (result == PARSE_OK)
		*out = rcpt;
	return result;
}

/* --- BDAT and AUTH --- */

bool smtp_bdat_parse(struct span arg, uint64_t *out_size, bool *out_last)
{
	struct span rest = arg, size, last;
	uint64_t n;

	if (!span_split(&rest, ' ', &size) || size.len > 20 || !span_u64(size, INT64_MAX, &n))
		return false;
	bool is_last = span_split(&rest, ' ', &last);
	if (is_last && (!span_ieq(last, SPAN("LAST")) || rest.ptr))
		return false;
	*out_size = n;
	*out_last = is_last;
	return true;
}

bool smtp_auth_parse(struct span arg, struct span *out_mechanism, struct span *out_initial)
{
	struct span rest = arg, mechanism, initial = SPAN_NONE;

	if (!span_split(&rest, ' ', &mechanism) || mechanism.len == 0)
		return false;
	if (span_split(&rest, ' ', &initial) && (initial.len == 0 || rest.ptr))
		return false;
	*out_mechanism = mechanism;
	*out_initial = initial;
	return true;
}
