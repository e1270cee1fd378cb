/* mailcore/smtpclient/reply: what is a reply, and what is left of it. REQUIREMENTS 53. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/smtpclient/reply.h"

static const struct reply_case {
	const char *in;
	enum reply_state state;
	int code;
	const char *status, *text;
} cases[] = {
	{ "250 OK\r\n", REPLY_DONE, 250, "2.0.0", "OK" },
	{ "250\r\n", REPLY_DONE, 250, "2.0.0", "" },
	{ "250 OK\n", REPLY_DONE, 250, "2.0.0", "OK" },
	{ "550 5.1.1 No such user\r\n", REPLY_DONE, 550, "5.1.1", "5.1.1 No such user" },
	{ "550-5.1.1 No such user\r\n550 5.1.1 here\r\n", REPLY_DONE, 550, "5.1.1",
		"5.1.1 No such user here" },
	{ "550-5.1.1 No such user\r\n550 5.7.1 odd\r\n", REPLY_DONE, 550, "5.1.1",
		"5.1.1 No such user 5.7.1 odd" },
	{ "450 5.1.1 class differs\r\n", REPLY_DONE, 450, "4.0.0", "5.1.1 class differs" },
	{ "554 5.7.1234 long\r\n", REPLY_DONE, 554, "5.0.0", "5.7.1234 long" },
	{ "554 5.7.1\r\n", REPLY_DONE, 554, "5.7.1", "5.7.1" },
	{ "554 5.7.1x\r\n", REPLY_DONE, 554, "5.0.0", "5.7.1x" },
	{ "354 go\r\n", REPLY_DONE, 354, "3.0.0", "go" },
	{ "250 a\tb\r\n", REPLY_DONE, 250, "2.0.0", "a b" },
	{ "250 a\x1b[31m\x7f\r\n", REPLY_DONE, 250, "2.0.0", "a\\x1b[31m\\x7f" },
	{ "250 gr\xc3\xbc\xc3\r\n", REPLY_DONE, 250, "2.0.0", "gr\xc3\xbc\\xc3" },
	{ "250 \xe2\x80\xae"
	  "evil\r\n",
		REPLY_DONE, 250, "2.0.0",
		"\\xe2\\x80\\xae"
		"evil" },
	{ "250 a\rb\r\n", REPLY_DONE, 250, "2.0.0", "a\\x0db" },
	{ "250-a", REPLY_MORE, 0, NULL, NULL },
	{ "250-a\r\n", REPLY_MORE, 0, NULL, NULL },
	{ "250-a\r\n550 b\r\n", REPLY_MALFORMED, 0, NULL, NULL },
	{ "250+a\r\n", REPLY_MALFORMED, 0, NULL, NULL },
	{ "2500 a\r\n", REPLY_MALFORMED, 0, NULL, NULL },
	{ "25\r\n", REPLY_MALFORMED, 0, NULL, NULL },
	{ "150 a\r\n", REPLY_MALFORMED, 0, NULL, NULL },
	{ "650 a\r\n", REPLY_MALFORMED, 0, NULL, NULL },
	{ "270 a\r\n", REPLY_MALFORMED, 0, NULL, NULL },
	{ "HTTP/1.1 400\r\n", REPLY_MALFORMED, 0, NULL, NULL },
	{ "\r\n", REPLY_MALFORMED, 0, NULL, NULL },
};

static void check(struct arena *a, const struct reply_case *c, size_t step)
{
	struct reply_parser p;
	struct smtpclient_reply reply;
	enum reply_state state = REPLY_MORE;
	struct span all = span_of(c->in);

	reply_parse_begin(&p, a);
	/* As the network gives it: `step` more bytes each time. */
	struct span in = span_sub(all, 0, 0);
	for (size_t got = 0; got < all.len && state == REPLY_MORE;) {
		size_t more = all.len - got < step ? all.len - got : step;
		got += more;
		in.len += more;
		state = reply_feed(&p, &in);
	}
	assert_int_equal(state, c->state);
	if (state != REPLY_DONE)
		return;
	reply_result(&p, a, &reply);
	assert_int_equal(reply.code, c->code);
	assert_true(span_eq(reply.status, span_of(c->status)));
	assert_int_equal(reply.text.len, strlen(c->text));
	assert_true(span_eq(reply.text, span_of(c->text)));
}

static void test_table(void **state)
{
	struct arena a;

	arena_init(&a, 4096);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		check(&a, &cases[i], 1000);
		check(&a, &cases[i], 1);
	}
	arena_done(&a);
}

static void test_leaves_the_next_reply(void **state)
{
	struct span in = SPAN("250 a\r\n250 b\r\n25");
	struct reply_parser p;
	struct arena a;

	arena_init(&a, 4096);
	reply_parse_begin(&p, &a);
	assert_int_equal(reply_feed(&p, &in), REPLY_DONE);
	assert_true(span_eq(in, SPAN("250 b\r\n25")));
	reply_parse_begin(&p, &a);
	assert_int_equal(reply_feed(&p, &in), REPLY_DONE);
	assert_true(span_eq(in, SPAN("25")));
	arena_done(&a);
}

static enum reply_state feed_text(struct arena *a, struct str *text, struct smtpclient_reply *reply)
{
	struct reply_parser p;
	struct span in = str_span(text);

	reply_parse_begin(&p, a);
	enum reply_state state = reply_feed(&p, &in);
	if (state == REPLY_DONE)
		reply_result(&p, a, reply);
	return state;
}

static void add_lines(struct str *s, size_t lines, size_t len)
{
	for (size_t i = 0; i < lines; i++) {
		str_add_cstr(s, i + 1 == lines ? "550 " : "550-");
		memset(str_reserve(s, len), 'x', len);
		s->len += len;
		str_add_cstr(s, "\r\n");
	}
}

static void test_limits(void **state)
{
	static const struct {
		size_t lines, len;
		enum reply_state state;
	} sizes[] = {
		{ 1, REPLY_LINE_MAX - 5, REPLY_DONE },
		{ 1, REPLY_LINE_MAX + 1, REPLY_MALFORMED },
		{ REPLY_LINES_MAX, 10, REPLY_DONE },
		{ REPLY_LINES_MAX + 1, 10, REPLY_MALFORMED },
		{ 100, 1000, REPLY_MALFORMED },
	};
	struct smtpclient_reply reply;
	struct arena a;
	struct str s;

	arena_init(&a, 4096);
	str_init(&s, 1 << 20);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		str_clear(&s);
		add_lines(&s, sizes[i].lines, sizes[i].len);
		assert_int_equal(feed_text(&a, &s, &reply), sizes[i].state);
		if (sizes[i].state == REPLY_DONE)
			assert_true(reply.text.len <= REPLY_TEXT_MAX);
	}
	/* A line without an end is not waited for for ever. */
	str_clear(&s);
	add_lines(&s, 1, REPLY_LINE_MAX);
	s.len -= 2;
	assert_int_equal(feed_text(&a, &s, &reply), REPLY_MALFORMED);
	str_done(&s);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_leaves_the_next_reply),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests_name("smtpclient_reply", tests, NULL, NULL);
}
