/*
 * Cursor for parsers: what is still to be read. A parse function that fails leaves the cursor
 * where it was; the usual way is to work on a copy and to assign it back on success.
 */
#pragma once

#include "mailcore/base/span.h"

struct cur {
	const char *p;
	const char *end;
};

static inline struct cur cur_of(struct span s)
{
	const char *start = s.ptr ? s.ptr : "";
	return (struct cur){ start, start + s.len };
}
static inline bool cur_done(const struct cur *c)
{
	return c->p == c->end;
}
static inline size_t cur_left(const struct cur *c)
{
	return (size_t)(c->end - c->p);
}
static inline struct span cur_rest(const struct cur *c)
{
	return (struct span){ c->p, (size_t)(c->end - c->p) };
}
/* The next byte, or -1 at the end. */
static inline int cur_peek(const struct cur *c)
{
	return c->p < c->end ? (unsigned char)*c->p : -1;
}
static inline int cur_next(struct cur *c)
{
	return c->p < c->end ? (unsigned char)*c->p++ : -1;
}
/* Takes `ch` if it is next. */
static inline bool cur_take(struct cur *c, char ch)
{
	if (c->p == c->end || *c->p != ch)
		return false;
	c->p++;
	return true;
}
/* Takes `word` if it is next, ASCII case-insensitively. */
static inline bool cur_take_word(struct cur *c, struct span word)
{
	if (!span_istarts(cur_rest(c), word))
		return false;
	c->p += word.len;
	return true;
}
/* Everything from `start` (an earlier position of the same cursor) up to here. */
static inline struct span cur_since(const struct cur *c, const char *start)
{
	return (struct span){ start, (size_t)(c->p - start) };
}
/* The longest run of bytes for which `is` says yes; may be empty. */
static inline struct span cur_take_while(struct cur *c, bool (*is)(char))
{
	const char *start = c->p;
	while (c->p < c->end && is(*c->p))
		c->p++;
	return cur_since(c, start);
}
