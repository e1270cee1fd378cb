/* mailcore/auth/dmarc: RFC 9989 over zones given in advance. REQUIREMENTS.md 26, 58. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/auth/dmarc.h"
#include "mailcore/auth/domain_name.h"
#include "mailcore/base/clock.h"
#include "tests/unit/auth/zone.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct arena arena;

/* --- records --- */

static void records(void **state)
{
	static const struct {
		const char *text;
		enum rc rc;
		enum dmarc_policy p, sp, np;
		char psd;
		bool testing, strict_dkim, strict_spf;
	} cases[] = {
		{ "v=DMARC1; p=reject", RC_OK, DMARC_REJECT, DMARC_REJECT, DMARC_REJECT, 'u' },
		{ "v = DMARC1 ;p = Quarantine ; sp=NONE;", RC_OK, DMARC_QUARANTINE,
			DMARC_POLICY_NONE, DMARC_POLICY_NONE, 'u' },
		{ "v=DMARC1;p=none;np=reject;psd=y;t=y;adkim=s;aspf=s;pct=20;ri=1;x", RC_OK,
			DMARC_POLICY_NONE, DMARC_POLICY_NONE, DMARC_REJECT, 'y', true, true, true },
		{ "v=DMARC1; p=reject; p=none; psd=n; adkim=r; aspf=x; t=n", RC_OK, DMARC_REJECT,
			DMARC_REJECT, DMARC_REJECT, 'n' },
		{ "v=DMARC1; p=reject; sp=quarantine; np=none", RC_OK, DMARC_REJECT,
			DMARC_QUARANTINE, DMARC_POLICY_NONE, 'u' },
		{ "v=DMARC1", RC_OK, DMARC_NO_POLICY, DMARC_NO_POLICY, DMARC_NO_POLICY, 'u' },
		{ "v=DMARC1; p=bogus", RC_OK, DMARC_NO_POLICY, DMARC_NO_POLICY, DMARC_NO_POLICY,
			'u' },
		{ "v=DMARC1; rua=mailto:a@b.test", RC_OK, DMARC_POLICY_NONE, DMARC_POLICY_NONE,
			DMARC_POLICY_NONE, 'u' },
		{ "v=DMARC1; p=reject; sp=no; rua=mailto:a@b.test", RC_OK, DMARC_POLICY_NONE,
			DMARC_POLICY_NONE, DMARC_POLICY_NONE, 'u' },
		{ "v=DMARC1; p=reject; sp=no; rua=nonsense", RC_OK, DMARC_NO_POLICY,
			DMARC_NO_POLICY, DMARC_NO_POLICY, 'u' },
		{ "v=dmarc1; p=reject", RC_INVALID },
		{ "v=DMARC12; p=reject", RC_INVALID },
		{ "p=reject; v=DMARC1", RC_INVALID },
		{ "", RC_INVALID },
		{ ";", RC_INVALID },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dmarc_record r;
		assert_int_equal(dmarc_record_parse(span_of(cases[i].text), &r), cases[i].rc);
		if (cases[i].rc != RC_OK)
			continue;
		assert_int_equal(r.policy, cases[i].p);
		assert_int_equal(r.sub_policy, cases[i].sp);
		assert_int_equal(r.np_policy, cases[i].np);
		assert_int_equal(r.psd, cases[i].psd);
		assert_int_equal(r.testing, cases[i].testing);
		assert_int_equal(r.strict_dkim, cases[i].strict_dkim);
		assert_int_equal(r.strict_spf, cases[i].strict_spf);
	}
}

/* --- evaluation --- */

static const char zone_text[] =
	"_dmarc.a.test TXT v=DMARC1; p=reject; sp=quarantine; np=none\n"
	"a.test NAME\nsub.a.test NAME\n"
	"_dmarc.own.a.test TXT v=DMARC1; p=none\n"
	"_dmarc.strict.test TXT v=DMARC1; p=reject; adkim=s; aspf=s\n"
	"_dmarc.soft.test TXT v=DMARC1; p=reject; t=y\n"
	"_dmarc.soft2.test TXT v=DMARC1; p=quarantine; t=y\n"
	/* two records are none, other TXT records do not count */
	"_dmarc.two.test TXT v=DMARC1; p=reject\n_dmarc.two.test TXT v=DMARC1; p=none\n"
	"_dmarc.mixed.test TXT hello\n_dmarc.mixed.test TXT v=DMARC1; p=reject\n"
	/* psd=y: the organisation is one label below; psd=n: it is this one */
	"_dmarc.co.psd TXT v=DMARC1; p=none; sp=reject; np=quarantine; psd=y\n"
	"shop.co.psd NAME\n"
	"_dmarc.bank.co.psd TXT v=DMARC1; p=quarantine\n"
	"_dmarc.dept.big.test TXT v=DMARC1; p=reject; psd=n\n_dmarc.big.test TXT v=DMARC1; p=none\n"
	/* a long name: itself, then its last seven labels */
	"_dmarc.c.d.e.f.g.long.test TXT v=DMARC1; p=reject\n"
	"_dmarc.b.c.d.e.f.g.long.test TXT v=DMARC1; p=none\n"
	/* DNS that does not answer */
	"_dmarc.dead.test FAIL x\n"
	"_dmarc.half.test TXT v=DMARC1; p=reject\n_dmarc.x.half.test FAIL x\n"
	"_dmarc.y.dead.test TXT v=DMARC1; p=reject\n"
	"_dmarc.xn--bcher-kva.test TXT v=DMARC1; p=reject\n"
	"_dmarc.broken.test TXT v=DMARC1; p=\n";

struct eval_case {
	const char *from, *spf, *dkim;
	enum auth_result result;
	enum dmarc_policy policy, disposition;
	const char *org, *aligned_by;
	bool spf_temperror, dkim_temperror;
};

static const struct eval_case eval_cases[] = {
	{ "a.test", "a.test", "", AUTH_PASS, DMARC_REJECT, DMARC_POLICY_NONE, "a.test", "spf" },
	{ "A.Test.", "", "a.TEST", AUTH_PASS, DMARC_REJECT, DMARC_POLICY_NONE, "a.test", "dkim" },
	{ "a.test", "x.sub.a.test", "b.test", AUTH_PASS, DMARC_REJECT, DMARC_POLICY_NONE, "a.test",
		"spf" },
	{ "a.test", "b.test", "nota.test", AUTH_FAIL, DMARC_REJECT, DMARC_REJECT, "a.test", "" },
	{ "sub.a.test", "", "", AUTH_FAIL, DMARC_QUARANTINE, DMARC_QUARANTINE, "a.test", "" },
	{ "nx.a.test", "", "", AUTH_FAIL, DMARC_POLICY_NONE, DMARC_POLICY_NONE, "a.test", "" },
	{ "own.a.test", "", "", AUTH_FAIL, DMARC_POLICY_NONE, DMARC_POLICY_NONE, "a.test", "" },
	{ "own.a.test", "other.a.test", "", AUTH_PASS, DMARC_POLICY_NONE, DMARC_POLICY_NONE,
		"a.test", "spf" },
	{ "strict.test", "m.strict.test", "d.strict.test", AUTH_FAIL, DMARC_REJECT, DMARC_REJECT,
		"strict.test", "" },
	{ "strict.test", "m.strict.test", "strict.test", AUTH_PASS, DMARC_REJECT, DMARC_POLICY_NONE,
		"strict.test", "dkim" },
	{ "soft.test", "", "", AUTH_FAIL, DMARC_REJECT, DMARC_QUARANTINE, "soft.test", "" },
	{ "soft2.test", "", "", AUTH_FAIL, DMARC_QUARANTINE, DMARC_POLICY_NONE, "soft2.test", "" },
	{ "two.test", "", "", AUTH_NONE, DMARC_NO_POLICY, DMARC_POLICY_NONE, "two.test", "" },
	{ "mixed.test", "", "", AUTH_FAIL, DMARC_REJECT, DMARC_REJECT, "mixed.test", "" },
	{ "unknown.test", "unknown.test", "", AUTH_NONE, DMARC_NO_POLICY, DMARC_POLICY_NONE,
		"unknown.test", "" },
	{ "broken.test", "", "", AUTH_NONE, DMARC_NO_POLICY, DMARC_POLICY_NONE, "broken.test", "" },
	/* public suffixes */
	{ "shop.co.psd", "", "", AUTH_FAIL, DMARC_REJECT, DMARC_REJECT, "shop.co.psd", "" },
	{ "ghost.co.psd", "", "", AUTH_FAIL, DMARC_QUARANTINE, DMARC_QUARANTINE, "ghost.co.psd",
		"" },
	{ "shop.co.psd", "evil.co.psd", "", AUTH_FAIL, DMARC_REJECT, DMARC_REJECT, "shop.co.psd",
		"" },
	{ "shop.co.psd", "m.shop.co.psd", "", AUTH_PASS, DMARC_REJECT, DMARC_POLICY_NONE,
		"shop.co.psd", "spf" },
	{ "x.bank.co.psd", "bank.co.psd", "", AUTH_PASS, DMARC_QUARANTINE, DMARC_POLICY_NONE,
		"bank.co.psd", "spf" },
	{ "dept.big.test", "big.test", "", AUTH_FAIL, DMARC_REJECT, DMARC_REJECT, "dept.big.test",
		"" },
	{ "big.test", "x.dept.big.test", "", AUTH_FAIL, DMARC_POLICY_NONE, DMARC_POLICY_NONE,
		"big.test", "" },
	/* eight labels: b.c... is not asked for */
	{ "a.b.c.d.e.f.g.long.test", "", "", AUTH_FAIL, DMARC_REJECT, DMARC_REJECT,
		"c.d.e.f.g.long.test", "" },
	/* DNS trouble is never fail */
	{ "dead.test", "dead.test", "", AUTH_TEMPERROR, DMARC_NO_POLICY, DMARC_POLICY_NONE, "",
		"" },
	{ "half.test", "x.half.test", "", AUTH_TEMPERROR, DMARC_REJECT, DMARC_POLICY_NONE,
		"half.test", "" },
	{ "half.test", "x.half.test", "half.test", AUTH_PASS, DMARC_REJECT, DMARC_POLICY_NONE,
		"half.test", "dkim" },
	{ "y.dead.test", "z.dead.test", "", AUTH_TEMPERROR, DMARC_REJECT, DMARC_POLICY_NONE, "",
		"" },
	{ "y.dead.test", "y.dead.test", "", AUTH_PASS, DMARC_REJECT, DMARC_POLICY_NONE, "", "spf" },
	{ "a.test", "", "", AUTH_TEMPERROR, DMARC_REJECT, DMARC_POLICY_NONE, "a.test", "", true },
	{ "a.test", "", "", AUTH_TEMPERROR, DMARC_REJECT, DMARC_POLICY_NONE, "a.test", "", false,
		true },
	{ "a.test", "", "a.test", AUTH_PASS, DMARC_REJECT, DMARC_POLICY_NONE, "a.test", "dkim",
		true },
	/* names */
	{ "b\xc3\xbc"
	  "cher.test",
		"xn--bcher-kva.test", "", AUTH_PASS, DMARC_REJECT, DMARC_POLICY_NONE,
		"xn--bcher-kva.test", "spf" },
	{ "a..test", "", "", AUTH_PERMERROR, DMARC_NO_POLICY, DMARC_POLICY_NONE, "", "" },
	{ "", "", "", AUTH_PERMERROR, DMARC_NO_POLICY, DMARC_POLICY_NONE, "", "" },
};

static void evaluation(void **state)
{
	struct dns_given *zone = zone_of(zone_text);
	struct resolver *resolver = resolver_open_given(zone);
	struct ctx ctx = { .arena = &arena, .deadline_ms = clock_mono_ms() + 60000 };

	for (size_t i = 0; i < COUNT(eval_cases); i++) {
		const struct eval_case *c = &eval_cases[i];
		struct span dkim = span_of(c->dkim);
		struct dmarc_query query = { .author_domain = span_of(c->from),
			.spf_domain = span_of(c->spf),
			.dkim_domains = &dkim,
			.n_dkim_domains = dkim.len > 0,
			.spf_temperror = c->spf_temperror,
			.dkim_temperror = c->dkim_temperror };
		struct dmarc_result r;
		dmarc_check(resolver, &ctx, &query, &r);
		if (r.result != c->result)
			print_message("%s %s %s: %s\n", c->from, c->spf, c->dkim,
				auth_result_name(r.result));
		assert_int_equal(r.result, c->result);
		assert_int_equal(r.policy, c->policy);
		assert_int_equal(r.disposition, c->disposition);
		assert_true(span_eq(r.org_domain, span_of(c->org)));
		assert_true(span_eq(r.aligned_by, span_of(c->aligned_by)));
		bool trouble = r.result != AUTH_PASS && r.result != AUTH_NONE;
		assert_true(trouble == (r.reason.len > 0));
	}
	resolver_close(resolver);
	dns_given_free(zone);
}

/* --- the author --- */

static void authors(void **state)
{
	static const struct {
		const char *head;
		const char *domain; /* NULL: refused */
	} cases[] = {
		{ "From: Joe <joe@A.test>\r\n\r\n", "a.test" },
		{ "Subject: x\r\nfrom: joe@b\xc3\xbc"
		  "cher.test\r\n\r\n",
			"xn--bcher-kva.test" },
		{ "From: a@x.test, b@X.TEST\r\n\r\n", "x.test" },
		{ "From: team: a@x.test, b@x.test;\r\n\r\n", "x.test" },
		{ "From: \"joe@bank.test\" <joe@evil.test>\r\n\r\n", "evil.test" },
		{ "From: a@x.test, b@y.test\r\n\r\n", NULL },
		{ "From: a@x.test\r\nFrom: a@x.test\r\n\r\n", NULL },
		{ "From: nobody\r\n\r\n", NULL },
		{ "From: a@x.test, nobody\r\n\r\n", NULL },
		{ "From: undisclosed:;\r\n\r\n", NULL },
		{ "From: a@[192.0.2.1]\r\n\r\n", NULL },
		{ "From: a@x.test;dmarc=pass\r\n\r\n", NULL },
		{ "From: a@\"x.test\"\r\n\r\n", NULL },
		{ "From: a@x\001.test\r\n\r\n", NULL },
		{ "From:\r\n\r\n", NULL },
		{ "Subject: x\r\n\r\n", NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span domain;
		enum rc rc = dmarc_author_domain(&arena, span_of(cases[i].head), &domain);
		assert_int_equal(rc, cases[i].domain ? RC_OK : RC_INVALID);
		if (cases[i].domain)
			assert_true(span_eq(domain, span_of(cases[i].domain)));
	}
}

static void names(void **state)
{
	assert_true(domain_name_is_below(SPAN("a.b.test"), SPAN("b.test")));
	assert_true(domain_name_is_below(SPAN("b.test"), SPAN("b.test")));
	assert_false(domain_name_is_below(SPAN("ab.test"), SPAN("b.test")));
	assert_false(domain_name_is_below(SPAN("test"), SPAN("b.test")));
	assert_int_equal(domain_name_labels(SPAN("")), 0);
	assert_int_equal(domain_name_labels(SPAN("a.b.c")), 3);
	assert_true(span_eq(domain_name_last(SPAN("a.b.c"), 2), SPAN("b.c")));
	assert_true(span_eq(domain_name_last(SPAN("a.b.c"), 9), SPAN("a.b.c")));
}

static int set_up(void **state)
{
	arena_init(&arena, 65536);
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
		cmocka_unit_test(records),
		cmocka_unit_test(evaluation),
		cmocka_unit_test(authors),
		cmocka_unit_test(names),
	};
	return cmocka_run_group_tests_name("dmarc", tests, set_up, tear_down);
}
