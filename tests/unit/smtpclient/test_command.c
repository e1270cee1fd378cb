/* mailcore/smtpclient/command: what is said, what cannot be said, and dots. REQUIREMENTS 1, 2, 15. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/smtpclient/command.h"

#define ALL (CLIENT_SIZE | CLIENT_8BITMIME | CLIENT_SMTPUTF8 | CLIENT_DSN)

static struct arena arena;

static const struct path_case {
	const char *path;
	bool utf8, sayable;
} paths[] = {
	{ "", false, true },
	{ "a@b.test", false, true },
	{ "\"a b\"@b.test", false, true },
	{ "\"a>\"@b.test", false, true },
	{ "\"a\\\"b\"@b.test", false, true },
	{ "j\xc3\xbcrgen@b.test", false, false },
	{ "j\xc3\xbcrgen@b.test", true, true },
	{ "j\xc3@b.test", true, false },
	{ "a b@b.test", false, false },
	{ "a>@b.test", false, false },
	{ "a@b.test>\r\nRCPT TO:<x@y.test", false, false },
	{ "a\n@b.test", false, false },
	{ "\"a\r\n\"@b.test", false, false },
	{ "\"a\\\n\"@b.test", false, false },
	{ "\"a@b.test", false, false },
	{ "a\x7f@b.test", false, false },
};

static void test_paths(void **state)
{
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		bool got = path_is_sayable(span_of(paths[i].path), paths[i].utf8);
		if (got != paths[i].sayable)
			fail_msg("%s", paths[i].path);
	}
	assert_false(path_is_sayable(SPAN("nul\0@b.test"), true));
}

static void test_mail(void **state)
{
	struct str out = str_in(&arena, COMMAND_MAX);
	struct smtpclient_message m = { .mail_from = SPAN("a@b.test"),
		.envid = SPAN("QQ+20314"),
		.ret_hdrs = true,
		.body_8bit = true,
		.smtputf8 = true,
		.size_bytes = 1234 };

	assert_true(command_add_mail(&out, &m, ALL));
	assert_string_equal(str_cstr(&out),
		"MAIL FROM:<a@b.test> SIZE=1234 BODY=8BITMIME SMTPUTF8 RET=HDRS "
		"ENVID=QQ+20314\r\n");
	str_clear(&out);
	assert_true(command_add_mail(&out, &m, 0));
	assert_string_equal(str_cstr(&out), "MAIL FROM:<a@b.test>\r\n");
	str_clear(&out);
	m = (struct smtpclient_message){ .mail_from = SPAN(""), .ret_full = true };
	assert_true(command_add_mail(&out, &m, CLIENT_DSN));
	assert_string_equal(str_cstr(&out), "MAIL FROM:<> RET=FULL\r\n");
	str_clear(&out);
	m.mail_from = SPAN("a@b.test>\r\nDATA\r\n");
	assert_false(command_add_mail(&out, &m, CLIENT_DSN));
}

static const struct rcpt_case {
	struct smtpclient_rcpt rcpt;
	unsigned extensions;
	const char *said;
} rcpts[] = {
	{ { .address = { "a@b.test", 8 } }, ALL, "RCPT TO:<a@b.test>\r\n" },
	{ { .address = { "a@b.test", 8 }, .notify = CLIENT_NOTIFY_NEVER }, ALL,
		"RCPT TO:<a@b.test> NOTIFY=NEVER\r\n" },
	{ { .address = { "a@b.test", 8 }, .notify = CLIENT_NOTIFY_NEVER }, 0,
		"RCPT TO:<a@b.test>\r\n" },
	{ { .address = { "a@b.test", 8 },
		  .notify = CLIENT_NOTIFY_DELAY | CLIENT_NOTIFY_SUCCESS,
		  .orcpt = { "rfc822;x+2By@o.test", 19 } },
		ALL, "RCPT TO:<a@b.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2By@o.test\r\n" },
	{ { .address = { "a@b.test", 8 }, .orcpt = { "utf-8;\\x{FC}@o.test", 19 } }, ALL,
		"RCPT TO:<a@b.test> ORCPT=utf-8;\\x{FC}@o.test\r\n" },
	{ { .address = { "a@b.test", 8 }, .orcpt = { "rfc822;x\r\nDATA", 14 } }, ALL,
		"RCPT TO:<a@b.test>\r\n" },
	{ { .address = { "a@b.test", 8 }, .orcpt = { "rfc822;x+2", 10 } }, ALL,
		"RCPT TO:<a@b.test>\r\n" },
	{ { .address = { "a@b.test", 8 }, .orcpt = { "x@o.test", 8 } }, ALL,
		"RCPT TO:<a@b.test>\r\n" },
};

static void test_rcpt(void **state)
{
	struct smtpclient_message m = { .smtputf8 = true };
	struct str out = str_in(&arena, COMMAND_MAX);

	for (size_t i = 0; i < sizeof rcpts / sizeof *rcpts; i++) {
		str_clear(&out);
		assert_true(command_add_rcpt(&out, &m, &rcpts[i].rcpt, rcpts[i].extensions));
		assert_string_equal(str_cstr(&out), rcpts[i].said);
	}
	assert_false(command_add_rcpt(&out, &m, &(struct smtpclient_rcpt){ 0 }, ALL));
}

static const struct dot_case {
	const char *in, *out;
} dots[] = {
	{ "", ".\r\n" },
	{ "a\r\n", "a\r\n.\r\n" },
	{ "a", "a\r\n.\r\n" },
	{ ".", "..\r\n.\r\n" },
	{ ".\r\n", "..\r\n.\r\n" },
	{ "..\r\n.a\r\nb.\r\n", "...\r\n..a\r\nb.\r\n.\r\n" },
	{ "a\n.\nb\n", "a\r\n..\r\nb\r\n.\r\n" },
	{ "a\r.\rb", "a\r\n..\r\nb\r\n.\r\n" },
	{ "a\r\r\n.\r\n", "a\r\n\r\n..\r\n.\r\n" },
	{ "a\r\n\r\n", "a\r\n\r\n.\r\n" },
	{ "\r", "\r\n.\r\n" },
	{ "\n\r.", "\r\n\r\n..\r\n.\r\n" },
};

static void test_dots(void **state)
{
	for (size_t i = 0; i < sizeof dots / sizeof *dots; i++) {
		for (size_t step = 1; step <= 5; step++) {
			struct stuffer s = { 0 };
			struct str out = str_in(&arena, 1000);
			struct span rest = span_of(dots[i].in);
			for (; rest.len > 0; rest = span_from(rest, step))
				stuffer_add(&s, &out, span_sub(rest, 0, step));
			stuffer_end(&s, &out);
			assert_string_equal(str_cstr(&out), dots[i].out);
		}
	}
}

static int set_up(void **state)
{
	arena_init(&arena, 4096);
	return 0;
}

static int tear_down(void **state)
{
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_mail),
		cmocka_unit_test(test_rcpt),
		cmocka_unit_test(test_dots),
	};
	return cmocka_run_group_tests_name("smtpclient_command", tests, set_up, tear_down);
}
