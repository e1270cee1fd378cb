/* mailcore/auth: tag lists (RFC 6376 section 3.2). */
#include "tests/unit/cmocka_all.h"

#include "mailcore/auth/tag_list.h"
#include "mailcore/base/str.h"

static struct arena arena;

static void lists_are_taken_apart(void **state)
{
	static const struct {
		const char *text;
		int tags; /* -1: malformed */
		const char *name, *value;
	} cases[] = {
		{ "v=1", 1, "v", "1" },
		{ "v=1;", 1, "v", "1" },
		{ "v=1; \r\n\t", 1, "v", "1" },
		{ " v = 1 ; a =\r\n rsa-sha256 ", 2, "a", "rsa-sha256" },
		{ "b=ab\r\n cd==; d=x", 2, "b", "ab\r\n cd==" },
		{ "p=; v=1", 2, "p", "" },
		{ "p=", 1, "p", "" },
		{ "long_name9=x", 1, "long_name9", "x" },
		{ "i=J\xc3\xb6@x", 1, "i", "J\xc3\xb6@x" },
		{ "x=a=b", 1, "x", "a=b" },
		{ "v=1;V=2", 2, "V", "2" },
		{ "", -1, NULL, NULL },
		{ " ", -1, NULL, NULL },
		{ ";", -1, NULL, NULL },
		{ "v=1;;", -1, NULL, NULL },
		{ "v=1; ;a=2", -1, NULL, NULL },
		{ "v=1; v=1", -1, NULL, NULL },
		{ "v", -1, NULL, NULL },
		{ "=1", -1, NULL, NULL },
		{ "1v=1", -1, NULL, NULL },
		{ "_v=1", -1, NULL, NULL },
		{ "v-x=1", -1, NULL, NULL },
		{ "v v=1", -1, NULL, NULL },
		{ "v=\x01", -1, NULL, NULL },
		{ "v=\x7f", -1, NULL, NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tag_list list;
		bool ok = tag_list_parse(span_of(cases[i].text), &list);
		assert_int_equal(ok ? (int)list.len : -1, cases[i].tags);
		if (!ok)
			continue;
		struct span value = tag_list_value(&list, span_of(cases[i].name));
		assert_true(span_eq(value, span_of(cases[i].value)));
	}
}

static void too_many_tags_are_malformed(void **state)
{
	struct str text = str_in(&arena, 4096);
	struct tag_list list;

	for (int i = 0; i < TAG_LIST_MAX; i++)
		str_addf(&text, "t%d=;", i);
	assert_true(tag_list_parse(str_span(&text), &list));
	str_addf(&text, "more=;");
	assert_false(tag_list_parse(str_span(&text), &list));
}

static void the_room_of_a_value_has_its_white_space(void **state)
{
	struct tag_list list;

	assert_true(tag_list_parse(SPAN("a=1; b= x y \r\n ;c=2"), &list));
	assert_true(span_eq(tag_list_find(&list, SPAN("b"))->room, SPAN(" x y \r\n ")));
	assert_null(tag_list_find(&list, SPAN("B")));
	assert_null(tag_list_value(&list, SPAN("d")).ptr);
	assert_true(span_eq(tag_without_space(&arena, SPAN(" x y \r\n ")), SPAN("xy")));
}

static void items_are_found_in_lists(void **state)
{
	static const struct {
		const char *list, *word;
		bool found;
	} cases[] = {
		{ "y:s", "s", true },
		{ " y : \r\n S ", "s", true },
		{ "ys", "s", false },
		{ "", "s", false },
		{ "a::s", "s", true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(tag_has_item(span_of(cases[i].list), span_of(cases[i].word)),
			cases[i].found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_taken_apart),
		cmocka_unit_test(too_many_tags_are_malformed),
		cmocka_unit_test(the_room_of_a_value_has_its_white_space),
		cmocka_unit_test(items_are_found_in_lists),
	};
	arena_init(&arena, 4096);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
