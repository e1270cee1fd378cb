/*
 * Borrowed text: pointer and length, not NUL-terminated, may hold any byte.
 * A span never owns; it lives as long as what it points into.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const char *ptr;
	size_t len;
};

#define SPAN(lit)      ((struct span){ "" lit, sizeof(lit) - 1 })
#define SPAN_NONE      ((struct span){ NULL, 0 })
#define SPAN_FMT       "%.*s"
#define SPAN_ARG(span) (int)(span).len, (span).ptr ? (span).ptr : ""

static inline struct span span_of(const char *cstr)
{
	return (struct span){ cstr, cstr ? strlen(cstr) : 0 };
}

static inline struct span span_make(const void *ptr, size_t len)
{
	return (struct span){ (const char *)ptr, len };
}

bool span_eq(struct span a, struct span b);
/* ASCII case-insensitive, locale-free. */
bool span_ieq(struct span a, struct span b);
bool span_starts(struct span s, struct span prefix);
bool span_istarts(struct span s, struct span prefix);
bool span_ends(struct span s, struct span suffix);
bool span_iends(struct span s, struct span suffix);
/* Byte order, shorter first; for sorting. */
int span_cmp(struct span a, struct span b);

/* Clamped to the span: never out of range. */
struct span span_from(struct span s, size_t start);
struct span span_sub(struct span s, size_t start, size_t len);
/* Without leading and trailing SP, HTAB, CR, LF. */
struct span span_trim(struct span s);

#define SPAN_NPOS SIZE_MAX
size_t span_find(struct span s, char c);
size_t span_rfind(struct span s, char c);
size_t span_find_span(struct span s, struct span needle);
size_t span_ifind_span(struct span s, struct span needle);
/* The first `a` with `b` right behind it. Reads no further than the hit. */
size_t span_find_pair(struct span s, char a, char b);

/* Cuts the text before the next `sep` off *rest; false when *rest is exhausted (ptr == NULL). */
bool span_split(struct span *rest, char sep, struct span *out_part);

/* Decimal digits only, whole span, no sign, no overflow above max. */
bool span_u64(struct span s, uint64_t max, uint64_t *out);

char ascii_lower(char c);
char ascii_upper(char c);
static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool ascii_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool ascii_is_space(char c)
{
	return c == ' ' || c == '\t';
}
/* -1 when c is no hexadecimal digit. */
int ascii_hex(char c);
