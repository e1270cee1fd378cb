/* Tags lie inside the text, in order; a list that was written down from them is the same list. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/auth/tag_list.h"
#include "mailcore/base/str.h"

static void check_same(struct arena *a, const struct tag_list *list)
{
	struct str text = str_in(a, (size_t)1 << 26);
	struct tag_list again;

	for (size_t i = 0; i < list->len; i++)
		str_addf(&text, SPAN_FMT "=" SPAN_FMT ";", SPAN_ARG(list->items[i].name),
			SPAN_ARG(list->items[i].value));
	ASSERT(str_ok(&text) && tag_list_parse(str_span(&text), &again));
	ASSERT(again.len == list->len);
	for (size_t i = 0; i < list->len; i++)
		ASSERT(span_eq(again.items[i].value, list->items[i].value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make(data, size), rest = text, item;
	struct tag_list list;
	struct arena a;
	size_t items = 0;

	arena_init(&a, 4096);
	if (tag_list_parse(text, &list)) {
		const char *before = text.ptr;
		ASSERT(list.len > 0 && list.len <= TAG_LIST_MAX);
		for (size_t i = 0; i < list.len; i++) {
			const struct tag *t = &list.items[i];
			ASSERT(t->name.ptr >= before && t->room.ptr > t->name.ptr);
			ASSERT(t->value.len <= t->room.len);
			before = t->room.ptr + t->room.len;
			ASSERT(before <= text.ptr + text.len);
			ASSERT(tag_list_find(&list, t->name) == t);
		}
		check_same(&a, &list);
	}
	while (tag_next_item(&rest, ':', &item))
		items++;
	ASSERT(items <= size + 1);
	ASSERT(span_find(tag_without_space(&a, text), ' ') == SPAN_NPOS);
	arena_done(&a);
	return 0;
}
