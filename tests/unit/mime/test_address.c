/* mailcore/mime: address lists of header fields, the strict address. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/address.h"
#include "tests/unit/mime/linear.h"

static struct arena arena;

static void assert_span(struct span got, const char *want)
{
	assert_string_equal(arena_cstr(&arena, got), want);
	assert_int_equal(got.len, strlen(want));
}

/* name|local|domain, then "; "; groups are {name and }. */
static void lists(void **state)
{
	static const char *cases[][2] = {
		{ "a@b.example", "-|a|b.example" },
		{ "<a@b.example>", "-|a|b.example" },
		{ "Joe Q. Public <john.q.public@example.com>",
			"Joe Q. Public|john.q.public|example.com" },
		{ "\"Joe, \\\"J\\\"\" <j@x>", "Joe, \"J\"|j|x" },
		{ "a@b, c@d,, <e@f>", "-|a|b; -|c|d; -|e|f" },
		{ "a@b (Joe)", "Joe|a|b" },
		{ "(pre) a@b", "pre|a|b" },
		{ "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
			"Pete|pete|silly.test" },
		{ "A Group(Some people):Chris <c@x>, j@y (J);", "{A Group; Chris|c|x; J|j|y; }" },
		{ "undisclosed-recipients:;", "{undisclosed-recipients; }" },
		{ "g: a@b", "{g; -|a|b; }" },
		{ "g: a@b;, c@d", "{g; -|a|b; }; -|c|d" },
		{ ": a@b;", "{; -|a|b; }" },
		{ "john . doe @ a . example", "-|john.doe|a.example" },
		{ "\"john doe\"@x", "-|john doe|x" },
		{ "\"a\".b@x", "-|a.b|x" },
		{ "<@relay,@other:joe@x>", "-|joe|x" },
		{ "<@relay:joe@x>", "-|joe|x" },
		{ "joe@[192.0.2.1]", "-|joe|[192.0.2.1]" },
		{ "joe@[IPv6:2001:db8::1]", "-|joe|[IPv6:2001:db8::1]" },
		{ "=?utf-8?q?Jos=C3=A9?= <j@x>", "Jos\xC3\xA9|j|x" },
		{ "=?utf-8?q?Doe,_J?= <j@x>", "Doe, J|j|x" },
		{ "\"=?utf-8?q?Jos=C3=A9?=\" <j@x>", "Jos\xC3\xA9|j|x" },
		{ "=?utf-8?q?a?= =?utf-8?q?b?= <j@x>", "ab|j|x" },
		{ "Jos\xC3\xA9 <jos\xC3\xA9@ex\xC3\xA4mple.test>",
			"Jos\xC3\xA9|jos\xC3\xA9|ex\xC3\xA4mple.test" },
		{ "Jos\xE9 <j@x>", "Jos\xC3\xA9|j|x" },
		/* what cannot be right */
		{ "joe@x <jim@y>", "joe@x|jim|y" },
		{ "Joe <j@x> junk, b@c", "Joe|j|x; -|b|c" },
		{ "a@b c@d", "-|a|b" },
		{ "a@b@c", "-|a|b@c" },
		{ "<a@b@c>", "-|a|b@c" },
		{ "root", "-|root|" },
		{ "John Doe", "-|John Doe|" },
		{ "Joe <>", "Joe||" },
		{ "Joe <j@x", "Joe|j|x" },
		{ "Joe j@x", "Joe|j|x" },
		{ "\"open <j@x>", "-|open <j@x>|" },
		{ "> , ) ; @", "-|)|; -||" },
		{ "a: b: c@d;", "{a; }" },
		{ "", "" },
		{ " , ; ", "" },
		{ "(only a comment", "" },
		{ "a@b,\r\n c@d", "-|a|b; -|c|d" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str got = str_in(&arena, 1000);
		struct address_list list;
		address_list_parse(&arena, span_of(cases[i][0]), &list);
		for (size_t k = 0; k < list.len; k++) {
			const struct address *a = &list.items[k];
			str_add_cstr(&got, k > 0 ? "; " : "");
			if (a->kind == ADDRESS_MAILBOX)
				str_addf(&got, SPAN_FMT "|" SPAN_FMT "|" SPAN_FMT,
					SPAN_ARG(a->name.ptr ? a->name : SPAN("-")),
					SPAN_ARG(a->local), SPAN_ARG(a->domain));
			else if (a->kind == ADDRESS_GROUP_BEGIN)
				str_addf(&got, "{" SPAN_FMT, SPAN_ARG(a->name));
			else
				str_add_c(&got, '}');
		}
		assert_span(str_span(&got), cases[i][1]);
	}
}

static void lists_are_capped(void **state)
{
	struct str value = str_in(&arena, 1 << 20);
	struct address_list list;

	str_add_cstr(&value, "g:");
	for (int i = 0; i < 20000; i++)
		str_addf(&value, "a%d@b,", i);
	address_list_parse(&arena, str_span(&value), &list);
	assert_true(list.cut);
	assert_int_equal(list.len, ADDRESS_COUNT_MAX);
	assert_int_equal(list.items[list.len - 1].kind, ADDRESS_GROUP_END);
	assert_ptr_equal(address_first(&list), &list.items[1]);
}

static void strict_addresses(void **state)
{
#define TEN "abcdefghij"
#define L60 TEN TEN TEN TEN TEN TEN
	static const struct {
		const char *text;
		const char *want; /* local|domain as written back; NULL: refused */
	} cases[] = {
		{ "a@b", "a@b" },
		{ "Joe.Q+tag@Example.COM", "Joe.Q+tag@Example.COM" },
		{ "\"a b\"@x.test", "\"a b\"@x.test" },
		{ "\"a\\\"\\\\@b\"@x", "\"a\\\"\\\\@b\"@x" },
		{ "\"plain\"@x", "plain@x" },
		{ "jos\xC3\xA9@ex\xC3\xA4mple.test", "jos\xC3\xA9@ex\xC3\xA4mple.test" },
		{ "a@[192.0.2.1]", "a@[192.0.2.1]" },
		{ "a@[IPv6:::1]", "a@[IPv6:::1]" },
		{ L60 "1234@x", L60 "1234@x" },
		{ L60 "12345@x", NULL },
		{ "a@" L60 "123", "a@" L60 "123" },
		{ "a@" L60 "1234", NULL },
		{ "a@" L60 "." L60 "." L60 "." L60 ".1234567890",
			"a@" L60 "." L60 "." L60 "." L60 ".1234567890" },
		{ "a@" L60 "." L60 "." L60 "." L60 ".12345678901",
			"a@" L60 "." L60 "." L60 "." L60 ".12345678901" },
		{ "a@" L60 "." L60 "." L60 "." L60 ".123456789012", NULL },
		{ "", NULL },
		{ "a", NULL },
		{ "a@", NULL },
		{ "@b", NULL },
		{ "\"\"@b", NULL },
		{ ".a@b", NULL },
		{ "a.@b", NULL },
		{ "a..b@c", NULL },
		{ "a b@c", NULL },
		{ "a@b@c", NULL },
		{ "a@b.", NULL },
		{ "a@.b", NULL },
		{ "a@-b", NULL },
		{ "a@b-", NULL },
		{ "a@b_c", NULL },
		{ "a@[]", NULL },
		{ "a@[x", NULL },
		{ "a@[1 2]", NULL },
		{ "a@b\r\n", NULL },
		{ "a\r\n@b", NULL },
		{ "\"a\r\nb\"@c", NULL },
		{ "\"a@b", NULL },
		{ "\"a\"b@c", NULL },
		{ "a@b\xFF", NULL },
		{ "<a@b>", NULL },
		{ "(c)a@b", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct addr_spec spec;
		bool ok = addr_spec_parse(&arena, span_of(cases[i].text), &spec);
		if (ok != (cases[i].want != NULL))
			fail_msg("%s", cases[i].text);
		if (!ok)
			continue;
		struct str out = str_in(&arena, 1000);
		addr_spec_add(&out, spec.local, spec.domain);
		assert_span(str_span(&out), cases[i].want);
	}
	struct addr_spec spec;
	assert_false(addr_spec_parse(&arena, span_make("a\0@b", 4), &spec));
	assert_false(addr_spec_parse(&arena, span_make("a@b\0", 4), &spec));
}

static void list_once(struct span value)
{
	struct arena own;
	struct address_list list;
	arena_init(&own, 1 << 16);
	address_list_parse(&own, value, &list);
	arena_done(&own);
}

static void time_is_linear(void **state)
{
	static const char *families[][2] = { { "", "a@b," }, { "", "<" }, { "", "\"" }, { "", "(" },
		{ "", "a " }, { "", "a." }, { "", "=?a?q?" }, { "", "@" }, { "", "g:" },
		{ "", ";" }, { "<", "@a," }, { "", "a@b<" }, { "", "\\" },
		{ "", "=?utf-8?q?a?= " } };

	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
		assert_linear(list_once, families[i][0], families[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(lists_are_capped),
		cmocka_unit_test(strict_addresses),
		cmocka_unit_test(time_is_linear),
	};
	arena_init(&arena, 4096);
	int failed = cmocka_run_group_tests_name("mime_address", tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
