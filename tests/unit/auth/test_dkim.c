/* mailcore/auth: verifying and making DKIM signatures (REQUIREMENTS 24, 25). */
#include "tests/unit/cmocka_all.h"

#include "mailcore/auth/dkim.h"
#include "mailcore/mime/header.h"
#include "tests/unit/auth/signing.h"
#include "tests/unit/auth/zone.h"

#define NOW 1800000000

static struct arena arena;
static struct test_key rsa, ed, weak;

static struct dkim_results verify_at(const char *zone_text, struct span message, int64_t now_s)
{
	struct dns_given *zone = zone_of(zone_text);
	struct resolver *r = resolver_open_given(zone);
	struct ctx ctx = { .arena = &arena };
	struct dkim_results results;
	size_t len = header_block_len(message);

	struct dkim_verifier *v = dkim_verify_begin(&arena, span_sub(message, 0, len));
	for (size_t at = len; at < message.len; at += 7)
		dkim_verify_body(v, span_sub(message, at, 7));
	dkim_verify_end(v, r, &ctx, now_s, &results);
	resolver_close(r);
	dns_given_free(zone);
	return results;
}

/* The words of all results: "pass fail". */
static const char *words_at(const char *zone, struct span message, int64_t now_s)
{
	struct dkim_results results = verify_at(zone, message, now_s);
	struct str out = str_in(&arena, 4096);

	for (size_t i = 0; i < results.len; i++)
		str_addf(&out, "%s%s", i ? " " : "", auth_result_name(results.items[i].result));
	return str_cstr(&out);
}

static const char *words(const char *zone, struct span message)
{
	return words_at(zone, message, NOW);
}

/* --- the example of RFC 8463, appendix A --- */

#define EXAMPLE_ED                                                                                 \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"                            \
	" d=football.example.com; i=@football.example.com;\r\n"                                    \
	" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"                                  \
	" subject : date : message-id : from : subject : date;\r\n"                                \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"                                    \
	" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"                          \
	" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
#define EXAMPLE_RSA                                                                                \
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"                                \
	" d=football.example.com; i=@football.example.com;\r\n"                                    \
	" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"                            \
	" date : message-id : from : subject : date;\r\n"                                          \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"                                    \
	" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"                          \
	" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"                          \
	" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
#define EXAMPLE_HEAD                                                                               \
	"From: Joe SixPack <joe@football.example.com>\r\n"                                         \
	"To: Suzie Q <suzie@shopping.example.net>\r\n"                                             \
	"Subject: Is dinner ready?\r\n"                                                            \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"                                          \
	"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
#define EXAMPLE_BODY "\r\nHi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
#define EXAMPLE_ZONE                                                                               \
	"brisbane._domainkey.football.example.com TXT v=DKIM1; k=ed25519; "                        \
	"p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"                                         \
	"test._domainkey.football.example.com TXT v=DKIM1; k=rsa; "                                \
	"p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2j"  \
	"LQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9Pz"  \
	"oxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB\n"

static void the_example_of_rfc_8463_passes(void **state)
{
	static const struct {
		const char *message, *words;
	} cases[] = {
		{ EXAMPLE_ED EXAMPLE_RSA EXAMPLE_HEAD EXAMPLE_BODY, "pass pass" },
		{ EXAMPLE_RSA EXAMPLE_HEAD EXAMPLE_BODY, "pass" },
		{ "Received: x\r\n" EXAMPLE_ED EXAMPLE_HEAD "X-A: b\r\n" EXAMPLE_BODY, "pass" },
		{ EXAMPLE_ED EXAMPLE_HEAD EXAMPLE_BODY "\r\n \r\n", "pass" },
		{ EXAMPLE_ED EXAMPLE_HEAD EXAMPLE_BODY "more\r\n", "fail" },
		/* Oversigned: not one more of these. */
		{ EXAMPLE_ED EXAMPLE_HEAD "Subject: other\r\n" EXAMPLE_BODY, "fail" },
		{ EXAMPLE_ED EXAMPLE_HEAD "From: other\r\n" EXAMPLE_BODY, "fail" },
		{ EXAMPLE_HEAD EXAMPLE_BODY, "" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(words(EXAMPLE_ZONE, span_of(cases[i].message)), cases[i].words);
	struct dkim_results r = verify_at(EXAMPLE_ZONE, span_of(cases[0].message), NOW);
	assert_true(span_eq(r.items[0].domain, SPAN("football.example.com")));
	assert_true(span_eq(r.items[1].selector, SPAN("test")));
	assert_true(span_eq(r.items[0].identity, SPAN("@football.example.com")));
	assert_true(span_eq(r.items[0].algorithm, SPAN("ed25519-sha256")));
	assert_true(span_eq(r.items[1].b, SPAN("F45dVWDf")));
	assert_int_equal(r.items[0].reason.len, 0);
}

/* --- our own --- */

static struct span sign(struct test_key *key, const char *head, const char *body)
{
	struct ctx ctx = { .arena = &arena };
	struct dkim_signer signer = { .sign = test_key_sign,
		.arg = key,
		.domain = SPAN("a.test"),
		.selector = SPAN("s1"),
		.algorithm = key->rsa ? SPAN("rsa") : SPAN("ed25519") };
	unsigned char hash[32];
	struct str out = str_in(&arena, 1 << 20);

	struct dkim_body *b = dkim_body_begin(&arena);
	dkim_body_add(b, span_of(body));
	dkim_body_end(b, hash);
	assert_int_equal(dkim_sign(&ctx, &signer, span_of(head), hash, NOW, &out), RC_OK);
	str_add_cstr(&out, head);
	str_add_cstr(&out, body);
	assert_true(str_ok(&out));
	return str_span(&out);
}

static const char *zone_with(const char *tags, const struct test_key *key)
{
	struct span record = test_key_record(&arena, key);
	return arena_printf(
		&arena, "s1._domainkey.a.test TXT %s" SPAN_FMT "\n", tags, SPAN_ARG(record))
		.ptr;
}

static const char head_of_ours[] =
	"From: A <a@a.test>\r\nTo: b@b.test\r\nSubject:  x\r\n y\r\n\r\n";

static void own_signatures_verify(void **state)
{
	static const struct {
		const char *head, *body;
	} cases[] = {
		{ head_of_ours, "Hello\r\n" },
		{ head_of_ours, "" },
		{ head_of_ours, "\r\n\r\n" },
		{ head_of_ours, "no line end" },
		{ head_of_ours, "trailing \t \r\n\t\r\n \r\n" },
		{ "From: a@a.test\r\n\r\n", "\xff\xfe 8-bit\r\n" },
		{ "FROM :\r\n a@a.test\r\nSubject:\r\nTo: x\r\nto: y\r\n\r\n", "x\r\n" },
		{ "From: J\xc3\xb6rg <j\xc3\xb6rg@a.test>\r\nSubject: \xc3\xa4\r\n\r\n", "x\r\n" },
		{ "From: a@a.test\r\nDKIM-Signature: v=1; a=rsa-sha256\r\n\r\n", "x\r\n" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		for (int k = 0; k < 2; k++) {
			struct test_key *key = k ? &ed : &rsa;
			struct span message = sign(key, cases[i].head, cases[i].body);
			const char *got = words(zone_with("", key), message);
			assert_memory_equal(got, "pass", 4);
		}
	}
}

/* REQUIREMENTS 25: what is oversigned, how long lines are. */
static void own_signatures_are_of_good_form(void **state)
{
	static const char *const names[] = { "From", "Subject", "To", "Cc", "Date", "Message-ID",
		"Reply-To", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "List-Id",
		"List-Unsubscribe", "List-Unsubscribe-Post" };
	struct span message = sign(&rsa, head_of_ours, "x\r\n");
	struct header_field field;

	assert_true(header_find(message, SPAN("DKIM-Signature"), &field));
	assert_true(span_find_span(field.value, SPAN("c=relaxed/relaxed")) != SPAN_NPOS);
	assert_true(span_find_span(field.value, SPAN(" l=")) == SPAN_NPOS);
	assert_true(span_find_span(field.value, SPAN("From:From:Subject:Subject:To:To:Cc:")) !=
		SPAN_NPOS);
	struct span rest = field.whole, line;
	while (span_split(&rest, '\n', &line))
		assert_true(line.len <= 78);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct str more = str_in(&arena, 1 << 16);
		str_add(&more, field.whole);
		str_addf(&more, "%s: forged\r\n", names[i]);
		str_add(&more, span_from(message, field.whole.len));
		assert_string_equal(words(zone_with("", &rsa), str_span(&more)), "fail");
	}
}

static void too_many_fields_are_not_signed(void **state)
{
	struct ctx ctx = { .arena = &arena };
	struct dkim_signer signer = { .sign = test_key_sign,
		.arg = &ed,
		.domain = SPAN("a.test"),
		.selector = SPAN("s1"),
		.algorithm = SPAN("ed25519") };
	struct str head = str_in(&arena, 1 << 20), out = str_in(&arena, 1 << 20);
	unsigned char hash[32] = { 0 };

	for (int i = 0; i < DKIM_SIGNED_MAX; i++)
		str_add(&head, SPAN("To: x@x.test\r\n"));
	assert_int_equal(dkim_sign(&ctx, &signer, str_span(&head), hash, NOW, &out), RC_LIMIT);
	assert_int_equal(out.len, 0);
}

/* --- keys --- */

static void keys_decide(void **state)
{
	static const struct {
		const char *tags, *word;
	} cases[] = {
		{ "v=DKIM1; ", "pass" },
		{ "h=sha256; s=email; ", "pass" },
		{ "t=s; ", "pass" },
		{ "t=y; ", "pass" },
		{ "h=sha1; ", "permerror" },
		{ "s=other; ", "permerror" },
		{ "v=DKIM2; ", "permerror" },
	};
	struct span message = sign(&rsa, head_of_ours, "x\r\n");

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(words(zone_with(cases[i].tags, &rsa), message), cases[i].word);
	assert_string_equal(words("", message), "permerror");
	assert_string_equal(words("s1._domainkey.a.test FAIL\n", message), "temperror");
	assert_string_equal(words("s1._domainkey.a.test TXT v=DKIM1; p=\n", message), "permerror");
	assert_string_equal(
		words("s1._domainkey.a.test TXT v=DKIM1; p=YWJj\n", message), "permerror");
	assert_string_equal(words(zone_with("", &ed), message), "permerror");
	assert_string_equal(
		words(zone_with("", &weak), sign(&weak, head_of_ours, "x\r\n")), "permerror");
}

/* Section 6.1.2: any of several records may be the one. */
static void one_right_key_is_enough(void **state)
{
	struct span message = sign(&rsa, head_of_ours, "x\r\n");
	struct test_key other = test_key_rsa(1024);
	struct span both = arena_printf(&arena, "%s%s%s", "s1._domainkey.a.test TXT v=spf1 -all\n",
		zone_with("", &other), zone_with("", &rsa));

	assert_string_equal(words(both.ptr, message), "pass");
	assert_string_equal(words(zone_with("", &other), message), "fail");
	/* RFC 6376 section 3.6.1, t=y: as if it had not been signed. */
	assert_string_equal(words(zone_with("t=y; ", &other), message), "neutral");
	assert_true(verify_at(zone_with("t=y; ", &other), message, NOW).items[0].testing);
	test_key_done(&other);
}

/* --- what a signature says of itself --- */

static struct span replaced(struct span text, const char *old, const char *new)
{
	struct str out = str_in(&arena, text.len + 1000);
	size_t at = span_find_span(text, span_of(old));

	assert_true(at != SPAN_NPOS);
	str_add(&out, span_sub(text, 0, at));
	str_add_cstr(&out, new);
	str_add(&out, span_from(text, at + strlen(old)));
	return str_span(&out);
}

static void changes_are_seen(void **state)
{
	static const struct {
		const char *old, *new, *word;
	} cases[] = {
		{ "Subject:  x", "SUBJECT :  x", "pass" },
		{ "Subject:  x\r\n y", "Subject: x y", "pass" },
		{ "From: A", "X: y\r\nFrom: A", "pass" },
		{ "one two", "one \t two  ", "pass" },
		{ "Subject:  x", "Subject:  z", "fail" },
		{ "one two", "one  tow", "fail" },
		{ "one two", "onetwo", "fail" },
		{ "From: A", "From: x@x.test\r\nFrom: A", "fail" },
		{ "From: A", "A", "fail" },
		{ "t=1800000000", "t=1800000001", "fail" },
		{ "a=rsa-sha256", "a=rsa-sha1", "permerror" },
		{ "v=1", "v=2", "permerror" },
		{ "d=a.test", "d=b.test", "permerror" },
		{ "; bh=", "; l=3; bh=", "fail" },
		{ "From:From:", "", "permerror" },
		{ "DKIM-Signature:", "DKIM-Signature: v=1\r\nDKIM-Signature:", "permerror pass" },
	};
	struct span message = sign(&rsa, head_of_ours, "one two\r\n");

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(
			words(zone_with("", &rsa), replaced(message, cases[i].old, cases[i].new)),
			cases[i].word);
}

static void old_and_future_signatures_fail(void **state)
{
	struct span message = sign(&ed, head_of_ours, "x\r\n");

	assert_string_equal(words_at(zone_with("", &ed), message, NOW - 3600), "pass");
	assert_string_equal(words_at(zone_with("", &ed), message, NOW - 25 * 3600), "fail");
	assert_string_equal(words_at(zone_with("", &ed), message, NOW + 100 * 24 * 3600), "pass");
}

static void only_ten_are_evaluated(void **state)
{
	struct span message = sign(&ed, head_of_ours, "x\r\n");
	struct header_field field;
	struct str many = str_in(&arena, 1 << 16);

	assert_true(header_find(message, SPAN("DKIM-Signature"), &field));
	for (int i = 0; i < DKIM_SIGNATURES_MAX; i++)
		str_add(&many, field.whole);
	str_add(&many, message);
	struct dkim_results r = verify_at(zone_with("", &ed), str_span(&many), NOW);
	assert_int_equal(r.len, DKIM_SIGNATURES_MAX + 1);
	for (size_t i = 0; i < DKIM_SIGNATURES_MAX; i++)
		assert_int_equal(r.items[i].result, AUTH_PASS);
	assert_int_equal(r.items[DKIM_SIGNATURES_MAX].result, AUTH_POLICY);
	assert_true(r.items[DKIM_SIGNATURES_MAX].reason.len > 0);
}

static void an_aborted_verifier_leaks_nothing(void **state)
{
	struct span message = sign(&ed, head_of_ours, "x\r\n");

	dkim_verify_abort(dkim_verify_begin(&arena, message));
	dkim_body_abort(dkim_body_begin(&arena));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_rfc_8463_passes),
		cmocka_unit_test(own_signatures_verify),
		cmocka_unit_test(own_signatures_are_of_good_form),
		cmocka_unit_test(too_many_fields_are_not_signed),
		cmocka_unit_test(keys_decide),
		cmocka_unit_test(one_right_key_is_enough),
		cmocka_unit_test(changes_are_seen),
		cmocka_unit_test(old_and_future_signatures_fail),
		cmocka_unit_test(only_ten_are_evaluated),
		cmocka_unit_test(an_aborted_verifier_leaks_nothing),
	};
	arena_init(&arena, 65536);
	rsa = test_key_rsa(2048);
	ed = test_key_ed25519();
	weak = test_key_rsa(512);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	test_key_done(&rsa);
	test_key_done(&ed);
	test_key_done(&weak);
	arena_done(&arena);
	return failed;
}
