/* Streams of words answer as a search through the texts does. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/base/random.h"
#include "mailcore/mime/search_text.h"
#include "mailcore/store/words.h"

static struct arena arena;

static int setup(void **state)
{
	arena_init(&arena, 65536);
	return 0;
}

static int teardown(void **state)
{
	arena_done(&arena);
	return 0;
}

static struct span written(const struct words *w)
{
	struct str out = str_in(&arena, WORDS_STREAM_MAX);
	words_write(w, &out);
	assert_true(str_ok(&out));
	return str_span(&out);
}

static const char *found_text(struct span stream, const char *text, size_t n_docs)
{
	uint8_t found[WORDS_DOCS_MAX];
	struct words_needle needle;
	struct str out = str_in(&arena, 1000);

	words_needle_init(&needle, span_of(text));
	if (!words_look(stream, &needle, found, n_docs))
		return "malformed";
	for (size_t i = 0; i < n_docs; i++)
		str_add_c(&out, "-?+"[found[i]]);
	return str_cstr(&out);
}

static void answers(void **state)
{
	static const struct {
		const char *needle, *want;
	} cases[] = {
		{ "apple", "+--+" },
		{ "app", "+--+" },
		{ "ple", "+--+" },
		{ "p", "+--+" },
		{ "apple pie", "?---" },
		{ "apple ", "?---" }, /* the fourth has "apples" only */
		{ " apple", "?--?" },
		{ "les and", "---?" },
		{ "and apple", "---?" }, /* not there, but the words are */
		{ "pie apple", "?---" },
		{ " apple ", "?---" },
		{ "c++", "--+-" },
		{ "+", "--+-" },
		{ "\xc3\xbc", "--+-" },
		{ "\xbc", "--+-" }, /* half a character is only octets */
		{ "nothing", "----" },
		{ " ", "????" },
		{ "  ", "????" },
		{ "abab", "-+--" },
		{ "ab ", "-?--" },
	};
	struct words *w = words_new();

	words_add(w, 0, SPAN("apple pie"));
	words_add(w, 1, SPAN("ababab xab ab"));
	words_add(w, 2, SPAN(" c++ k\xc3\xbchn "));
	words_add(w, 3, SPAN("apples and"));
	words_add(w, 3, SPAN("pears apples"));
	struct span stream = written(w);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(found_text(stream, cases[i].needle, 4), cases[i].want);
	words_free(w);
}

static void documents_that_are_not_indexed_may_hold_it(void **state)
{
	struct words *w = words_new();

	words_add(w, 0, SPAN("one"));
	words_add_unindexed(w, 1);
	words_add(w, 2, SPAN("two"));
	words_add_unindexed(w, 3);
	words_add(w, 3, SPAN("one"));
	struct span stream = written(w);
	assert_string_equal(found_text(stream, "one", 4), "+?-+");
	assert_string_equal(found_text(stream, "three", 4), "-?-?");
	words_free(w);
}

static void of_nothing(void **state)
{
	struct words *w = words_new();

	assert_int_equal(written(w).len, 0);
	assert_string_equal(found_text(SPAN(""), "x", 3), "---");
	words_free(w);
}

/* Long words: what is compared of them is cut, and said to be uncertain. */
static void long_words(void **state)
{
	struct words *w = words_new();
	struct str text = str_in(&arena, 10000), other = str_in(&arena, 10000);

	for (size_t i = 0; i < 3 * WORDS_PIECE_MAX; i++) {
		str_add_c(&text, (char)('a' + i % 26));
		str_add_c(&other, (char)('a' + i % 26));
	}
	other.ptr[other.len - 1] = '!';
	words_add(w, 0, str_span(&text));
	words_add(w, 1, str_span(&other));
	struct span stream = written(w);
	assert_string_equal(found_text(stream, str_cstr(&text), 2), "??");
	assert_string_equal(found_text(stream, "xyzabc", 2), "++");
	assert_string_equal(found_text(stream, "!", 2), "-+");
	words_free(w);
}

static void malformed_streams_are_found_out(void **state)
{
	static const struct {
		struct span stream;
		const char *want;
	} cases[] = {
		{ SPAN("word"), "malformed" },     /* no documents */
		{ SPAN("word\x05"), "malformed" }, /* no such document */
		{ SPAN("word\x1f\x1f\x1f\x1f\x1f\x01"), "malformed" },
		{ SPAN("word\x10"), "malformed" },         /* the number does not end */
		{ SPAN("word\x01\x01\x01"), "malformed" }, /* the third is too large */
		{ SPAN("word\x01\x01"), "-++" },
		{ SPAN(" \x09word\x01"), "malformed" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(found_text(cases[i].stream, "word", 3), cases[i].want);
}

/* ------------------------------------------------------------------ at random */

#define DOCS  300
#define WORDS 40

static struct span random_text(size_t words)
{
	static const char *letters[] = { "a", "b", "c", "ab", "\xc3\xa4", "\xe6\x97\xa5",
		"\xf0\x9f\x98\x80", "-", ".", "@", "A", "\xc3\x9c" };
	struct str out = str_in(&arena, 100000);

	for (size_t i = 0; i < words; i++) {
		for (uint64_t n = random_below(5); n > 0; n--)
			str_add_cstr(&out, letters[random_below(sizeof letters / sizeof *letters)]);
		str_add_cstr(&out, random_below(8) ? " " : "\r\n\t");
	}
	return search_fold(&arena, str_span(&out));
}

static void compare(struct span stream, const struct span *texts, struct span needle)
{
	uint8_t found[DOCS];
	struct words_needle n;

	words_needle_init(&n, needle);
	assert_true(words_look(stream, &n, found, DOCS));
	for (size_t i = 0; i < DOCS; i++) {
		bool is_there = span_find_span(texts[i], needle) != SPAN_NPOS;
		enum words_found wrong = is_there ? WORDS_NO : WORDS_YES;
		if (found[i] == wrong || (n.exact && found[i] == WORDS_MAYBE))
			fail_msg("<" SPAN_FMT "> in <" SPAN_FMT ">: %d", SPAN_ARG(needle),
				SPAN_ARG(texts[i]), found[i]);
	}
}

/* A piece of one of the texts, or one of its own. */
static struct span random_needle(const struct span *texts)
{
	struct span text = texts[random_below(DOCS)];
	struct span own = random_text(1 + random_below(3));

	if (random_below(2) && text.len)
		return span_sub(text, random_below(text.len), 1 + random_below(12));
	return own.len ? span_sub(own, 0, 1 + random_below(own.len)) : SPAN("x");
}

static void random_needles(void **state)
{
	struct span texts[DOCS];
	struct words *w = words_new(), *merged = words_new();
	uint32_t first[DOCS], second[DOCS];

	for (uint32_t i = 0; i < DOCS; i++) {
		texts[i] = random_text(random_below(WORDS));
		words_add(w, i, texts[i]);
	}
	struct span stream = written(w);
	for (int i = 0; i < 3000; i++)
		compare(stream, texts, random_needle(texts));

	/* in two steps the same: the first half, then the others in between left out */
	for (uint32_t i = 0; i < DOCS; i++) {
		first[i] = i < DOCS / 2 ? i : WORDS_NO_DOC;
		second[i] = i < DOCS / 2 ? WORDS_NO_DOC : i;
	}
	assert_true(words_add_stream(merged, stream, first, DOCS));
	assert_true(words_add_stream(merged, stream, second, DOCS));
	struct span again = written(merged);
	assert_int_equal(again.len, stream.len);
	for (int i = 0; i < 1000; i++)
		compare(again, texts, random_needle(texts));
	words_free(w);
	words_free(merged);
}

static void gone_documents_leave_nothing(void **state)
{
	struct words *w = words_new(), *rest = words_new();
	uint32_t to[] = { WORDS_NO_DOC, 0 };

	words_add(w, 0, SPAN("secret word"));
	words_add_unindexed(w, 0);
	words_add(w, 1, SPAN("public word"));
	assert_true(words_add_stream(rest, written(w), to, 2));
	struct span stream = written(rest);
	assert_string_equal(found_text(stream, "word", 1), "+");
	assert_true(span_find_span(stream, SPAN("secret")) == SPAN_NPOS);
	assert_false(span_starts(stream, SPAN(" ")));
	words_free(w);
	words_free(rest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers, setup, teardown),
		cmocka_unit_test_setup_teardown(
			documents_that_are_not_indexed_may_hold_it, setup, teardown),
		cmocka_unit_test_setup_teardown(of_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(long_words, setup, teardown),
		cmocka_unit_test_setup_teardown(malformed_streams_are_found_out, setup, teardown),
		cmocka_unit_test_setup_teardown(random_needles, setup, teardown),
		cmocka_unit_test_setup_teardown(gone_documents_leave_nothing, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
