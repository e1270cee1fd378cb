/* mailcore/directory: SCRAM messages, and the server's side of the exchange (REQUIREMENTS 20). */
#include "tests/unit/cmocka_all.h"

#include "mailcore/base/base64.h"
#include "mailcore/directory/sasl.h"
#include "mailcore/directory/scram.h"

#define PROOF "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="

static struct arena arena;

static void first_messages(void **state)
{
	static const struct {
		const char *message;
		const char *name; /* NULL: malformed */
		const char *authzid, *nonce, *gs2;
	} cases[] = {
		/* RFC 7677 section 3. */
		{ "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", "user", "", "rOprNGfwEbeRWgbNEkqO", "n,," },
		{ "y,,n=a@b.test,r=x", "a@b.test", "", "x", "y,," },
		{ "p=tls-exporter,,n=a,r=x", "a", "", "x", "p=tls-exporter,," },
		{ "n,a=me=2Ctoo,n=me=2Ctoo,r=x", "me,too", "me,too", "x", "n,a=me=2Ctoo," },
		{ "n,,n=a=3Db=3D2C,r=x", "a=b=2C", "", "x", "n,," },
		{ "n,,n=j\xc3\xb6,r=!+~,e=more,f=", "j\xc3\xb6", "", "!+~", "n,," },
		{ "n,,n=a=2c,r=x", "a,", "", "x", "n,," },
		{ "n,,n=,r=x", NULL },
		{ "n,,n=a=,r=x", NULL },
		{ "n,,n=a=2D,r=x", NULL },
		{ "n,,n=a,r=", NULL },
		{ "n,,n=a,r=x y", NULL },
		{ "n,,n=a,r=x,", NULL },
		{ "n,,n=a,r=x,=1", NULL },
		{ "n,,m=x,n=a,r=x", NULL },
		{ "n,,r=x,n=a", NULL },
		{ "n,n=a,r=x", NULL },
		{ "n,,n=a", NULL },
		{ "p=,,n=a,r=x", NULL },
		{ "p=tls exporter,,n=a,r=x", NULL },
		{ "x,,n=a,r=x", NULL },
		{ "n,a=me,n=a", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct scram_first f;
		bool ok = scram_first_parse(&arena, span_of(cases[i].message), &f);
		assert_int_equal(ok, cases[i].name != NULL);
		if (!ok)
			continue;
		assert_true(span_eq(f.name, span_of(cases[i].name)));
		assert_true(span_eq(f.authzid, span_of(cases[i].authzid)));
		assert_true(span_eq(f.nonce, span_of(cases[i].nonce)));
		assert_true(span_eq(f.gs2, span_of(cases[i].gs2)));
	}
}

static void final_messages(void **state)
{
	static const struct {
		const char *message;
		const char *without; /* NULL: malformed */
	} cases[] = {
		{ "c=biws,r=rOpr%hv,p=" PROOF, "c=biws,r=rOpr%hv" },
		{ "c=biws,r=x,e=more,p=" PROOF, "c=biws,r=x,e=more" },
		{ "c=biws,r=x", NULL },
		{ "c=biws,r=x,p=", NULL },
		{ "c=biws,r=x,p=YWJj", NULL },
		{ "c=biws,r=x,p=" PROOF ",e=more", NULL },
		{ "c=biws,r=x,p=" PROOF "=", NULL },
		{ "c=%,r=x,p=" PROOF, NULL },
		{ "r=x,c=biws,p=" PROOF, NULL },
		{ "p=" PROOF, NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct scram_final f;
		bool ok = scram_final_parse(&arena, span_of(cases[i].message), &f);
		assert_int_equal(ok, cases[i].without != NULL);
		if (!ok)
			continue;
		assert_true(span_eq(f.without_proof, span_of(cases[i].without)));
		assert_true(span_eq(f.binding, SPAN("n,,")));
	}
}

static struct span base64(const char *text)
{
	struct str out = str_in(&arena, 10000);

	base64_add(&out, span_of(text));
	return str_span(&out);
}

static struct span decoded(const char *text)
{
	struct str out = str_in(&arena, 10000);

	assert_true(base64_decode(span_of(text), &out));
	return str_span(&out);
}

/* The first message: what goes with what the channel has. */
static void bindings_must_fit(void **state)
{
	static const struct {
		enum sasl_mechanism mechanism;
		const char *channel, *message;
		enum sasl_state state;
	} cases[] = {
		{ SASL_SCRAM, "", "n,,n=a,r=x", SASL_NEEDS_SALT },
		{ SASL_SCRAM, "", "y,,n=a,r=x", SASL_NEEDS_SALT },
		{ SASL_SCRAM, "bytes", "n,,n=a,r=x", SASL_NEEDS_SALT },
		{ SASL_SCRAM, "bytes", "y,,n=a,r=x", SASL_MALFORMED },
		{ SASL_SCRAM, "bytes", "p=tls-exporter,,n=a,r=x", SASL_MALFORMED },
		{ SASL_SCRAM_PLUS, "bytes", "p=tls-exporter,,n=a,r=x", SASL_NEEDS_SALT },
		{ SASL_SCRAM_PLUS, "bytes", "p=tls-unique,,n=a,r=x", SASL_MALFORMED },
		{ SASL_SCRAM_PLUS, "bytes", "n,,n=a,r=x", SASL_MALFORMED },
		{ SASL_SCRAM_PLUS, "", "p=tls-exporter,,n=a,r=x", SASL_MALFORMED },
		{ SASL_SCRAM, "", "n,a=b,n=a,r=x", SASL_MALFORMED },
		{ SASL_SCRAM, "", "n,a=A,n=a,r=x", SASL_NEEDS_SALT },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sasl s;
		enum sasl_state got = sasl_begin(&s, cases[i].mechanism, span_of(cases[i].channel),
			base64(cases[i].message));
		assert_int_equal(got, cases[i].state);
		sasl_done(&s);
	}
}

/* What the client must repeat is compared; the message that is signed is as the RFC has it. */
static void exchanges_go_step_by_step(void **state)
{
	static const struct {
		const char *binding; /* base64 */
		const char *nonce;   /* behind the server's */
		enum sasl_state state;
	} cases[] = {
		{ "cD10bHMtZXhwb3J0ZXIsLGNoYW5uZWw=", "", SASL_NEEDS_PROOF },
		{ "cD10bHMtZXhwb3J0ZXIsLA==", "", SASL_MALFORMED },
		{ "cD10bHMtZXhwb3J0ZXIsLENoYW5uZWw=", "", SASL_MALFORMED },
		{ "biws", "", SASL_MALFORMED },
		{ "cD10bHMtZXhwb3J0ZXIsLGNoYW5uZWw=", "x", SASL_MALFORMED },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sasl s;
		assert_int_equal(
			sasl_begin(&s, SASL_SCRAM_PLUS, SPAN("channel"), SPAN_NONE), SASL_CONTINUE);
		assert_string_equal(sasl_challenge(&s), "");
		assert_int_equal(
			sasl_next(&s, base64("p=tls-exporter,,n=ann,r=abc")), SASL_NEEDS_SALT);
		assert_true(span_eq(sasl_name(&s), SPAN("ann")));
		assert_int_equal(sasl_scram_salt(&s, SPAN("salt"), 4096), SASL_CONTINUE);

		struct span first = decoded(sasl_challenge(&s)), rest = first, nonce;
		assert_true(span_starts(first, SPAN("r=abc")));
		assert_true(span_ends(first, SPAN(",s=c2FsdA==,i=4096")));
		assert_true(span_split(&rest, ',', &nonce) && nonce.len > 20);
		struct span final = arena_printf(&arena, "c=%s," SPAN_FMT "%s", cases[i].binding,
			SPAN_ARG(nonce), cases[i].nonce);
		struct span message = arena_printf(&arena, "n=ann,r=abc," SPAN_FMT "," SPAN_FMT,
			SPAN_ARG(first), SPAN_ARG(final));
		enum sasl_state got = sasl_next(&s,
			base64(arena_printf(&arena, SPAN_FMT ",p=" PROOF, SPAN_ARG(final)).ptr));
		assert_int_equal(got, cases[i].state);
		if (got == SASL_NEEDS_PROOF) {
			assert_true(span_eq(sasl_scram_message(&s), message));
			assert_int_equal(sasl_scram_proof(&s)[0], 0x74);
			assert_int_equal(sasl_scram_signed(&s, SPAN("sig"), 7), SASL_CONTINUE);
			assert_string_equal(sasl_challenge(&s), "dj1jMmxu");
			assert_int_equal(sasl_next(&s, SPAN("")), SASL_READY);
			assert_int_equal(sasl_mailbox_id(&s), 7);
		}
		sasl_done(&s);
	}
}

static void nonces_differ(void **state)
{
	struct sasl a, b;

	assert_int_equal(
		sasl_begin(&a, SASL_SCRAM, SPAN(""), base64("n,,n=a,r=x")), SASL_NEEDS_SALT);
	assert_int_equal(
		sasl_begin(&b, SASL_SCRAM, SPAN(""), base64("n,,n=a,r=x")), SASL_NEEDS_SALT);
	assert_int_equal(sasl_scram_salt(&a, SPAN("s"), 1), SASL_CONTINUE);
	assert_int_equal(sasl_scram_salt(&b, SPAN("s"), 1), SASL_CONTINUE);
	assert_string_not_equal(sasl_challenge(&a), sasl_challenge(&b));
	assert_int_equal(sasl_next(&a, SPAN("*")), SASL_CANCELLED);
	sasl_done(&a);
	sasl_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_messages),
		cmocka_unit_test(final_messages),
		cmocka_unit_test(bindings_must_fit),
		cmocka_unit_test(exchanges_go_step_by_step),
		cmocka_unit_test(nonces_differ),
	};
	arena_init(&arena, 65536);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
