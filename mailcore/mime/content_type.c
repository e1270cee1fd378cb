/* Content-Type and Content-Disposition with their parameters. */
#include "mailcore/mime/content_type.h"

#include "mailcore/base/cur.h"
#include "mailcore/base/str.h"
#include "mailcore/mime/charset.h"
#include "mailcore/mime/header.h"

/* One parameter as it stands in the field. */
struct piece {
	struct span name; /* lower case, without asterisks */
	struct span value;
	unsigned section; /* RFC 2231: of name*2 the 2 */
	bool continued;   /* it had a section */
	bool extended;    /* it ended with "*": percent-encoded */
	bool used;
};

struct pieces {
	struct piece items[MIME_PARAM_MAX];
	size_t len;
};

/* White space and comments, nested ones too. */
static void skip_cfws(struct cur *c)
{
	size_t depth = 0;

	while (!cur_done(c)) {
		char ch = *c->p;
		if (ch == '(')
			depth++;
		else if (depth > 0 && ch == ')')
			depth--;
		else if (depth > 0 && ch == '\\' && cur_left(c) > 1)
			c->p++;
		else if (depth == 0 && ch != ' ' && ch != '\t')
			return;
		c->p++;
	}
}

/* RFC 2045 token, but for 8-bit and controls, which senders use. */
static bool is_token_char(char c)
{
	switch (c) {
	case ' ':
	case '\t':
	case '(':
	case ')':
	case '<':
	case '>':
	case '@':
	case ',':
	case ';':
	case ':':
	case '\\':
	case '"':
	case '/':
	case '[':
	case ']':
	case '?':
	case '=':
		return false;
	default:
		return true;
	}
}

static struct span take_lower_token(struct arena *a, struct cur *c)
{
	struct span token = cur_take_while(c, is_token_char);
	char *lower = arena_alloc(a, token.len);

	for (size_t i = 0; i < token.len; i++)
		lower[i] = ascii_lower(token.ptr[i]);
	return span_make(lower, token.len);
}

/* From behind the opening quote past the closing one, which is supplied when missing: what is
 * between them. */
static struct span take_quoted(struct cur *c)
{
	const char *start = c->p;

	while (!cur_done(c) && *c->p != '"')
		c->p += *c->p == '\\' && cur_left(c) > 1 ? 2 : 1;
	struct span text = cur_since(c, start);
	(void)cur_take(c, '"'); /* missing at the end of the input */
	return text;
}

static struct span without_backslashes(struct arena *a, struct span quoted)
{
	char *text = arena_alloc(a, quoted.len);
	size_t len = 0;

	for (size_t i = 0; i < quoted.len; i++) {
		if (quoted.ptr[i] == '\\' && i + 1 < quoted.len)
			i++;
		text[len++] = quoted.ptr[i];
	}
	return span_make(text, len);
}

/* Everything to the semicolon, since senders leave quotes out; a comment at its end is none of it. */
static struct span take_unquoted(struct cur *c)
{
	const char *start = c->p;
	const char *comment = NULL;

	while (!cur_done(c) && *c->p != ';') {
		if (*c->p == '(' && !comment && c->p > start && ascii_is_space(c->p[-1]))
			comment = c->p;
		c->p++;
	}
	return span_trim(span_make(start, (size_t)((comment ? comment : c->p) - start)));
}

/* name [ "*" section ] [ "*" ] */
static void read_name(struct span token, struct piece *out)
{
	uint64_t section = 0;

	out->extended = span_ends(token, SPAN("*"));
	if (out->extended)
		token.len--;
	size_t star = span_rfind(token, '*');
	if (star != SPAN_NPOS && span_u64(span_from(token, star + 1), MIME_PARAM_MAX, &section)) {
		out->continued = true;
		out->section = (unsigned)section;
		token.len = star;
	}
	out->name = token;
}

/* To the next ";" that is not in a comment or quotes. */
static void skip_to_semicolon(struct cur *c)
{
	skip_cfws(c);
	while (!cur_done(c) && *c->p != ';') {
		if (*c->p++ == '"')
			(void)take_quoted(c); /* only to get past it */
		skip_cfws(c);
	}
}

static void read_pieces(struct arena *a, struct cur *c, struct pieces *out)
{
	skip_to_semicolon(c);
	while (out->len < MIME_PARAM_MAX && cur_take(c, ';')) {
		struct piece piece = { 0 };
		skip_cfws(c);
		read_name(take_lower_token(a, c), &piece);
		skip_cfws(c);
		if (piece.name.len > 0 && cur_take(c, '=')) {
			skip_cfws(c);
			bool quoted = cur_take(c, '"');
			piece.value =
				quoted ? without_backslashes(a, take_quoted(c)) : take_unquoted(c);
			out->items[out->len++] = piece;
		}
		skip_to_semicolon(c);
	}
}

static void percent_decode(struct str *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		bool pair = text.ptr[i] == '%' && i + 2 < text.len;
		int high = pair ? ascii_hex(text.ptr[i + 1]) : -1;
		int low = pair ? ascii_hex(text.ptr[i + 2]) : -1;
		if (high >= 0 && low >= 0) {
			str_add_c(out, (char)(high << 4 | low));
			i += 2;
		} else {
			str_add_c(out, text.ptr[i]);
		}
	}
}

static struct piece *find_section(struct pieces *pieces, const struct piece *like, unsigned section)
{
	for (size_t i = 0; i < pieces->len; i++) {
		struct piece *p = &pieces->items[i];
		if (p->continued && p->section == section && span_eq(p->name, like->name))
			return p;
	}
	return NULL;
}

/* charset "'" language "'" text: cuts the first two off; false when they are not there. */
static bool cut_charset(struct span *text, struct span *out_charset)
{
	struct span rest = *text, charset, language;

	if (!span_split(&rest, '\'', &charset) || !span_split(&rest, '\'', &language) || !rest.ptr)
		return false;
	*text = rest;
	*out_charset = charset;
	return true;
}

static void add_piece(struct str *out, const struct piece *p, struct span value)
{
	if (p->extended)
		percent_decode(out, value);
	else
		str_add(out, value);
}

static struct span to_utf8(struct arena *a, struct span charset, struct span bytes)
{
	struct str text = str_in(a, 3 * MIME_PARAM_VALUE_MAX);

	if (!charset_to_utf8(&text, charset, bytes))
		charset_guess_to_utf8(&text, bytes);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\0' || text.ptr[i] == '\r' || text.ptr[i] == '\n')
			text.ptr[i] = ' ';
	}
	return str_span(&text);
}

/* The value that starts with `first`: an extended one, or the first of its continuations. */
static struct span join(struct arena *a, struct pieces *pieces, const struct piece *first)
{
	struct str bytes = str_in(a, MIME_PARAM_VALUE_MAX);
	struct span charset = SPAN_NONE;
	struct span value = first->value;

	if (first->extended)
		(void)cut_charset(&value, &charset); /* without one: UTF-8, or a guess */
	add_piece(&bytes, first, value);
	for (unsigned section = 1; first->continued; section++) {
		const struct piece *p = find_section(pieces, first, section);
		if (!p)
			break;
		add_piece(&bytes, p, p->value);
	}
	return to_utf8(a, charset, str_span(&bytes));
}

/* Extended and continued forms are there for the sake of the plain one's limits: they win. */
static const struct piece *best_piece(struct pieces *pieces, const struct piece *like)
{
	const struct piece *first = find_section(pieces, like, 0);

	for (size_t i = 0; i < pieces->len && !first; i++) {
		const struct piece *p = &pieces->items[i];
		if (p->extended && !p->continued && span_eq(p->name, like->name))
			first = p;
	}
	for (size_t i = 0; i < pieces->len && !first; i++) {
		const struct piece *p = &pieces->items[i];
		if (!p->continued && span_eq(p->name, like->name))
			first = p;
	}
	return first;
}

static void read_params(struct arena *a, struct cur *c, struct mime_params *out)
{
	struct pieces pieces;
	pieces.len = 0;
	read_pieces(a, c, &pieces);

	*out = (struct mime_params){ 0 };
	if (pieces.len == 0)
		return;
	out->items = arena_array(a, pieces.len, sizeof *out->items);
	for (size_t i = 0; i < pieces.len; i++) {
		const struct piece *p = &pieces.items[i];
		const struct piece *best = best_piece(&pieces, p);
		if (!best || mime_param_find(out, p->name).ptr)
			continue;
		bool plain = !best->extended && !best->continued;
		struct span value = plain ? best->value : join(a, &pieces, best);
		out->items[out->len++] = (struct mime_param){ p->name, value };
	}
}

bool content_type_parse(struct arena *a, struct span value, struct content_type *out)
{
	struct cur c = cur_of(header_unfold(a, value));
	struct content_type found;

	skip_cfws(&c);
	found.type = take_lower_token(a, &c);
	skip_cfws(&c);
	if (found.type.len == 0 || !cur_take(&c, '/'))
		return false;
	skip_cfws(&c);
	found.subtype = take_lower_token(a, &c);
	if (found.subtype.len == 0)
		return false;
	read_params(a, &c, &found.params);
	*out = found;
	return true;
}

bool disposition_parse(struct arena *a, struct span value, struct disposition *out)
{
	struct cur c = cur_of(header_unfold(a, value));
	struct disposition found;

	skip_cfws(&c);
	found.kind = take_lower_token(a, &c);
	if (found.kind.len == 0)
		return false;
	read_params(a, &c, &found.params);
	*out = found;
	return true;
}

struct span mime_param_find(const struct mime_params *params, struct span name)
{
	for (size_t i = 0; i < params->len; i++) {
		if (span_eq(params->items[i].name, name))
			return params->items[i].value;
	}
	return SPAN_NONE;
}
