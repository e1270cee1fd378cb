/* mailcore/deliver: signatures on our own mail (REQUIREMENTS 25). The keys are fakes. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/auth/dkim.h"
#include "mailcore/deliver/sign.h"
#include "mailcore/keys/keys.h"
#include "mailcore/mime/header.h"
#include "tests/unit/auth/signing.h"
#include "tests/unit/auth/zone.h"

#define NOW 1800000000

static struct arena arena;
static struct test_key rsa, ed;
static enum rc list_rc, sign_rc;

/* --- fakes --- */

enum rc keys_dkim_signing(struct keys *k, struct ctx *ctx, struct span domain,
	struct dkim_key_ref **out, size_t *out_len)
{
	static struct dkim_key_ref refs[] = { { SPAN("r"), SPAN("rsa") },
		{ SPAN("e"), SPAN("ed25519") } };

	*out = refs;
	*out_len = span_eq(domain, SPAN("a.test")) ? 2 : 0;
	return list_rc;
}

enum rc keys_sign_dkim(struct keys *k, struct ctx *ctx, struct span domain, struct span selector,
	struct span data, struct str *out)
{
	bool is_rsa = span_eq(selector, SPAN("r"));

	if (is_rsa && sign_rc != RC_OK)
		return sign_rc;
	return test_key_sign(is_rsa ? &rsa : &ed, ctx, selector, data, out);
}

/* --- tests --- */

static enum rc sign(struct span message, size_t threshold, struct str *out)
{
	struct ctx ctx = { .arena = &arena, .now_us = (int64_t)NOW * 1000000 };
	size_t len = header_block_len(message);
	struct spool spool;

	spool_init(&spool, "/tmp", threshold);
	assert_int_equal(spool_add(&spool, message), RC_OK);
	enum rc rc = sign_add(NULL, &ctx, span_sub(message, 0, len), &spool, len, out);
	spool_done(&spool);
	return rc;
}

static const char *verify(struct span signatures, struct span message)
{
	struct span r = test_key_record(&arena, &rsa), e = test_key_record(&arena, &ed);
	struct dns_given *zone = zone_of(arena_printf(&arena,
		"r._domainkey.a.test TXT " SPAN_FMT "\ne._domainkey.a.test TXT " SPAN_FMT "\n",
		SPAN_ARG(r), SPAN_ARG(e))
						 .ptr);
	struct resolver *resolver = resolver_open_given(zone);
	struct ctx ctx = { .arena = &arena };
	struct str head = str_in(&arena, 1 << 20), words = str_in(&arena, 100);
	struct dkim_results results;
	size_t len = header_block_len(message);

	str_add(&head, signatures);
	str_add(&head, span_sub(message, 0, len));
	struct dkim_verifier *v = dkim_verify_begin(&arena, str_span(&head));
	dkim_verify_body(v, span_from(message, len));
	dkim_verify_end(v, resolver, &ctx, NOW, &results);
	for (size_t i = 0; i < results.len; i++)
		str_addf(&words, "%s ", auth_result_name(results.items[i].result));
	resolver_close(resolver);
	dns_given_free(zone);
	return str_cstr(&words);
}

static struct span large_message(void)
{
	struct str text = str_in(&arena, 1 << 20);

	str_add_cstr(&text, "From: x@a.test\r\n\r\n");
	for (int i = 0; i < 9000; i++)
		str_addf(&text, "line %d  \r\n%s", i, i % 7 ? "" : " \t\r\n");
	return str_span(&text);
}

static void every_key_signs(void **state)
{
	const struct span messages[] = { SPAN("From: x@A.test\r\nTo: y\r\n\r\nbody\r\n"),
		SPAN("From: x@a.test, y@a.test\r\n"), SPAN("From: x@a.test\r\n\r\n"),
		large_message() };

	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		for (size_t threshold = 16; threshold <= 1 << 20; threshold <<= 16) {
			struct str out = str_in(&arena, 1 << 20);
			assert_int_equal(sign(messages[i], threshold, &out), RC_OK);
			assert_string_equal(verify(str_span(&out), messages[i]), "pass pass ");
		}
	}
}

static void others_are_left_unsigned(void **state)
{
	static const char *const messages[] = { "From: x@b.test\r\n\r\n", "To: x@a.test\r\n\r\n",
		"From: x@a.test, y@b.test\r\n\r\n", "From: nobody\r\n\r\n" };

	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		struct str out = str_in(&arena, 1 << 20);
		assert_int_equal(sign(span_of(messages[i]), 1000, &out), RC_OK);
		assert_int_equal(out.len, 0);
	}
}

static void failures_are_passed_on(void **state)
{
	struct span message = SPAN("From: x@a.test\r\n\r\nbody\r\n");
	struct str out = str_in(&arena, 1 << 20), many = str_in(&arena, 1 << 20);

	list_rc = RC_TEMP;
	assert_int_equal(sign(message, 1000, &out), RC_TEMP);
	list_rc = RC_OK;
	sign_rc = RC_TEMP;
	assert_int_equal(sign(message, 1000, &out), RC_TEMP);
	/* Retired this moment: the other key still signs. */
	sign_rc = RC_NOT_FOUND;
	assert_int_equal(sign(message, 1000, &out), RC_OK);
	assert_string_equal(verify(str_span(&out), message), "pass ");
	sign_rc = RC_OK;

	for (int i = 0; i < DKIM_SIGNED_MAX; i++)
		str_add_cstr(&many, "To: x\r\n");
	str_add(&many, message);
	assert_int_equal(sign(str_span(&many), 1000, &out), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_signs),
		cmocka_unit_test(others_are_left_unsigned),
		cmocka_unit_test(failures_are_passed_on),
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
