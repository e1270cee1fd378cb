/*
 * Growing text with a maximum. Append freely, ask str_ok() once at the end.
 *
 * An append that would pass the maximum changes nothing and marks the string failed; every
 * later append is ignored. Memory is the heap's (str_init, free with str_done) or an arena's
 * (str_in, nothing to free).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

struct str {
	char *ptr; /* not NUL-terminated; see str_cstr */
	size_t len;
	size_t cap;
	size_t max;
	struct arena *arena; /* NULL: heap */
	bool failed;
};

void str_init(struct str *s, size_t max);
struct str str_in(struct arena *a, size_t max);
void str_done(struct str *s);
/* Empties and clears the failure; keeps the memory. */
void str_clear(struct str *s);

void str_add(struct str *s, struct span text);
void str_add_c(struct str *s, char c);
void str_add_cstr(struct str *s, const char *text);
void str_add_u64(struct str *s, uint64_t n);
void str_add_i64(struct str *s, int64_t n);
void str_addf(struct str *s, const char *fmt, ...) PRINTF(2, 3);
/* Room for len bytes at the end, to be filled by the caller who then adds to s->len; NULL when
 * that would pass the maximum (the string is then failed). */
char *str_reserve(struct str *s, size_t len);
/* Drops `len` bytes from the front. */
void str_eat(struct str *s, size_t len);

static inline bool str_ok(const struct str *s)
{
	return !s->failed;
}
static inline struct span str_span(const struct str *s)
{
	return (struct span){ s->ptr ? s->ptr : "", s->len };
}
/* NUL-terminated view, valid until the next change. Never NULL. */
const char *str_cstr(struct str *s);
