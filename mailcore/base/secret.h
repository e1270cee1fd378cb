/* Passwords and keys in memory: wiped on done, and no formatter takes this type. */
#pragma once

#include <string.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

struct secret {
	char *ptr;
	size_t len;
};

static inline struct secret secret_of(struct span s)
{
	struct secret out = { heap_alloc(s.len + 1), s.len };
	if (s.len)
		memcpy(out.ptr, s.ptr, s.len);
	out.ptr[s.len] = '\0';
	return out;
}
static inline struct span secret_span(const struct secret *s)
{
	return span_make(s->ptr, s->len);
}
static inline void secret_done(struct secret *s)
{
	if (s->ptr)
		explicit_bzero(s->ptr, s->len);
	heap_free(s->ptr);
	*s = (struct secret){ 0 };
}
