/* The tag lists of DKIM and DMARC records. */
#include "backend/dns/tag_list.h"

bool tag_list_find(const struct tag_list *list, struct span name, struct span *out)
{
	for (size_t i = 0; i < list->len; i++) {
		if (span_eq(list->items[i].name, name)) {
			*out = list->items[i].value;
			return true;
		}
	}
	return false;
}

static bool is_name(struct span name)
{
	bool ok = name.len > 0 && ascii_is_alpha(name.ptr[0]);
	for (size_t i = 1; i < name.len; i++)
		ok = ok &&
			(ascii_is_alpha(name.ptr[i]) || ascii_is_digit(name.ptr[i]) ||
				name.ptr[i] == '_');
	return ok;
}

/* tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS] */
static bool tag_parse(struct span text, struct tag *out)
{
	size_t eq = span_find(text, '=');
	if (eq == SPAN_NPOS)
		return false;
	out->name = span_trim(span_sub(text, 0, eq));
	out->value = span_trim(span_from(text, eq + 1));
	return is_name(out->name);
}

bool tag_list_parse(struct span text, struct tag_list *out)
{
	struct span part, other;

	out->len = 0;
	while (span_split(&text, ';', &part)) {
		struct tag tag;
		if (span_trim(part).len == 0) {
			if (span_trim(text).len == 0)
				break; /* behind the last semicolon */
			return false;
		}
		if (out->len == TAGS_MAX || !tag_parse(part, &tag) ||
			tag_list_find(out, tag.name, &other))
			return false;
		out->items[out->len++] = tag;
	}
	return out->len > 0;
}
