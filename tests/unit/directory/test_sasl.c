/* mailcore/directory/sasl: which responses give credentials, which are refused. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/base/base64.h"
#include "mailcore/directory/sasl.h"

/* Encodes `text` (which may hold NUL) and begins PLAIN with it. */
static enum sasl_state begin_plain(struct sasl *s, struct span text)
{
	struct str encoded;
	str_init(&encoded, 1 << 20);
	base64_add(&encoded, text);
	enum sasl_state state = sasl_begin(s, SASL_PLAIN, SPAN(""), str_span(&encoded));
	str_done(&encoded);
	return state;
}

static void plain_messages(void **state)
{
	static const struct {
		struct span message;
		enum sasl_state want;
		const char *name, *password;
	} cases[] = {
		{ SPAN("\0a@b.test\0secret"), SASL_READY, "a@b.test", "secret" },
		{ SPAN("a@b.test\0a@b.test\0s"), SASL_READY, "a@b.test", "s" },
		{ SPAN("A@B.test\0a@b.test\0s"), SASL_READY, "a@b.test", "s" },
		{ SPAN("\0j\xc3\xb6@b.test\0p\xc3\xa4ss"), SASL_READY, "j\xc3\xb6@b.test",
			"p\xc3\xa4ss" },
		{ SPAN("\0a@b.test\0\xe4\xf6"), SASL_READY, "a@b.test", "\xe4\xf6" },
		/* another identity */
		{ SPAN("root\0a@b.test\0s"), SASL_MALFORMED },
		{ SPAN(" \0a@b.test\0s"), SASL_MALFORMED },
		/* not three parts */
		{ SPAN(""), SASL_MALFORMED },
		{ SPAN("\0"), SASL_MALFORMED },
		{ SPAN("\0\0"), SASL_MALFORMED },
		{ SPAN("\0a@b.test"), SASL_MALFORMED },
		{ SPAN("a@b.test\0s"), SASL_MALFORMED },
		{ SPAN("\0a@b.test\0"), SASL_MALFORMED },
		{ SPAN("\0\0s"), SASL_MALFORMED },
		{ SPAN("\0a@b.test\0s\0"), SASL_MALFORMED },
		{ SPAN("\0a@b.test\0s\0t"), SASL_MALFORMED },
		/* names that cannot be one */
		{ SPAN("\0a\r\n@b.test\0s"), SASL_MALFORMED },
		{ SPAN("\0a\x7f@b.test\0s"), SASL_MALFORMED },
		{ SPAN("\0a\xff@b.test\0s"), SASL_MALFORMED },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sasl s;
		assert_int_equal(begin_plain(&s, cases[i].message), cases[i].want);
		if (cases[i].want == SASL_READY) {
			assert_true(span_eq(sasl_name(&s), span_of(cases[i].name)));
			assert_true(span_eq(sasl_password(&s), span_of(cases[i].password)));
		}
		sasl_done(&s);
	}
}

static void plain_after_a_challenge(void **state)
{
	struct sasl s;
	assert_int_equal(sasl_begin(&s, SASL_PLAIN, SPAN(""), SPAN_NONE), SASL_CONTINUE);
	assert_string_equal(sasl_challenge(&s), "");
	assert_int_equal(sasl_next(&s, SPAN("AGFAYi50ZXN0AHM=")), SASL_READY);
	assert_true(span_eq(sasl_name(&s), SPAN("a@b.test")));
	sasl_done(&s);

	assert_int_equal(sasl_begin(&s, SASL_PLAIN, SPAN(""), SPAN_NONE), SASL_CONTINUE);
	assert_int_equal(sasl_next(&s, SPAN("*")), SASL_CANCELLED);
	sasl_done(&s);
	assert_int_equal(sasl_begin(&s, SASL_PLAIN, SPAN(""), SPAN("=")), SASL_MALFORMED);
	sasl_done(&s);
}

static void login_asks_twice(void **state)
{
	struct sasl s;
	assert_int_equal(sasl_begin(&s, SASL_LOGIN, SPAN(""), SPAN_NONE), SASL_CONTINUE);
	assert_string_equal(sasl_challenge(&s), "VXNlcm5hbWU6");
	assert_int_equal(sasl_next(&s, SPAN("YUBiLnRlc3Q=")), SASL_CONTINUE);
	assert_string_equal(sasl_challenge(&s), "UGFzc3dvcmQ6");
	assert_int_equal(sasl_next(&s, SPAN("c2VjcmV0")), SASL_READY);
	assert_true(span_eq(sasl_name(&s), SPAN("a@b.test")));
	assert_true(span_eq(sasl_password(&s), SPAN("secret")));
	sasl_done(&s);

	/* The name may come with the command. */
	assert_int_equal(sasl_begin(&s, SASL_LOGIN, SPAN(""), SPAN("YUBiLnRlc3Q=")), SASL_CONTINUE);
	assert_string_equal(sasl_challenge(&s), "UGFzc3dvcmQ6");
	assert_int_equal(sasl_next(&s, SPAN("*")), SASL_CANCELLED);
	sasl_done(&s);

	static const char *const bad_passwords[] = { "", "=", "c2VjcmV0=", "c2VjcmV", "c2Vj cmV0",
		"AA==", "YR==" };
	for (size_t i = 0; i < sizeof bad_passwords / sizeof bad_passwords[0]; i++) {
		assert_int_equal(
			sasl_begin(&s, SASL_LOGIN, SPAN(""), SPAN("YUBiLnRlc3Q=")), SASL_CONTINUE);
		assert_int_equal(sasl_next(&s, span_of(bad_passwords[i])), SASL_MALFORMED);
		sasl_done(&s);
	}
}

static void lengths_at_the_limit(void **state)
{
	static const struct {
		size_t name_len, password_len;
		enum sasl_state want;
	} cases[] = {
		{ SASL_NAME_MAX, SASL_PASSWORD_MAX, SASL_READY },
		{ SASL_NAME_MAX + 1, SASL_PASSWORD_MAX, SASL_MALFORMED },
		{ SASL_NAME_MAX, SASL_PASSWORD_MAX + 1, SASL_MALFORMED },
		{ 1, 100000, SASL_MALFORMED },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str text;
		str_init(&text, 1 << 20);
		for (int copy = 0; copy < 2; copy++) {
			for (size_t n = 0; n < cases[i].name_len; n++)
				str_add_c(&text, 'n');
			str_add_c(&text, '\0');
		}
		for (size_t n = 0; n < cases[i].password_len; n++)
			str_add_c(&text, 'p');
		struct sasl s;
		assert_int_equal(begin_plain(&s, str_span(&text)), cases[i].want);
		sasl_done(&s);
		str_done(&text);
	}
}

static void mechanism_names(void **state)
{
	enum sasl_mechanism m;
	assert_true(sasl_mechanism_parse(SPAN("plain"), &m) && m == SASL_PLAIN);
	assert_true(sasl_mechanism_parse(SPAN("LoGiN"), &m) && m == SASL_LOGIN);
	assert_true(sasl_mechanism_parse(SPAN("scram-sha-256"), &m) && m == SASL_SCRAM);
	assert_true(sasl_mechanism_parse(SPAN("SCRAM-SHA-256-PLUS"), &m) && m == SASL_SCRAM_PLUS);
	assert_false(sasl_mechanism_parse(SPAN("CRAM-MD5"), &m));
	assert_false(sasl_mechanism_parse(SPAN("SCRAM-SHA-1"), &m));
	assert_false(sasl_mechanism_parse(SPAN("PLAIN "), &m));
	assert_false(sasl_mechanism_parse(SPAN(""), &m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_messages),
		cmocka_unit_test(plain_after_a_challenge),
		cmocka_unit_test(login_asks_twice),
		cmocka_unit_test(lengths_at_the_limit),
		cmocka_unit_test(mechanism_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
