/* From the wire to message bytes. */
#include "mailcore/smtp/text.h"

void text_filter_init(struct text_filter *t, enum line_rule rule, bool dots)
{
	*t = (struct text_filter){ .rule = rule, .dots = dots };
}

/* A CR or LF that stands alone. */
static void take_bare(struct text_filter *t, struct str *out)
{
	t->bare = true;
	t->state = TEXT_AFTER_BARE;
	if (t->rule == LINES_NORMALISE)
		str_add(out, SPAN("\r\n"));
}

/* Byte by byte: two memchr would look at a line full of CR again and again. */
static size_t plain_run(struct span s)
{
	size_t len = 0;
	while (len < s.len && s.ptr[len] != '\r' && s.ptr[len] != '\n')
		len++;
	return len;
}

/* In a line or at its start: how many bytes were taken. */
static size_t take_text(struct text_filter *t, struct span in, struct str *out)
{
	char first = in.ptr[0];

	if (first == '.' && t->dots && t->state == TEXT_LINE_START) {
		t->state = TEXT_DOT;
		return 1;
	}
	if (first == '\r') {
		t->state = TEXT_CR;
		return 1;
	}
	if (first == '\n') {
		take_bare(t, out);
		return 1;
	}
	t->state = TEXT_IN_LINE;
	size_t len = plain_run(in);
	str_add(out, span_sub(in, 0, len));
	return len;
}

/* Behind a CR: nothing is taken when the CR was bare, the byte is looked at again. */
static size_t take_after_cr(struct text_filter *t, char c, struct str *out)
{
	if (c == '\n') {
		str_add(out, SPAN("\r\n"));
		t->state = TEXT_LINE_START;
		return 1;
	}
	take_bare(t, out);
	return 0;
}

/* Behind the first dot of a line, which is dropped (RFC 5321 §4.5.2). */
static size_t take_after_dot(struct text_filter *t, char c)
{
	t->state = c == '\r' ? TEXT_DOT_CR : TEXT_IN_LINE;
	return c == '\r' ? 1 : 0;
}

static size_t take_after_dot_cr(struct text_filter *t, char c)
{
	if (c == '\n') {
		t->state = TEXT_END;
		return 1;
	}
	t->state = TEXT_CR;
	return 0;
}

static size_t take(struct text_filter *t, struct span in, struct str *out)
{
	switch (t->state) {
	case TEXT_LINE_START:
	case TEXT_IN_LINE:
	case TEXT_AFTER_BARE:
		return take_text(t, in, out);
	case TEXT_CR:
		return take_after_cr(t, in.ptr[0], out);
	case TEXT_DOT:
		return take_after_dot(t, in.ptr[0]);
	case TEXT_DOT_CR:
		return take_after_dot_cr(t, in.ptr[0]);
	case TEXT_END:
		break;
	}
	return in.len;
}

void text_filter_add(struct text_filter *t, struct span in, struct str *out)
{
	while (in.len > 0)
		in = span_from(in, take(t, in, out));
}

void text_filter_finish(struct text_filter *t, struct str *out)
{
	if (t->state == TEXT_CR)
		take_bare(t, out);
	else if (t->state == TEXT_IN_LINE)
		str_add(out, SPAN("\r\n"));
	t->state = TEXT_END;
}
