/* Counts: many threads add, one takes, nothing is lost or counted twice. */
#include "mailcore/base/figures.h"

#include <pthread.h>
#include <stdbool.h>

#include "tests/unit/cmocka_all.h"

#define THREADS 8
#define ROUNDS  20000
#define DOMAINS 50

static _Atomic int running;

static void *count(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		figure_add(FIGURE_RECEIVED, i % DOMAINS, 1);
		figure_add(FIGURE_SENT, i % DOMAINS, 2);
	}
	running--;
	return NULL;
}

static void take_all(uint64_t sums[DOMAINS][FIGURES], bool give_back)
{
	struct figures_row rows[7]; /* several portions */
	size_t pos = 0;

	while (pos < FIGURES_SLOTS) {
		size_t n = figures_take(rows, 7, &pos);
		if (give_back) {
			figures_give_back(rows, n);
			continue;
		}
		for (size_t i = 0; i < n; i++) {
			for (int f = 0; f < FIGURES; f++)
				sums[rows[i].domain_id][f] += rows[i].n[f];
		}
	}
}

static void threads(void **state)
{
	static uint64_t sums[DOMAINS][FIGURES];
	uint64_t totals[FIGURES], before[FIGURES];
	pthread_t ids[THREADS];

	(void)state;
	figures_totals(before);
	running = THREADS;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&ids[i], NULL, count, NULL), 0);
	while (running > 0)
		take_all(sums, running % 2 == 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(ids[i], NULL), 0);
	take_all(sums, false);
	for (int d = 0; d < DOMAINS; d++) {
		assert_int_equal(sums[d][FIGURE_RECEIVED], THREADS * ROUNDS / DOMAINS);
		assert_int_equal(sums[d][FIGURE_SENT], 2 * THREADS * ROUNDS / DOMAINS);
		assert_int_equal(sums[d][FIGURE_JUNK], 0);
	}
	figures_totals(totals);
	assert_int_equal(totals[FIGURE_RECEIVED] - before[FIGURE_RECEIVED], THREADS * ROUNDS);
}

/* More domains than fit: the rest counts for the server. */
static void full(void **state)
{
	static struct figures_row rows[FIGURES_SLOTS + 1];
	uint64_t sum = 0;
	size_t pos = 0, places = 0;

	(void)state;
	for (int64_t d = 1; d <= 2 * FIGURES_SLOTS; d++)
		figure_add(FIGURE_LOGIN, d * 7919, 1);
	size_t n = figures_take(rows, FIGURES_SLOTS + 1, &pos);
	for (size_t i = 0; i < n; i++) {
		sum += rows[i].n[FIGURE_LOGIN];
		places += rows[i].domain_id != 0;
	}
	assert_int_equal(sum, 2 * FIGURES_SLOTS);
	assert_true(places > FIGURES_SLOTS / 2);
}

static void names(void **state)
{
	(void)state;
	for (int f = 0; f < FIGURES; f++)
		assert_non_null(figure_name((enum figure)f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(threads),
		cmocka_unit_test(full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
