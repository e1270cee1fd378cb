/* mbox files. */
#include "backend/cli/mbox.h"

#include "mailcore/base/str.h"
#include "mailcore/store/store.h"

static struct span take_line(struct cur *c)
{
	struct span rest = cur_rest(c);
	size_t end = span_find(rest, '\n');
	struct span line = span_sub(rest, 0, end == SPAN_NPOS ? rest.len : end + 1);
	c->p += line.len;
	return line;
}

static bool is_empty(struct span line)
{
	return span_trim(line).len == 0 && line.len <= 2;
}

static struct span without_end(struct span line)
{
	if (span_ends(line, SPAN("\n")))
		line.len--;
	if (span_ends(line, SPAN("\r")))
		line.len--;
	return line;
}

/* ">>From x" loses one '>'. */
static struct span unquote(struct span line)
{
	size_t quotes = 0;
	while (quotes < line.len && line.ptr[quotes] == '>')
		quotes++;
	bool quoted = quotes > 0 && span_starts(span_from(line, quotes), SPAN("From "));
	return quoted ? span_from(line, 1) : line;
}

static uint8_t flags_of(struct span value)
{
	static const struct {
		char letter;
		uint8_t flag;
	} letters[] = { { 'R', FLAG_SEEN }, { 'A', FLAG_ANSWERED }, { 'F', FLAG_FLAGGED },
		{ 'D', FLAG_DELETED }, { 'T', FLAG_DRAFT } };
	uint8_t flags = 0;

	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
		if (span_find(value, letters[i].letter) != SPAN_NPOS)
			flags |= letters[i].flag;
	}
	return flags;
}

/* A field that belongs to the file, not to the message. */
static bool take_status(struct span line, uint8_t *flags)
{
	if (span_istarts(line, SPAN("Status:")) || span_istarts(line, SPAN("X-Status:"))) {
		*flags |= flags_of(span_from(line, span_find(line, ':')));
		return true;
	}
	return span_istarts(line, SPAN("Content-Length:")) ||
		span_istarts(line, SPAN("X-Keywords:")) || span_istarts(line, SPAN("X-UID:"));
}

static void add_line(struct str *out, struct span line)
{
	str_add(out, without_end(line));
	str_add_cstr(out, "\r\n");
}

/* The next line begins a message? */
static bool at_from(const struct cur *c)
{
	return span_starts(cur_rest(c), SPAN("From "));
}

static void read_header(struct cur *c, struct str *out, uint8_t *flags)
{
	while (!cur_done(c)) {
		struct span line = take_line(c);
		if (!take_status(line, flags))
			add_line(out, line);
		if (is_empty(line))
			return;
	}
}

static void read_body(struct cur *c, struct str *out)
{
	while (!cur_done(c)) {
		struct span line = take_line(c);
		if (is_empty(line) && (at_from(c) || cur_done(c)))
			return;
		add_line(out, unquote(line));
	}
}

bool mbox_next(struct cur *file, struct arena *a, struct mbox_message *out)
{
	if (!at_from(file))
		return false;

	struct str bytes = str_in(a, cur_left(file) * 2 + 2);
	*out = (struct mbox_message){ .from_line = without_end(take_line(file)) };
	read_header(file, &bytes, &out->flags);
	read_body(file, &bytes);
	out->bytes = str_span(&bytes);
	return true;
}

struct span message_with_crlf(struct arena *a, struct span text)
{
	struct str out = str_in(a, text.len * 2 + 2);
	struct cur c = cur_of(text);

	while (!cur_done(&c))
		add_line(&out, take_line(&c));
	return str_span(&out);
}
