/* backend/dns: what is wanted beside the plain records: merged SPF, stages, aliases, certificates. */
#include "tests/unit/cmocka_all.h"

#include "backend/dns/dmarc_advice.h"
#include "backend/dns/host_cert.h"
#include "backend/dns/judge_more.h"
#include "backend/dns/mta_sts.h"
#include "backend/dns/spf_merge.h"
#include "mailcore/base/clock.h"

static struct arena arena;

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

/* ------------------------------------------------------------------------ SPF */

static void spf_keeps_what_is_there(void **state)
{
	static const struct {
		const char *texts[3], *want;
		size_t lookups;
	} cases[] = {
		{ { "v=spf1 include:_spf.other.test ~all" },
			"v=spf1 ip4:192.0.2.25 include:_spf.other.test ~all", 1 },
		{ { "v=spf1 ip4:192.0.2.0/24 -all" }, "v=spf1 ip4:192.0.2.0/24 -all", 0 },
		{ { "v=spf1 -ip4:192.0.2.25 mx -all" },
			"v=spf1 ip4:192.0.2.25 -ip4:192.0.2.25 mx -all", 1 },
		{ { "v=spf1 -all ip4:192.0.2.25" }, "v=spf1 ip4:192.0.2.25 ip4:192.0.2.25 -all",
			0 },
		{ { "v=spf1 redirect=_spf.other.test" },
			"v=spf1 ip4:192.0.2.25 redirect=_spf.other.test", 1 },
		{ { "v=spf1 a mx -all", "v=spf1 a include:b.test ~all" },
			"v=spf1 ip4:192.0.2.25 a mx include:b.test ~all", 3 },
		{ { "v=spf1 bad:term -all", "v=spf1 mx ?all" }, "v=spf1 ip4:192.0.2.25 mx ?all",
			1 },
		{ { "v=spf1 A:x.test/24 exists:%{i}.x.test all" },
			"v=spf1 A:x.test/24 exists:%{i}.x.test all", 2 },
		{ { "v=spf1 ip4:192.0.2.25" }, "v=spf1 ip4:192.0.2.25", 0 },
	};
	struct addr ours;
	assert_true(addr_parse(SPAN("192.0.2.25"), &ours));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct span texts[3];
		size_t n = 0;
		for (; n < 3 && cases[i].texts[n]; n++)
			texts[n] = span_of(cases[i].texts[n]);
		struct spf_merged out;
		assert_true(spf_merge(&arena, texts, n, &ours, 1, &out));
		assert_string_equal(arena_cstr(&arena, out.text), cases[i].want);
		assert_int_equal(out.lookups, cases[i].lookups);
	}
}

static void spf_of_nothing_is_nothing(void **state)
{
	struct span bad = SPAN("v=spf1 what:ever");
	struct spf_merged out;
	assert_false(spf_merge(&arena, NULL, 0, NULL, 0, &out));
	assert_false(spf_merge(&arena, &bad, 1, NULL, 0, &out));

	struct str text = str_in(&arena, 8192);
	str_add_cstr(&text, "v=spf1");
	for (int i = 0; i < 500; i++)
		str_addf(&text, " ip4:10.0.%d.%d", i / 200, i % 200);
	struct span huge = str_span(&text);
	assert_false(spf_merge(&arena, &huge, 1, NULL, 0, &out));
}

/* ------------------------------------------------------------------------ stages */

static struct records_ask plain(void)
{
	return (struct records_ask){ .domain = SPAN("example.test"),
		.hostname = SPAN("mail.host.test"),
		.mta_sts_mode = SPAN("testing") };
}

static const struct record *find(const struct records *all, const char *purpose, const char *type)
{
	for (size_t i = 0; i < all->len; i++) {
		if (strcmp(all->items[i].purpose, purpose) == 0 &&
			strcmp(all->items[i].type, type) == 0)
			return &all->items[i];
	}
	return NULL;
}

static void dmarc_goes_by_stages(void **state)
{
	struct records_ask ask = plain();
	struct records all;
	records_wanted(&arena, &ask, &all);
	assert_string_equal(arena_cstr(&arena, find(&all, "dmarc", "TXT")->value),
		"v=DMARC1; p=none; rua=mailto:postmaster@example.test");
	ask.dmarc_policy = SPAN("reject");
	ask.dmarc_reports = SPAN("reports@collect.test");
	records_wanted(&arena, &ask, &all);
	const struct record *r = find(&all, "dmarc", "TXT");
	assert_string_equal(arena_cstr(&arena, r->value),
		"v=DMARC1; p=reject; rua=mailto:reports@collect.test");
	assert_int_equal(r->depends, DEPENDS_DKIM_SPF);
	assert_string_equal(
		arena_cstr(&arena, r[1].name), "example.test._report._dmarc.collect.test");
	assert_int_equal(r[1].label.len, 0); /* not in this zone */
	ask.dmarc_reports = SPAN("reports@sub.example.test");
	records_wanted(&arena, &ask, &all);
	assert_string_not_equal(find(&all, "dmarc", "TXT")[1].purpose, "dmarc");
}

static void advice_follows_time_and_dns(void **state)
{
	const int64_t day = 24 * 3600 * USEC_PER_SEC, now = 100 * day;
	struct domain domain = { .created_at_us = now - 20 * day };
	struct dns_setting setting = { .dmarc_policy = SPAN("none") };
	struct records_ask ask = plain();
	struct records all;
	int64_t days;
	records_wanted(&arena, &ask, &all);
	assert_int_equal(dmarc_advise(&domain, &setting, &all, now, &days), DMARC_PUBLISH);
	for (size_t i = 0; i < all.len; i++)
		all.items[i].status = RECORD_OK;
	assert_int_equal(dmarc_advise(&domain, &setting, &all, now, &days), DMARC_QUARANTINE);
	setting.dmarc_at_us = now - 3 * day;
	assert_int_equal(dmarc_advise(&domain, &setting, &all, now, &days), DMARC_WAIT);
	assert_int_equal(days, 11);
	setting = (struct dns_setting){ .dmarc_policy = SPAN("quarantine"),
		.dmarc_at_us = now - 15 * day };
	assert_int_equal(dmarc_advise(&domain, &setting, &all, now, &days), DMARC_REJECT_NOW);
	setting.dmarc_policy = SPAN("reject");
	assert_int_equal(dmarc_advise(&domain, &setting, &all, now, &days), DMARC_COMPLETE);
	for (int i = 0; i < DMARC_ADVICES; i++)
		assert_true(dmarc_advice_text(&arena, (enum dmarc_advice)i, 3).len > 20);
}

static void mta_sts_by_mode(void **state)
{
	struct records_ask ask = plain();
	struct records all;
	records_wanted(&arena, &ask, &all);
	struct span testing = find(&all, "mta-sts", "TXT")->value;
	ask.mta_sts_mode = SPAN("enforce");
	records_wanted(&arena, &ask, &all);
	assert_false(span_eq(find(&all, "mta-sts", "TXT")->value, testing));
	ask.mta_sts_mode = SPAN("none");
	records_wanted(&arena, &ask, &all);
	assert_null(find(&all, "mta-sts", "TXT"));
	ask.mta_sts_leaving = true;
	records_wanted(&arena, &ask, &all);
	assert_int_equal(find(&all, "mta-sts", "TXT")->why_id, WHY_MTA_STS_LEAVING);
}

static void no_mail_is_four_records(void **state)
{
	struct records_ask ask = plain();
	struct records all;
	ask.takes_no_mail = true;
	records_wanted(&arena, &ask, &all);
	assert_int_equal(all.len, 4);
	assert_true(span_eq(find(&all, "mx", "MX")->value, SPAN("0 .")));
	assert_true(span_eq(find(&all, "spf", "TXT")->value, SPAN("v=spf1 -all")));
	assert_true(span_eq(find(&all, "dkim", "TXT")->label, SPAN("*._domainkey")));
}

static void every_reason_has_words(void **state)
{
	for (int i = WHY_NONE + 1; i < WHY_COUNT; i++)
		assert_true(strlen(record_why_text((enum record_why)i)) > 20);
	for (int i = DEPENDS_NONE + 1; i < DEPENDS_COUNT; i++)
		assert_true(strlen(record_depends_text((enum record_depends)i)) > 20);
}

/* ------------------------------------------------------------------------ delegated keys */

static void slots_are_aliases(void **state)
{
	struct records_ask ask = plain();
	struct record_key keys[] = { { SPAN("ms1r"), SPAN("rsa"), SPAN("AAAA") },
		{ SPAN("ms202611e"), SPAN("ed25519"), SPAN("BBBB") } };
	struct records all;
	ask.keys = keys;
	ask.n_keys = 2;
	ask.dkim_delegated = true;
	records_wanted(&arena, &ask, &all);
	const struct record *alias = find(&all, "dkim", "CNAME"), *text = find(&all, "dkim", "TXT");
	assert_true(span_eq(alias->label, SPAN("ms1r._domainkey")));
	assert_true(span_eq(alias->value, SPAN("ms1r.example.test._domainkey.mail.host.test.")));
	assert_true(span_eq(alias->through, SPAN("v=DKIM1; k=rsa; p=AAAA")));
	assert_true(span_eq(text->name, SPAN("ms1r.example.test._domainkey.mail.host.test")));
	size_t aliases = 0, texts = 0;
	for (size_t i = 0; i < all.len; i++) {
		bool dkim = strcmp(all.items[i].purpose, "dkim") == 0;
		aliases += dkim && strcmp(all.items[i].type, "CNAME") == 0;
		texts += dkim && strcmp(all.items[i].type, "TXT") == 0;
	}
	assert_int_equal(aliases, 4); /* three wait for their keys */
	assert_int_equal(texts, 2);   /* the slot's at the host, the old key's in its own zone */
}

#define KEY "MCowBQYDK2VwAyEA"

static void aliases_judged(void **state)
{
	static const struct {
		enum rc rc;
		const char *text, *alias;
		bool has_key;
		enum record_status want;
	} cases[] = {
		{ RC_OK, "v=DKIM1; k=ed25519; p=" KEY, "t.host.test", true, RECORD_OK },
		{ RC_OK, "v=DKIM1; k=ed25519; p=" KEY, "", true, RECORD_OK }, /* flattened */
		{ RC_OK, "v=DKIM1; k=ed25519; p=AAAA", "", true, RECORD_WRONG },
		{ RC_NOT_FOUND, "", "t.host.test", true, RECORD_WRONG }, /* not published yet */
		{ RC_NOT_FOUND, "", "t.host.test", false, RECORD_OK },   /* no key yet */
		{ RC_NOT_FOUND, "", "other.test", false, RECORD_WRONG },
		{ RC_NOT_FOUND, "", "", false, RECORD_MISSING },
		{ RC_TEMP, "", "", true, RECORD_ERROR },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct dns_rr rr = { .type = DNS_TXT, .text = span_of(cases[i].text) };
		struct dns_answer answer = { .items = &rr, .len = cases[i].rc == RC_OK };
		struct record r = { .type = "CNAME",
			.value = SPAN("t.host.test."),
			.through =
				cases[i].has_key ? SPAN("v=DKIM1; k=ed25519; p=" KEY) : SPAN_NONE };
		judge_key_alias(&arena, &r, cases[i].rc, &answer, span_of(cases[i].alias));
		assert_int_equal(r.status, cases[i].want);
		assert_int_equal(r.hint.len == 0, cases[i].want == RECORD_OK);
	}
}

/* ------------------------------------------------------------------------ certificates */

static enum record_status judge_one(
	void (*judge)(struct arena *, struct record *, const struct dns_answer *),
	const char *value, struct span rdata)
{
	struct dns_rr rr = { .text = rdata };
	struct dns_answer answer = { .items = &rr, .len = 1 };
	struct record r = { .type = "CAA", .value = span_of(value) };
	judge(&arena, &r, &answer);
	return r.status;
}

static void caa_judged(void **state)
{
	const char *want = "0 issue \"letsencrypt.org\"";
	assert_int_equal(judge_one(judge_caa, want, SPAN("\0\5issueletsencrypt.org")), RECORD_OK);
	assert_int_equal(
		judge_one(judge_caa, want, SPAN("\0\5ISSUE letsencrypt.org; accounturi=x")),
		RECORD_OK);
	assert_int_equal(judge_one(judge_caa, want, SPAN("\0\5issuedigicert.com")), RECORD_WRONG);
	assert_int_equal(judge_one(judge_caa, want, SPAN("\0\5issue;")), RECORD_WRONG);
	assert_int_equal(judge_one(judge_caa, want, SPAN("\0\5iodefmailto:x@y")), RECORD_MISSING);
	assert_int_equal(judge_one(judge_caa, want, SPAN("\0\x20issue")), RECORD_MISSING);
	assert_string_equal(arena_cstr(&arena, caa_text(&arena, SPAN("\0\5issueca.test"))),
		"0 issue \"ca.test\"");
	struct caa caa;
	assert_false(caa_parse(SPAN(""), &caa));
	assert_false(caa_parse(SPAN("\0\0x"), &caa));
	assert_false(caa_parse(SPAN("\0\2a!"), &caa));
}

static void tlsa_judged(void **state)
{
	assert_int_equal(judge_one(judge_tlsa, "3 1 1 00ff", SPAN("\3\1\1\0\xff")), RECORD_OK);
	assert_int_equal(judge_one(judge_tlsa, "3 1 1 00ff", SPAN("\3\1\1\0\xfe")), RECORD_WRONG);
	assert_int_equal(judge_one(judge_tlsa, "3 1 1 00ff", SPAN("\3")), RECORD_WRONG);
}

static void authorities(void **state)
{
	struct host_cert cert;
	assert_true(span_eq(host_cert_ca(SPAN("Let's Encrypt")), SPAN("letsencrypt.org")));
	assert_int_equal(host_cert_ca(SPAN("Mailstead")).len, 0);
	host_cert_read(&arena, "/nonexistent", &cert);
	assert_int_equal(cert.tlsa.len, 0);
	host_cert_read(&arena, NULL, &cert);
	assert_int_equal(cert.ca.len, 0);
}

/* ------------------------------------------------------------------------ no mail, consent */

static enum record_status lockdown(const char *purpose, const char *text)
{
	struct dns_rr rr = { .text = span_of(text) };
	struct dns_answer answer = { .items = &rr, .len = 1 };
	struct record r = { .type = "TXT", .purpose = purpose };
	judge_lockdown(&arena, &r, &answer);
	return r.status;
}

static void lockdown_judged(void **state)
{
	assert_int_equal(lockdown("mx", ""), RECORD_OK);
	assert_int_equal(lockdown("mx", "mx.example.test"), RECORD_WRONG);
	assert_int_equal(lockdown("spf", "v=spf1 -all"), RECORD_OK);
	assert_int_equal(lockdown("spf", "v=spf1 mx -all"), RECORD_WRONG);
	assert_int_equal(lockdown("spf", "something else"), RECORD_MISSING);
	assert_int_equal(lockdown("dkim", "v=DKIM1; p="), RECORD_OK);
	assert_int_equal(lockdown("dmarc", "v=DMARC1; p=reject"), RECORD_OK);
	assert_int_equal(lockdown("dmarc", "v=DMARC1; p=none"), RECORD_WRONG);
}

static void consent_judged(void **state)
{
	assert_int_equal(judge_one(judge_consent, "", SPAN("v=DMARC1")), RECORD_OK);
	assert_int_equal(judge_one(judge_consent, "", SPAN("v=DMARC1;")), RECORD_OK);
	assert_int_equal(judge_one(judge_consent, "", SPAN("hello")), RECORD_MISSING);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(spf_keeps_what_is_there),
		T(spf_of_nothing_is_nothing), T(dmarc_goes_by_stages),
		T(advice_follows_time_and_dns), T(mta_sts_by_mode), T(no_mail_is_four_records),
		T(every_reason_has_words), T(slots_are_aliases), T(aliases_judged), T(caa_judged),
		T(tlsa_judged), T(authorities), T(lockdown_judged), T(consent_judged) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
