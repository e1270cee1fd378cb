/* Rewritten senders: there and back, and what is not ours (REQUIREMENTS 10). */
#include "mailcore/deliver/srs.h"
#include "tests/unit/cmocka_all.h"

#define NOW    1795000000
#define DAY    86400
#define SECRET SPAN("a secret of thirty-two octets...")

static struct span local_of(struct span address)
{
	return span_sub(address, 0, span_rfind(address, '@'));
}

static void there_and_back(void **state)
{
	static const char *const senders[] = { "ann@x.test", "a+b=c@x.test", "=@x.test",
		"SRS0=@x.test", "x@[192.0.2.1]" };
	struct arena a;

	arena_init(&a, 4096);
	for (size_t i = 0; i < sizeof senders / sizeof senders[0]; i++) {
		struct span once, twice, thrice, back;
		struct span sender = span_of(senders[i]);
		assert_int_equal(
			srs_forward(&a, SECRET, sender, SPAN("ours.test"), NOW, &once), RC_OK);
		assert_true(span_ends(once, SPAN("@ours.test")));
		assert_true(srs_is(local_of(once)));
		assert_int_equal(
			srs_reverse(&a, SECRET, local_of(once), NOW + 20 * DAY, &back), RC_OK);
		assert_true(span_eq(back, sender));

		/* A second and a third forwarder, each with its own secret. */
		assert_int_equal(
			srs_forward(&a, SPAN("second"), once, SPAN("two.test"), NOW, &twice),
			RC_OK);
		assert_true(span_starts(twice, SPAN("SRS1=")));
		assert_int_equal(
			srs_forward(&a, SECRET, twice, SPAN("three.test"), NOW, &thrice), RC_OK);
		assert_int_equal(srs_reverse(&a, SECRET, local_of(thrice), NOW, &back), RC_OK);
		assert_true(span_eq(back, once));
		assert_int_equal(
			srs_reverse(&a, SPAN("second"), local_of(twice), NOW, &back), RC_OK);
		assert_true(span_eq(back, once));
	}
	arena_done(&a);
}

static void case_may_change(void **state)
{
	struct arena a;
	struct span made, back;

	arena_init(&a, 4096);
	assert_int_equal(
		srs_forward(&a, SECRET, SPAN("ann@x.test"), SPAN("ours.test"), NOW, &made), RC_OK);
	char *lower = arena_cstr(&a, local_of(made));
	for (char *p = lower; *p; p++)
		*p = ascii_lower(*p);
	assert_int_equal(srs_reverse(&a, SECRET, span_of(lower), NOW, &back), RC_OK);
	assert_true(span_eq(back, SPAN("ann@x.test")));
	arena_done(&a);
}

static void strangers_are_refused(void **state)
{
	static const char *const bad[] = { "SRS0", "SRS0=", "SRS0=AAAAAA=AA=x.test=ann",
		"SRS0==", "SRS1=AAAAAA=x.test==y", "SRS2=AAAAAA=AA=x.test=ann", "ann",
		"SRS0=AAAAAA" };
	struct arena a;
	struct span made, back;

	arena_init(&a, 4096);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(srs_reverse(&a, SECRET, span_of(bad[i]), NOW, &back), RC_DENIED);
	assert_int_equal(
		srs_forward(&a, SECRET, SPAN("ann@x.test"), SPAN("ours.test"), NOW, &made), RC_OK);
	assert_int_equal(
		srs_reverse(&a, SECRET, local_of(made), NOW + 23LL * DAY, &back), RC_DENIED);
	assert_int_equal(srs_reverse(&a, SECRET, local_of(made), NOW - 2 * DAY, &back), RC_DENIED);
	assert_int_equal(srs_reverse(&a, SPAN("other"), local_of(made), NOW, &back), RC_DENIED);
	struct span longer =
		SPAN("a-local-part-of-a-mailing-list-that-is-rather-long-already@lists.x.test");
	assert_int_equal(srs_forward(&a, SECRET, longer, SPAN("ours.test"), NOW, &made), RC_LIMIT);
	assert_int_equal(
		srs_forward(&a, SECRET, SPAN("nobody"), SPAN("ours.test"), NOW, &made), RC_INVALID);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(case_may_change),
		cmocka_unit_test(strangers_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
