/* mailcore/imap/syntax: framing, tokens, sets, names, patterns, flags, dates. */
#include "tests/unit/imap/fixture.h"

#include <stdio.h>

#include "mailcore/imap/syntax/frame.h"
#include "mailcore/imap/syntax/item_text.h"
#include "mailcore/imap/syntax/lex.h"
#include "mailcore/imap/syntax/mailbox_name.h"
#include "mailcore/imap/syntax/seqset.h"
#include "mailcore/store/store.h"

/* ------------------------------------------------------------------ framing */

/* Feeds `input` byte by byte with a break at every place and notes the pieces with '|' between. */
static struct span cut_with_split(const char *input, size_t split)
{
	struct framer f = { .line_max = 40 };
	struct str out = str_in(&arena, 10000);
	struct span in = span_of(input);
	size_t start = 0, scanned = 0, piece;

	for (size_t have = split; have <= in.len; have = have < in.len ? in.len : have + 1) {
		while (framer_cut(&f, span_sub(in, start, have - start), &scanned, &piece)) {
			struct span text = span_sub(in, start, piece);
			struct literal lit;
			if (piece == 0)
				break;
			if (f.literal_left)
				f.literal_left -= piece;
			else if (text.len > 2 &&
				literal_announced(span_sub(text, 0, text.len - 2), &lit))
				f.literal_left = lit.size;
			str_add(&out, text);
			str_add_c(&out, '|');
			start += piece;
			scanned = 0;
		}
	}
	return str_span(&out);
}

static void framing_in_every_split(void **state)
{
	static const char *const inputs[] = {
		"a NOOP\r\nb NOOP\r\n",
		"a LOGIN {3}\r\nbob {4+}\r\npa\r\n\r\nb NOOP\r\n",
		"a X {0}\r\n\r\nb\r\n",
		"a X ~{2}\r\n\r\n\r\n",
		"\r\n\n\r\n",
		"a {99999999999999999999}\r\nb\r\n",
		"0123456789012345678901234567890123456789012345\r\nb\r\n",
	};
	static const char *const pieces[] = {
		"a NOOP\r\n|b NOOP\r\n|",
		"a LOGIN {3}\r\n|bob| {4+}\r\n|pa\r\n|\r\n|b NOOP\r\n|",
		"a X {0}\r\n|\r\n|b\r\n|",
		"a X ~{2}\r\n|\r\n|\r\n|",
		"\r\n|\n|\r\n|",
		"a {99999999999999999999}\r\n|b\r\n|",
		"0123456789012345678901234567890123456789|012345\r\n|b\r\n|",
	};
	for (size_t i = 0; i < COUNT(inputs); i++) {
		for (size_t split = 0; split <= strlen(inputs[i]); split++)
			assert_span(cut_with_split(inputs[i], split), pieces[i]);
	}
}

static void announced_literals(void **state)
{
	static const struct {
		const char *line;
		bool ok, sync, binary;
		uint64_t size;
		size_t mark;
	} cases[] = {
		{ "a {5}", true, true, false, 5, 3 },
		{ "a {5+}", true, false, false, 5, 4 },
		{ "a ~{5+}", true, false, true, 5, 5 },
		{ "{0}", true, true, false, 0, 3 },
		{ "a {}", false },
		{ "a {-1}", false },
		{ "a {5", false },
		{ "a 5}", false },
		{ "{+}", false },
		{ "a {5-}", false },
		{ "a {9223372036854775808}", false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct literal lit = { 0 };
		assert_int_equal(literal_announced(span_of(cases[i].line), &lit), cases[i].ok);
		assert_int_equal(lit.size, cases[i].size);
		assert_int_equal(lit.sync, cases[i].sync);
		assert_int_equal(lit.binary, cases[i].binary);
		assert_int_equal(lit.mark, cases[i].mark);
	}
}

/* ------------------------------------------------------------------ tokens */

static void tokens(void **state)
{
	static const struct {
		const char *in;
		const char *want; /* NULL: refused */
		const char *rest;
	} cases[] = {
		{ "abc def", "abc", " def" },
		{ "a]b)", "a]b", ")" },
		{ "\"a b\" x", "a b", " x" },
		{ "\"a\\\"b\\\\\"", "a\"b\\", "" },
		{ "\"\"", "", "" },
		{ "\"a\\b\"", NULL, "\"a\\b\"" },
		{ "\"a", NULL, "\"a" },
		{ "\"a\r\n\"", NULL, "\"a\r\n\"" },
		{ "\"a\\", NULL, "\"a\\" },
		{ "{3}\r\na\nbX", "a\nb", "X" },
		{ "{3+}\r\nabcX", "abc", "X" },
		{ "{4}\r\nabc", NULL, "{4}\r\nabc" },
		{ "{3}abc", NULL, "{3}abc" },
		{ "(", NULL, "(" },
		{ "", NULL, "" },
		{ "\x80z", NULL, "\x80z" },
		{ "\"\xc3\xa9\"", "\xc3\xa9", "" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cur c = cur_of(span_of(cases[i].in));
		struct span got;
		bool ok = lex_astring(&c, &arena, &got);
		assert_int_equal(ok, cases[i].want != NULL);
		if (ok)
			assert_span(got, cases[i].want);
		assert_span(cur_rest(&c), cases[i].rest);
	}
	struct cur nul = cur_of(SPAN("{2}\r\n\0x"));
	struct span got;
	assert_false(lex_string(&nul, &arena, &got));
	struct cur nil = cur_of(SPAN("nil"));
	assert_true(lex_nstring(&nil, &arena, &got) && !got.ptr);
	nil = cur_of(SPAN("NILS"));
	assert_false(lex_nstring(&nil, &arena, &got));
}

/* ------------------------------------------------------------------ sets */

static struct span runs_text(const struct index_runs *runs)
{
	struct str out = str_in(&arena, 1000);
	for (size_t i = 0; i < runs->len; i++)
		str_addf(&out, "%zu-%zu ", runs->items[i].from, runs->items[i].to);
	return str_span(&out);
}

static void sets(void **state)
{
	static const uint32_t uids[] = { 2, 3, 5, 9, 4294967295u };
	static const struct {
		const char *set;
		const char *numbers; /* of five; NULL: no such message; "-": no set */
		const char *uids;
	} cases[] = {
		{ "1", "0-1 ", "" },
		{ "1:5", "0-5 ", "0-3 " },
		{ "5:1", "0-5 ", "0-3 " },
		{ "*", "4-5 ", "4-5 " },
		{ "*:4", "3-5 ", "2-5 " },
		{ "3,1,2", "0-3 ", "0-2 " },
		{ "1,3,5", "0-1 2-3 4-5 ", "1-3 " },
		{ "2:3,3:4", "1-4 ", "0-2 " },
		{ "6", NULL, "" },
		{ "1:4294967295", NULL, "0-5 " },
		{ "10:*", NULL, "4-5 " },
		{ "0", "-", "-" },
		{ "1:", "-", "-" },
		{ ",1", "-", "-" },
		{ "4294967296", "-", "-" },
		{ "a", "-", "-" },
		{ "", "-", "-" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cur c = cur_of(span_of(cases[i].set));
		struct seqset set;
		struct index_runs runs;
		bool ok = seqset_parse(&c, &arena, &set);
		assert_int_equal(ok, !cases[i].numbers || *cases[i].numbers != '-');
		if (!ok)
			continue;
		assert_int_equal(
			seqset_resolve_numbers(&set, 5, &arena, &runs), cases[i].numbers != NULL);
		if (cases[i].numbers)
			assert_span(runs_text(&runs), cases[i].numbers);
		seqset_resolve_uids(&set, uids, 5, &arena, &runs);
		assert_span(runs_text(&runs), cases[i].uids);
	}
}

static void sets_at_the_edges(void **state)
{
	struct cur c = cur_of(SPAN("1:*"));
	struct seqset set;
	struct index_runs runs;
	assert_true(seqset_parse(&c, &arena, &set));
	assert_false(seqset_resolve_numbers(&set, 0, &arena, &runs));
	seqset_resolve_uids(&set, NULL, 0, &arena, &runs);
	assert_int_equal(runs.count, 0);
	c = cur_of(SPAN("$"));
	assert_true(seqset_parse(&c, &arena, &set) && set.saved);

	static const uint32_t uids[] = { 1, 2, 3, 7, 9, 10 }, to[] = { 4, 5, 7, 8, 9, 10 };
	struct str a = str_in(&arena, 100), b = str_in(&arena, 100);
	uid_set_add(&a, uids, 6);
	assert_span(str_span(&a), "1:3,7,9:10");
	str_clear(&a);
	uid_set_pairs_add(&a, &b, uids, to, 6);
	assert_span(str_span(&a), "1:2,3,7,9:10");
	assert_span(str_span(&b), "4:5,7,8,9:10");
	index_runs_of_uids((const uint32_t[]){ 2, 3, 4, 9 }, 4, uids, 6, &arena, &runs);
	assert_span(runs_text(&runs), "1-3 4-5 ");
	assert_true(index_runs_has(&runs, 2) && index_runs_has(&runs, 4));
	assert_false(
		index_runs_has(&runs, 0) || index_runs_has(&runs, 3) || index_runs_has(&runs, 5));
}

/* ------------------------------------------------------------------ names */

static void modified_utf7(void **state)
{
	static const struct {
		const char *wire;
		const char *name; /* NULL: refused */
	} cases[] = {
		{ "INBOX", "INBOX" },
		{ "~peter/mail/&U,BTFw-/&ZeVnLIqe-",
			"~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5"
			"\xe6\x9c\xac\xe8\xaa\x9e" },
		{ "a&-b", "a&b" },
		{ "&-&-", "&&" },
		{ "Entw&APw-rfe", "Entw\xc3\xbcrfe" },
		{ "&2D3eAA-", "\xf0\x9f\x98\x80" }, /* U+1F600 */
		{ "&2D0-", NULL },                  /* lone high surrogate */
		{ "&3gA-", NULL },                  /* lone low surrogate */
		{ "&AGE-", NULL },                  /* "a" needs no shift */
		{ "&APw", NULL },
		{ "&", NULL },
		{ "&APx-", NULL },      /* bits left over */
		{ "&APwA-", NULL },     /* a whole spare digit */
		{ "&APw-&APw-", NULL }, /* adjacent shifts */
		{ "&A/w-", NULL },      /* '/' is no digit */
		{ "&AP w-", NULL },
		{ "\xc3\xbc", NULL },
		{ "a\tb", NULL },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str out = str_in(&arena, 1000);
		bool ok = mutf7_decode(span_of(cases[i].wire), &out);
		if (ok != (cases[i].name != NULL))
			fail_msg("<%s>: %d", cases[i].wire, ok);
		if (!ok)
			continue;
		assert_span(str_span(&out), cases[i].name);
		struct str back = str_in(&arena, 1000);
		mutf7_encode(str_span(&out), &back);
		assert_span(str_span(&back), cases[i].wire);
	}
}

static void folder_names(void **state)
{
	static const struct {
		const char *wire;
		bool utf8;
		const char *name;
	} cases[] = {
		{ "inbox", false, "INBOX" },
		{ "InBoX/x", false, "INBOX/x" },
		{ "inboxes", false, "inboxes" },
		{ "a/b/", false, "a/b" },
		{ "a//b", false, NULL },
		{ "/a", false, NULL },
		{ "/", false, NULL },
		{ "", false, NULL },
		{ "&AAA-", false, NULL }, /* U+0000 */
		{ "&AIA-", false, NULL }, /* a C1 control */
		{ "\xc3\xbc", false, NULL },
		{ "\xc3\xbc", true, "\xc3\xbc" },
		{ "e\xcc\x81", true, "\xc3\xa9" }, /* composed (NFC) */
		{ "e&AwE-", false, "\xc3\xa9" },
		{ "a&-b", true, "a&-b" },
		{ "\xff", true, NULL },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str out = str_in(&arena, 2000);
		bool ok = mailbox_name_parse(span_of(cases[i].wire), cases[i].utf8, &out);
		if (ok != (cases[i].name != NULL))
			fail_msg("<%s>: %d", cases[i].wire, ok);
		if (ok)
			assert_span(str_span(&out), cases[i].name);
	}
	char large[MAILBOX_NAME_MAX + 2];
	memset(large, 'x', sizeof large);
	struct str out = str_in(&arena, 2000);
	assert_true(mailbox_name_parse(span_make(large, MAILBOX_NAME_MAX), false, &out));
	str_clear(&out);
	assert_false(mailbox_name_parse(span_make(large, MAILBOX_NAME_MAX + 1), false, &out));
}

static void patterns(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool match;
	} cases[] = {
		{ "*", "a/b", true },
		{ "%", "a/b", false },
		{ "%", "a", true },
		{ "%", "", true },
		{ "a/%", "a/b", true },
		{ "a/%", "a/b/c", false },
		{ "a/*", "a/b/c", true },
		{ "a/%", "a", false },
		{ "%/%", "a/b", true },
		{ "*%", "a/b", true },
		{ "%b*", "ab/b", true },
		{ "*b%", "a/b/bc", true },
		{ "*b%", "a/b/c", false },
		{ "%a%b", "xaab", true },
		{ "%/c", "a/b/c", false },
		{ "a", "a", true },
		{ "a", "A", false },
		{ "inbox", "INBOX", true },
		{ "iNb%", "INBOX", false },
		{ "Inbox/%", "INBOX/x", true },
		{ "", "a", false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (list_pattern_match(span_of(cases[i].pattern), span_of(cases[i].name)) !=
			cases[i].match)
			fail_msg("<%s> <%s>", cases[i].pattern, cases[i].name);
	}
}

/* ------------------------------------------------------------------ flags, dates */

static void flags(void **state)
{
	static const struct {
		const char *in;
		bool ok;
		uint8_t flags;
		size_t n_keywords;
	} cases[] = {
		{ "()", true, 0, 0 },
		{ "(\\Seen \\deleted)", true, FLAG_SEEN | FLAG_DELETED, 0 },
		{ "\\Flagged $Junk x", true, FLAG_FLAGGED, 2 },
		{ "(\\Recent)", false },
		{ "(\\Seenx)", false },
		{ "(a  b)", false },
		{ "(a", false },
		{ "( a)", false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cur c = cur_of(span_of(cases[i].in));
		struct flag_list list = { 0 };
		assert_int_equal(store_flags_parse(&c, &arena, &list), cases[i].ok);
		assert_int_equal(list.flags, cases[i].flags);
		assert_int_equal(list.n_keywords, cases[i].n_keywords);
		assert_int_equal(cur_done(&c), cases[i].ok);
	}
}

static void dates(void **state)
{
	static const struct {
		const char *in;
		bool ok;
		int64_t utc_s;
		int zone;
	} cases[] = {
		{ "\"17-Jul-1996 02:44:25 -0700\"", true, 837596665, -420 },
		{ "\" 1-jan-1970 00:00:00 +0000\"", true, 0, 0 },
		{ "\"1-Jan-1970 00:00:00 +0000\"", true, 0, 0 },
		{ "\"29-Feb-2000 00:00:00 +0100\"", true, 951778800, 60 },
		{ "\"29-Feb-1900 00:00:00 +0100\"", false },
		{ "\"31-Jun-2000 00:00:00 +0000\"", false },
		{ "\"01-Jan-2000 24:00:00 +0000\"", false },
		{ "\"01-Jan-2000 00:00:00\"", false },
		{ "\"01-Jan-00 00:00:00 +0000\"", false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cur c = cur_of(span_of(cases[i].in));
		int64_t utc_s = 0;
		int16_t zone = 0;
		if (date_time_parse(&c, &utc_s, &zone) != cases[i].ok)
			fail_msg("%s", cases[i].in);
		assert_int_equal(utc_s, cases[i].utc_s);
		assert_int_equal(zone, cases[i].zone);
	}
	struct cur c = cur_of(SPAN("2-Jan-1970"));
	int64_t day;
	assert_true(search_date_parse(&c, &day) && day == 1);
	c = cur_of(SPAN("\"31-Dec-1969\""));
	assert_true(search_date_parse(&c, &day) && day == -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(framing_in_every_split, setup, teardown),
		cmocka_unit_test_setup_teardown(announced_literals, setup, teardown),
		cmocka_unit_test_setup_teardown(tokens, setup, teardown),
		cmocka_unit_test_setup_teardown(sets, setup, teardown),
		cmocka_unit_test_setup_teardown(sets_at_the_edges, setup, teardown),
		cmocka_unit_test_setup_teardown(modified_utf7, setup, teardown),
		cmocka_unit_test_setup_teardown(folder_names, setup, teardown),
		cmocka_unit_test_setup_teardown(patterns, setup, teardown),
		cmocka_unit_test_setup_teardown(flags, setup, teardown),
		cmocka_unit_test_setup_teardown(dates, setup, teardown),
	};
	return cmocka_run_group_tests_name("imap syntax", tests, NULL, NULL);
}
