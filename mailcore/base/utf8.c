/* UTF-8: checking, cutting, decoding and encoding. */
#include "mailcore/base/utf8.h"

static bool is_tail(unsigned char c)
{
	return (c & 0xC0) == 0x80;
}

static size_t sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if ((lead & 0xF0) == 0xE0)
		return 3;
	return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

static bool in_range(uint32_t code, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	return code >= least[len] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

size_t utf8_decode(struct span s, uint32_t *out)
{
	if (s.len == 0)
		return 0;

	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t len = sequence_length(p[0]);
	if (len == 0 || len > s.len)
		return 0;

	uint32_t code = len == 1 ? p[0] : p[0] & (0x7FU >> len);
	for (size_t i = 1; i < len; i++) {
		if (!is_tail(p[i]))
			return 0;
		code = code << 6 | (p[i] & 0x3FU);
	}
	if (!in_range(code, len))
		return 0;
	*out = code;
	return len;
}

/* How many bytes from the start are ASCII; eight at a time, because nearly all mail is. */
static size_t ascii_prefix(struct span s)
{
	size_t i = 0;
	uint64_t eight;
	for (; s.len - i >= sizeof eight; i += sizeof eight) {
		memcpy(&eight, s.ptr + i, sizeof eight);
		if (eight & UINT64_C(0x8080808080808080))
			break;
	}
	while (i < s.len && (unsigned char)s.ptr[i] < 0x80)
		i++;
	return i;
}

/* How many bytes from the start are whole characters. */
static size_t valid_prefix(struct span s)
{
	uint32_t code;
	size_t at = ascii_prefix(s);
	while (at < s.len) {
		size_t len = utf8_decode((struct span){ s.ptr + at, s.len - at }, &code);
		if (len == 0)
			return at;
		at += len;
		at += ascii_prefix((struct span){ s.ptr + at, s.len - at });
	}
	return at;
}

bool utf8_is_ascii(struct span s)
{
	return ascii_prefix(s) == s.len;
}

bool utf8_valid(struct span s)
{
	return valid_prefix(s) == s.len;
}

size_t utf8_floor(const char *s, size_t max)
{
	size_t at = max;
	while (at > 0 && max - at < 4 && is_tail((unsigned char)s[at]))
		at--;
	return at;
}

void utf8_add(struct str *out, uint32_t code)
{
	if (code < 0x80) {
		str_add_c(out, (char)code);
		return;
	}
	size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	char bytes[4];
	for (size_t i = len - 1; i > 0; i--) {
		bytes[i] = (char)(0x80 | (code & 0x3F));
		code >>= 6;
	}
	bytes[0] = (char)((0xF00U >> len) | code);
	str_add(out, span_make(bytes, len));
}

void utf8_add_valid(struct str *out, struct span s)
{
	while (s.len > 0) {
		size_t len = valid_prefix(s);
		str_add(out, span_sub(s, 0, len));
		if (len < s.len)
			utf8_add(out, 0xFFFD);
		s = span_from(s, len + 1);
	}
}
