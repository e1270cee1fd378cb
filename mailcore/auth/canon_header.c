/* Header fields in canonical form. */
#include "mailcore/auth/canon.h"

#include "mailcore/auth/tag_list.h"

/* §3.4.2: lower-case name, unfolded value, every run of white space one space, none at the ends. */
static void relaxed_value_add(struct str *out, struct span value, bool *in_text, bool *space)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];
		if (tag_is_space(c)) {
			*space = *in_text;
			continue;
		}
		if (*space)
			str_add_c(out, ' ');
		*space = false;
		*in_text = true;
		str_add_c(out, c);
	}
}

static void relaxed_add(struct str *out, const struct header_field *field, struct span hole)
{
	bool in_text = false, space = false;
	struct span value = field->value;
	size_t at = hole.ptr ? (size_t)(hole.ptr - value.ptr) : value.len;

	for (size_t i = 0; i < field->name.len; i++)
		str_add_c(out, ascii_lower(field->name.ptr[i]));
	str_add_c(out, ':');
	relaxed_value_add(out, span_sub(value, 0, at), &in_text, &space);
	relaxed_value_add(out, span_from(value, at + hole.len), &in_text, &space);
}

static void simple_add(struct str *out, const struct header_field *field, struct span hole)
{
	const char *end = field->value.ptr + field->value.len;
	struct span text = span_make(field->whole.ptr, (size_t)(end - field->whole.ptr));
	size_t at = hole.ptr ? (size_t)(hole.ptr - text.ptr) : text.len;

	str_add(out, span_sub(text, 0, at));
	str_add(out, span_from(text, at + hole.len));
}

void canon_signature_add(
	struct str *out, const struct header_field *field, struct span hole, bool relaxed)
{
	if (relaxed)
		relaxed_add(out, field, hole);
	else
		simple_add(out, field, hole);
}

void canon_field_add(struct str *out, const struct header_field *field, bool relaxed)
{
	canon_signature_add(out, field, SPAN_NONE, relaxed);
	str_add(out, SPAN("\r\n"));
}
