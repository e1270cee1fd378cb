/*
 * mailcore/deliver: what follows from authentication, lists and oddities of mail from the world.
 * DNS is given in advance; the directory is a fake. REQUIREMENTS.md 26, 27, 58.
 */
#include "tests/unit/cmocka_all.h"

#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/deliver/inbound.h"
#include "tests/unit/auth/zone.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* --- fake: domain 1 applies, 2 wants junk, 3 ignores --- */

static enum rc dmarc_rc;

enum rc domain_dmarc_find(
	struct ctx *ctx, int64_t domain_id, struct span name, enum domain_dmarc *out)
{
	if (domain_id == 0)
		domain_id = name.ptr[0] - '0';
	*out = (enum domain_dmarc)(domain_id - 1);
	return dmarc_rc;
}

struct span domain_to_ascii(struct arena *a, struct span domain)
{
	return domain;
}

/* --- stage --- */

static const char zone_text[] =
	"3.2.0.192.in-addr.arpa PTR mx.a.test\nmx.a.test A 192.0.2.3\n"
	"a.test TXT v=spf1 ip4:192.0.2.3 -all\n_dmarc.a.test TXT v=DMARC1; p=reject\n"
	"q.test TXT v=spf1 -all\n_dmarc.q.test TXT v=DMARC1; p=quarantine\n"
	"n.test TXT v=spf1 -all\n_dmarc.n.test TXT v=DMARC1; p=none\n"
	"_dmarc.dead.test FAIL x\n"
	"9.2.0.192.bl.test A 127.0.0.2\n"
	"9.2.0.192.blocked.test A 127.255.255.254\n"
	"9.2.0.192.parked.test A 203.0.113.1\n"
	"9.2.0.192.wl.test A 127.0.4.2\n"
	"8.2.0.192.bl.test FAIL x\n";

static struct arena arena;
static struct ctx ctx;
static struct dns_given *zone;
static struct inbound_env env;

static int set_up(void **state)
{
	arena_init(&arena, 65536);
	ctx = (struct ctx){ .arena = &arena, .deadline_ms = clock_mono_ms() + 60000 };
	zone = zone_of(zone_text);
	env = (struct inbound_env){ .resolver = resolver_open_given(zone),
		.junk_tenths = SCORE_JUNK,
		.sealers = SPAN("list.test, Sealer.test") };
	dmarc_rc = RC_OK;
	return 0;
}

static int tear_down(void **state)
{
	resolver_close(env.resolver);
	dns_given_free(zone);
	arena_done(&arena);
	return 0;
}

#define USUAL "Date: x\r\nMessage-ID: <x@y>\r\n"

static void judge(const char *ip, const char *from, const char *head, struct inbound_verdict *out)
{
	struct intake_source source = { .helo = SPAN("mx.a.test"), .mail_from = span_of(from) };
	struct spool spool;

	assert_true(addr_parse(span_of(ip), &source.peer));
	spool_init(&spool, "/tmp", 1000);
	assert_int_equal(
		inbound_judge(&env, &ctx, &source, "mx.our.test", span_of(head), &spool, out),
		RC_OK);
	spool_done(&spool);
}

static bool has_signal(const struct inbound_verdict *v, const char *name, int tenths)
{
	for (size_t i = 0; i < v->signals.len; i++) {
		if (span_eq(span_of(v->signals.items[i].name), span_of(name)))
			return v->signals.items[i].tenths == tenths;
	}
	return false;
}

static enum rc apply(const struct inbound_verdict *v, int64_t a, int64_t b,
	struct delivery_target targets[2], struct err *err)
{
	targets[0] = (struct delivery_target){ .domain_id = a };
	targets[1] = (struct delivery_target){ .domain_id = b };
	return inbound_apply(&ctx, v, targets, b ? 2 : 1, NULL, 0, err);
}

/* --- cases --- */

static void good_mail(void **state)
{
	struct inbound_verdict v;
	struct delivery_target t[2];
	struct err err;

	judge("192.0.2.3", "joe@a.test", USUAL "From: joe@a.test\r\n\r\n", &v);
	assert_int_equal(v.auth.dmarc.result, AUTH_PASS);
	assert_int_equal(v.signals.tenths, -5);
	assert_true(span_starts(v.field, SPAN("mx.our.test; iprev=pass ")));
	assert_int_equal(apply(&v, 1, 0, t, &err), RC_OK);
	assert_false(t[0].junk);
	assert_int_equal(inbound_why_junk(&arena, &v).len, 0);
}

static void policies(void **state)
{
	static const struct {
		const char *author;
		int64_t domains[2]; /* of the recipients */
		enum rc rc;
		bool junk[2];
	} cases[] = {
		{ "joe@a.test", { 1 }, RC_DENIED, { false } },
		{ "joe@a.test", { 2 }, RC_OK, { true } },
		{ "joe@a.test", { 3 }, RC_OK, { false } },
		{ "joe@a.test", { 1, 1 }, RC_DENIED, { false } },
		{ "joe@a.test", { 1, 2 }, RC_OK, { true, true } },
		{ "joe@a.test", { 1, 3 }, RC_OK, { true, false } },
		{ "joe@q.test", { 1, 2 }, RC_OK, { true, true } },
		{ "joe@q.test", { 3 }, RC_OK, { false } },
		{ "joe@n.test", { 1 }, RC_OK, { false } },
		{ "joe@dead.test", { 1 }, RC_OK, { false } },
		{ "joe@none.test", { 1 }, RC_OK, { false } },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct inbound_verdict v;
		struct delivery_target t[2];
		struct err err = { 0 };
		struct span head = arena_printf(&arena, USUAL "From: %s\r\n\r\n", cases[i].author);
		judge("192.0.2.9", "joe@none.test", head.ptr, &v);
		enum rc rc = apply(&v, cases[i].domains[0], cases[i].domains[1], t, &err);
		assert_int_equal(rc, cases[i].rc);
		if (rc == RC_DENIED) {
			assert_string_equal(err.field, "5.7.1");
			assert_non_null(strstr(err.text, "a.test asks to refuse"));
			continue;
		}
		assert_int_equal(t[0].junk, cases[i].junk[0]);
		if (cases[i].domains[1])
			assert_int_equal(t[1].junk, cases[i].junk[1]);
	}
}

/* An alias that leads outside only: its domain decides. */
static void forwarded_only(void **state)
{
	struct inbound_verdict v;
	struct err err;
	struct recipient outside = { .original = SPAN("x@1.test") };

	judge("192.0.2.9", "joe@a.test", USUAL "From: joe@a.test\r\n\r\n", &v);
	assert_int_equal(inbound_apply(&ctx, &v, NULL, 0, &outside, 1, &err), RC_DENIED);
	outside.original = SPAN("x@3.test");
	assert_int_equal(inbound_apply(&ctx, &v, NULL, 0, &outside, 1, &err), RC_OK);
}

static void database_trouble_is_temporary(void **state)
{
	struct inbound_verdict v;
	struct delivery_target t[2];
	struct err err;

	dmarc_rc = RC_TEMP;
	judge("192.0.2.9", "joe@a.test", USUAL "From: joe@a.test\r\n\r\n", &v);
	assert_int_equal(apply(&v, 1, 0, t, &err), RC_TEMP);
}

static void trusted_forwarders(void **state)
{
	struct inbound_verdict v;
	struct delivery_target t[2];
	struct err err;

	assert_true(net_list_parse(SPAN("192.0.2.9"), &env.forwarders));
	judge("192.0.2.9", "joe@a.test", USUAL "From: joe@a.test\r\n\r\n", &v);
	assert_int_equal(v.auth.dmarc.result, AUTH_FAIL);
	assert_true(has_signal(&v, "dmarc.trusted", -15));
	assert_int_equal(apply(&v, 1, 0, t, &err), RC_OK);
	assert_false(t[0].junk);
}

static void lists(void **state)
{
	struct inbound_verdict v;
	struct err err;

	assert_int_equal(dns_lists_parse(SPAN("bl.test=4.5, blocked.test=9,parked.test,wl.test=-2"),
				 &env.lists, &err),
		RC_OK);
	judge("192.0.2.9", "joe@none.test", USUAL "From: joe@none.test\r\n\r\n", &v);
	assert_true(has_signal(&v, "dns_list.listed", 45));
	assert_true(has_signal(&v, "dns_list.unknown", 0));
	/* listed 4.5 - 2, no reverse name 1.5 */
	assert_int_equal(v.signals.tenths, 45 - 20 + 15);
	judge("192.0.2.8", "joe@none.test", USUAL "From: joe@none.test\r\n\r\n", &v);
	assert_true(has_signal(&v, "dns_list.unknown", 0));
	assert_int_equal(v.signals.tenths, 15);
	judge("192.0.2.7", "joe@none.test", USUAL "From: joe@none.test\r\n\r\n", &v);
	assert_false(has_signal(&v, "dns_list.unknown", 0));
}

static void list_settings(void **state)
{
	static const struct {
		const char *text;
		enum rc rc;
		size_t len;
	} cases[] = {
		{ "", RC_OK, 0 },
		{ " , ", RC_OK, 0 },
		{ "bl.test", RC_OK, 1 },
		{ "bl.test = 2.5 , x.y=-3", RC_OK, 2 },
		{ "bl", RC_INVALID, 0 },
		{ "bl.test=", RC_INVALID, 0 },
		{ "bl.test=x", RC_INVALID, 0 },
		{ "bl.test=1.25", RC_INVALID, 0 },
		{ "bl.test=1000", RC_INVALID, 0 },
		{ "b l.test=1", RC_INVALID, 0 },
		{ "=1", RC_INVALID, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dns_lists lists;
		struct err err;
		enum rc rc = dns_lists_parse(span_of(cases[i].text), &lists, &err);
		assert_int_equal(rc, cases[i].rc);
		if (rc == RC_OK)
			assert_int_equal(lists.len, cases[i].len);
	}
}

/* Oddities alone make no junk; together they do, and the sentence says why. */
static void scores(void **state)
{
	struct inbound_verdict v;
	struct delivery_target t[2];
	struct err err;

	judge("192.0.2.9", "", "Subject: x\r\n\r\n", &v);
	assert_true(has_signal(&v, "header.no_from", 10));
	assert_true(has_signal(&v, "header.no_date", 5));
	assert_true(has_signal(&v, "header.no_message_id", 5));
	assert_true(has_signal(&v, "iprev.none", 15));
	assert_int_equal(apply(&v, 1, 0, t, &err), RC_OK);
	assert_false(t[0].junk);

	judge("192.0.2.9", "joe@n.test", "From: joe@n.test\r\nDate: x\r\n\r\n", &v);
	assert_true(has_signal(&v, "spf.fail", 20));
	assert_true(has_signal(&v, "dmarc.fail", 15));
	assert_int_equal(v.signals.tenths, 20 + 15 + 15 + 5);
	assert_int_equal(apply(&v, 3, 0, t, &err), RC_OK);
	assert_true(t[0].junk);
	struct span why = inbound_why_junk(&arena, &v);
	assert_true(span_starts(why, SPAN("its score is 5.5, and 5.0 is enough. ")));
	assert_true(span_find_span(why, SPAN("192.0.2.9 may not send for it (SPF).")) != SPAN_NPOS);

	judge("192.0.2.3", "joe@a.test", USUAL "From: joe@a.test, eve@b.test\r\n\r\n", &v);
	assert_true(has_signal(&v, "header.several_authors", 50));
}

static void evidence(void **state)
{
	struct inbound_verdict v;
	struct cJSON *facts = json_object(&arena);
	struct str text = str_in(&arena, 10000);

	judge("192.0.2.3", "joe@a.test", "From: joe@a.test\r\nDate: x\r\n\r\n", &v);
	inbound_add_evidence(&arena, &v, facts);
	json_write(&arena, facts, &text);
	assert_string_equal(str_cstr(&text),
		"{\"authentication\":{\"iprev\":\"pass\",\"spf\":\"pass\",\"dkim\":\"none\","
		"\"dmarc\":\"pass\",\"arc\":\"none\"},\"score\":0,\"junk_score\":5,\"signals\":["
		"{\"signal\":\"dmarc.pass\",\"weight\":-0.5,\"evidence\":"
		"\"It comes from a.test, as SPF proves.\"},"
		"{\"signal\":\"header.no_message_id\",\"weight\":0.5,\"evidence\":"
		"\"It has no Message-ID.\"}]}");
}

static void tenths(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int tenths;
	} cases[] = {
		{ "5", true, 50 },
		{ "0.5", true, 5 },
		{ "-2.5", true, -25 },
		{ "99.9", true, 999 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ ".5", false, 0 },
		{ "1.", false, 0 },
		{ "1.55", false, 0 },
		{ "100", false, 0 },
		{ "+1", false, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int n;
		assert_int_equal(tenths_parse(span_of(cases[i].text), &n), cases[i].good);
		if (cases[i].good)
			assert_int_equal(n, cases[i].tenths);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(good_mail, set_up, tear_down),
		cmocka_unit_test_setup_teardown(policies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(forwarded_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(database_trouble_is_temporary, set_up, tear_down),
		cmocka_unit_test_setup_teardown(trusted_forwarders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(list_settings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(scores, set_up, tear_down),
		cmocka_unit_test_setup_teardown(evidence, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tenths, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("inbound", tests, NULL, NULL);
}
