/* Collation keys: see collate.h. */
#include "mailcore/imap/order/collate.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "mailcore/base/str.h"
#include "mailcore/base/utf8.h"

#define UNITS_MAX   (COLLATE_MAX + 1)
#define EXPANDS_MAX 18 /* one character, decomposed: UTF-16 units */

static struct span ascii_key(struct arena *a, struct span text)
{
	char *out = arena_alloc(a, text.len + 1);

	for (size_t i = 0; i < text.len; i++)
		out[i] = ascii_upper(text.ptr[i]);
	return span_make(out, text.len);
}

static int32_t title_case(struct span utf8, UChar *out)
{
	int32_t n = 0;

	for (size_t i = 0, len; i < utf8.len && n + 2 < UNITS_MAX; i += len) {
		uint32_t code = 0xfffd;
		len = utf8_decode(span_from(utf8, i), &code);
		len = len ? len : 1;
		code = (uint32_t)u_totitle((UChar32)code);
		U16_APPEND_UNSAFE(out, n, code);
	}
	return n;
}

static struct span unicode_key(struct arena *a, struct span utf8)
{
	UErrorCode error = U_ZERO_ERROR;
	UChar title[UNITS_MAX];
	int32_t n = title_case(utf8, title), len = 0;
	int32_t max = n * EXPANDS_MAX;
	UChar *wide = arena_alloc(a, (size_t)max * sizeof *wide + 1);
	const UNormalizer2 *nfkd = unorm2_getNFKDInstance(&error);

	int32_t units = unorm2_normalize(nfkd, title, n, wide, max, &error);
	char *out = arena_alloc(a, (size_t)max * 3 + 1);
	u_strToUTF8(out, max * 3, &len, wide, units, &error);
	return U_SUCCESS(error) ? span_make(out, (size_t)len) : utf8;
}

struct span collate_key(struct arena *a, struct span utf8)
{
	if (utf8.len > COLLATE_MAX)
		utf8.len = utf8_floor(utf8.ptr, COLLATE_MAX);
	return utf8_is_ascii(utf8) ? ascii_key(a, utf8) : unicode_key(a, utf8);
}
