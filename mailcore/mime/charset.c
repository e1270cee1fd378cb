/* Charsets of mail to UTF-8. The only file that talks to ICU's and libc's converters. */
#include "mailcore/mime/charset.h"

#include <errno.h>
#include <iconv.h>
#include <unicode/ucnv.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

#include "mailcore/base/utf8.h"

/* Senders' labels on the left. What a subset was named for is read as the superset that is meant;
 * "" is: UTF-8 if valid, else windows-1252. Sorted for nobody: it is short. */
static const struct {
	const char *label;
	const char *name;
} aliases[] = {
	{ "us-ascii", "" },
	{ "ascii", "" },
	{ "ansi_x3.4-1968", "" },
	{ "iso646-us", "" },
	{ "unknown-8bit", "" },
	{ "x-unknown", "" },
	{ "unknown", "" },
	{ "default", "" },
	{ "8bit", "" },
	{ "utf8", "utf-8" },
	{ "utf-8", "utf-8" },
	{ "cp65001", "utf-8" },
	{ "unicode-1-1-utf-8", "utf-8" },
	{ "unicode-1-1-utf-7", "utf-7" },
	{ "iso-8859-1", "windows-1252" },
	{ "iso8859-1", "windows-1252" },
	{ "iso_8859-1", "windows-1252" },
	{ "iso88591", "windows-1252" },
	{ "latin1", "windows-1252" },
	{ "latin-1", "windows-1252" },
	{ "l1", "windows-1252" },
	{ "cp819", "windows-1252" },
	{ "ansi", "windows-1252" },
	{ "iso-8859-9", "windows-1254" },
	{ "iso-8859-11", "windows-874" },
	{ "tis-620", "windows-874" },
	{ "gb2312", "gb18030" },
	{ "gb_2312-80", "gb18030" },
	{ "gbk", "gb18030" },
	{ "x-gbk", "gb18030" },
	{ "cp936", "gb18030" },
	{ "euc-cn", "gb18030" },
	{ "ks_c_5601-1987", "windows-949" },
	{ "ks_c_5601", "windows-949" },
	{ "ksc5601", "windows-949" },
	{ "euc-kr", "windows-949" },
	{ "cp949", "windows-949" },
	{ "ms949", "windows-949" },
	{ "uhc", "windows-949" },
	{ "x-sjis", "windows-31j" },
	{ "sjis", "windows-31j" },
	{ "shift-jis", "windows-31j" },
	{ "shift_jis", "windows-31j" },
	{ "cp932", "windows-31j" },
	{ "x-mac-roman", "macintosh" },
};

/* ICU and iconv give some characters in a name a meaning (options, transliteration, paths). */
static bool is_label_char(char c)
{
	return ascii_is_digit(c) || ascii_is_alpha(c) || c == '-' || c == '_' || c == '.' ||
		c == ':' || c == '+';
}

/* The converter's name for a label, NUL-terminated in `name`; false when it cannot be one. */
static bool converter_name(struct span label, char name[CHARSET_LABEL_MAX + 1])
{
	label = span_trim(label);
	if (label.len == 0 || label.len > CHARSET_LABEL_MAX)
		return false;
	for (size_t i = 0; i < label.len; i++) {
		if (!is_label_char(label.ptr[i]))
			return false;
		name[i] = ascii_lower(label.ptr[i]);
	}
	name[label.len] = '\0';

	for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
		if (span_ieq(label, span_of(aliases[i].label))) {
			memcpy(name, aliases[i].name, strlen(aliases[i].name) + 1);
			break;
		}
	}
	return true;
}

/* *lead: a high surrogate that waits for its other half. */
static void add_utf16(struct str *out, const UChar *units, size_t n, UChar *lead)
{
	for (size_t i = 0; i < n; i++) {
		/* ICU substitutes some bad bytes by U+001A, which no text holds for itself. */
		UChar unit = units[i] == 0x1A ? 0xFFFD : units[i];
		if (*lead && U16_IS_TRAIL(unit)) {
			utf8_add(out, (uint32_t)U16_GET_SUPPLEMENTARY(*lead, unit));
			*lead = 0;
			continue;
		}
		if (*lead)
			utf8_add(out, 0xFFFD);
		*lead = U16_IS_LEAD(unit) ? unit : 0;
		if (!*lead)
			utf8_add(out, U16_IS_TRAIL(unit) ? 0xFFFD : unit);
	}
}

static void convert_icu(UConverter *converter, struct str *out, struct span bytes)
{
	UChar units[512];
	UChar lead = 0;
	UErrorCode error = U_BUFFER_OVERFLOW_ERROR;

	while (error == U_BUFFER_OVERFLOW_ERROR && str_ok(out)) {
		UChar *to = units;
		error = U_ZERO_ERROR;
		const char *end = bytes.ptr + bytes.len;
		const char *from = bytes.ptr;
		ucnv_toUnicode(converter, &to, units + 512, &from, end, NULL, true, &error);
		bytes = span_make(from, (size_t)(end - from));
		add_utf16(out, units, (size_t)(to - units), &lead);
	}
	if (lead || (error != U_BUFFER_OVERFLOW_ERROR && U_FAILURE(error)))
		utf8_add(out, 0xFFFD);
}

static void convert_iconv(iconv_t converter, struct str *out, struct span bytes)
{
	char *from = (char *)(uintptr_t)bytes.ptr; /* iconv's prototype lacks the const */
	size_t left = bytes.len;

	while (left > 0 && str_ok(out)) {
		char chunk[1024];
		char *to = chunk;
		size_t room = sizeof chunk;
		size_t done = iconv(converter, &from, &left, &to, &room);
		int error = errno;
		utf8_add_valid(out, span_make(chunk, sizeof chunk - room));
		if (done == (size_t)-1 && error != E2BIG) {
			utf8_add(out, 0xFFFD);
			from++;
			left--;
		}
	}
}

static UConverter *open_icu(const char *name)
{
	UErrorCode error = U_ZERO_ERROR;
	UConverter *converter = ucnv_open(name, &error);
	return U_SUCCESS(error) ? converter : NULL;
}

bool charset_to_utf8(struct str *out, struct span label, struct span bytes)
{
	char name[CHARSET_LABEL_MAX + 1];
	if (!converter_name(label, name))
		return false;

	struct span chosen = span_of(name);
	if (chosen.len == 0) {
		charset_guess_to_utf8(out, bytes);
		return true;
	}
	if (span_eq(chosen, SPAN("utf-8"))) {
		if (utf8_valid(bytes))
			str_add(out, bytes); /* the usual case, in one piece */
		else
			utf8_add_valid(out, bytes);
		return true;
	}
	UConverter *icu = open_icu(name);
	if (icu) {
		if (bytes.len > 0)
			convert_icu(icu, out, bytes);
		ucnv_close(icu);
		return true;
	}
	iconv_t other = iconv_open("UTF-8", name);
	if (other == (iconv_t)-1)
		return false;
	convert_iconv(other, out, bytes);
	(void)iconv_close(other); /* cannot fail for an open converter */
	return true;
}

bool charset_is_known(struct span label)
{
	struct str nothing;
	str_init(&nothing, 0);
	bool known = charset_to_utf8(&nothing, label, SPAN(""));
	str_done(&nothing);
	return known;
}

void charset_guess_to_utf8(struct str *out, struct span bytes)
{
	if (utf8_valid(bytes))
		str_add(out, bytes);
	else if (!charset_to_utf8(out, SPAN("windows-1252"), bytes))
		utf8_add_valid(out, bytes); /* ICU without its data */
}

void charset_nfc_add(struct str *out, struct span utf8)
{
	UChar wide[CHARSET_NFC_MAX], composed[CHARSET_NFC_MAX];
	char text[3 * CHARSET_NFC_MAX];
	UErrorCode error = U_ZERO_ERROR;
	int32_t n = 0, len = 0;

	if (utf8_is_ascii(utf8) || utf8.len > CHARSET_NFC_MAX) {
		str_add(out, utf8);
		return;
	}
	u_strFromUTF8(wide, CHARSET_NFC_MAX, &n, utf8.ptr, (int32_t)utf8.len, &error);
	int32_t units = unorm2_normalize(
		unorm2_getNFCInstance(&error), wide, n, composed, CHARSET_NFC_MAX, &error);
	u_strToUTF8(text, sizeof text, &len, composed, units, &error);
	str_add(out, U_SUCCESS(error) ? span_make(text, (size_t)len) : utf8);
}
