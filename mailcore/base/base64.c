/* Base64, base64url, hexadecimal. */
#include "mailcore/base/base64.h"

static const char std_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(struct str *out, struct span in, const char *alphabet, bool pad)
{
	const unsigned char *p = (const unsigned char *)in.ptr;

	for (size_t i = 0; i < in.len; i += 3) {
		size_t have = in.len - i < 3 ? in.len - i : 3;
		unsigned bits = (unsigned)p[i] << 16;
		bits |= have > 1 ? (unsigned)p[i + 1] << 8 : 0;
		bits |= have > 2 ? p[i + 2] : 0;
		char four[4] = { alphabet[bits >> 18], alphabet[bits >> 12 & 63],
			have > 1 ? alphabet[bits >> 6 & 63] : '=',
			have > 2 ? alphabet[bits & 63] : '=' };
		str_add(out, span_make(four, pad ? 4 : have + 1));
	}
}

void base64_add(struct str *out, struct span bytes)
{
	encode(out, bytes, std_alphabet, true);
}

void base64url_add(struct str *out, struct span bytes)
{
	encode(out, bytes, url_alphabet, false);
}

/* 0..63, or -1. */
static int digit(char c, bool url)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (url ? '-' : '+'))
		return 62;
	return c == (url ? '_' : '/') ? 63 : -1;
}

static bool decode_strict(struct span text, struct str *out, bool url)
{
	size_t rest = text.len % 4;
	unsigned bits = 0;
	int have = 0;

	if (rest == 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int d = digit(text.ptr[i], url);
		if (d < 0)
			return false;
		bits = bits << 6 | (unsigned)d;
		have += 6;
		if (have >= 8) {
			have -= 8;
			str_add_c(out, (char)(bits >> have & 0xFF));
		}
	}
	return (bits & ((1U << have) - 1)) == 0 && str_ok(out);
}

bool base64_decode(struct span text, struct str *out)
{
	if (text.len % 4 != 0)
		return false;
	if (span_ends(text, SPAN("==")))
		text.len -= 2;
	else if (span_ends(text, SPAN("=")))
		text.len -= 1;
	return decode_strict(text, out, false);
}

bool base64url_decode(struct span text, struct str *out)
{
	return decode_strict(text, out, true);
}

void base64_decode_lenient(struct span text, struct str *out)
{
	unsigned bits = 0;
	int have = 0;

	for (size_t i = 0; i < text.len && text.ptr[i] != '='; i++) {
		int d = digit(text.ptr[i], false);
		if (d < 0)
			continue;
		bits = bits << 6 | (unsigned)d;
		have += 6;
		if (have >= 8) {
			have -= 8;
			str_add_c(out, (char)(bits >> have & 0xFF));
		}
	}
}

void hex_add(struct str *out, struct span bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.ptr[i];
		str_add_c(out, digits[c >> 4]);
		str_add_c(out, digits[c & 15]);
	}
}

bool hex_decode(struct span text, struct str *out)
{
	if (text.len % 2 != 0)
		return false;
	for (size_t i = 0; i < text.len; i += 2) {
		int high = ascii_hex(text.ptr[i]);
		int low = ascii_hex(text.ptr[i + 1]);
		if (high < 0 || low < 0)
			return false;
		str_add_c(out, (char)(high << 4 | low));
	}
	return str_ok(out);
}
