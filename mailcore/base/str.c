/* Growing text with a maximum. */
#include "mailcore/base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void str_init(struct str *s, size_t max)
{
	*s = (struct str){ .max = max };
}

struct str str_in(struct arena *a, size_t max)
{
	return (struct str){ .max = max, .arena = a };
}

void str_done(struct str *s)
{
	if (!s)
		return;
	if (!s->arena)
		heap_free(s->ptr);
	*s = (struct str){ .max = s->max, .arena = s->arena };
}

void str_clear(struct str *s)
{
	s->len = 0;
	s->failed = false;
}

static void resize(struct str *s, size_t cap)
{
	if (s->arena)
		s->ptr = arena_grow(s->arena, s->ptr, s->cap, cap);
	else
		s->ptr = heap_resize(s->ptr, cap);
	s->cap = cap;
}

char *str_reserve(struct str *s, size_t len)
{
	if (s->failed || len > s->max || s->len > s->max - len) {
		s->failed = true;
		return NULL;
	}
	size_t need = s->len + len;
	if (need > s->cap) {
		size_t cap = s->cap < 32 ? 64 : s->cap * 2;
		resize(s, cap < need ? need : cap);
	}
	return s->ptr + s->len;
}

void str_add(struct str *s, struct span text)
{
	if (text.len == 0)
		return;
	char *room = str_reserve(s, text.len);
	if (!room)
		return;
	memcpy(room, text.ptr, text.len);
	s->len += text.len;
}

void str_add_c(struct str *s, char c)
{
	str_add(s, (struct span){ &c, 1 });
}

void str_add_cstr(struct str *s, const char *text)
{
	str_add(s, span_of(text));
}

void str_add_u64(struct str *s, uint64_t n)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	str_add(s, span_make(digits + at, sizeof digits - at));
}

void str_add_i64(struct str *s, int64_t n)
{
	if (n < 0)
		str_add_c(s, '-');
	str_add_u64(s, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	ASSERT(len >= 0);

	/* One byte more: vsnprintf ends with NUL. */
	if (s->failed || (size_t)len > s->max || s->len > s->max - (size_t)len) {
		s->failed = true;
		return;
	}
	if (s->len + (size_t)len + 1 > s->cap)
		resize(s, s->len * 2 + (size_t)len + 1);
	va_start(ap, fmt);
	(void)vsnprintf(s->ptr + s->len, (size_t)len + 1, fmt, ap); /* measured above */
	va_end(ap);
	s->len += (size_t)len;
}

void str_eat(struct str *s, size_t len)
{
	ASSERT(len <= s->len);
	if (len == 0)
		return;
	s->len -= len;
	memmove(s->ptr, s->ptr + len, s->len);
}

const char *str_cstr(struct str *s)
{
	if (s->len == 0)
		return "";
	if (s->len == s->cap)
		resize(s, s->cap + 1);
	s->ptr[s->len] = '\0';
	return s->ptr;
}
