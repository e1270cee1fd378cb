/* The tokeniser: see html_token.h. */
#include "webui/mail/html_token.h"

#include "mailcore/base/str.h"
#include "mailcore/base/utf8.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool name_is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++) {
		if (strcmp(name, *list) == 0)
			return true;
	}
	return false;
}

void html_tokens_init(struct html_tokens *t, struct arena *a, struct span html)
{
	*t = (struct html_tokens){ .in = cur_of(html), .arena = a };
}

const struct html_attr *html_attr_find(const struct html_token *token, const char *name)
{
	for (size_t i = 0; i < token->n_attrs; i++) {
		if (strcmp(token->attrs[i].name, name) == 0)
			return &token->attrs[i];
	}
	return NULL;
}

/* ------------------------------------------------------------------ character references */

struct entity {
	const char *name;
	uint32_t code;
};

/* Those that mail uses. Others stay as they are written, which is ugly at worst. */
static const struct entity entities[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' },
	{ "quot", '"' }, { "apos", '\'' }, { "nbsp", 0xa0 }, { "iexcl", 0xa1 }, { "cent", 0xa2 },
	{ "pound", 0xa3 }, { "yen", 0xa5 }, { "sect", 0xa7 }, { "uml", 0xa8 }, { "copy", 0xa9 },
	{ "laquo", 0xab }, { "shy", 0xad }, { "reg", 0xae }, { "deg", 0xb0 }, { "plusmn", 0xb1 },
	{ "sup2", 0xb2 }, { "sup3", 0xb3 }, { "acute", 0xb4 }, { "micro", 0xb5 }, { "para", 0xb6 },
	{ "middot", 0xb7 }, { "raquo", 0xbb }, { "frac14", 0xbc }, { "frac12", 0xbd },
	{ "frac34", 0xbe }, { "iquest", 0xbf }, { "Agrave", 0xc0 }, { "Aacute", 0xc1 },
	{ "Acirc", 0xc2 }, { "Atilde", 0xc3 }, { "Auml", 0xc4 }, { "Aring", 0xc5 },
	{ "AElig", 0xc6 }, { "Ccedil", 0xc7 }, { "Egrave", 0xc8 }, { "Eacute", 0xc9 },
	{ "Ecirc", 0xca }, { "Euml", 0xcb }, { "Iacute", 0xcd }, { "Ntilde", 0xd1 },
	{ "Oacute", 0xd3 }, { "Ocirc", 0xd4 }, { "Otilde", 0xd5 }, { "Ouml", 0xd6 },
	{ "times", 0xd7 }, { "Oslash", 0xd8 }, { "Uacute", 0xda }, { "Uuml", 0xdc },
	{ "szlig", 0xdf }, { "agrave", 0xe0 }, { "aacute", 0xe1 }, { "acirc", 0xe2 },
	{ "atilde", 0xe3 }, { "auml", 0xe4 }, { "aring", 0xe5 }, { "aelig", 0xe6 },
	{ "ccedil", 0xe7 }, { "egrave", 0xe8 }, { "eacute", 0xe9 }, { "ecirc", 0xea },
	{ "euml", 0xeb }, { "igrave", 0xec }, { "iacute", 0xed }, { "icirc", 0xee },
	{ "iuml", 0xef }, { "ntilde", 0xf1 }, { "ograve", 0xf2 }, { "oacute", 0xf3 },
	{ "ocirc", 0xf4 }, { "otilde", 0xf5 }, { "ouml", 0xf6 }, { "divide", 0xf7 },
	{ "oslash", 0xf8 }, { "ugrave", 0xf9 }, { "uacute", 0xfa }, { "ucirc", 0xfb },
	{ "uuml", 0xfc }, { "ensp", 0x2002 }, { "emsp", 0x2003 }, { "thinsp", 0x2009 },
	{ "zwnj", 0x200c }, { "zwj", 0x200d }, { "ndash", 0x2013 }, { "mdash", 0x2014 },
	{ "lsquo", 0x2018 }, { "rsquo", 0x2019 }, { "sbquo", 0x201a }, { "ldquo", 0x201c },
	{ "rdquo", 0x201d }, { "bdquo", 0x201e }, { "dagger", 0x2020 }, { "bull", 0x2022 },
	{ "hellip", 0x2026 }, { "prime", 0x2032 }, { "lsaquo", 0x2039 }, { "rsaquo", 0x203a },
	{ "euro", 0x20ac }, { "trade", 0x2122 }, { "larr", 0x2190 }, { "uarr", 0x2191 },
	{ "rarr", 0x2192 }, { "darr", 0x2193 }, { "minus", 0x2212 }, { "ne", 0x2260 },
	{ "le", 0x2264 }, { "ge", 0x2265 }, { "check", 0x2713 }, { "hearts", 0x2665 },
	{ "star", 0x2606 }, { "Tab", '\t' }, { "NewLine", '\n' }, { "colon", ':' }, { "lpar", '(' },
	{ "rpar", ')' }, { "sol", '/' }, { "bsol", '\\' }, { "equals", '=' }, { "num", '#' },
	{ "excl", '!' }, { "comma", ',' }, { "period", '.' }, { "semi", ';' }, { "lbrace", '{' },
	{ "rbrace", '}' }, { "commat", '@' } };

#define ENTITY_NAME_MAX 8

static uint32_t numeric_code(uint64_t code)
{
	if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0xfffd;
	return (uint32_t)code;
}

/* &#65; &#x41; with or without semicolon. `in` stands after "&#". */
static bool numeric_parse(struct cur *in, uint32_t *out)
{
	struct cur c = *in;
	bool hex = cur_take(&c, 'x') || cur_take(&c, 'X');
	uint64_t code = 0;
	size_t digits = 0;
	for (; !cur_done(&c); c.p++, digits++) {
		int digit = ascii_hex(*c.p);
		if (digit < 0 || (!hex && digit > 9))
			break;
		if (code <= 0x10ffff)
			code = code * (hex ? 16 : 10) + (uint64_t)digit;
	}
	if (digits == 0)
		return false;
	(void)cur_take(&c, ';'); /* may be missing */
	*out = numeric_code(code);
	*in = c;
	return true;
}

static bool named_parse(struct cur *in, uint32_t *out)
{
	struct cur c = *in;
	while (!cur_done(&c) && cur_since(&c, in->p).len <= ENTITY_NAME_MAX &&
		(ascii_is_alpha(*c.p) || ascii_is_digit(*c.p)))
		c.p++;
	struct span name = cur_since(&c, in->p);
	if (!cur_take(&c, ';'))
		return false;
	for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
		if (span_eq(name, span_of(entities[i].name))) {
			*out = entities[i].code;
			*in = c;
			return true;
		}
	}
	return false;
}

/* Without anything to resolve the text is returned as it is. */
static struct span resolved(struct arena *a, struct span text)
{
	if (span_find(text, '&') == SPAN_NPOS)
		return text;
	struct str out = str_in(a, text.len * 3 + 1);
	struct cur in = cur_of(text);
	while (!cur_done(&in)) {
		size_t plain = span_find(cur_rest(&in), '&');
		str_add(&out, span_sub(cur_rest(&in), 0, plain));
		if (plain == SPAN_NPOS)
			break;
		in.p += plain + 1;
		uint32_t code;
		bool found =
			cur_take(&in, '#') ? numeric_parse(&in, &code) : named_parse(&in, &code);
		if (found)
			utf8_add(&out, code);
		else if (in.p[-1] == '#')
			str_add_cstr(&out, "&#");
		else
			str_add_c(&out, '&');
	}
	return str_span(&out);
}

/* ------------------------------------------------------------------ tags */

static bool name_ends(char c)
{
	return is_space(c) || c == '/' || c == '>';
}

static void name_take(struct cur *in, char out[HTML_NAME_MAX + 1], bool attribute)
{
	size_t len = 0;
	bool first = true;
	while (!cur_done(in) && !name_ends(*in->p) && !(attribute && *in->p == '=' && !first)) {
		if (len < HTML_NAME_MAX)
			out[len++] = ascii_lower(*in->p);
		in->p++;
		first = false;
	}
	out[len] = '\0';
}

static void skip_space(struct cur *in)
{
	while (!cur_done(in) && is_space(*in->p))
		in->p++;
}

static struct span value_take(struct cur *in)
{
	const char *start;
	struct span value;
	if (cur_peek(in) == '"' || cur_peek(in) == '\'') {
		char quote = *in->p++;
		size_t len = span_find(cur_rest(in), quote);
		value = span_sub(cur_rest(in), 0, len);
		in->p += len == SPAN_NPOS ? value.len : len + 1;
		return value;
	}
	start = in->p;
	while (!cur_done(in) && !is_space(*in->p) && *in->p != '>')
		in->p++;
	return cur_since(in, start);
}

static void attr_take(struct html_tokens *t, struct html_token *token)
{
	struct html_attr attr = { .value = SPAN("") };
	name_take(&t->in, attr.name, true);
	skip_space(&t->in);
	if (cur_take(&t->in, '=')) {
		skip_space(&t->in);
		attr.value = resolved(t->arena, value_take(&t->in));
	}
	if (token->n_attrs < HTML_ATTR_MAX && !html_attr_find(token, attr.name))
		token->attrs[token->n_attrs++] = attr;
}

/* `in` stands at the tag's name. False: the input ended inside the tag, which then is none. */
static bool tag_take(struct html_tokens *t, struct html_token *token)
{
	name_take(&t->in, token->name, false);
	token->n_attrs = 0;
	token->self_closing = false;
	for (;;) {
		skip_space(&t->in);
		if (cur_done(&t->in))
			return false;
		if (cur_take(&t->in, '>'))
			return true;
		token->self_closing = cur_take(&t->in, '/');
		if (!token->self_closing)
			attr_take(t, token);
	}
}

/* ------------------------------------------------------------------ what is no tag */

static void skip_past(struct cur *in, char end)
{
	size_t at = span_find(cur_rest(in), end);
	in->p = at == SPAN_NPOS ? in->end : in->p + at + 1;
}

/* After "<!--". Ends with "-->" or "--!>", at once with ">" or "->". */
static void skip_comment(struct cur *in)
{
	if (cur_take(in, '>') || cur_take_word(in, SPAN("->")))
		return;
	for (; !cur_done(in); in->p++) {
		if (*in->p != '-')
			continue;
		if (cur_take_word(in, SPAN("-->")) || cur_take_word(in, SPAN("--!>")))
			return;
	}
}

static bool skip_markup(struct cur *in)
{
	if (cur_take_word(in, SPAN("<!--"))) {
		skip_comment(in);
		return true;
	}
	struct span rest = cur_rest(in);
	bool bogus = rest.len > 1 &&
		(rest.ptr[1] == '!' || rest.ptr[1] == '?' ||
			(rest.ptr[1] == '/' && rest.len > 2 && !ascii_is_alpha(rest.ptr[2])));
	if (bogus)
		skip_past(in, '>');
	return bogus;
}

/* Everything up to the end tag of t->raw, which stays. Character references are left alone: raw
 * content is dropped by the cleaner, never shown. */
static bool raw_take(struct html_tokens *t, struct html_token *out)
{
	const char *start = t->in.p;
	struct span name = span_of(t->raw);
	while (!cur_done(&t->in)) {
		size_t open = span_find(cur_rest(&t->in), '<');
		if (open == SPAN_NPOS) {
			t->in.p = t->in.end;
			break;
		}
		t->in.p += open;
		struct span after = span_from(cur_rest(&t->in), 2);
		bool end = span_starts(cur_rest(&t->in), SPAN("</")) && span_istarts(after, name);
		if (end && after.len > name.len && name_ends(after.ptr[name.len]))
			break;
		t->in.p++;
	}
	t->raw[0] = '\0';
	out->kind = HTML_TEXT;
	out->text = cur_since(&t->in, start);
	return out->text.len > 0;
}

static bool tag_starts(struct span rest)
{
	if (rest.len < 2 || rest.ptr[0] != '<')
		return false;
	return ascii_is_alpha(rest.ptr[1]) ||
		(rest.ptr[1] == '/' && rest.len > 2 && ascii_is_alpha(rest.ptr[2]));
}

static void text_take(struct html_tokens *t, struct html_token *out)
{
	const char *start = t->in.p;
	if (t->plaintext) {
		t->in.p = t->in.end;
	} else {
		t->in.p++; /* a "<" that begins nothing is text */
		size_t next = span_find(cur_rest(&t->in), '<');
		t->in.p = next == SPAN_NPOS ? t->in.end : t->in.p + next;
	}
	out->kind = HTML_TEXT;
	out->text = cur_since(&t->in, start);
	if (!t->plaintext)
		out->text = resolved(t->arena, out->text);
}

static void after_start(struct html_tokens *t, const struct html_token *token)
{
	static const char *const raw[] = { "script", "style", "title", "textarea", "xmp", "iframe",
		"noembed", "noframes", NULL };
	if (name_is_one_of(token->name, raw))
		memcpy(t->raw, token->name, sizeof t->raw);
	t->plaintext = strcmp(token->name, "plaintext") == 0;
}

bool html_token_next(struct html_tokens *t, struct html_token *out)
{
	if (t->raw[0] && raw_take(t, out))
		return true;
	while (!cur_done(&t->in)) {
		struct span rest = cur_rest(&t->in);
		if (t->plaintext || !(rest.ptr[0] == '<')) {
			text_take(t, out);
			return true;
		}
		if (tag_starts(rest)) {
			out->kind = rest.ptr[1] == '/' ? HTML_END : HTML_START;
			t->in.p += out->kind == HTML_END ? 2 : 1;
			if (!tag_take(t, out))
				return false;
			if (out->kind == HTML_START)
				after_start(t, out);
			return true;
		}
		if (skip_markup(&t->in))
			continue;
		text_take(t, out);
		return true;
	}
	return false;
}
