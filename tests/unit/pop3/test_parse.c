/* mailcore/pop3/parse: lines, numbers, and what TOP shows. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/pop3/parse.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void lines_are_cut(void **state)
{
	static const struct {
		const char *in;
		size_t max;
		enum frame want;
		size_t len;
	} cases[] = {
		{ "NOOP\r\nQUIT\r\n", 100, FRAME_READY, 6 },
		{ "NOOP\r", 100, FRAME_WAIT, 0 },
		{ "", 100, FRAME_WAIT, 0 },
		{ "12345", 5, FRAME_WAIT, 0 },
		{ "123456", 5, FRAME_READY, 6 },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span in = span_of(cases[i].in);
		for (size_t first = 0; first <= in.len; first++) {
			size_t scanned = 0, len = 0;
			enum frame got = FRAME_WAIT;
			for (size_t have = first; have <= in.len && got == FRAME_WAIT; have++)
				got = pop3_line_cut(
					span_sub(in, 0, have), cases[i].max, &scanned, &len);
			assert_int_equal(got, cases[i].want);
			assert_int_equal(len, cases[i].len);
		}
	}
}

static void lines_are_split(void **state)
{
	static const struct {
		struct span frame;
		bool ok;
		const char *verb, *arg;
	} cases[] = {
		{ SPAN("STAT\r\n"), true, "STAT", "" },
		{ SPAN("stat\n"), true, "stat", "" },
		{ SPAN("PASS a b  \r\n"), true, "PASS", "a b  " },
		{ SPAN("PASS \r\n"), true, "PASS", "" },
		{ SPAN("\r\n"), true, "", "" },
		{ SPAN("STAT\0\r\n"), false },
		{ SPAN("ST\rAT\r\n"), false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span verb, arg;
		assert_int_equal(pop3_line_parse(cases[i].frame, &verb, &arg), cases[i].ok);
		if (cases[i].ok) {
			assert_true(span_eq(verb, span_of(cases[i].verb)));
			assert_true(span_eq(arg, span_of(cases[i].arg)));
		}
	}
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		bool ok;
	} cases[] = {
		{ "1", 1, true },
		{ "001", 1, true },
		{ "0", 1, false },
		{ "2", 1, false },
		{ "1", 0, false },
		{ "-1", 9, false },
		{ "+1", 9, false },
		{ "1x", 9, false },
		{ "", 9, false },
		{ "99999999999999999999999", SIZE_MAX, false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n;
		assert_int_equal(
			pop3_number_parse(span_of(cases[i].text), cases[i].max, &n), cases[i].ok);
	}
	size_t n, lines;
	assert_true(pop3_top_parse(SPAN("3 0"), 3, &n, &lines) && n == 3 && lines == 0);
	assert_true(pop3_top_parse(SPAN("1 4294967295"), 3, &n, &lines));
	assert_false(pop3_top_parse(SPAN("4 0"), 3, &n, &lines));
	assert_false(pop3_top_parse(SPAN("1"), 3, &n, &lines));
	assert_false(pop3_top_parse(SPAN("1 "), 3, &n, &lines));
	assert_false(pop3_top_parse(SPAN("1 -1"), 3, &n, &lines));
	assert_false(pop3_top_parse(SPAN("1 2 3"), 3, &n, &lines));
}

static void top_shows_header_and_lines(void **state)
{
	static const struct {
		const char *message;
		size_t lines, len;
	} cases[] = {
		{ "A: 1\r\n\r\nx\r\ny\r\n", 0, 8 },
		{ "A: 1\r\n\r\nx\r\ny\r\n", 1, 11 },
		{ "A: 1\r\n\r\nx\r\ny\r\n", 2, 14 },
		{ "A: 1\r\n\r\nx\r\ny\r\n", 99, 14 },
		{ "A: 1\r\n\r\n\r\nx", 1, 10 },
		{ "A: 1\r\n\r\n\r\nx", 2, 11 },
		{ "A: 1\r\n", 5, 6 },
		{ "\r\nx\r\n", 0, 2 },
		{ "", 3, 0 },
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
			pop3_top_len(span_of(cases[i].message), cases[i].lines), cases[i].len);
}

static void names(void **state)
{
	assert_true(pop3_name_is_valid(SPAN("j\xc3\xb6@b.test")));
	assert_false(pop3_name_is_valid(SPAN("")));
	assert_false(pop3_name_is_valid(SPAN("a\tb")));
	assert_false(pop3_name_is_valid(SPAN("\xff@b.test")));
	char long_name[321];
	memset(long_name, 'n', sizeof long_name);
	assert_true(pop3_name_is_valid(span_make(long_name, 320)));
	assert_false(pop3_name_is_valid(span_make(long_name, 321)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_cut),
		cmocka_unit_test(lines_are_split),
		cmocka_unit_test(numbers),
		cmocka_unit_test(top_shows_header_and_lines),
		cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
