/* Domain names: normal form, and who is below whom. */
#include "mailcore/auth/domain_name.h"

#include <idn2.h>

#include "mailcore/base/utf8.h"

#define LABEL_MAX 63

static bool has_control(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.ptr[i] <= ' ' || name.ptr[i] == 0x7f)
			return true;
	}
	return false;
}

static bool labels_fit(struct span name)
{
	struct span rest = name, label;

	if (name.len == 0 || name.len > DOMAIN_NAME_MAX)
		return false;
	while (span_split(&rest, '.', &label)) {
		if (label.len == 0 || label.len > LABEL_MAX)
			return false;
	}
	return true;
}

static bool unicode_to_ascii(struct arena *a, struct span name, struct span *out)
{
	char *ascii = NULL;

	if (name.len > 4 * DOMAIN_NAME_MAX || !utf8_valid(name) || memchr(name.ptr, 0, name.len))
		return false;
	if (idn2_to_ascii_8z(arena_cstr(a, name), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
		IDN2_OK)
		return false;
	*out = arena_span(a, span_of(ascii));
	idn2_free(ascii);
	return true;
}

static struct span lower(struct arena *a, struct span text)
{
	char *copy = arena_alloc(a, text.len);

	for (size_t i = 0; i < text.len; i++)
		copy[i] = ascii_lower(text.ptr[i]);
	return span_make(copy, text.len);
}

bool domain_name_ascii(struct arena *a, struct span text, struct span *out)
{
	struct span name = text;

	if (span_ends(name, SPAN(".")))
		name.len--;
	if (!utf8_is_ascii(name) && !unicode_to_ascii(a, name, &name))
		return false;
	if (!labels_fit(name) || has_control(name))
		return false;
	*out = lower(a, name);
	return true;
}

bool domain_name_is_below(struct span name, struct span parent)
{
	if (!span_ends(name, parent) || parent.len == 0)
		return false;
	return name.len == parent.len || name.ptr[name.len - parent.len - 1] == '.';
}

size_t domain_name_labels(struct span name)
{
	size_t labels = name.len > 0;

	for (size_t i = 0; i < name.len; i++)
		labels += name.ptr[i] == '.';
	return labels;
}

struct span domain_name_last(struct span name, size_t n)
{
	for (size_t i = name.len; i-- > 0;) {
		if (name.ptr[i] == '.' && --n == 0)
			return span_from(name, i + 1);
	}
	return name;
}
