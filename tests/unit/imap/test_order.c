/* mailcore/imap/order: base subjects, collation, conversations; and the grammar of SORT, THREAD. */
#include "tests/unit/imap/fixture.h"

#include "mailcore/imap/order/base_subject.h"
#include "mailcore/imap/order/collate.h"
#include "mailcore/imap/order/threads.h"
#include "mailcore/imap/syntax/sort_keys.h"

/* ------------------------------------------------------------------ subjects */

static void base_subjects(void **state)
{
	static const struct {
		const char *in, *want;
		bool is_reply;
	} cases[] = {
		{ "", "", false },
		{ "test", "test", false },
		{ "  a \t b  ", "a b", false },
		{ "Re: test", "test", true },
		{ "re  : RE: test", "test", true },
		{ "Fw: FWD: test", "test", true },
		{ "Re[2]: test", "test", true },
		{ "Re [x] : test", "test", true },
		{ "[list] Re: test", "test", true },
		{ "Re: [list] test", "test", true },
		{ "[a] [b] test", "test", false },
		{ "[a][b]", "[b]", false },
		{ "[only]", "[only]", false },
		{ "Re: [only]", "[only]", true },
		{ "test (fwd)", "test", true },
		{ "test (FWD) (fwd) ", "test", true },
		{ "[Fwd: Re: test]", "test", true },
		{ "[fwd: [fwd: test]]", "test", true },
		{ "[fwd: test] x", "x", false },
		{ "Re:", "", true },
		{ "(fwd)", "", true },
		{ "Reply: test", "Reply: test", false },
		{ "Fwding: test", "Fwding: test", false },
		{ "[a[b] Re: test", "[a[b] Re: test", false },
		{ "Re: \xc3\xbc"
		  "ber",
			"\xc3\xbc"
			"ber",
			true },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool is_reply;
		struct span got = base_subject(&arena, span_of(cases[i].in), &is_reply);
		if (!span_eq(got, span_of(cases[i].want)) || is_reply != cases[i].is_reply)
			fail_msg("<%s>: <" SPAN_FMT "> %d", cases[i].in, SPAN_ARG(got), is_reply);
	}
}

static int key_order(const char *a, const char *b)
{
	struct span x = collate_key(&arena, span_of(a)), y = collate_key(&arena, span_of(b));
	size_t n = x.len < y.len ? x.len : y.len;
	int order = memcmp(x.ptr, y.ptr, n);

	return order ? order : (x.len > y.len) - (x.len < y.len);
}

static void collation(void **state)
{
	assert_int_equal(key_order("abc", "ABC"), 0);
	assert_int_equal(key_order("\xc3\xa9t\xc3\xa9", "\xc3\x89T\xc3\x89"), 0);
	assert_int_equal(key_order("e\xcc\x81", "\xc3\xa9"), 0); /* composed or not */
	assert_int_equal(key_order("\xef\xac\x81", "fi"), key_order("\xef\xac\x81", "FI"));
	assert_true(key_order("a", "B") < 0);
	assert_true(key_order("ab", "abc") < 0);
	assert_true(key_order("z", "\xc3\xa9") > 0); /* e with a mark, not behind z */
	assert_int_equal(key_order("", ""), 0);
}

/* ------------------------------------------------------------------ threads */

#define MESSAGES_MAX 20

struct plain {
	const char *subject, *id, *refs; /* refs separated by spaces */
};

static size_t make(const struct plain *in, struct thread_message *out)
{
	size_t n = 0;

	for (; n < MESSAGES_MAX && in[n].subject; n++) {
		struct span rest = span_of(in[n].refs), ref;
		struct span *refs = arena_array(&arena, 10, sizeof *refs);
		out[n] = (struct thread_message){ .name = (uint32_t)n + 1,
			.date = 1000 + (int64_t)n,
			.message_id = span_of(in[n].id),
			.refs = refs };
		out[n].subject = collate_key(
			&arena, base_subject(&arena, span_of(in[n].subject), &out[n].is_reply));
		while (rest.len && span_split(&rest, ' ', &ref))
			refs[out[n].n_refs++] = ref;
	}
	return n;
}

static struct span written(struct thread_node *at, size_t step)
{
	struct str out = str_in(&arena, 1 << 20);

	while (at)
		threads_write(&out, &at, step);
	return str_span(&out);
}

static const struct {
	const char *want;
	struct plain messages[MESSAGES_MAX];
} by_references[] = {
	{ "", { { 0 } } },
	{ "(1)(2)", { { "a", "1", "" }, { "b", "2", "" } } },
	{ "(1 2 3)", { { "a", "1", "" }, { "b", "2", "1" }, { "c", "3", "1 2" } } },
	{ "(1 (2)(3))", { { "a", "1", "" }, { "b", "2", "1" }, { "c", "3", "1" } } },
	{ "(1 (2 4)(3))",
		{ { "a", "1", "" }, { "b", "2", "1" }, { "c", "3", "1" }, { "d", "4", "1 2" } } },
	/* a parent that is not here: two children keep it, one does not */
	{ "((1)(2))", { { "a", "1", "x" }, { "b", "2", "x" } } },
	{ "(1)", { { "a", "1", "x y z" } } },
	{ "(1 2)", { { "a", "1", "" }, { "b", "2", "1 x y" } } },
	{ "((1)(2 3))", { { "a", "1", "x" }, { "b", "2", "x" }, { "c", "3", "x 2" } } },
	/* the later one first */
	{ "(2 1)", { { "b", "2", "1" }, { "a", "1", "" } } },
	/* loops */
	{ "(2 1)", { { "a", "1", "2" }, { "b", "2", "1" } } },
	{ "(1)", { { "a", "1", "1" } } },
	{ "(1 2)", { { "a", "1", "" }, { "b", "2", "1 2" } } },
	/* the message's own word counts more than what others say of it */
	{ "(1 3 2)(4)",
		{ { "a", "1", "" }, { "b", "2", "1 3" }, { "c", "3", "1" }, { "d", "4", "" } } },
	/* an id given twice */
	{ "(1)(2)", { { "a", "1", "" }, { "b", "1", "" } } },
	{ "(1 3)(2)", { { "a", "1", "" }, { "b", "1", "" }, { "c", "3", "1" } } },
	/* subjects */
	{ "(1 2)", { { "a", "1", "" }, { "Re: a", "2", "" } } },
	{ "(1 (2)(3))", { { "a", "1", "" }, { "Re: a", "2", "" }, { "Fwd: A", "3", "" } } },
	{ "((1)(2))", { { "a", "1", "" }, { "a", "2", "" } } },
	{ "((1)(2)(3))", { { "a", "1", "" }, { "a", "2", "" }, { "a", "3", "" } } },
	{ "(2 1)", { { "Re: a", "1", "" }, { "a", "2", "" } } },
	{ "((1)(2))", { { "Re: a", "1", "" }, { "Re: a", "2", "" } } },
	{ "(1)(2)", { { "", "1", "" }, { "Re:", "2", "" } } },
	{ "((1)(2)(3)(4))",
		{ { "a", "1", "x" }, { "b", "2", "x" }, { "a", "3", "y" }, { "b", "4", "y" } } },
	{ "((1)(2)(3))", { { "a", "1", "x" }, { "b", "2", "x" }, { "a", "3", "" } } },
	{ "(1 2 (3)(4 (5)(6)))",
		{ { "a", "1", "" }, { "a", "2", "1" }, { "a", "3", "2" }, { "a", "4", "2" },
			{ "a", "5", "4" }, { "a", "6", "4" } } },
};

static const struct {
	const char *want;
	struct plain messages[MESSAGES_MAX];
} by_subject[] = {
	{ "", { { 0 } } },
	{ "(1)(2)", { { "a", "", "" }, { "b", "", "" } } },
	{ "(1 2)", { { "a", "", "" }, { "Re: a", "", "" } } },
	{ "(1 (3)(4))(2)",
		{ { "a", "", "" }, { "b", "", "" }, { "Re: a", "", "" }, { "A", "", "" } } },
};

static void conversations(void **state)
{
	struct thread_message messages[MESSAGES_MAX];

	for (size_t i = 0; i < COUNT(by_references); i++) {
		size_t n = make(by_references[i].messages, messages);
		for (size_t step = 1; step <= MESSAGES_MAX; step += MESSAGES_MAX - 1)
			assert_span(written(threads_by_references(&arena, messages, n), step),
				by_references[i].want);
	}
	for (size_t i = 0; i < COUNT(by_subject); i++) {
		size_t n = make(by_subject[i].messages, messages);
		assert_span(
			written(threads_by_subject(&arena, messages, n), 100), by_subject[i].want);
	}
}

/* Shapes that cost a naive reader too much: one chain, one parent, all dummies, all one subject. */
static struct thread_message *shape(int kind, size_t n)
{
	struct thread_message *m = arena_array(&arena, n, sizeof *m);

	for (size_t i = 0; i < n; i++) {
		struct str id = str_in(&arena, 64), ref = str_in(&arena, 64);
		struct span *refs = arena_array(&arena, 1, sizeof *refs);
		str_addf(&id, "%d.%zu", kind, i);
		str_addf(&ref, "%d.%zu", kind, kind == 0 ? i + 1 : kind == 1 ? 0 : n + i);
		refs[0] = str_span(&ref);
		m[i] = (struct thread_message){ .name = (uint32_t)i + 1,
			.date = (int64_t)(n - i),
			.subject = kind == 3 ? SPAN("A") : SPAN(""),
			.message_id = str_span(&id),
			.refs = refs,
			.n_refs = 1 };
	}
	return m;
}

static void thread_shape(int kind, size_t n)
{
	const struct thread_message *m = shape(kind, n);
	struct span out = written(threads_by_references(&arena, m, n), 1000);
	size_t numbers = 0;

	for (size_t i = 0; i < out.len; i++)
		numbers += ascii_is_digit(out.ptr[i]) && !ascii_is_digit(out.ptr[i + 1]);
	assert_int_equal(numbers, n); /* nobody is lost, nobody comes twice */
}

static void many_messages(void **state)
{
	for (int kind = 0; kind < 4; kind++) {
		thread_shape(kind, 3000);
		thread_shape(kind, 50000);
	}
}

/* ------------------------------------------------------------------ grammar */

static void sort_programs(void **state)
{
	static const struct {
		const char *in;
		enum search_parse result;
		size_t len;
	} cases[] = {
		{ " (SUBJECT) UTF-8 SINCE 1-Feb-1994", SEARCH_PARSED, 1 },
		{ " (subject reverse date) us-ascii ALL", SEARCH_PARSED, 2 },
		{ " RETURN (COUNT PARTIAL 1:5) (DISPLAYFROM) UTF-8 ALL", SEARCH_PARSED, 1 },
		{ " (ARRIVAL CC DATE FROM SIZE SUBJECT TO DISPLAYFROM DISPLAYTO) \"UTF-8\" ALL",
			SEARCH_PARSED, 9 },
		{ " (DATE DATE REVERSE DATE) UTF-8 ALL", SEARCH_PARSED, 1 },
		{ " (SUBJECT) KLINGON ALL", SEARCH_BADCHARSET, 0 },
		{ " () UTF-8 ALL", SEARCH_BAD, 0 },
		{ " (REVERSE) UTF-8 ALL", SEARCH_BAD, 0 },
		{ " (SUBJECT REVERSE) UTF-8 ALL", SEARCH_BAD, 0 },
		{ " (NONE) UTF-8 ALL", SEARCH_BAD, 0 },
		{ " (SUBJECT) ALL", SEARCH_BAD, 0 },
		{ " SUBJECT UTF-8 ALL", SEARCH_BAD, 0 },
		{ "(SUBJECT) UTF-8 ALL", SEARCH_BAD, 0 },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cur c = cur_of(span_of(cases[i].in));
		struct sort_program program;
		struct search_query q;
		enum search_parse result = sort_parse(&c, &arena, &program, &q);
		if (result != cases[i].result)
			fail_msg("%s: %d", cases[i].in, result);
		if (result == SEARCH_PARSED)
			assert_int_equal(program.len, cases[i].len);
	}
	struct cur c = cur_of(SPAN(" REFERENCES UTF-8 ALL"));
	enum thread_algorithm algorithm;
	struct search_query q;
	assert_int_equal(thread_parse(&c, &arena, &algorithm, &q), SEARCH_PARSED);
	assert_int_equal(algorithm, THREAD_REFERENCES);
	c = cur_of(SPAN(" JWZ UTF-8 ALL"));
	assert_int_equal(thread_parse(&c, &arena, &algorithm, &q), SEARCH_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(base_subjects, setup, teardown),
		cmocka_unit_test_setup_teardown(collation, setup, teardown),
		cmocka_unit_test_setup_teardown(conversations, setup, teardown),
		cmocka_unit_test_setup_teardown(many_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(sort_programs, setup, teardown),
	};
	return cmocka_run_group_tests_name("imap order", tests, NULL, NULL);
}
