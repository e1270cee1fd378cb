/* backend/accounts/csv: what spreadsheets write, and what they should not. */
#include "tests/unit/cmocka_all.h"

#include "backend/accounts/csv.h"

/* Rows as text: fields in <>, a row a line; "!" for one that cannot be read. */
static const char *shown(struct arena *a, const char *text)
{
	struct csv csv;
	struct csv_row row;
	struct str out = str_in(a, 65536);
	csv_begin(&csv, span_of(text));
	for (;;) {
		enum csv_result r = csv_next(&csv, a, &row);
		if (r == CSV_END)
			return str_cstr(&out);
		str_addf(&out, "%zu", csv.line);
		for (size_t i = 0; r == CSV_ROW && i < row.len; i++)
			str_addf(&out, "<" SPAN_FMT ">", SPAN_ARG(row.fields[i]));
		str_add_cstr(&out, r == CSV_BAD ? "!\n" : "\n");
	}
}

static void reading(void **state)
{
	static const struct {
		const char *text, *rows;
	} CASES[] = {
		{ "", "" },
		{ "a,b\nc,d", "1<a><b>\n2<c><d>\n" },
		{ "a,b\r\nc,d\r\n", "1<a><b>\n2<c><d>\n" },
		{ "\xEF\xBB\xBF"
		  "a;b,c;d\n",
			"1<a><b,c><d>\n" },
		{ "a,\n\n,b\n", "1<a><>\n3<><b>\n" },
		{ "\"a,b\",\"c\"\"d\"\n", "1<a,b><c\"d>\n" },
		{ "\"a\nb\",c\nd", "1<a\nb><c>\n3<d>\n" },
		{ "\"a\"b,c\nd", "1!\n2<d>\n" },
		{ "\"a", "1!\n" },
		{ "\xff,a\nb", "1!\n2<b>\n" },
		{ " a , b ", "1<a><b>\n" },
	};
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		struct arena a;
		arena_init(&a, 65536);
		assert_string_equal(shown(&a, CASES[i].text), CASES[i].rows);
		arena_done(&a);
	}
}

static void limits(void **state)
{
	struct arena a;
	arena_init(&a, 65536);
	struct str many = str_in(&a, 65536), lng = str_in(&a, 65536);
	for (int i = 0; i < CSV_FIELDS_MAX; i++)
		str_add_cstr(&many, "x,");
	assert_string_equal(shown(&a, str_cstr(&many)), "1!\n");
	str_add_c(&lng, '"');
	for (int i = 0; i <= CSV_FIELD_MAX; i++)
		str_add_c(&lng, 'x');
	str_add_c(&lng, '"');
	assert_string_equal(shown(&a, str_cstr(&lng)), "1!\n");
	arena_done(&a);
}

static void writing(void **state)
{
	struct arena a;
	arena_init(&a, 65536);
	struct str out = str_in(&a, 1000);
	csv_add(&out, SPAN("plain"), false);
	csv_add(&out, SPAN("a,b \"c\""), false);
	csv_add(&out, SPAN("=1+1"), true);
	assert_string_equal(str_cstr(&out), "plain,\"a,b \"\"c\"\"\",\"'=1+1\"\r\n");
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),
		cmocka_unit_test(limits),
		cmocka_unit_test(writing),
	};
	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
