/* Borrowed text: comparing, searching, cutting. */
#include "mailcore/base/span.h"

char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

char ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

int ascii_hex(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	char l = ascii_lower(c);
	return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool span_ieq(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
			return false;
	}
	return true;
}

bool span_starts(struct span s, struct span prefix)
{
	return s.len >= prefix.len && span_eq(span_sub(s, 0, prefix.len), prefix);
}

bool span_istarts(struct span s, struct span prefix)
{
	return s.len >= prefix.len && span_ieq(span_sub(s, 0, prefix.len), prefix);
}

bool span_ends(struct span s, struct span suffix)
{
	return s.len >= suffix.len && span_eq(span_from(s, s.len - suffix.len), suffix);
}

bool span_iends(struct span s, struct span suffix)
{
	return s.len >= suffix.len && span_ieq(span_from(s, s.len - suffix.len), suffix);
}

int span_cmp(struct span a, struct span b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

struct span span_from(struct span s, size_t start)
{
	if (start > s.len)
		start = s.len;
	return (struct span){ s.ptr ? s.ptr + start : NULL, s.len - start };
}

struct span span_sub(struct span s, size_t start, size_t len)
{
	struct span rest = span_from(s, start);
	if (len < rest.len)
		rest.len = len;
	return rest;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s)
{
	while (s.len > 0 && is_blank(s.ptr[0]))
		s = span_from(s, 1);
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

size_t span_find(struct span s, char c)
{
	const char *hit = s.len ? memchr(s.ptr, c, s.len) : NULL;
	return hit ? (size_t)(hit - s.ptr) : SPAN_NPOS;
}

size_t span_rfind(struct span s, char c)
{
	const char *hit = s.len ? memrchr(s.ptr, c, s.len) : NULL;
	return hit ? (size_t)(hit - s.ptr) : SPAN_NPOS;
}

size_t span_find_span(struct span s, struct span needle)
{
	if (needle.len == 0)
		return 0;
	const char *hit = s.len ? memmem(s.ptr, s.len, needle.ptr, needle.len) : NULL;
	return hit ? (size_t)(hit - s.ptr) : SPAN_NPOS;
}

size_t span_ifind_span(struct span s, struct span needle)
{
	for (size_t i = 0; i + needle.len <= s.len; i++) {
		if (span_ieq(span_sub(s, i, needle.len), needle))
			return i;
	}
	return SPAN_NPOS;
}

size_t span_find_pair(struct span s, char a, char b)
{
	size_t at = span_find(s, a);

	while (at != SPAN_NPOS && at + 1 < s.len) {
		if (s.ptr[at + 1] == b)
			return at;
		size_t next = span_find(span_from(s, at + 1), a);
		at = next == SPAN_NPOS ? SPAN_NPOS : at + 1 + next;
	}
	return SPAN_NPOS;
}

bool span_split(struct span *rest, char sep, struct span *out_part)
{
	if (!rest->ptr)
		return false;

	size_t at = span_find(*rest, sep);
	if (at == SPAN_NPOS) {
		*out_part = *rest;
		*rest = SPAN_NONE;
		return true;
	}
	*out_part = span_sub(*rest, 0, at);
	*rest = span_from(*rest, at + 1);
	return true;
}

bool span_u64(struct span s, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;
	if (s.len == 0 || s.len > 20)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_digit(s.ptr[i]))
			return false;
		if (__builtin_mul_overflow(value, (uint64_t)10, &value))
			return false;
		if (__builtin_add_overflow(value, (uint64_t)(s.ptr[i] - '0'), &value))
			return false;
	}
	if (value > max)
		return false;
	*out = value;
	return true;
}
