/* Tag lists: cutting them apart. */
#include "mailcore/auth/tag_list.h"

#include "mailcore/base/cur.h"

/* ALPHA / DIGIT / "_" */
static bool is_name_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '_';
}

static bool is_value_char(char c)
{
	return tag_is_space(c) || ((unsigned char)c >= '!' && c != ';' && c != 0x7f);
}

static struct span trim(struct span s)
{
	while (s.len > 0 && tag_is_space(s.ptr[0]))
		s = span_from(s, 1);
	while (s.len > 0 && tag_is_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS] */
static bool tag_parse(struct cur *in, struct tag *out)
{
	struct cur c = *in;

	(void)cur_take_while(&c, tag_is_space);
	if (cur_done(&c) || !ascii_is_alpha(*c.p))
		return false;
	out->name = cur_take_while(&c, is_name_char);
	(void)cur_take_while(&c, tag_is_space);
	if (!cur_take(&c, '='))
		return false;
	out->room = cur_take_while(&c, is_value_char);
	if (!cur_done(&c) && *c.p != ';')
		return false;
	out->value = trim(out->room);
	*in = c;
	return true;
}

bool tag_list_parse(struct span text, struct tag_list *out)
{
	struct cur c = cur_of(text);
	struct tag tag;

	out->len = 0;
	do {
		if (!tag_parse(&c, &tag) || out->len == TAG_LIST_MAX)
			return false;
		if (tag_list_find(out, tag.name))
			return false;
		out->items[out->len++] = tag;
		if (!cur_take(&c, ';'))
			return cur_done(&c);
		(void)cur_take_while(&c, tag_is_space);
	} while (!cur_done(&c));
	return true;
}

const struct tag *tag_list_find(const struct tag_list *list, struct span name)
{
	for (size_t i = 0; i < list->len; i++) {
		if (span_eq(list->items[i].name, name))
			return &list->items[i];
	}
	return NULL;
}

struct span tag_list_value(const struct tag_list *list, struct span name)
{
	const struct tag *tag = tag_list_find(list, name);
	return tag ? tag->value : SPAN_NONE;
}

struct span tag_without_space(struct arena *a, struct span value)
{
	size_t spaces = 0, len = 0;

	for (size_t i = 0; i < value.len; i++)
		spaces += tag_is_space(value.ptr[i]);
	if (spaces == 0)
		return value;
	char *text = arena_alloc(a, value.len - spaces);
	for (size_t i = 0; i < value.len; i++) {
		if (!tag_is_space(value.ptr[i]))
			text[len++] = value.ptr[i];
	}
	return span_make(text, len);
}

bool tag_next_item(struct span *rest, char separator, struct span *out_item)
{
	struct span item;

	if (!span_split(rest, separator, &item))
		return false;
	*out_item = trim(item);
	return true;
}

bool tag_has_item(struct span list, struct span word)
{
	struct span item;

	while (tag_next_item(&list, ':', &item)) {
		if (span_ieq(item, word))
			return true;
	}
	return false;
}
