/* Text as SEARCH compares it: see search_text.h. */
#include "mailcore/mime/search_text.h"

#include <unicode/uchar.h>

#include "mailcore/base/str.h"
#include "mailcore/base/utf8.h"
#include "mailcore/mime/header.h"

#define PIECE ((size_t)4096) /* folded at a time */

/* One character that is not ASCII, at most three bytes for each that it takes. */
static size_t fold_wide(struct span text, uint32_t *out)
{
	size_t len = utf8_decode(text, out);

	if (len)
		*out = (uint32_t)u_foldCase((UChar32)*out, U_FOLD_CASE_DEFAULT);
	else
		*out = 0xfffd;
	return len ? len : 1;
}

/* Folds from `at` up to `end`, or a little further; returns where it stands then. */
static size_t fold_piece(struct str *out, struct span utf8, size_t at, size_t end, bool *space)
{
	while (at < end) {
		unsigned char c = (unsigned char)utf8.ptr[at];
		uint32_t code = c;
		at += c < 0x80 ? 1 : fold_wide(span_from(utf8, at), &code);
		bool is_space = code <= ' ' || code == 0xa0;
		if (is_space && !*space)
			out->ptr[out->len++] = ' ';
		else if (!is_space && code < 0x80)
			out->ptr[out->len++] = ascii_lower((char)code);
		else if (!is_space)
			utf8_add(out, code);
		*space = is_space;
	}
	return at;
}

struct span search_fold(struct arena *a, struct span utf8)
{
	struct str out = str_in(a, SEARCH_FOLD_MAX);
	bool space = false;

	for (size_t at = 0; at < utf8.len;) {
		size_t end = utf8.len - at < PIECE ? utf8.len : at + PIECE;
		if (!str_reserve(&out, 3 * (end - at) + 16))
			return SPAN("");
		at = fold_piece(&out, utf8, at, end, &space);
	}
	return str_span(&out);
}

void search_fields_begin(struct search_fields *walk, struct span block)
{
	*walk = (struct search_fields){ .block = block };
}

bool search_fields_next(struct arena *a, struct search_fields *walk, struct span *out_folded)
{
	struct header_field field;
	struct cur in = cur_of(walk->block);

	if (walk->value.ptr) {
		*out_folded = search_fold(a, header_text(a, walk->value));
		walk->value = SPAN_NONE;
		return true;
	}
	if (!header_next(&in, &field))
		return false;
	walk->block = cur_rest(&in);
	walk->value = field.value.ptr ? field.value : SPAN("");
	*out_folded = search_fold(a, field.name);
	return true;
}
