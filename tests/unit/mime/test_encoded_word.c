/* mailcore/mime: encoded-words, charsets, quoted-printable. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/charset.h"
#include "mailcore/mime/encoded_word.h"
#include "mailcore/mime/qp.h"
#include "tests/unit/mime/linear.h"

static struct arena arena;

static void assert_span(struct span got, const char *want)
{
	assert_string_equal(arena_cstr(&arena, got), want);
	assert_int_equal(got.len, strlen(want));
}

static void words_are_decoded(void **state)
{
	static const char *cases[][2] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "=?ISO-8859-1?Q?a?=", "a" },
		{ "=?ISO-8859-1?Q?a?= b", "a b" },
		{ "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab" },
		{ "=?ISO-8859-1?Q?a?=\r\n  =?ISO-8859-1?Q?b?=", "ab" },
		{ "=?ISO-8859-1?Q?a_b?=", "a b" },
		{ "=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b" },
		{ "x =?utf-8?B?w6k=?= y", "x \xC3\xA9 y" },
		{ "=?utf-8?b?w6k?=", "\xC3\xA9" },
		{ "=?utf-8?q?=c3=a9?=", "\xC3\xA9" },
		{ "=?utf-8*en?q?=c3=a9?=", "\xC3\xA9" },
		{ "=?utf-8?Q?with space?=", "with space" },
		{ "=?utf-8?Q?Why?\?=", "Why?" },
		{ "a=?utf-8?q?b?=c", "abc" },
		{ "=?utf-8?q?a?==?utf-8?q?b?=", "ab" },
		/* a character cut in two */
		{ "=?utf-8?B?4oI=?= =?UTF-8?B?rA==?=", "\xE2\x82\xAC" },
		{ "=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=", "\xE2\x82\xAC" },
		{ "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "\xE6\x97\xA5\xE6\x9C\xAC" },
		{ "=?gb2312?B?1tDOxA==?=", "\xE4\xB8\xAD\xE6\x96\x87" },
		{ "=?ks_c_5601-1987?B?x9GxuQ==?=", "\xED\x95\x9C\xEA\xB5\xAD" },
		{ "=?windows-1252?Q?=80?=", "\xE2\x82\xAC" },
		{ "=?iso-8859-1?Q?=80=E9?=", "\xE2\x82\xAC\xC3\xA9" },
		/* left as they are */
		{ "=?nosuch?q?a?=", "=?nosuch?q?a?=" },
		{ "=?utf-8?x?a?=", "=?utf-8?x?a?=" },
		{ "=?utf-8?q?a", "=?utf-8?q?a" },
		{ "=?utf-8?", "=?utf-8?" },
		{ "=?", "=?" },
		{ "=??q?a?=", "=??q?a?=" },
		{ "a =?nosuch?q?b?= =?utf-8?q?c?=", "a =?nosuch?q?b?=c" },
		/* 8-bit outside of words */
		{ "caf\xC3\xA9", "caf\xC3\xA9" },
		{ "caf\xE9", "caf\xC3\xA9" },
		{ "=?utf-8?q?a?= caf\xE9", "a caf\xC3\xA9" },
		/* malformed inside of words; line ends would break the reader */
		{ "=?utf-8?q?=E9?=", "\xEF\xBF\xBD" },
		{ "=?utf-8?q?a=0D=0AEvil:_b=00?=", "a  Evil: b " },
		{ "=?utf-8?q?=4?=", "=4" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str out = str_in(&arena, 1000);
		encoded_word_decode(&out, span_of(cases[i][0]));
		assert_span(str_span(&out), cases[i][1]);
	}
}

static void words_are_encoded(void **state)
{
	static const char *cases[][2] = {
		{ "caf\xC3\xA9", "=?UTF-8?Q?caf=C3=A9?=" },
		{ "\xE6\x97\xA5\xE6\x9C\xAC", "=?UTF-8?B?5pel5pys?=" },
		{ "a (b) \"c\"", "=?UTF-8?Q?a_=28b=29_=22c=22?=" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str out = str_in(&arena, 1000);
		encoded_word_add(&out, span_of(cases[i][0]));
		assert_span(str_span(&out), cases[i][1]);
	}
}

/* Long texts come back whole, in words of at most 75 characters that are valid each. */
static void words_round_trip(void **state)
{
	static const char *units[] = { "\xC3\xA9", "\xE6\x97\xA5", "\xF0\x9F\x98\x80",
		"abc \xC3\xA9", " x" };

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		struct str text = str_in(&arena, 10000), words = str_in(&arena, 100000);
		struct str back = str_in(&arena, 10000), one = str_in(&arena, 1000);
		for (int k = 0; k < 200; k++)
			str_add_cstr(&text, units[i]);
		encoded_word_add(&words, str_span(&text));
		encoded_word_decode(&back, str_span(&words));
		assert_true(span_eq(str_span(&back), str_span(&text)));

		struct span rest = str_span(&words), word;
		while (span_split(&rest, ' ', &word)) {
			assert_in_range(word.len, 12, 75);
			str_clear(&one);
			encoded_word_decode(&one, word);
			assert_true(utf8_valid(str_span(&one)));
			assert_int_equal(
				span_find_span(str_span(&one), SPAN("\xEF\xBF\xBD")), SPAN_NPOS);
		}
	}
}

static void charsets(void **state)
{
	static const char *known[] = { "utf-8", " UTF8 ", "us-ascii", "iso-8859-1", "ISO-8859-15",
		"windows-1251", "koi8-r", "gb2312", "big5", "euc-jp", "shift_jis", "iso-2022-jp",
		"ks_c_5601-1987", "hz-gb-2312", "utf-7", "utf-16", "viscii", "iso-8859-16",
		"tis-620", "cp1252", "x-mac-roman", "x-gbk", "armscii-8" };
	static const char *unknown[] = { "", "nosuch", "utf-8,x", "../../etc", "utf-8//IGNORE",
		"a=b", "x y" };

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (!charset_is_known(span_of(known[i])))
			fail_msg("unknown charset %s", known[i]);
	}
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		assert_false(charset_is_known(span_of(unknown[i])));
}

static void charset_conversion(void **state)
{
	static const struct {
		const char *label;
		const char *bytes;
		const char *want;
	} cases[] = {
		{ "iso-8859-15", "\xA4", "\xE2\x82\xAC" },
		{ "koi8-r", "\xF0\xD2\xC9", "\xD0\x9F\xD1\x80\xD0\xB8" },
		{ "us-ascii", "\xC3\xA9", "\xC3\xA9" },
		{ "us-ascii", "\xE9", "\xC3\xA9" },
		{ "utf-8",
			"a\xFF"
			"b",
			"a\xEF\xBF\xBD"
			"b" },
		{ "shift_jis", "\x93\xFA", "\xE6\x97\xA5" },
		{ "utf-16be", "\xD8\x3D\xDE", "\xEF\xBF\xBD" },
		{ "euc-jp", "a\x8F", "a\xEF\xBF\xBD" },
		{ "viscii", "a\xD5", "a\xE1\xBA\xA1" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str out = str_in(&arena, 1000);
		assert_true(
			charset_to_utf8(&out, span_of(cases[i].label), span_of(cases[i].bytes)));
		assert_span(str_span(&out), cases[i].want);
	}

	/* Surrogate pairs across the converter's buffers. */
	struct str wide = str_in(&arena, 10000), out = str_in(&arena, 100000);
	str_add_c(&wide, '\0');
	str_add_c(&wide, 'a');
	for (int i = 0; i < 1000; i++)
		str_add(&wide, SPAN("\xD8\x3D\xDE\x00"));
	assert_true(charset_to_utf8(&out, SPAN("utf-16be"), str_span(&wide)));
	assert_int_equal(out.len, 1 + 4 * 1000);
	assert_true(utf8_valid(str_span(&out)));
}

static void quoted_printable(void **state)
{
	static const char *decode[][2] = {
		{ "a=3Db", "a=b" },
		{ "a=3db=E2=82=AC", "a=b\xE2\x82\xAC" },
		{ "soft=\r\nbreak", "softbreak" },
		{ "soft= \t\r\nbreak", "softbreak" },
		{ "soft=\nbreak", "softbreak" },
		{ "a \t\r\nb \n", "a\r\nb\n" },
		{ "=", "" },
		{ "a=4", "a=4" },
		{ "=ZZ=", "=ZZ" },
		{ "100% = all", "100% = all" },
		{ "==41", "=A" },
		{ "", "" },
	};
	for (size_t i = 0; i < sizeof decode / sizeof decode[0]; i++) {
		struct str out = str_in(&arena, strlen(decode[i][0]));
		qp_decode(span_of(decode[i][0]), &out);
		assert_span(str_span(&out), decode[i][1]);
	}
	static const char *encode[][2] = {
		{ "a=b", "a=3Db" },
		{ "x \ny\t\n", "x=20\r\ny=09\r\n" },
		{ "a\r\nb\rc", "a\r\nb=0Dc" },
		{ ".\r\nFrom me\r\n>From", "=2E\r\n=46rom me\r\n>From" },
		{ "\xC3\xA9", "=C3=A9" },
	};
	for (size_t i = 0; i < sizeof encode / sizeof encode[0]; i++) {
		struct str out = str_in(&arena, 1000);
		qp_add(&out, span_of(encode[i][0]));
		assert_span(str_span(&out), encode[i][1]);
	}
}

static void quoted_printable_lines_are_short(void **state)
{
	struct str text = str_in(&arena, 100000), coded = str_in(&arena, 300000);
	struct str back = str_in(&arena, 300000);

	for (int i = 0; i < 5000; i++)
		str_add_c(&text,
			i % 7 == 0           ? '.'
				: i % 5 == 0 ? ' '
				: i % 3 == 0 ? (char)0xE9
					     : 'a');
	qp_add(&coded, str_span(&text));
	qp_decode(str_span(&coded), &back);
	assert_true(span_eq(str_span(&text), str_span(&back)));
	struct span rest = str_span(&coded), line;
	while (span_split(&rest, '\n', &line))
		assert_in_range(line.len, 0, 77);
}

static void words_once(struct span text)
{
	struct str out;
	str_init(&out, 16 << 20);
	encoded_word_decode(&out, text);
	str_done(&out);
}

static void time_is_linear(void **state)
{
	static const char *units[] = { "=?", "=?a?q?",
		"=?utf-8?q?a?=", "=?utf-8?q?a?= ", "=?nosuch?q?a?= ", " ", "=?utf-8?b?A",
		"=?utf-8?q?=", "?=" };

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		assert_linear(words_once, "", units[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_decoded),
		cmocka_unit_test(words_are_encoded),
		cmocka_unit_test(words_round_trip),
		cmocka_unit_test(charsets),
		cmocka_unit_test(charset_conversion),
		cmocka_unit_test(quoted_printable),
		cmocka_unit_test(quoted_printable_lines_are_short),
		cmocka_unit_test(time_is_linear),
	};
	arena_init(&arena, 4096);
	int failed = cmocka_run_group_tests_name("mime_encoded_word", tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
