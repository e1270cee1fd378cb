/* Folder names on the wire: see mailbox_name.h. */
#include "mailcore/imap/syntax/mailbox_name.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/charset.h"

/* ------------------------------------------------------------------ modified UTF-7 */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == ',' ? 63 : -1;
}

static bool is_direct(uint32_t code)
{
	return code >= 0x20 && code <= 0x7e;
}

/* UTF-16 units in, characters out. */
struct utf16 {
	uint32_t high; /* a pending high surrogate, 0: none */
	struct str *out;
};

static bool utf16_put(struct utf16 *u, uint32_t unit)
{
	if (u->high) {
		if (unit < 0xdc00 || unit > 0xdfff)
			return false;
		utf8_add(u->out, 0x10000 + ((u->high - 0xd800) << 10) + (unit - 0xdc00));
		u->high = 0;
		return true;
	}
	if (unit >= 0xd800 && unit <= 0xdbff) {
		u->high = unit;
		return true;
	}
	if ((unit >= 0xdc00 && unit <= 0xdfff) || is_direct(unit))
		return false;
	utf8_add(u->out, unit);
	return true;
}

/* The base64 between "&" and "-": whole UTF-16 units, at least one, zero bits at the end. */
static bool decode_shift(struct span text, struct str *out)
{
	struct utf16 u = { 0, out };
	uint32_t bits = 0;
	unsigned n_bits = 0;

	for (size_t i = 0; i < text.len; i++) {
		int v = base64_value(text.ptr[i]);
		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		n_bits += 6;
		if (n_bits < 16)
			continue;
		n_bits -= 16;
		if (!utf16_put(&u, bits >> n_bits & 0xffff))
			return false;
	}
	return n_bits < 6 && (bits & ((1u << n_bits) - 1)) == 0 && !u.high && text.len >= 3;
}

bool mutf7_decode(struct span wire, struct str *out)
{
	bool after_shift = false; /* a new shift here should have been part of the last one */

	for (size_t i = 0; i < wire.len; i++) {
		unsigned char c = (unsigned char)wire.ptr[i];
		if (!is_direct(c))
			return false;
		if (c != '&') {
			str_add_c(out, (char)c);
			after_shift = false;
			continue;
		}
		size_t end = span_find(span_from(wire, i + 1), '-');
		if (end == SPAN_NPOS)
			return false;
		if (end == 0)
			str_add_c(out, '&');
		else if (after_shift || !decode_shift(span_sub(wire, i + 1, end), out))
			return false;
		after_shift = end != 0;
		i += end + 1;
	}
	return str_ok(out);
}

/* One run of characters that have to be shifted; returns how many octets were taken. */
static size_t encode_shift(struct span text, struct str *out)
{
	uint32_t bits = 0;
	unsigned n_bits = 0;
	size_t at = 0;

	str_add_c(out, '&');
	while (at < text.len) {
		uint32_t code, units[2];
		size_t n_units = 0;
		size_t len = utf8_decode(span_from(text, at), &code);
		if (!len) {
			code = 0xfffd;
			len = 1;
		}
		if (is_direct(code))
			break;
		if (code >= 0x10000)
			units[n_units++] = 0xd800 + ((code - 0x10000) >> 10);
		units[n_units] = code >= 0x10000 ? 0xdc00 + ((code - 0x10000) & 0x3ff) : code;
		n_units++;
		for (size_t i = 0; i < n_units; i++) {
			bits = bits << 16 | units[i];
			for (n_bits += 16; n_bits >= 6; n_bits -= 6)
				str_add_c(out, alphabet[bits >> (n_bits - 6) & 63]);
		}
		at += len;
	}
	if (n_bits)
		str_add_c(out, alphabet[bits << (6 - n_bits) & 63]);
	str_add_c(out, '-');
	return at;
}

void mutf7_encode(struct span name, struct str *out)
{
	for (size_t i = 0; i < name.len;) {
		if (!is_direct((unsigned char)name.ptr[i])) {
			i += encode_shift(span_from(name, i), out);
			continue;
		}
		str_add_c(out, name.ptr[i]);
		if (name.ptr[i] == '&')
			str_add_c(out, '-');
		i++;
	}
}

/* ------------------------------------------------------------------ names */

/* No control characters (DEL, C1 and the line separators too), no empty level. */
static bool name_is_clean(struct span name)
{
	struct span rest = name, level;

	for (size_t i = 0, len; i < name.len; i += len) {
		uint32_t code;
		len = utf8_decode(span_from(name, i), &code);
		if (!len || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
			code == 0x2029)
			return false;
	}
	while (span_split(&rest, FOLDER_DELIMITER, &level)) {
		if (!level.len)
			return false;
	}
	return true;
}

static bool first_level_is_inbox(struct span name)
{
	return span_istarts(name, SPAN("INBOX")) &&
		(name.len == 5 || name.ptr[5] == FOLDER_DELIMITER);
}

bool mailbox_text_decode(struct span wire, bool utf8, struct str *out)
{
	struct str plain;

	if (wire.len > MAILBOX_NAME_WIRE_MAX || (utf8 && !utf8_valid(wire)))
		return false;
	str_init(&plain, MAILBOX_NAME_WIRE_MAX);
	if (utf8)
		str_add(&plain, wire);
	bool ok = (utf8 || mutf7_decode(wire, &plain)) && str_ok(&plain);
	if (ok)
		charset_nfc_add(out, str_span(&plain));
	str_done(&plain);
	return ok && str_ok(out);
}

bool mailbox_name_parse(struct span wire, bool utf8, struct str *out)
{
	size_t start = out->len;

	if (!mailbox_text_decode(wire, utf8, out))
		return false;
	if (!str_ok(out) || out->len == start)
		return false;
	if (out->ptr[out->len - 1] == FOLDER_DELIMITER)
		out->len--;
	struct span name = span_make(out->ptr + start, out->len - start);
	if (!name.len || name.len > MAILBOX_NAME_MAX || !name_is_clean(name))
		return false;
	if (first_level_is_inbox(name))
		memcpy(out->ptr + start, "INBOX", 5);
	return true;
}

/* ------------------------------------------------------------------ patterns */

/* Which prefixes of the pattern match what was read of the name: reach[j] for its first j octets.
 * One row of the usual table at a time, so the work is pattern * name whatever the wildcards. */
static void match_step(struct span pattern, char c, bool *reach)
{
	bool diagonal = reach[0]; /* reach[j] before this octet */

	reach[0] = false;
	for (size_t j = 0; j < pattern.len; j++) {
		bool before = reach[j + 1];
		if (pattern.ptr[j] == '*')
			reach[j + 1] = before || reach[j];
		else if (pattern.ptr[j] == '%')
			reach[j + 1] = (before && c != FOLDER_DELIMITER) || reach[j];
		else
			reach[j + 1] = diagonal && pattern.ptr[j] == c;
		diagonal = before;
	}
}

static bool match(struct span pattern, struct span name)
{
	bool reach[MAILBOX_PATTERN_MAX + 1] = { true };

	for (size_t j = 0; j < pattern.len; j++)
		reach[j + 1] = reach[j] && (pattern.ptr[j] == '*' || pattern.ptr[j] == '%');
	for (size_t i = 0; i < name.len; i++)
		match_step(pattern, name.ptr[i], reach);
	return reach[pattern.len];
}

bool list_pattern_match(struct span pattern, struct span name)
{
	char buf[MAILBOX_PATTERN_MAX];

	if (pattern.len > sizeof buf)
		return false;
	if (first_level_is_inbox(name) && span_istarts(pattern, SPAN("INBOX"))) {
		memcpy(buf, pattern.ptr, pattern.len);
		memcpy(buf, "INBOX", 5);
		pattern.ptr = buf;
	}
	return match(pattern, name);
}
