/* mailcore/smtpclient: MTA-STS records and policies, and answers over HTTP. REQUIREMENTS 21. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/smtpclient/https_get.h"
#include "mailcore/smtpclient/sts_policy.h"

static struct arena arena;

static void records(void **state)
{
	static const struct {
		const char *txt, *id; /* NULL: none */
	} cases[] = {
		{ "v=STSv1; id=20160831085700Z;", "20160831085700Z" },
		{ "v=STSv1;id=1", "1" },
		{ "v=STSv1; x=y; id=a1; id=b2;", "a1" },
		{ "v=STSv1", NULL },
		{ "v=STSv1; id=;", NULL },
		{ "v=STSv1; id=a b;", NULL },
		{ "v=STSv1; id=123456789012345678901234567890123;", NULL },
		{ "v=STSv2; id=1;", NULL },
		{ "id=1; v=STSv1;", NULL },
		{ "v=STSv10; id=1", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct span id = SPAN_NONE;
		bool good = sts_record_parse(span_of(cases[i].txt), &id);
		assert_int_equal(good, cases[i].id != NULL);
		if (good)
			assert_true(span_eq(id, span_of(cases[i].id)));
	}
}

#define V "version: STSv1\r\n"

static void policies(void **state)
{
	static const struct {
		const char *text;
		bool good;
		enum sts_mode mode;
		int64_t age;
		size_t n;
	} cases[] = {
		{ V "mode: enforce\r\nmx: a.test\r\nmx: *.b.test\r\nmax_age: 604800\r\n", true,
			STS_ENFORCE, 604800, 2 },
		{ "version:STSv1\nmode:testing\nmx:a.test\nmax_age:1", true, STS_TESTING, 1, 1 },
		{ V "mode: none\r\nmax_age: 86400\r\n", true, STS_NONE, 86400, 0 },
		{ V "mode: enforce\r\nmx: a.test\r\nmax_age: 99999999999\r\n", true, STS_ENFORCE,
			STS_MAX_AGE_MAX_S, 1 },
		{ V "mode: enforce\r\nx: y\r\njunk\r\n\r\nmx: a.test\r\nmax_age: 5\r\nmode: none\r\n",
			true, STS_ENFORCE, 5, 1 },
		{ V "mode: enforce\r\nmax_age: 5\r\n", false, STS_NONE, 0, 0 },
		{ V "mode: enforce\r\nmx: a.test\r\n", false, STS_NONE, 0, 0 },
		{ V "mode: strict\r\nmx: a.test\r\nmax_age: 5\r\n", false, STS_NONE, 0, 0 },
		{ V "mode: enforce\r\nmx: a.test\r\nmax_age: -5\r\n", false, STS_NONE, 0, 0 },
		{ V "mode: enforce\r\nmx: \r\nmax_age: 5\r\n", false, STS_NONE, 0, 0 },
		{ V "mx: a.test\r\nmax_age: 5\r\n", false, STS_NONE, 0, 0 },
		{ "mode: enforce\r\nmx: a.test\r\nmax_age: 5\r\n", false, STS_NONE, 0, 0 },
		{ "version: STSv2\r\nmode: enforce\r\nmx: a.test\r\nmax_age: 5\r\n", false,
			STS_NONE, 0, 0 },
		{ "<html>", false, STS_NONE, 0, 0 },
		{ "", false, STS_NONE, 0, 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sts_policy p = { 0 };
		assert_int_equal(sts_policy_parse(span_of(cases[i].text), &p), cases[i].good);
		assert_int_equal(p.mode, cases[i].mode);
		assert_int_equal(p.max_age_s, cases[i].age);
		assert_int_equal(p.n_mx, cases[i].n);
	}
}

static void limits(void **state)
{
	struct str text = str_in(&arena, (size_t)1 << 20);
	struct sts_policy p;

	str_add_cstr(&text, V "mode: enforce\r\nmax_age: 5\r\n");
	for (int i = 0; i < STS_MX_MAX; i++)
		str_add_cstr(&text, "mx: a.test\r\n");
	assert_true(sts_policy_parse(str_span(&text), &p));
	str_add_cstr(&text, "mx: a.test\r\n");
	assert_false(sts_policy_parse(str_span(&text), &p));
	str_clear(&text);
	str_add_cstr(&text, V "mode: none\r\nmax_age: 5\r\n");
	while (text.len <= STS_POLICY_BYTES)
		str_add_cstr(&text, "x: y\r\n");
	assert_false(sts_policy_parse(str_span(&text), &p));
}

static void names(void **state)
{
	static const struct {
		const char *mx, *host;
		bool named;
	} cases[] = {
		{ "mx.a.test", "mx.a.test", true },
		{ "MX.A.test", "mx.a.test", true },
		{ "mx.a.test.", "mx.a.test", true },
		{ "mx.a.test", "mx2.a.test", false },
		{ "*.a.test", "mx.a.test", true },
		{ "*.a.test", "a.test", false },
		{ "*.a.test", ".a.test", false },
		{ "*.a.test", "b.mx.a.test", false },
		{ "*.a.test", "mx.ba.test", false },
		{ "*", "mx.a.test", false },
		{ "*.", "mx.a.test", false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sts_policy p = { .n_mx = 1 };
		p.mx[0] = span_of(cases[i].mx);
		assert_int_equal(sts_policy_names(&p, span_of(cases[i].host)), cases[i].named);
	}
}

#define OK_LINE "HTTP/1.1 200 OK\r\n"

static void answers(void **state)
{
	static const struct {
		const char *bytes;
		enum rc rc;
		int status;
		const char *body;
	} cases[] = {
		{ OK_LINE "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi", RC_OK, 200,
			"hi" },
		{ OK_LINE "content-length: 2\r\n\r\nhi there", RC_OK, 200, "hi" },
		{ "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n", RC_OK, 404, "" },
		{ OK_LINE "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3;x=y\r\n yo\r\n0\r\n\r\n",
			RC_OK, 200, "hi yo" },
		/* more is to come */
		{ "", RC_NOT_FOUND, 0, NULL },
		{ OK_LINE "Content-Length: 2\r\n", RC_NOT_FOUND, 0, NULL },
		{ OK_LINE "Content-Length: 2\r\n\r\nh", RC_NOT_FOUND, 0, NULL },
		{ OK_LINE "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", RC_NOT_FOUND, 0, NULL },
		{ OK_LINE "Transfer-Encoding: chunked\r\n\r\n2\r\nhi", RC_NOT_FOUND, 0, NULL },
		/* never */
		{ OK_LINE "\r\nhi", RC_INVALID, 0, NULL },
		{ OK_LINE "Content-Length: 99999999\r\n\r\n", RC_INVALID, 0, NULL },
		{ OK_LINE "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi", RC_INVALID, 0, NULL },
		{ OK_LINE "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			RC_INVALID, 0, NULL },
		{ OK_LINE "Transfer-Encoding: gzip\r\n\r\nhi", RC_INVALID, 0, NULL },
		{ OK_LINE "Transfer-Encoding: chunked\r\n\r\nzz\r\n", RC_INVALID, 0, NULL },
		{ OK_LINE "Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n", RC_INVALID, 0, NULL },
		{ OK_LINE "Transfer-Encoding: chunked\r\n\r\n2\r\nhixx", RC_INVALID, 0, NULL },
		{ OK_LINE "no colon\r\n\r\n", RC_INVALID, 0, NULL },
		{ "HTTP/2 200\r\n\r\n", RC_INVALID, 0, NULL },
		{ "220 smtp\r\n\r\n", RC_INVALID, 0, NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_answer answer = { 0 };
		assert_int_equal(
			http_answer_parse(&arena, span_of(cases[i].bytes), &answer), cases[i].rc);
		assert_int_equal(answer.status, cases[i].status);
		if (cases[i].body)
			assert_true(span_eq(answer.body, span_of(cases[i].body)));
	}
}

static int setup(void **state)
{
	arena_init(&arena, 4096);
	return 0;
}

static int teardown(void **state)
{
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),
		cmocka_unit_test(policies),
		cmocka_unit_test(limits),
		cmocka_unit_test(names),
		cmocka_unit_test(answers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
