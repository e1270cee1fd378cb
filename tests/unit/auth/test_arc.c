/* mailcore/auth: ARC chains (RFC 8617; REQUIREMENTS 27). The sealer is this test's own. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/auth/arc.h"
#include "mailcore/auth/arc_set.h"
#include "mailcore/base/base64.h"
#include "mailcore/mime/header.h"
#include "tests/unit/auth/signing.h"
#include "tests/unit/auth/zone.h"

#define HEAD "From: a@a.test\r\nSubject: hello\r\n\r\n"
#define BODY "One  line\r\n\r\n"

static struct arena arena;
static struct test_key rsa, ed;

/* --- sealing --- */

static void add_base64_signature(struct str *out, struct test_key *key, struct span data)
{
	struct ctx ctx = { .arena = &arena };
	struct str value = str_in(&arena, 1024);

	assert_int_equal(test_key_sign(key, &ctx, SPAN("s"), data, &value), RC_OK);
	base64_add(out, str_span(&value));
}

static const char *algorithm_of(const struct test_key *key)
{
	return key->rsa ? "rsa-sha256; s=r" : "ed25519-sha256; s=e";
}

/* The field without its signature, signed over `data` and itself. */
static struct span signed_field(struct test_key *key, struct span data, const char *text)
{
	struct str input = str_in(&arena, 1 << 20), out = str_in(&arena, 1 << 16);
	struct header_field field;

	str_add_cstr(&out, text);
	struct cur c = cur_of(span_of(text));
	assert_true(header_next(&c, &field));
	str_add(&input, data);
	canon_signature_add(&input, &field, SPAN_NONE, true);
	add_base64_signature(&out, key, str_span(&input));
	str_add(&out, SPAN("\r\n"));
	return str_span(&out);
}

static void add_canonical(struct str *out, struct span text)
{
	struct cur c = cur_of(text);
	struct header_field field;

	while (header_next(&c, &field))
		canon_field_add(out, &field, true);
}

/* One more set on top; `before`: the canonical form of all sets below it, in order. */
static struct span seal(struct test_key *key, unsigned i, const char *chain, struct str *before,
	struct span message)
{
	unsigned char hash[32];
	struct str body_hash = str_in(&arena, 64), data = str_in(&arena, 1 << 16);
	struct body_hash h;
	size_t head_len = header_block_len(message);
	struct header_field field;

	body_hash_init(&h, true, UINT64_MAX);
	body_hash_add(&h, span_from(message, head_len));
	body_hash_end(&h, hash);
	body_hash_done(&h);
	base64_add(&body_hash, span_make(hash, sizeof hash));
	assert_true(header_find(message, SPAN("From"), &field));
	canon_field_add(&data, &field, true);
	assert_true(header_find(message, SPAN("Subject"), &field));
	canon_field_add(&data, &field, true);

	struct span results = arena_printf(
		&arena, "ARC-Authentication-Results: i=%u; mx%u.test;\r\n spf=pass\r\n", i, i);
	struct span ams = signed_field(key, str_span(&data),
		arena_printf(&arena,
			"ARC-Message-Signature: i=%u; a=%s; c=relaxed/relaxed; d=h%u.test;\r\n"
			" h=from:subject; bh=%s; b=",
			i, algorithm_of(key), i, str_cstr(&body_hash))
			.ptr);
	add_canonical(before, results);
	add_canonical(before, ams);
	struct span as = signed_field(key, str_span(before),
		arena_printf(&arena, "ARC-Seal: i=%u; cv=%s; a=%s; d=h%u.test;\r\n t=12345; b=", i,
			chain, algorithm_of(key), i)
			.ptr);
	add_canonical(before, as);
	return arena_printf(&arena, SPAN_FMT SPAN_FMT SPAN_FMT SPAN_FMT, SPAN_ARG(as),
		SPAN_ARG(ams), SPAN_ARG(results), SPAN_ARG(message));
}

static struct span chain_of(unsigned n)
{
	struct str before = str_in(&arena, 1 << 20);
	struct span message = SPAN(HEAD BODY);

	for (unsigned i = 1; i <= n; i++)
		message = seal(i % 2 ? &rsa : &ed, i, i == 1 ? "none" : "pass", &before, message);
	return message;
}

/* --- verifying --- */

static struct arc_result verify_with(const char *zone_text, struct span message)
{
	struct dns_given *zone = zone_of(zone_text);
	struct resolver *r = resolver_open_given(zone);
	struct ctx ctx = { .arena = &arena, .now_us = 1800000000000000 };
	struct arc_result result;
	size_t len = header_block_len(message);

	struct arc_verifier *v = arc_verify_begin(&arena, span_sub(message, 0, len));
	arc_verify_body(v, span_from(message, len));
	arc_verify_end(v, r, &ctx, &result);
	resolver_close(r);
	dns_given_free(zone);
	return result;
}

static const char *whole_zone(void)
{
	struct str out = str_in(&arena, 1 << 16);
	struct span r = test_key_record(&arena, &rsa), e = test_key_record(&arena, &ed);

	for (int i = 1; i <= ARC_SETS_MAX + 1; i++) {
		str_addf(&out, "r._domainkey.h%d.test TXT " SPAN_FMT "\n", i, SPAN_ARG(r));
		str_addf(&out, "e._domainkey.h%d.test TXT " SPAN_FMT "\n", i, SPAN_ARG(e));
	}
	return str_cstr(&out);
}

static enum auth_result verify(struct span message)
{
	struct arc_result result = verify_with(whole_zone(), message);

	assert_int_equal(
		result.reason.len == 0, result.result == AUTH_PASS || result.result == AUTH_NONE);
	return result.result;
}

static void chains_of_any_length_pass(void **state)
{
	static const unsigned lengths[] = { 1, 2, 3, 9 };

	assert_int_equal(verify(SPAN(HEAD BODY)), AUTH_NONE);
	assert_int_equal(verify(SPAN("")), AUTH_NONE);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
		assert_int_equal(verify(chain_of(lengths[i])), AUTH_PASS);
	struct arc_result result = verify_with(whole_zone(), chain_of(3));
	assert_int_equal(result.sets, 3);
	assert_true(span_eq(result.sealer, SPAN("h3.test")));
	assert_true(span_eq(result.auth_results, SPAN("mx3.test;\r\n spf=pass")));
}

static void fifty_sets_are_the_most(void **state)
{
	assert_int_equal(verify(chain_of(ARC_SETS_MAX)), AUTH_PASS);
	assert_int_equal(verify(chain_of(ARC_SETS_MAX + 1)), AUTH_FAIL);
}

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

static void changes_break_the_chain(void **state)
{
	static const struct {
		const char *old, *new;
		enum auth_result result;
	} cases[] = {
		{ "One  line", "One line ", AUTH_PASS },
		{ "ARC-Seal: i=3", "arc-seal:  i=3", AUTH_PASS },
		{ "From:", "X-New: y\r\nFrom:", AUTH_PASS },
		{ "One  line", "Two lines", AUTH_FAIL },
		{ "Subject: hello", "Subject: bye", AUTH_FAIL },
		{ "mx3.test", "mx4.test", AUTH_FAIL },
		{ "mx1.test", "mx4.test", AUTH_FAIL },
		{ "cv=pass", "cv=none", AUTH_FAIL },
		{ "cv=pass", "cv=fail", AUTH_FAIL },
		{ "cv=none", "cv=pass", AUTH_FAIL },
		{ "cv=none; ", "", AUTH_FAIL },
		{ "t=12345", "t=12346", AUTH_FAIL },
		{ "ARC-Seal: i=3", "ARC-Seal: i=4", AUTH_FAIL },
		{ "ARC-Seal: i=2", "ARC-Seal: i=3", AUTH_FAIL },
		{ "ARC-Seal: i=2", "X-Seal: i=2", AUTH_FAIL },
		{ "ARC-Message-Signature: i=1", "X-Sig: i=1", AUTH_FAIL },
		{ "ARC-Authentication-Results: i=1", "X: i=1", AUTH_FAIL },
		{ "ARC-Authentication-Results: i=1;", "ARC-Authentication-Results:", AUTH_FAIL },
		{ "h=from:subject", "h=from:subject:arc-seal", AUTH_FAIL },
		{ "h=from:subject", "h=subject", AUTH_FAIL },
		{ "From:", "From: b@b.test\r\nFrom:", AUTH_FAIL },
		{ "d=h3.test", "d=h99.test", AUTH_FAIL },
	};
	struct span message = chain_of(3);

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(
			verify(replaced(message, cases[i].old, cases[i].new)), cases[i].result);
}

/* Section 5.2: the signatures of older sets need not be right, their seals must. */
static void only_the_newest_message_signature_counts(void **state)
{
	struct str before = str_in(&arena, 1 << 20);
	struct span first = seal(&rsa, 1, "none", &before, SPAN(HEAD BODY));
	struct span changed = replaced(first, "Subject: hello", "Subject: [list] hello");

	assert_int_equal(verify(changed), AUTH_FAIL);
	assert_int_equal(verify(seal(&ed, 2, "pass", &before, changed)), AUTH_PASS);
}

static void trouble_with_dns_is_no_verdict(void **state)
{
	assert_int_equal(
		verify_with("r._domainkey.h1.test FAIL\n", chain_of(1)).result, AUTH_TEMPERROR);
	assert_int_equal(verify_with("", chain_of(1)).result, AUTH_FAIL);
}

static void an_aborted_verifier_leaks_nothing(void **state)
{
	struct span message = chain_of(1);
	arc_verify_abort(arc_verify_begin(&arena, message));
	arc_verify_abort(arc_verify_begin(&arena, SPAN(HEAD)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_of_any_length_pass),
		cmocka_unit_test(fifty_sets_are_the_most),
		cmocka_unit_test(changes_break_the_chain),
		cmocka_unit_test(only_the_newest_message_signature_counts),
		cmocka_unit_test(trouble_with_dns_is_no_verdict),
		cmocka_unit_test(an_aborted_verifier_leaks_nothing),
	};
	arena_init(&arena, 65536);
	rsa = test_key_rsa(1024);
	ed = test_key_ed25519();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	test_key_done(&rsa);
	test_key_done(&ed);
	arena_done(&arena);
	return failed;
}
