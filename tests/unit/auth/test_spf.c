/* mailcore/auth/spf: RFC 7208 over zones given in advance. REQUIREMENTS.md 9, 23. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "mailcore/auth/spf.h"
#include "mailcore/base/clock.h"
#include "tests/unit/auth/zone.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char zone_text[] =
	"pass.test TXT v=spf1 ip4:192.0.2.0/24 -all\n"
	"soft.test TXT v=spf1 ~all\n"
	"open.test TXT v=spf1 ip4:198.51.100.1\n"
	"none.test TXT something else\n"
	"two.test TXT v=spf1 -all\ntwo.test TXT v=spf1 +all\n"
	"joined.test TXT v=spf1 ip4:192.0.2.7 -all\n"
	"bad.test TXT v=spf1 ip4:192.0.2.3 nonsense\n"
	"dead.test FAIL x\n"
	/* a and mx */
	"a.test TXT v=spf1 a -all\na.test A 192.0.2.3\na.test AAAA 2001:db8::3\n"
	"net.test TXT v=spf1 a/24//32 -all\nnet.test A 192.0.2.99\nnet.test AAAA 2001:db8:9::9\n"
	"mx.test TXT v=spf1 mx -all\nmx.test MX 10 h.mx.test\nmx.test MX 5 gone.mx.test\n"
	"h.mx.test A 192.0.2.3\n"
	"nullmx.test TXT v=spf1 mx -all\nnullmx.test MX 0 .\n"
	"deada.test TXT v=spf1 a:dead.test -all\n"
	/* include and redirect */
	"inc.test TXT v=spf1 include:pass.test ?all\n"
	"incnone.test TXT v=spf1 include:none.test -all\n"
	"incdead.test TXT v=spf1 include:dead.test -all\n"
	"incbad.test TXT v=spf1 include:bad.test -all\n"
	"incsoft.test TXT v=spf1 include:soft.test -all\n"
	"redir.test TXT v=spf1 redirect=pass.test\n"
	"redirall.test TXT v=spf1 ?all redirect=pass.test\n"
	"redirnone.test TXT v=spf1 redirect=none.test\n"
	"loop.test TXT v=spf1 include:loop.test -all\n"
	"circle.test TXT v=spf1 redirect=circle.test\n"
	/* exists, ptr, macros */
	"exists.test TXT v=spf1 exists:%{ir}.%{l}.e.test -all\n3.2.0.192.joe.e.test A 127.0.0.2\n"
	"back.test TXT v=spf1 exists:%{l}.b.test -all\na\\\\b.b.test A 127.0.0.2\n"
	"ptr.test TXT v=spf1 ptr -all\n"
	"3.2.0.192.in-addr.arpa PTR liar.ptr.test\n3.2.0.192.in-addr.arpa PTR host.ptr.test\n"
	"liar.ptr.test A 192.0.2.99\nhost.ptr.test A 192.0.2.3\n"
	"p.test TXT v=spf1 exists:%{p}.p.test -all\nhost.ptr.test.p.test A 127.0.0.2\n"
	"p6.test TXT v=spf1 exists:%{p}.p6.test -all\nunknown.p6.test A 127.0.0.2\n"
	/* limits */
	"ten.test TXT v=spf1 a:1.t.test a:2.t.test a:3.t.test a:4.t.test a:5.t.test a:6.t.test "
	"a:7.t.test a:8.t.test a:9.t.test a:10.t.test ip4:192.0.2.3 -all\n"
	"eleven.test TXT v=spf1 a:1.t.test a:2.t.test a:3.t.test a:4.t.test a:5.t.test a:6.t.test "
	"a:7.t.test a:8.t.test a:9.t.test a:10.t.test mx:11.t.test ip4:192.0.2.3 -all\n"
	"1.t.test A 10.0.0.1\n2.t.test A 10.0.0.1\n3.t.test A 10.0.0.1\n4.t.test A 10.0.0.1\n"
	"5.t.test A 10.0.0.1\n6.t.test A 10.0.0.1\n7.t.test A 10.0.0.1\n8.t.test A 10.0.0.1\n"
	"9.t.test A 10.0.0.1\n10.t.test A 10.0.0.1\n"
	"void2.test TXT v=spf1 a:x.void.test a:y.void.test ip4:192.0.2.3 -all\n"
	"void3.test TXT v=spf1 a:x.void.test a:y.void.test a:z.void.test ip4:192.0.2.3 -all\n"
	"mx11.test TXT v=spf1 mx -all\n"
	"mx11.test MX 1 a.test\nmx11.test MX 1 a.test\nmx11.test MX 1 a.test\n"
	"mx11.test MX 1 a.test\nmx11.test MX 1 a.test\nmx11.test MX 1 a.test\n"
	"mx11.test MX 1 a.test\nmx11.test MX 1 a.test\nmx11.test MX 1 a.test\n"
	"mx11.test MX 1 a.test\nmx11.test MX 1 a.test\n"
	/* explanations */
	"exp.test TXT v=spf1 exp=why.exp.test -all\nwhy.exp.test TXT %{i} may not send for %{d}\n"
	"exp2.test TXT v=spf1 exp=nothing.exp.test -all\n"
	"exp3.test TXT v=spf1 exp=broken.exp.test -all\nbroken.exp.test TXT 100% sure\n"
	"exp4.test TXT v=spf1 exp=dead.test -all\n"
	"expinc.test TXT v=spf1 include:exp.test -all\n"
	"expredir.test TXT v=spf1 exp=none.test redirect=exp.test\n"
	"mail.helo.test TXT v=spf1 ip4:192.0.2.3 -all\n";

static struct arena arena;
static struct dns_given *zone;
static struct resolver *resolver;

static void run(const char *ip, const char *helo, const char *from, struct spf_result *out)
{
	struct ctx ctx = { .arena = &arena,
		.now_us = 1700000000 * USEC_PER_SEC,
		.deadline_ms = clock_mono_ms() + 60000 };
	struct spf_query query = { .helo = span_of(helo), .mail_from = span_of(from) };

	assert_true(addr_parse(span_of(ip), &query.ip));
	spf_check(resolver, &ctx, &query, out);
}

static void results(void **state)
{
	static const struct {
		const char *ip, *from;
		enum auth_result result;
		const char *mechanism;
	} cases[] = {
		{ "192.0.2.3", "joe@pass.test", AUTH_PASS, "ip4:192.0.2.0/24" },
		{ "::ffff:192.0.2.3", "joe@PASS.test.", AUTH_PASS, "ip4:192.0.2.0/24" },
		{ "2001:db8::1", "joe@pass.test", AUTH_FAIL, "all" },
		{ "192.0.2.3", "joe@soft.test", AUTH_SOFTFAIL, "all" },
		{ "192.0.2.3", "joe@open.test", AUTH_NEUTRAL, "" },
		{ "192.0.2.3", "joe@none.test", AUTH_NONE, "" },
		{ "192.0.2.3", "joe@nxdomain.test", AUTH_NONE, "" },
		{ "192.0.2.3", "joe@test", AUTH_NONE, "" },
		{ "192.0.2.3", "joe@[192.0.2.3]", AUTH_NONE, "" },
		{ "192.0.2.3", "joe@a..test", AUTH_NONE, "" },
		{ "192.0.2.3", "joe@two.test", AUTH_PERMERROR, "" },
		{ "192.0.2.7", "joe@joined.test", AUTH_PASS, "ip4:192.0.2.7" },
		{ "192.0.2.3", "joe@bad.test", AUTH_PERMERROR, "" },
		{ "192.0.2.3", "joe@dead.test", AUTH_TEMPERROR, "" },
		{ "192.0.2.3", "joe@a.test", AUTH_PASS, "a" },
		{ "2001:db8::3", "joe@a.test", AUTH_PASS, "a" },
		{ "192.0.2.4", "joe@a.test", AUTH_FAIL, "all" },
		{ "192.0.2.4", "joe@net.test", AUTH_PASS, "a/24//32" },
		{ "2001:db8:ffff::", "joe@net.test", AUTH_PASS, "a/24//32" },
		{ "2001:db9::", "joe@net.test", AUTH_FAIL, "all" },
		{ "192.0.2.3", "joe@mx.test", AUTH_PASS, "mx" },
		{ "192.0.2.3", "joe@nullmx.test", AUTH_FAIL, "all" },
		{ "192.0.2.3", "joe@deada.test", AUTH_TEMPERROR, "a:dead.test" },
		{ "192.0.2.3", "joe@inc.test", AUTH_PASS, "include:pass.test" },
		{ "192.0.3.3", "joe@inc.test", AUTH_NEUTRAL, "all" },
		{ "192.0.2.3", "joe@incnone.test", AUTH_PERMERROR, "include:none.test" },
		{ "192.0.2.3", "joe@incdead.test", AUTH_TEMPERROR, "include:dead.test" },
		{ "192.0.2.3", "joe@incbad.test", AUTH_PERMERROR, "include:bad.test" },
		{ "192.0.2.3", "joe@incsoft.test", AUTH_FAIL, "all" },
		{ "192.0.2.3", "joe@redir.test", AUTH_PASS, "ip4:192.0.2.0/24" },
		{ "192.0.2.3", "joe@redirall.test", AUTH_NEUTRAL, "all" },
		{ "192.0.2.3", "joe@redirnone.test", AUTH_PERMERROR, "" },
		{ "192.0.2.3", "joe@loop.test", AUTH_PERMERROR, "include:loop.test" },
		{ "192.0.2.3", "joe@circle.test", AUTH_PERMERROR, "" },
		{ "192.0.2.3", "joe@exists.test", AUTH_PASS, "exists:%{ir}.%{l}.e.test" },
		{ "192.0.2.3", "jim@exists.test", AUTH_FAIL, "all" },
		{ "192.0.2.3", "a\\b@back.test", AUTH_PASS, "exists:%{l}.b.test" },
		{ "192.0.2.3", "joe@ptr.test", AUTH_PASS, "ptr" },
		{ "192.0.2.4", "joe@ptr.test", AUTH_FAIL, "all" },
		{ "192.0.2.3", "joe@p.test", AUTH_PASS, "exists:%{p}.p.test" },
		{ "2001:db8::1", "joe@p6.test", AUTH_PASS, "exists:%{p}.p6.test" },
		{ "192.0.2.3", "joe@ten.test", AUTH_PASS, "ip4:192.0.2.3" },
		{ "192.0.2.3", "joe@eleven.test", AUTH_PERMERROR, "mx:11.t.test" },
		{ "192.0.2.3", "joe@void2.test", AUTH_PASS, "ip4:192.0.2.3" },
		{ "192.0.2.3", "joe@void3.test", AUTH_PERMERROR, "a:z.void.test" },
		{ "192.0.2.3", "joe@mx11.test", AUTH_PERMERROR, "mx" },
		{ "192.0.2.3", "", AUTH_PASS, "ip4:192.0.2.3" },
		{ "192.0.2.4", "", AUTH_FAIL, "all" },
	};
	struct spf_result r;

	for (size_t i = 0; i < COUNT(cases); i++) {
		run(cases[i].ip, "mail.helo.test", cases[i].from, &r);
		if (r.result != cases[i].result ||
			!span_eq(r.mechanism, span_of(cases[i].mechanism)))
			print_message("%s from %s: %s by \"" SPAN_FMT "\"\n", cases[i].from,
				cases[i].ip, auth_result_name(r.result), SPAN_ARG(r.mechanism));
		assert_int_equal(r.result, cases[i].result);
		assert_true(span_eq(r.mechanism, span_of(cases[i].mechanism)));
		bool error = r.result == AUTH_TEMPERROR || r.result == AUTH_PERMERROR;
		assert_true(error == (r.reason.len > 0));
	}
}

static void explanations(void **state)
{
	static const struct {
		const char *from, *explanation;
	} cases[] = {
		{ "joe@exp.test", "192.0.2.3 may not send for exp.test" },
		{ "joe@expredir.test", "192.0.2.3 may not send for exp.test" },
		{ "joe@expinc.test", "" },
		{ "joe@exp2.test", "" },
		{ "joe@exp3.test", "" },
		{ "joe@exp4.test", "" },
	};
	struct spf_result r;

	for (size_t i = 0; i < COUNT(cases); i++) {
		run("192.0.2.3", "mail.helo.test", cases[i].from, &r);
		assert_int_equal(r.result, AUTH_FAIL);
		assert_true(span_eq(r.explanation, span_of(cases[i].explanation)));
	}
}

static void counts(void **state)
{
	struct spf_result r;

	run("192.0.2.3", "h.test", "joe@ten.test", &r);
	assert_int_equal(r.lookups, 10);
	run("192.0.2.3", "h.test", "joe@void2.test", &r);
	assert_int_equal(r.void_lookups, 2);
	assert_false(r.from_helo);
	run("192.0.2.3", "mail.helo.test", "", &r);
	assert_true(r.from_helo);
	assert_true(span_eq(r.domain, SPAN("mail.helo.test")));
	run("192.0.2.3", "", "", &r);
	assert_int_equal(r.result, AUTH_NONE);
}

static int set_up(void **state)
{
	arena_init(&arena, 65536);
	zone = zone_of(zone_text);
	resolver = resolver_open_given(zone);
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
		cmocka_unit_test(results),
		cmocka_unit_test(explanations),
		cmocka_unit_test(counts),
	};
	return cmocka_run_group_tests_name("spf", tests, set_up, tear_down);
}
