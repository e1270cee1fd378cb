/* Header blocks: walking the fields, unfolding, IMAP field selection, message ids. */
#include "mailcore/mime/header.h"

#include <string.h>

#include "mailcore/mime/encoded_word.h"

/* From here to behind the line end, or to the end of the input. */
static struct span line_at(const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));
	return span_make(p, (size_t)((lf ? lf + 1 : end) - p));
}

static bool is_empty_line(struct span line)
{
	return span_eq(line, SPAN("\r\n")) || span_eq(line, SPAN("\n"));
}

static struct span without_line_end(struct span s)
{
	if (s.len > 0 && s.ptr[s.len - 1] == '\n')
		s.len--;
	if (s.len > 0 && s.ptr[s.len - 1] == '\r')
		s.len--;
	return s;
}

size_t header_block_len(struct span message)
{
	struct cur c = cur_of(message);

	while (!cur_done(&c)) {
		struct span line = line_at(c.p, c.end);
		c.p += line.len;
		if (is_empty_line(line))
			break;
	}
	return message.len - cur_left(&c);
}

/* RFC 5322: field-name = 1*ftext, then obsolete white space, then ":" */
static bool split_field(struct span whole, size_t first_line_len, struct header_field *out)
{
	size_t colon = span_find(span_sub(whole, 0, first_line_len), ':');
	if (colon == SPAN_NPOS)
		return false;

	struct span name = span_sub(whole, 0, colon);
	while (name.len > 0 && ascii_is_space(name.ptr[name.len - 1]))
		name.len--;
	if (name.len == 0)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] <= ' ' || name.ptr[i] > '~')
			return false;
	}
	out->name = name;
	out->value = without_line_end(span_from(whole, colon + 1));
	out->whole = whole;
	return true;
}

bool header_next(struct cur *c, struct header_field *out)
{
	while (!cur_done(c)) {
		const char *start = c->p;
		struct span line = line_at(start, c->end);
		if (is_empty_line(line))
			return false;

		size_t first_line_len = line.len;
		c->p += line.len;
		while (!cur_done(c) && ascii_is_space(*c->p))
			c->p += line_at(c->p, c->end).len;
		if (split_field(cur_since(c, start), first_line_len, out))
			return true;
	}
	return false;
}

bool header_next_named(struct cur *c, struct span name, struct header_field *out)
{
	struct header_field field;

	while (header_next(c, &field)) {
		if (span_ieq(field.name, name)) {
			*out = field;
			return true;
		}
	}
	return false;
}

bool header_find(struct span block, struct span name, struct header_field *out)
{
	struct cur c = cur_of(block);
	return header_next_named(&c, name, out);
}

size_t header_count(struct span block, struct span name)
{
	struct cur c = cur_of(block);
	struct header_field field;
	size_t count = 0;

	while (header_next_named(&c, name, &field))
		count++;
	return count;
}

static bool is_one_clean_line(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == '\0')
			return false;
	}
	return true;
}

struct span header_unfold(struct arena *a, struct span value)
{
	value = span_sub(span_trim(value), 0, HEADER_VALUE_MAX);
	if (is_one_clean_line(value))
		return value;

	char *line = arena_alloc(a, value.len);
	size_t len = 0;
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];
		bool line_end = c == '\r' && i + 1 < value.len && value.ptr[i + 1] == '\n';
		if (c == '\n' || line_end)
			continue;
		line[len++] = c == '\r' || c == '\0' ? ' ' : c;
	}
	return span_trim(span_make(line, len));
}

struct span header_text(struct arena *a, struct span value)
{
	struct str text = str_in(a, 3 * HEADER_VALUE_MAX);
	encoded_word_decode(&text, header_unfold(a, value));
	return str_span(&text);
}

struct span header_text_of(struct arena *a, struct span block, struct span name)
{
	struct header_field field;
	return header_find(block, name, &field) ? header_text(a, field.value) : SPAN_NONE;
}

static bool is_named(struct span name, const struct span *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (span_ieq(name, names[i]))
			return true;
	}
	return false;
}

void header_fields_add(
	struct str *out, struct span block, const struct span *names, size_t n, bool except)
{
	struct cur c = cur_of(block);
	struct header_field field;

	while (header_next(&c, &field)) {
		if (is_named(field.name, names, n) == except)
			continue;
		str_add(out, field.whole);
		if (!span_ends(field.whole, SPAN("\n")))
			str_add(out, SPAN("\r\n"));
	}
	str_add(out, SPAN("\r\n"));
}

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span without_white(struct arena *a, struct span s)
{
	char *text = arena_alloc(a, s.len);
	size_t len = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (!is_white(s.ptr[i]))
			text[len++] = s.ptr[i];
	}
	return span_make(text, len);
}

/* Up to the next ">": false when there is none. A "<" inside starts again. */
static bool next_bracketed(struct cur *c, struct span *out)
{
	const char *start = NULL;

	while (!cur_done(c)) {
		int ch = cur_next(c);
		if (ch == '<')
			start = c->p;
		if (ch == '>' && start) {
			*out = span_make(start, (size_t)(c->p - 1 - start));
			return true;
		}
	}
	return false;
}

/* Some senders leave the brackets out: words with an "@" then. */
static bool next_bare(struct cur *c, struct span *out)
{
	while (!cur_done(c)) {
		while (!cur_done(c) && is_white(*c->p))
			c->p++;
		const char *start = c->p;
		while (!cur_done(c) && !is_white(*c->p))
			c->p++;
		*out = cur_since(c, start);
		if (span_find(*out, '@') != SPAN_NPOS)
			return true;
	}
	return false;
}

size_t message_ids_parse(struct arena *a, struct span value, struct span *out, size_t max)
{
	bool bracketed = span_find(value, '<') != SPAN_NPOS;
	struct cur c = cur_of(value);
	struct span id;
	size_t n = 0;

	while (n < max && (bracketed ? next_bracketed(&c, &id) : next_bare(&c, &id))) {
		id = without_white(a, id);
		if (id.len > 0 && id.len <= MESSAGE_ID_MAX)
			out[n++] = id;
	}
	return n;
}
