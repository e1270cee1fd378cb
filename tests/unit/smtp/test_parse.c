/* mailcore/smtp/parse: which command lines are understood, and how. */
#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "mailcore/smtp/parse.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define L16      "xxxxxxxxxxxxxxxx"
#define L64      L16 L16 L16 L16
#define D60      "." L16 L16 L16 "xxxxxxxxxxx"
#define D240     D60 D60 D60 D60

static void lines(void **state)
{
	static const struct {
		struct span frame;
		bool ok;
		const char *verb, *arg;
	} cases[] = {
		{ SPAN("NOOP\r\n"), true, "NOOP", "" },
		{ SPAN("noop\n"), true, "noop", "" },
		{ SPAN("MAIL FROM:<a@b>  \r\n"), true, "MAIL", "FROM:<a@b>" },
		{ SPAN("MAIL  FROM:<a@b>\r\n"), true, "MAIL", "FROM:<a@b>" },
		{ SPAN("\r\n"), true, "", "" },
		{ SPAN(" NOOP\r\n"), true, "", "NOOP" },
		{ SPAN("NOOP\rQUIT\r\n"), false },
		{ SPAN("NOOP\0\r\n"), false },
		{ SPAN("NOOP\x7f\r\n"), false },
		{ SPAN("NOOP\r\r\n"), false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span verb, arg;
		assert_int_equal(smtp_line_parse(cases[i].frame, &verb, &arg), cases[i].ok);
		if (!cases[i].ok)
			continue;
		assert_true(span_eq(verb, span_of(cases[i].verb)));
		assert_true(span_eq(arg, span_of(cases[i].arg)));
	}
}

static void helo(void **state)
{
	static const struct {
		struct span arg;
		bool ok;
	} cases[] = {
		{ SPAN("client.test"), true },
		{ SPAN("[192.0.2.1]"), true },
		{ SPAN("my_pc"), true },
		{ SPAN("b\xc3\xbc"
		       "cher.test"),
			true },
		{ SPAN(""), false },
		{ SPAN("two words"), false },
		{ SPAN("b\xfc.test"), false },
		{ SPAN(L64 L64 L64 L16 L16 L16 "xxxxxxxxxxxxxxx"), true },
		{ SPAN(L64 L64 L64 L64), false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span out;
		assert_int_equal(smtp_helo_parse(cases[i].arg, &out), cases[i].ok);
	}
}

struct mail_case {
	const char *arg;
	enum parse strict, lenient; /* lenient: brackets optional */
	const char *local, *domain, *text;
	uint64_t size;
	bool smtputf8;
};

#define BOTH(x) x, x

static const struct mail_case mail_cases[] = {
	{ "FROM:<>", BOTH(PARSE_OK), "", "", "" },
	{ "from:<a@b.test>", BOTH(PARSE_OK), "a", "b.test", "a@b.test" },
	{ "FROM: <a@b.test>", BOTH(PARSE_OK), "a", "b.test", "a@b.test" },
	{ "FROM:<Mixed.Case@B.test>", BOTH(PARSE_OK), "Mixed.Case", "B.test", "Mixed.Case@B.test" },
	{ "FROM:<@x.test,@y.test:a@b.test>", BOTH(PARSE_OK), "a", "b.test", "a@b.test" },
	{ "FROM:<\"a b\"@b.test>", BOTH(PARSE_OK), "a b", "b.test", "\"a b\"@b.test" },
	{ "FROM:<\"a>b\\\"\"@b.test>", BOTH(PARSE_OK), "a>b\"", "b.test", "\"a>b\\\"\"@b.test" },
	{ "FROM:<\"plain\"@b.test>", BOTH(PARSE_OK), "plain", "b.test", "plain@b.test" },
	{ "FROM:<a@[192.0.2.1]>", BOTH(PARSE_OK), "a", "[192.0.2.1]", "a@[192.0.2.1]" },
	{ "FROM:<a@[IPv6:2001:db8::1]>", BOTH(PARSE_OK), "a", "[IPv6:2001:db8::1]",
		"a@[IPv6:2001:db8::1]" },
	{ "FROM:<j\xc3\xb6@b.test> SMTPUTF8", BOTH(PARSE_OK), "j\xc3\xb6", "b.test",
		"j\xc3\xb6@b.test", 0, true },
	{ "FROM:<" L64 "@b.test>", BOTH(PARSE_OK), L64, "b.test", L64 "@b.test" },
	{ "FROM:<a@b.test> SIZE=1000", BOTH(PARSE_OK), "a", "b.test", "a@b.test", 1000 },
	{ "FROM:<a@b.test>  size=0  BODY=8bitmime AUTH=<>", BOTH(PARSE_OK), "a", "b.test",
		"a@b.test" },
	{ "FROM:<a@b.test> SIZE=18446744073709551615", BOTH(PARSE_OK), "a", "b.test", "a@b.test",
		UINT64_MAX },
	{ "FROM:a@b.test", PARSE_ADDRESS, PARSE_OK, "a", "b.test", "a@b.test" },
	{ "FROM:a@b.test SIZE=5", PARSE_ADDRESS, PARSE_OK, "a", "b.test", "a@b.test", 5 },

	{ "", BOTH(PARSE_SYNTAX) },
	{ "TO:<a@b.test>", BOTH(PARSE_SYNTAX) },
	{ "FROM <a@b.test>", BOTH(PARSE_SYNTAX) },
	{ "FROM:", BOTH(PARSE_ADDRESS) },
	{ "FROM:<a@b.test", BOTH(PARSE_ADDRESS) },
	{ "FROM:<a@b.test>x", BOTH(PARSE_SYNTAX) },
	{ "FROM:<a@b.test>SIZE=1", BOTH(PARSE_SYNTAX) },
	{ "FROM:<a>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<@b.test>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<a@>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<a@b..test>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<.a@b.test>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<a b@b.test>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<a@b@c.test>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<<a@b.test>>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<\"a@b.test>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<a@[192.0.2.999]>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<a@[2001:db8::1]>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<j\xf6@b.test>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<" L64 "x@b.test>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<" L16 "@x" D240 ".test>", BOTH(PARSE_ADDRESS) },
	{ "FROM:<a@b.test> SIZE=", BOTH(PARSE_SYNTAX) },
	{ "FROM:<a@b.test> =5", BOTH(PARSE_SYNTAX) },
	{ "FROM:<a@b.test> SIZE=5=6", BOTH(PARSE_SYNTAX) },
	{ "FROM:<a@b.test> SIZE", BOTH(PARSE_PARAM_VALUE) },
	{ "FROM:<a@b.test> SIZE=-1", BOTH(PARSE_PARAM_VALUE) },
	{ "FROM:<a@b.test> SIZE=18446744073709551616", BOTH(PARSE_PARAM_VALUE) },
	{ "FROM:<a@b.test> SIZE=1 SIZE=2", BOTH(PARSE_PARAM_VALUE) },
	{ "FROM:<a@b.test> BODY=BINARYMIME", BOTH(PARSE_PARAM_VALUE) },
	{ "FROM:<a@b.test> SMTPUTF8=1", BOTH(PARSE_PARAM_VALUE) },
	{ "FROM:<a@b.test> RET=FULL ENVID=a+2Bb", BOTH(PARSE_OK), "a", "b.test", "a@b.test" },
	{ "FROM:<a@b.test> RET=ALL", BOTH(PARSE_PARAM_VALUE) },
	{ "FROM:<a@b.test> RET", BOTH(PARSE_PARAM_VALUE) },
	{ "FROM:<a@b.test> RET=FULL RET=HDRS", BOTH(PARSE_PARAM_VALUE) },
	{ "FROM:<a@b.test> ENVID=a+2b", BOTH(PARSE_PARAM_VALUE) },
	{ "FROM:<a@b.test> ENVID=a+2", BOTH(PARSE_PARAM_VALUE) },
	{ "FROM:<a@b.test> ENVID", BOTH(PARSE_PARAM_VALUE) },
	{ "FROM:<a@b.test> XYZ", BOTH(PARSE_PARAM_UNKNOWN) },
};

static void mail_one(const struct mail_case *c, bool lenient)
{
	struct arena a;
	struct smtp_mail mail;
	enum parse want = lenient ? c->lenient : c->strict;

	arena_init(&a, 1024);
	enum parse got = smtp_mail_parse(&a, span_of(c->arg), lenient, &mail);
	if (got != want)
		fail_msg("%s: %d instead of %d", c->arg, got, want);
	if (got == PARSE_OK) {
		assert_true(span_eq(mail.from.local, span_of(c->local)));
		assert_true(span_eq(mail.from.domain, span_of(c->domain)));
		assert_true(span_eq(mail.from.text, span_of(c->text)));
		assert_int_equal(mail.size, c->size);
		assert_int_equal(mail.smtputf8, c->smtputf8);
	}
	arena_done(&a);
}

static void mail(void **state)
{
	for (size_t i = 0; i < COUNT(mail_cases); i++) {
		mail_one(&mail_cases[i], false);
		mail_one(&mail_cases[i], true);
	}
}

static void rcpt(void **state)
{
	static const struct {
		const char *arg;
		enum parse want;
		const char *local, *domain;
		unsigned notify;
		const char *orcpt;
	} cases[] = {
		{ "TO:<a@b.test>", PARSE_OK, "a", "b.test" },
		{ "to: <@x:a@b.test> ", PARSE_OK, "a", "b.test" },
		{ "TO:<Postmaster>", PARSE_OK, "Postmaster", "" },
		{ "TO:<>", PARSE_ADDRESS },
		{ "TO:<a>", PARSE_ADDRESS },
		{ "TO:a@b.test", PARSE_ADDRESS },
		{ "FROM:<a@b.test>", PARSE_SYNTAX },
		{ "TO:<a@b.test>x", PARSE_SYNTAX },
		{ "TO:<a@b.test> SIZE=1", PARSE_PARAM_UNKNOWN },
		{ "TO:<a@b.test> NOTIFY=never", PARSE_OK, "a", "b.test", NOTIFY_NEVER },
		{ "TO:<a@b.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2By@z.test", PARSE_OK, "a",
			"b.test", NOTIFY_SUCCESS | NOTIFY_DELAY, "rfc822;x+2By@z.test" },
		{ "TO:<a@b.test> NOTIFY=FAILURE", PARSE_OK, "a", "b.test", NOTIFY_FAILURE },
		{ "TO:<a@b.test> NOTIFY=NEVER,DELAY", PARSE_PARAM_VALUE },
		{ "TO:<a@b.test> NOTIFY=", PARSE_SYNTAX },
		{ "TO:<a@b.test> NOTIFY=,", PARSE_PARAM_VALUE },
		{ "TO:<a@b.test> NOTIFY=DELAY NOTIFY=DELAY", PARSE_PARAM_VALUE },
		{ "TO:<a@b.test> ORCPT=x@z.test", PARSE_PARAM_VALUE },
		{ "TO:<a@b.test> ORCPT=;x@z.test", PARSE_PARAM_VALUE },
		{ "TO:<a@b.test> ORCPT=rfc822;", PARSE_PARAM_VALUE },
		{ "TO:<a@b.test> ORCPT=rfc822;x+2@z.test", PARSE_PARAM_VALUE },
		{ "TO:<a@b.test> ORCPT=utf-8;\xc3\xa4@z.test", PARSE_OK, "a", "b.test", 0,
			"utf-8;\xc3\xa4@z.test" },
		{ "TO:<a@b.test> =x", PARSE_SYNTAX },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		struct smtp_rcpt out;
		arena_init(&a, 1024);
		enum parse got = smtp_rcpt_parse(&a, span_of(cases[i].arg), false, &out);
		if (got != cases[i].want)
			fail_msg("%s: %d", cases[i].arg, got);
		if (got == PARSE_OK) {
			assert_true(span_eq(out.to.local, span_of(cases[i].local)));
			assert_true(span_eq(out.to.domain, span_of(cases[i].domain)));
			assert_int_equal(out.notify, cases[i].notify);
			assert_true(span_eq(out.orcpt, span_of(cases[i].orcpt)));
		}
		arena_done(&a);
	}
}

static void bdat(void **state)
{
	static const struct {
		const char *arg;
		bool ok;
		uint64_t size;
		bool last;
	} cases[] = {
		{ "0", true, 0, false },
		{ "86 LAST", true, 86, true },
		{ "0 last", true, 0, true },
		{ "9223372036854775807", true, INT64_MAX, false },
		{ "9223372036854775808", false },
		{ "", false },
		{ "x", false },
		{ "-1", false },
		{ "5 FIRST", false },
		{ "5 LAST x", false },
		{ "5  LAST", false },
		{ "LAST", false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t size = 7;
		bool last = false;
		bool ok = smtp_bdat_parse(span_of(cases[i].arg), &size, &last);
		assert_int_equal(ok, cases[i].ok);
		assert_int_equal(size, ok ? cases[i].size : 7);
		assert_int_equal(last, cases[i].last);
	}
}

static void auth(void **state)
{
	struct span m, initial;
	assert_true(smtp_auth_parse(SPAN("PLAIN"), &m, &initial) && initial.ptr == NULL);
	assert_true(span_eq(m, SPAN("PLAIN")));
	assert_true(smtp_auth_parse(SPAN("PLAIN ="), &m, &initial));
	assert_true(span_eq(initial, SPAN("=")));
	assert_false(smtp_auth_parse(SPAN(""), &m, &initial));
	assert_false(smtp_auth_parse(SPAN("PLAIN a b"), &m, &initial));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(helo),
		cmocka_unit_test(mail),
		cmocka_unit_test(rcpt),
		cmocka_unit_test(bdat),
		cmocka_unit_test(auth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
