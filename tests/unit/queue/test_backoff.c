/* delivery.retry and what follows from it (REQUIREMENTS 14). */
#include "mailcore/queue/queue.h"
#include "tests/unit/cmocka_all.h"

#define HOUR_MS 3600000LL
#define DAY_MS  (24 * HOUR_MS)

static void reads_lists(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		int64_t last_ms;
	} good[] = {
		{ "5m,10m,20m,40m,1h,2h,4h", 7, 4 * HOUR_MS },
		{ "1s,2s", 2, 2000 },
		{ " 30ms , 1d ", 2, DAY_MS },
	};
	static const char *const bad[] = { "", "5", "m", "0s", "5m,", "5m,,6m", "-5m", "5x",
		"99999999999999999999d", "8d", "5m 6m" };
	struct backoff b;

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(backoff_parse(span_of(good[i].text), DAY_MS, &b));
		assert_int_equal(b.n_steps, good[i].n);
		assert_int_equal(b.steps_ms[b.n_steps - 1], good[i].last_ms);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(backoff_parse(span_of(bad[i]), DAY_MS, &b));
	assert_false(backoff_parse(SPAN("5m"), 0, &b));
}

/* The default schedule: 5 minutes to 4 hours, five days, the last attempt at the very end. */
static void waits_longer_each_time(void **state)
{
	struct backoff b;
	int64_t wait = 0, age = 0, last = 0;
	int attempts = 0;

	assert_true(backoff_parse(SPAN("5m,10m,20m,40m,1h,2h,4h"), 5 * DAY_MS, &b));
	while (backoff_next(&b, ++attempts, age, &wait)) {
		assert_true(wait >= last || age + wait == 5 * DAY_MS);
		assert_true(wait > 0 && wait <= 4 * HOUR_MS);
		last = wait;
		age += wait;
	}
	assert_int_equal(age, 5 * DAY_MS);
	assert_in_range(attempts, 30, 50);
	assert_true(backoff_next(&b, 0, 0, &wait));
	assert_int_equal(wait, 5 * 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lists),
		cmocka_unit_test(waits_longer_each_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
