/*
 * mailcore/auth/verify, iprev, auth_results: a message judged as a whole, and the field that tells
 * of it. RFC 8601; REQUIREMENTS.md 11, 58, 59.
 */
#include "tests/unit/cmocka_all.h"

#include "mailcore/auth/auth_results.h"
#include "mailcore/base/clock.h"
#include "tests/unit/auth/zone.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char zone_text[] = "3.2.0.192.in-addr.arpa PTR liar.test\n"
				"3.2.0.192.in-addr.arpa PTR mx.a.test\n"
				"liar.test A 192.0.2.99\nmx.a.test A 192.0.2.3\n"
				"4.2.0.192.in-addr.arpa PTR liar.test\n"
				"5.2.0.192.in-addr.arpa PTR dead.test\ndead.test FAIL x\n"
				"6.2.0.192.in-addr.arpa FAIL x\n"
				"a.test TXT v=spf1 ip4:192.0.2.3 -all\n"
				"mx.a.test TXT v=spf1 a -all\n"
				"_dmarc.a.test TXT v=DMARC1; p=reject\n";

static struct arena arena;
static struct dns_given *zone;
static struct resolver *resolver;
static struct ctx ctx;

static void reverse_names(void **state)
{
	static const struct {
		const char *ip, *name;
		enum auth_result result;
	} cases[] = {
		{ "192.0.2.3", "mx.a.test", AUTH_PASS },
		{ "192.0.2.4", "liar.test", AUTH_FAIL },
		{ "192.0.2.5", "dead.test", AUTH_TEMPERROR },
		{ "192.0.2.6", "", AUTH_TEMPERROR },
		{ "192.0.2.7", "", AUTH_PERMERROR },
		{ "2001:db8::1", "", AUTH_PERMERROR },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct iprev_result r;
		struct addr ip;
		assert_true(addr_parse(span_of(cases[i].ip), &ip));
		iprev_check(resolver, &ctx, &ip, &r);
		assert_int_equal(r.result, cases[i].result);
		assert_true(span_eq(r.name, span_of(cases[i].name)));
	}
}

static const char *judge(const char *ip, const char *from, const char *helo, const char *head)
{
	struct auth_query query = {
		.mail_from = span_of(from), .helo = span_of(helo), .hostname = "mx.our.test"
	};
	struct str out = str_in(&arena, AUTH_RESULTS_MAX);
	struct auth_verdicts verdicts;

	assert_true(addr_parse(span_of(ip), &query.ip));
	struct auth_check *check = auth_begin(resolver, &arena, &query, span_of(head));
	assert_false(auth_wants_body(check));
	auth_body(check, SPAN("hello\r\n"));
	auth_end(check, &ctx, &verdicts);
	auth_results_add(&out, "mx.our.test", &query, &verdicts);
	return str_cstr(&out);
}

static void fields(void **state)
{
	assert_string_equal(
		judge("192.0.2.3", "joe@a.test", "mx.a.test", "From: joe@A.test\r\n\r\n"),
		"mx.our.test; iprev=pass (mx.a.test) policy.iprev=192.0.2.3; "
		"spf=pass smtp.mailfrom=joe@a.test; spf=pass smtp.helo=mx.a.test; dkim=none; "
		"dmarc=pass (p=reject) header.from=a.test");
	/* the null sender: HELO counts for DMARC too */
	assert_string_equal(judge("192.0.2.3", "", "mx.a.test", "From: joe@a.test\r\n\r\n"),
		"mx.our.test; iprev=pass (mx.a.test) policy.iprev=192.0.2.3; "
		"spf=pass smtp.helo=mx.a.test; dkim=none; "
		"dmarc=pass (p=reject) header.from=a.test");
	assert_string_equal(judge("2001:db8::9", "joe@a.test", "h", "From: joe@a.test\r\n\r\n"),
		"mx.our.test; iprev=permerror policy.iprev=\"2001:db8::9\"; "
		"spf=fail smtp.mailfrom=joe@a.test; spf=none smtp.helo=h; dkim=none; "
		"dmarc=fail reason=\"neither SPF nor a DKIM signature proves that it comes from "
		"a.test\" (p=reject) header.from=a.test");
	/* what peers say stays inside its quotes */
	assert_string_equal(judge("192.0.2.9", "\"x; dkim=pass\"@b.test", "(h); y\" =\\\r\n\xe9",
				    "From: a@b.test, c@d.test\r\n\r\n"),
		"mx.our.test; iprev=permerror policy.iprev=192.0.2.9; "
		"spf=none smtp.mailfrom=\"\\\"x; dkim=pass\\\"@b.test\"; "
		"spf=none smtp.helo=\"(h); y\\\" =\\\\???\"; dkim=none; "
		"dmarc=permerror reason=\"the author has no domain\"");
}

static void reading(void **state)
{
	static const struct {
		const char *value, *result; /* NULL: not there */
	} cases[] = {
		{ " mx.test 1; spf=fail; dmarc=pass header.from=a.test", "pass" },
		{ "mx.test;\r\n\tdmarc (c) = (x;dmarc=fail) pass (p=none)", "pass" },
		{ "mx.test; DMARC/1=fail; dmarc=pass", "fail" },
		{ "mx.test; spf=pass smtp.mailfrom=\"; dmarc=pass\"", NULL },
		{ "mx.test; spf=pass reason=\"x\\\"; dmarc=pass\"", NULL },
		{ "mx.test (dmarc=pass); none", NULL },
		{ "dmarc=pass", NULL },
		{ "mx.test; x.dmarc=pass", NULL },
		{ "mx.test; spf=pass dmarc=pass", NULL },
		{ "mx.test; spf=pass ( dmarc=pass; dmarc=pass", NULL },
		{ "mx.test; spf=pass \"; dmarc=pass", NULL },
		{ "mx.test; dmarc=", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span result;
		bool found =
			auth_results_find(&arena, span_of(cases[i].value), SPAN("dmarc"), &result);
		assert_int_equal(found, cases[i].result != NULL);
		if (found)
			assert_true(span_eq(result, span_of(cases[i].result)));
	}
}

static int set_up(void **state)
{
	arena_init(&arena, 65536);
	zone = zone_of(zone_text);
	resolver = resolver_open_given(zone);
	ctx = (struct ctx){ .arena = &arena, .deadline_ms = clock_mono_ms() + 60000 };
	return 0;
}

static int tear_down(void **state)
{
	resolver_close(resolver);
	dns_given_free(zone);
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reverse_names),
		cmocka_unit_test(fields),
		cmocka_unit_test(reading),
	};
	return cmocka_run_group_tests_name("verify", tests, set_up, tear_down);
}
