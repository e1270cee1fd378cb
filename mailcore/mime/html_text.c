/* The visible text of HTML: a tokeniser without a tree. Each byte is read once or twice. */
#include "mailcore/base/cur.h"
#include "mailcore/base/utf8.h"
#include "mailcore/mime/charset.h"
#include "mailcore/mime/text.h"

#define TAG_NAME_MAX  16
#define REFERENCE_MAX 16

struct writer {
	struct str *out;
	size_t start; /* of our text in out */
	bool space;   /* is due before the next character */
	bool line_end;
};

enum tag_effect { TAG_NONE, TAG_BREAK, TAG_SPACE, TAG_HIDES };

static const struct {
	const char *name;
	enum tag_effect effect;
} tags[] = {
	{ "address", TAG_BREAK },
	{ "article", TAG_BREAK },
	{ "blockquote", TAG_BREAK },
	{ "body", TAG_BREAK },
	{ "br", TAG_BREAK },
	{ "center", TAG_BREAK },
	{ "dd", TAG_BREAK },
	{ "div", TAG_BREAK },
	{ "dl", TAG_BREAK },
	{ "dt", TAG_BREAK },
	{ "footer", TAG_BREAK },
	{ "form", TAG_BREAK },
	{ "h1", TAG_BREAK },
	{ "h2", TAG_BREAK },
	{ "h3", TAG_BREAK },
	{ "h4", TAG_BREAK },
	{ "h5", TAG_BREAK },
	{ "h6", TAG_BREAK },
	{ "header", TAG_BREAK },
	{ "hr", TAG_BREAK },
	{ "li", TAG_BREAK },
	{ "ol", TAG_BREAK },
	{ "p", TAG_BREAK },
	{ "pre", TAG_BREAK },
	{ "section", TAG_BREAK },
	{ "table", TAG_BREAK },
	{ "tr", TAG_BREAK },
	{ "ul", TAG_BREAK },
	{ "td", TAG_SPACE },
	{ "th", TAG_SPACE },
	{ "img", TAG_SPACE },
	{ "script", TAG_HIDES },
	{ "style", TAG_HIDES },
	{ "title", TAG_HIDES },
	{ "noembed", TAG_HIDES },
	{ "noframes", TAG_HIDES },
	{ "iframe", TAG_HIDES },
	{ "xmp", TAG_HIDES },
};

static const struct {
	const char *name;
	uint32_t code;
} references[] = {
	{ "amp", '&' },
	{ "lt", '<' },
	{ "gt", '>' },
	{ "quot", '"' },
	{ "apos", '\'' },
	{ "nbsp", ' ' },
	{ "shy", 0xAD },
	{ "copy", 0xA9 },
	{ "reg", 0xAE },
	{ "laquo", 0xAB },
	{ "raquo", 0xBB },
	{ "middot", 0xB7 },
	{ "deg", 0xB0 },
	{ "pound", 0xA3 },
	{ "sect", 0xA7 },
	{ "times", 0xD7 },
	{ "szlig", 0xDF },
	{ "agrave", 0xE0 },
	{ "aacute", 0xE1 },
	{ "acirc", 0xE2 },
	{ "atilde", 0xE3 },
	{ "auml", 0xE4 },
	{ "aring", 0xE5 },
	{ "aelig", 0xE6 },
	{ "ccedil", 0xE7 },
	{ "egrave", 0xE8 },
	{ "eacute", 0xE9 },
	{ "ecirc", 0xEA },
	{ "euml", 0xEB },
	{ "igrave", 0xEC },
	{ "iacute", 0xED },
	{ "icirc", 0xEE },
	{ "iuml", 0xEF },
	{ "ntilde", 0xF1 },
	{ "ograve", 0xF2 },
	{ "oacute", 0xF3 },
	{ "ocirc", 0xF4 },
	{ "otilde", 0xF5 },
	{ "ouml", 0xF6 },
	{ "oslash", 0xF8 },
	{ "ugrave", 0xF9 },
	{ "uacute", 0xFA },
	{ "ucirc", 0xFB },
	{ "uuml", 0xFC },
	{ "Auml", 0xC4 },
	{ "Ouml", 0xD6 },
	{ "Uuml", 0xDC },
	{ "Eacute", 0xC9 },
	{ "Aring", 0xC5 },
	{ "Oslash", 0xD8 },
	{ "Ccedil", 0xC7 },
	{ "Ntilde", 0xD1 },
	{ "ensp", ' ' },
	{ "emsp", ' ' },
	{ "thinsp", ' ' },
	{ "zwnj", 0x200C },
	{ "zwj", 0x200D },
	{ "ndash", 0x2013 },
	{ "mdash", 0x2014 },
	{ "lsquo", 0x2018 },
	{ "rsquo", 0x2019 },
	{ "sbquo", 0x201A },
	{ "ldquo", 0x201C },
	{ "rdquo", 0x201D },
	{ "bdquo", 0x201E },
	{ "bull", 0x2022 },
	{ "hellip", 0x2026 },
	{ "euro", 0x20AC },
	{ "trade", 0x2122 },
	{ "larr", 0x2190 },
	{ "rarr", 0x2192 },
	{ "check", 0x2713 },
};

/* --- writing folded text --- */

/* Characters that senders pad with and nobody sees. */
static bool is_invisible(uint32_t code)
{
	return code == 0xAD || code == 0x34F || code == 0x200B || code == 0xFEFF || code == 0x2060;
}

static bool is_white(uint32_t code)
{
	return code <= ' ' || code == 0xA0 || code == 0x7F;
}

static void write_char(struct writer *w, uint32_t code)
{
	if (is_white(code)) {
		w->space = true;
		return;
	}
	if (is_invisible(code) || (code == 0x200C && w->space))
		return;
	if (w->out->len > w->start && (w->line_end || w->space))
		str_add_c(w->out, w->line_end ? '\n' : ' ');
	w->space = w->line_end = false;
	utf8_add(w->out, code);
}

/* --- reading --- */

/* Windows-1252 bytes as numbers are common: browsers read them so. */
static uint32_t code_of_number(uint32_t number)
{
	if (number >= 0x80 && number <= 0x9F) {
		char byte = (char)number, bytes[8];
		struct str text;
		str_init(&text, sizeof bytes);
		if (charset_to_utf8(&text, SPAN("windows-1252"), span_make(&byte, 1)))
			(void)utf8_decode(str_span(&text), &number); /* malformed: stays */
		str_done(&text);
	}
	bool valid = number <= 0x10FFFF && (number < 0xD800 || number > 0xDFFF) && number > 0;
	return valid ? number : 0xFFFD;
}

/* "#" digits / "#x" hex */
static bool read_number(struct span text, uint32_t *out)
{
	bool hex = text.len > 1 && ascii_lower(text.ptr[1]) == 'x';
	struct span digits = span_from(text, hex ? 2 : 1);
	uint32_t number = 0;

	for (size_t i = 0; i < digits.len; i++) {
		int digit = ascii_hex(digits.ptr[i]);
		if (digit < 0 || (!hex && digit > 9))
			return false;
		number = number > 0x110000 ? number : number * (hex ? 16 : 10) + (uint32_t)digit;
	}
	*out = code_of_number(number);
	return digits.len > 0;
}

static bool read_name(struct span text, uint32_t *out)
{
	for (size_t i = 0; i < sizeof references / sizeof references[0]; i++) {
		if (span_eq(text, span_of(references[i].name))) {
			*out = references[i].code;
			return true;
		}
	}
	return false;
}

/* "&" name ";": leaves the cursor alone when it is no reference that we know. */
static bool take_reference(struct cur *c, uint32_t *out)
{
	struct span near = span_sub(span_from(cur_rest(c), 1), 0, REFERENCE_MAX);
	size_t end = span_find(near, ';');
	struct span text = span_sub(near, 0, end);

	if (end == SPAN_NPOS || text.len == 0)
		return false;
	if (!(text.ptr[0] == '#' ? read_number(text, out) : read_name(text, out)))
		return false;
	c->p += end + 2;
	return true;
}

static void skip_past(struct cur *c, char what)
{
	size_t at = span_find(cur_rest(c), what);
	c->p = at == SPAN_NPOS ? c->end : c->p + at + 1;
}

/* From behind "<!--" to behind "-->". */
static void skip_comment(struct cur *c)
{
	const char *start = c->p;

	do
		skip_past(c, '>');
	while (!cur_done(c) && !span_ends(cur_since(c, start), SPAN("-->")));
}

/* Attributes: a ">" in quotes does not end the tag. */
static void skip_attributes(struct cur *c)
{
	char quote = '\0';

	while (!cur_done(c)) {
		char ch = *c->p++;
		if (quote == '\0' && ch == '>')
			return;
		if (quote != '\0')
			quote = ch == quote ? '\0' : quote;
		else if ((ch == '"' || ch == '\'') && c->p[-2] == '=')
			quote = ch;
	}
}

/* What the element holds is not shown: to its end tag, or to the end. */
static void skip_element(struct cur *c, struct span name)
{
	while (!cur_done(c)) {
		skip_past(c, '<');
		if (cur_take(c, '/') && span_istarts(cur_rest(c), name)) {
			c->p += name.len;
			skip_attributes(c);
			return;
		}
	}
}

static enum tag_effect effect_of(struct span name)
{
	for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
		if (span_ieq(name, span_of(tags[i].name)))
			return tags[i].effect;
	}
	return TAG_NONE;
}

static bool is_name_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == ':';
}

/* At a "<": false when it is one that is text. */
static bool take_tag(struct cur *c, struct writer *w)
{
	struct span rest = span_from(cur_rest(c), 1);
	bool ends = span_starts(rest, SPAN("/"));
	char first = rest.len > ends ? rest.ptr[ends] : '\0';

	if (span_starts(rest, SPAN("!--"))) {
		c->p += 4;
		skip_comment(c);
		return true;
	}
	if (first == '!' || first == '?' || (ends && !ascii_is_alpha(first))) {
		skip_past(c, '>');
		return true;
	}
	if (!ascii_is_alpha(first))
		return false;
	c->p += ends ? 2 : 1;
	struct span name = cur_take_while(c, is_name_char);
	enum tag_effect effect = name.len <= TAG_NAME_MAX ? effect_of(name) : TAG_NONE;
	skip_attributes(c);
	w->line_end = w->line_end || effect == TAG_BREAK;
	w->space = w->space || effect == TAG_SPACE;
	if (effect == TAG_HIDES && !ends)
		skip_element(c, name);
	return true;
}

void html_text_add(struct str *out, struct span html_utf8, size_t enough)
{
	struct writer w = { .out = out, .start = out->len };
	struct cur c = cur_of(html_utf8);
	uint32_t code;

	while (!cur_done(&c) && str_ok(out) && out->len - w.start < enough) {
		if (*c.p == '<' && take_tag(&c, &w))
			continue;
		if (*c.p == '&' && take_reference(&c, &code)) {
			write_char(&w, code);
			continue;
		}
		size_t len = utf8_decode(cur_rest(&c), &code);
		write_char(&w, len > 0 ? code : 0xFFFD);
		c.p += len > 0 ? len : 1;
	}
}
