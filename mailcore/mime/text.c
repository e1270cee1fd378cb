/* Decoded bodies, the readable text of a message, its preview. */
#include "mailcore/mime/text.h"

#include "mailcore/base/base64.h"
#include "mailcore/base/utf8.h"
#include "mailcore/mime/charset.h"
#include "mailcore/mime/header.h"
#include "mailcore/mime/part.h"
#include "mailcore/mime/qp.h"

/* How much of a body is decoded for a preview: newsletters begin with 100 KiB of style sheets. */
#define PREVIEW_SOURCE ((size_t)256 << 10)

static bool decode(struct str *out, struct span body, enum part_encoding encoding)
{
	switch (encoding) {
	case ENCODING_BASE64:
		base64_decode_lenient(body, out);
		return true;
	case ENCODING_QP:
		qp_decode(body, out);
		return true;
	case ENCODING_7BIT:
	case ENCODING_8BIT:
	case ENCODING_BINARY:
		str_add(out, body);
		return true;
	case ENCODING_UNKNOWN:
		break;
	}
	str_add(out, body);
	return false;
}

bool part_decode(struct str *out, const struct part *p)
{
	return decode(out, p->body, p->encoding_kind);
}

static void add_with_lf(struct str *out, struct span text)
{
	size_t from = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '\r')
			continue;
		str_add(out, span_sub(text, from, i - from));
		if (i + 1 == text.len || text.ptr[i + 1] != '\n')
			str_add_c(out, '\n');
		from = i + 1;
	}
	str_add(out, span_from(text, from));
}

/* The first max_source bytes of the body as text. */
static void add_text(struct str *out, const struct part *p, size_t max_source)
{
	struct span source = span_sub(p->body, 0, max_source);
	struct span charset = mime_param_find(&p->params, SPAN("charset"));
	struct str bytes, text;

	str_init(&bytes, source.len);
	str_init(&text, 3 * source.len);
	(void)decode(&bytes, source, p->encoding_kind); /* unknown: shown as it is */
	if (!charset_to_utf8(&text, charset, str_span(&bytes)))
		charset_guess_to_utf8(&text, str_span(&bytes));
	add_with_lf(out, str_span(&text));
	str_done(&text);
	str_done(&bytes);
}

void part_text_add(struct str *out, const struct part *p)
{
	add_text(out, p, p->body.len);
}

const struct part *mime_find_text(const struct part *root, bool html)
{
	struct span subtype = html ? SPAN("html") : SPAN("plain");

	for (const struct part *p = root; p; p = part_next_outside(p)) {
		if (part_is(p, SPAN("text"), subtype) && !part_is_attachment(p))
			return p;
	}
	return NULL;
}

/* --- preview --- */

/* One line of at most `left` characters, white space folded; returns how many were added. */
static size_t add_folded(struct str *out, struct span text, size_t left)
{
	size_t start = out->len, count = 0;
	bool space = out->len > 0;
	uint32_t code;

	while (text.len > 0 && count < left) {
		size_t len = utf8_decode(text, &code);
		struct span one = span_sub(text, 0, len ? len : 1);
		text = span_from(text, one.len);
		if (len == 0 || code <= ' ' || code == 0x7F || code == 0xA0) {
			space = space || out->len > start;
			continue;
		}
		if (space && out->len > 0) {
			if (count + 1 == left)
				break;
			str_add_c(out, ' ');
			count++;
		}
		space = false;
		str_add(out, one);
		count++;
	}
	return count;
}

/* With quotes = false the lines that answer someone are left out, and what follows a signature's
 * mark always. */
static void fold_plain(struct str *out, struct span text, size_t max_chars, bool quotes)
{
	struct str folded;
	struct span rest = text, line;
	size_t count = 0;

	str_init(&folded, 4 * max_chars + 4);
	while (count < max_chars && span_split(&rest, '\n', &line)) {
		if (span_eq(line, SPAN("-- ")))
			break;
		if (quotes || !span_starts(line, SPAN(">")))
			count += add_folded(&folded, line, max_chars - count);
	}
	str_add(out, str_span(&folded));
	str_done(&folded);
}

static void preview_plain(struct str *out, const struct part *p, size_t max_chars)
{
	size_t before = out->len;
	struct str text;

	str_init(&text, 3 * PREVIEW_SOURCE);
	add_text(&text, p, PREVIEW_SOURCE);
	fold_plain(out, str_span(&text), max_chars, false);
	if (out->len == before)
		fold_plain(out, str_span(&text), max_chars, true);
	str_done(&text);
}

static void preview_html(struct str *out, const struct part *p, size_t max_chars)
{
	struct str html, text;

	str_init(&html, 3 * PREVIEW_SOURCE);
	str_init(&text, 3 * PREVIEW_SOURCE);
	add_text(&html, p, PREVIEW_SOURCE);
	html_text_add(&text, str_span(&html), 4 * max_chars);
	fold_plain(out, str_span(&text), max_chars, true);
	str_done(&text);
	str_done(&html);
}

void mime_preview_add(struct str *out, const struct part *root, size_t max_chars)
{
	const struct part *plain = mime_find_text(root, false);
	const struct part *html = mime_find_text(root, true);
	size_t before = out->len;

	if (plain)
		preview_plain(out, plain, max_chars);
	if (html && out->len == before)
		preview_html(out, html, max_chars);
}

/* --- text for search --- */

static void add_text_part(struct str *out, const struct part *p)
{
	struct str text;

	str_init(&text, 3 * p->body.len);
	part_text_add(&text, p);
	if (span_eq(p->subtype, SPAN("html")))
		html_text_add(out, str_span(&text), SIZE_MAX);
	else
		str_add(out, str_span(&text));
	str_done(&text);
}

/* The header of an embedded message: to whoever searches the outer one, it is text in its body. */
static void add_embedded_header(struct str *out, const struct part *p)
{
	struct cur in = cur_of(p->header);
	struct header_field field;
	struct arena a;

	arena_init(&a, 4096);
	while (header_next(&in, &field)) {
		str_add(out, field.name);
		str_add_cstr(out, ": ");
		str_add(out, header_text(&a, field.value));
		str_add_c(out, '\n');
		arena_reset(&a);
	}
	arena_done(&a);
}

void mime_part_text_add(struct str *out, const struct part *p)
{
	if (p->parent && p->parent->kind == PART_MESSAGE)
		add_embedded_header(out, p);
	if (p->kind == PART_LEAF && span_eq(p->type, SPAN("text")) && p->body.len)
		add_text_part(out, p);
}

void mime_text_add(struct str *out, const struct part *root, size_t max_bytes)
{
	size_t start = out->len;

	for (const struct part *p = root; p && out->len - start < max_bytes; p = part_next(p)) {
		struct str text;
		str_init(&text, MIME_PART_TEXT_MAX(p));
		mime_part_text_add(&text, p);
		if (out->len > start && text.len)
			str_add_c(out, '\n');
		struct span shown = str_span(&text);
		size_t room = max_bytes - (out->len - start);
		if (shown.len > room)
			shown.len = utf8_floor(shown.ptr, room);
		str_add(out, shown);
		str_done(&text);
	}
}
