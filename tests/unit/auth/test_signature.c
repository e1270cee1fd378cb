/* mailcore/auth: signature fields and key records, as far as they need no DNS (REQUIREMENTS 24). */
#include "tests/unit/cmocka_all.h"

#include "mailcore/auth/arc_set.h"
#include "mailcore/auth/key_record.h"
#include "mailcore/auth/signature.h"
#include "mailcore/auth/signed_fields.h"

#define BH   "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define REST "d=a.test; s=s1; h=from:to; " BH "; b=YWJj"

static struct arena arena;

static bool parse(enum signature_kind kind, const char *value, struct signature *out)
{
	struct str text = str_in(&arena, 8192);
	struct header_field field;
	struct span reason = SPAN_NONE;

	str_addf(&text, "X:%s\r\n", value);
	assert_true(header_find(str_span(&text), SPAN("X"), &field));
	bool ok = signature_parse(&arena, kind, &field, out, &reason);
	assert_int_equal(ok, reason.len == 0);
	return ok;
}

static void dkim_signatures_are_judged(void **state)
{
	static const struct {
		const char *value;
		bool ok;
	} cases[] = {
		{ "v=1; a=rsa-sha256; " REST, true },
		{ "v=1; a=ed25519-sha256; " REST, true },
		{ "v=1; a=RSA-SHA256; " REST, true },
		{ " v=1;\r\n a=rsa-sha256 ;\r\n\t" REST ";", true },
		{ "v=1; a=rsa-sha1; " REST, false },
		{ "v=1; a=rsa-sha512; " REST, false },
		{ "v=1; a=; " REST, false },
		{ "v=1; " REST, false },
		{ "a=rsa-sha256; " REST, false },
		{ "v=2; a=rsa-sha256; " REST, false },
		{ "v=1.0; a=rsa-sha256; " REST, false },
		{ "v=1; a=rsa-sha256; d=a.test; s=s1; h=to; " BH "; b=YWJj", false },
		{ "v=1; a=rsa-sha256; d=a.test; s=s1; h=; " BH "; b=YWJj", false },
		{ "v=1; a=rsa-sha256; d=a.test; s=s1; " BH "; b=YWJj", false },
		{ "v=1; a=rsa-sha256; d=a.test; s=s1; h=from::to; " BH "; b=YWJj", false },
		{ "v=1; a=rsa-sha256; d=a.test; s=s1; h= FROM : \r\n to; " BH "; b=Y W\r\n Jj",
			true },
		{ "v=1; a=rsa-sha256; d=a.test; s=s1; h=from; " BH, false },
		{ "v=1; a=rsa-sha256; d=a.test; s=s1; h=from; " BH "; b=", false },
		{ "v=1; a=rsa-sha256; d=a.test; s=s1; h=from; " BH "; b=%%%%", false },
		{ "v=1; a=rsa-sha256; d=a.test; s=s1; h=from; bh=YWJj; b=YWJj", false },
		{ "v=1; a=rsa-sha256; d=a.test; s=s1; h=from; b=YWJj", false },
		{ "v=1; a=rsa-sha256; s=s1; h=from; " BH "; b=YWJj", false },
		{ "v=1; a=rsa-sha256; d=a.test; h=from; " BH "; b=YWJj", false },
		{ "v=1; a=rsa-sha256; d=a..test; s=s1; h=from; " BH "; b=YWJj", false },
		{ "v=1; a=rsa-sha256; d=a.test.; s=s1; h=from; " BH "; b=YWJj", false },
		{ "v=1; a=rsa-sha256; d=a test; s=s1; h=from; " BH "; b=YWJj", false },
		{ "v=1; a=rsa-sha256; d=a.test; s=x.y_z; h=from; " BH "; b=YWJj", true },
		{ "v=1; a=rsa-sha256; d=b\xc3\xbc.test; s=s1; h=from; " BH "; b=YWJj", true },
		{ "v=1; a=rsa-sha256; c=simple; " REST, true },
		{ "v=1; a=rsa-sha256; c=relaxed/Simple; " REST, true },
		{ "v=1; a=rsa-sha256; c=relaxed/; " REST, false },
		{ "v=1; a=rsa-sha256; c=/simple; " REST, false },
		{ "v=1; a=rsa-sha256; c=nowsp; " REST, false },
		{ "v=1; a=rsa-sha256; c=; " REST, false },
		{ "v=1; a=rsa-sha256; q=dns/txt; " REST, true },
		{ "v=1; a=rsa-sha256; q=http : dns/txt; " REST, true },
		{ "v=1; a=rsa-sha256; q=http; " REST, false },
		{ "v=1; a=rsa-sha256; l=0; " REST, true },
		{ "v=1; a=rsa-sha256; l=18446744073709551614; " REST, true },
		{ "v=1; a=rsa-sha256; l=18446744073709551616; " REST, false },
		{ "v=1; a=rsa-sha256; l=-1; " REST, false },
		{ "v=1; a=rsa-sha256; l=; " REST, false },
		{ "v=1; a=rsa-sha256; t=1; x=2; " REST, true },
		{ "v=1; a=rsa-sha256; t=2; x=2; " REST, false },
		{ "v=1; a=rsa-sha256; t=now; " REST, false },
		{ "v=1; a=rsa-sha256; x=999999999999; " REST, true },
		{ "v=1; a=rsa-sha256; i=@a.test; " REST, true },
		{ "v=1; a=rsa-sha256; i=me=40x@B.A.TEST; " REST, true },
		{ "v=1; a=rsa-sha256; i=me@xa.test; " REST, false },
		{ "v=1; a=rsa-sha256; i=me@test; " REST, false },
		{ "v=1; a=rsa-sha256; i=me; " REST, false },
		{ "v=1; a=rsa-sha256; unknown=x; " REST, true },
		{ "v=1; v=1; a=rsa-sha256; " REST, false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct signature s;
		assert_int_equal(parse(SIGNATURE_DKIM, cases[i].value, &s), cases[i].ok);
	}
}

static void arc_signatures_are_judged(void **state)
{
	static const struct {
		enum signature_kind kind;
		const char *value;
		bool ok;
	} cases[] = {
		{ SIGNATURE_ARC_MESSAGE, "i=1; a=rsa-sha256; " REST, true },
		{ SIGNATURE_ARC_MESSAGE, "i=1; v=1; a=rsa-sha256; " REST, true },
		{ SIGNATURE_ARC_MESSAGE, "i=0; a=rsa-sha256; " REST, false },
		{ SIGNATURE_ARC_MESSAGE, "a=rsa-sha256; " REST, false },
		{ SIGNATURE_ARC_MESSAGE, "i=a; a=rsa-sha256; " REST, false },
		{ SIGNATURE_ARC_MESSAGE,
			"i=1; a=rsa-sha256; d=a.test; s=s; h=from:ARC-Seal; " BH "; b=YWJj",
			false },
		{ SIGNATURE_ARC_SEAL, "i=1; cv=none; a=rsa-sha256; d=a.test; s=s; b=YWJj", true },
		{ SIGNATURE_ARC_SEAL, "i=1; cv=Pass; a=rsa-sha256; d=a.test; s=s; b=YWJj", true },
		{ SIGNATURE_ARC_SEAL, "i=1; cv=maybe; a=rsa-sha256; d=a.test; s=s; b=YWJj", false },
		{ SIGNATURE_ARC_SEAL, "i=1; a=rsa-sha256; d=a.test; s=s; b=YWJj", false },
		{ SIGNATURE_ARC_SEAL, "i=1; cv=none; h=from; a=rsa-sha256; d=a.test; s=s; b=YWJj",
			false },
		{ SIGNATURE_ARC_SEAL, "i=1; cv=none; a=rsa-sha256; d=a.test; S=s; b=YWJj", false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct signature s;
		assert_int_equal(parse(cases[i].kind, cases[i].value, &s), cases[i].ok);
	}
}

static void arc_results_have_their_instance(void **state)
{
	static const struct {
		const char *value;
		unsigned instance; /* 0: malformed */
		const char *payload;
	} cases[] = {
		{ " i=1; mx.test; spf=pass", 1, "mx.test; spf=pass" },
		{ "\r\n\ti = 50 ;\r\n mx.test", 50, "mx.test" },
		{ "i=1;", 1, "" },
		{ "i=51; mx.test", 0, NULL },
		{ "i=0; mx.test", 0, NULL },
		{ "i=; mx.test", 0, NULL },
		{ "mx.test; i=1; spf=pass", 0, NULL },
		{ "i=1", 0, NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		unsigned instance = 0;
		struct span payload;
		bool ok = arc_results_parse(span_of(cases[i].value), &instance, &payload);
		assert_int_equal(ok, cases[i].instance > 0);
		assert_int_equal(instance, cases[i].instance);
		if (ok)
			assert_true(span_eq(payload, span_of(cases[i].payload)));
	}
}

static void times_are_honoured(void **state)
{
	static const struct {
		const char *times;
		bool ok;
	} cases[] = {
		{ "", true },
		{ "t=1000000; ", true },
		{ "t=1086400; ", true },
		{ "t=1086401; ", false },
		{ "x=1000000; ", true },
		{ "x=999999; ", false },
		{ "t=1; x=2; ", false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct signature s;
		struct span reason;
		struct span value =
			arena_printf(&arena, "v=1; a=rsa-sha256; %s%s", cases[i].times, REST);
		assert_true(parse(SIGNATURE_DKIM, value.ptr, &s));
		assert_int_equal(signature_in_time(&s, 1000000, &reason), cases[i].ok);
	}
}

static void key_records_are_read(void **state)
{
	static const struct {
		const char *text;
		bool ok, email, sha256, testing, same;
	} cases[] = {
		{ "p=YWJj", true, true, true, false, false },
		{ "v=DKIM1; k=rsa; p=YW Jj", true, true, true, false, false },
		{ "v=DKIM1; k=ED25519; p=YWJj;", true, true, true, false, false },
		{ "v=DKIM1; p=", true, true, true, false, false },
		{ "v=DKIM1; h=sha1:SHA256; s=email; t=y:s; n=hi; g=*; p=YWJj", true, true, true,
			true, true },
		{ "v=DKIM1; h=sha1; s=tlsrpt; p=YWJj", true, false, false, false, false },
		{ "v=DKIM1; s=tlsrpt:*; p=YWJj", true, true, true, false, false },
		{ "k=rsa; v=DKIM1; p=YWJj", false },
		{ "v=DKIM2; p=YWJj", false },
		{ "v=dkim1; p=YWJj", false },
		{ "v=DKIM1; k=dsa; p=YWJj", false },
		{ "v=DKIM1; k=rsa", false },
		{ "v=spf1 -all", false },
		{ "v=DKIM1; p=YWJj; p=YWJj", false },
		{ "", false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct key_record r;
		struct span reason;
		bool ok = key_record_parse(&arena, span_of(cases[i].text), &r, &reason);
		assert_int_equal(ok, cases[i].ok);
		if (!ok)
			continue;
		assert_int_equal(r.for_email, cases[i].email);
		assert_int_equal(r.for_sha256, cases[i].sha256);
		assert_int_equal(r.testing, cases[i].testing);
		assert_int_equal(r.same_identity, cases[i].same);
	}
}

/* Section 5.4.2: from the bottom up, and nothing when a name has run out. */
static void fields_are_taken_from_below(void **state)
{
	static const char head[] =
		"To: 1\r\nFrom: a\r\nto : 2\r\nX-Sig: own\r\nTO:3\r\nX-Sig: other\r\n\r\n";
	static const struct {
		const char *names, *canonical;
	} cases[] = {
		{ "from", "from:a\r\n" },
		{ "to:to:from:to", "to:3\r\nto:2\r\nfrom:a\r\nto:1\r\n" },
		{ "to:to:to:to:to", "to:3\r\nto:2\r\nto:1\r\n" },
		{ "subject: From :subject", "from:a\r\n" },
		{ "x-sig:x-sig", "x-sig:other\r\n" },
		{ "T:O:t", "" },
	};
	struct span text = span_of(head);
	struct signed_fields fields;
	struct header_field own;

	assert_int_equal(signed_fields_init(&arena, text, &fields), RC_OK);
	assert_true(header_find(text, SPAN("X-Sig"), &own));
	assert_int_equal(signed_fields_count(&fields, SPAN("TO")), 3);
	assert_int_equal(signed_fields_count(&fields, SPAN("Cc")), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str out = str_in(&arena, 1000);
		signed_fields_add(&fields, &out, span_of(cases[i].names), own.whole, true);
		assert_string_equal(str_cstr(&out), cases[i].canonical);
	}
}

static void too_many_fields_are_left_alone(void **state)
{
	struct str head = str_in(&arena, 100000);
	struct signed_fields fields;

	for (int i = 0; i < SIGNED_FIELDS_MAX; i++)
		str_add(&head, SPAN("X: y\r\n"));
	assert_int_equal(signed_fields_init(&arena, str_span(&head), &fields), RC_OK);
	assert_int_equal(signed_fields_count(&fields, SPAN("x")), SIGNED_FIELDS_MAX);
	str_add(&head, SPAN("X: y\r\n"));
	assert_int_equal(signed_fields_init(&arena, str_span(&head), &fields), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dkim_signatures_are_judged),
		cmocka_unit_test(arc_signatures_are_judged),
		cmocka_unit_test(arc_results_have_their_instance),
		cmocka_unit_test(times_are_honoured),
		cmocka_unit_test(key_records_are_read),
		cmocka_unit_test(fields_are_taken_from_below),
		cmocka_unit_test(too_many_fields_are_left_alone),
	};
	arena_init(&arena, 65536);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
