/* mailcore/auth: canonical forms (RFC 6376 section 3.4; REQUIREMENTS 24). */
#include "tests/unit/cmocka_all.h"

#include "mailcore/auth/canon.h"

static struct arena arena;

static void fields_have_their_canonical_forms(void **state)
{
	static const struct {
		const char *field, *simple, *relaxed;
	} cases[] = {
		/* The examples of section 3.4.5. */
		{ "A: X\r\n", "A: X\r\n", "a:X\r\n" },
		{ "B : Y\t\r\n\tZ  \r\n", "B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n" },
		{ "Subject:\r\n", "Subject:\r\n", "subject:\r\n" },
		{ "Subject: \r\n \r\n", "Subject: \r\n \r\n", "subject:\r\n" },
		{ "X-Y:a  b", "X-Y:a  b\r\n", "x-y:a b\r\n" },
		{ "X: a\n b\n", "X: a\n b\r\n", "x:a b\r\n" },
		{ "X: \xc3\xa4:\xff\r\n", "X: \xc3\xa4:\xff\r\n", "x:\xc3\xa4:\xff\r\n" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct span text = span_of(cases[i].field);
		struct header_field field;
		struct cur c = cur_of(text);
		assert_true(header_next(&c, &field));
		struct str simple = str_in(&arena, text.len + 2);
		struct str relaxed = str_in(&arena, text.len + 2);
		canon_field_add(&simple, &field, false);
		canon_field_add(&relaxed, &field, true);
		assert_string_equal(str_cstr(&simple), cases[i].simple);
		assert_string_equal(str_cstr(&relaxed), cases[i].relaxed);
	}
}

static void the_value_of_a_signature_is_left_out(void **state)
{
	struct header_field field;
	assert_true(header_find(SPAN("S:  a=1; b= ab\r\n cd ; c=2\r\n"), SPAN("s"), &field));
	size_t at = span_find(field.value, 'b') + 2;
	struct span hole = span_sub(field.value, at, SPAN(" ab\r\n cd ").len);
	struct str simple = str_in(&arena, 100), relaxed = str_in(&arena, 100);

	canon_signature_add(&simple, &field, hole, false);
	canon_signature_add(&relaxed, &field, hole, true);
	assert_string_equal(str_cstr(&simple), "S:  a=1; b=; c=2");
	assert_string_equal(str_cstr(&relaxed), "s:a=1; b=; c=2");
}

static void hash(struct span text, unsigned char out[DKIM_HASH_SIZE])
{
	assert_int_equal(EVP_Digest(text.ptr, text.len, out, NULL, EVP_sha256(), NULL), 1);
}

/* In pieces of `step` bytes. */
static uint64_t hash_body(struct span body, bool relaxed, uint64_t limit, size_t step,
	unsigned char out[DKIM_HASH_SIZE])
{
	struct body_hash h;

	body_hash_init(&h, relaxed, limit);
	for (size_t at = 0; at < body.len; at += step)
		body_hash_add(&h, span_sub(body, at, step));
	body_hash_end(&h, out);
	body_hash_done(&h);
	return h.len;
}

static void check_body(const char *body, bool relaxed, const char *canonical)
{
	unsigned char got[DKIM_HASH_SIZE], want[DKIM_HASH_SIZE];

	hash(span_of(canonical), want);
	for (size_t step = 1; step < 5; step++) {
		uint64_t len = hash_body(span_of(body), relaxed, UINT64_MAX, step, got);
		assert_int_equal(len, strlen(canonical));
		assert_memory_equal(got, want, sizeof got);
	}
}

static void bodies_have_their_canonical_forms(void **state)
{
	static const struct {
		const char *body, *simple, *relaxed;
	} cases[] = {
		{ "", "\r\n", "" },
		{ "\r\n", "\r\n", "" },
		{ "\r\n\r\n\r\n", "\r\n", "" },
		{ " \t\r\n \r\n", " \t\r\n \r\n", "" },
		{ " ", " \r\n", "" },
		{ "x", "x\r\n", "x\r\n" },
		{ "x\r\n", "x\r\n", "x\r\n" },
		{ "x\r\n\r\n\r\n", "x\r\n", "x\r\n" },
		{ "x\r\n\r\ny", "x\r\n\r\ny\r\n", "x\r\n\r\ny\r\n" },
		{ "\r\n\r\nx\r\n", "\r\n\r\nx\r\n", "\r\n\r\nx\r\n" },
		{ " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n" },
		{ "x \t ", "x \t \r\n", "x\r\n" },
		{ "\t x\r\n", "\t x\r\n", " x\r\n" },
		{ "a\rb\nc\r\n", "a\rb\nc\r\n", "a\rb\nc\r\n" },
		{ "a \r b\r\n", "a \r b\r\n", "a \r b\r\n" },
		{ "a\r\r\n", "a\r\r\n", "a\r\r\n" },
		{ "a\r", "a\r\r\n", "a\r\r\n" },
		{ "\n", "\n\r\n", "\n\r\n" },
		{ "x\r\n \r\n\t\r\n", "x\r\n \r\n\t\r\n", "x\r\n" },
		{ "x\r\n \r\ny\r\n", "x\r\n \r\ny\r\n", "x\r\n\r\ny\r\n" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		check_body(cases[i].body, false, cases[i].simple);
		check_body(cases[i].body, true, cases[i].relaxed);
	}
}

static void only_the_limit_is_hashed(void **state)
{
	unsigned char got[DKIM_HASH_SIZE], want[DKIM_HASH_SIZE];

	hash(SPAN("a b"), want);
	assert_int_equal(hash_body(SPAN("a   b\r\nmore\r\n"), true, 3, 2, got), 11);
	assert_memory_equal(got, want, sizeof got);
	hash(SPAN(""), want);
	assert_int_equal(hash_body(SPAN("x\r\n"), false, 0, 9, got), 3);
	assert_memory_equal(got, want, sizeof got);
}

static void long_bodies_do_not_depend_on_pieces(void **state)
{
	struct str body = str_in(&arena, 100000);
	unsigned char got[DKIM_HASH_SIZE], want[DKIM_HASH_SIZE];

	for (int i = 0; i < 700; i++)
		str_addf(&body, "line %d  with\t%0*d\r\n%s", i, i % 90, 7, i % 5 ? "" : " \r\n");
	for (int relaxed = 0; relaxed < 2; relaxed++) {
		uint64_t len = hash_body(str_span(&body), relaxed, UINT64_MAX, body.len, want);
		for (size_t step = 1; step < 3000; step += 977) {
			assert_int_equal(
				hash_body(str_span(&body), relaxed, UINT64_MAX, step, got), len);
			assert_memory_equal(got, want, sizeof got);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_have_their_canonical_forms),
		cmocka_unit_test(the_value_of_a_signature_is_left_out),
		cmocka_unit_test(bodies_have_their_canonical_forms),
		cmocka_unit_test(only_the_limit_is_hashed),
		cmocka_unit_test(long_bodies_do_not_depend_on_pieces),
	};
	arena_init(&arena, 4096);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
