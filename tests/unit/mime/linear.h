/* Does a function take time in proportion to its input? CPU time of this thread, the best of several
 * runs; four times the input may take (2.3)^2 of the time, where quadratic work takes sixteen. */
#pragma once

#include <time.h>

#include "mailcore/base/str.h"

#define LINEAR_RATIO (2.3 * 2.3)
#define LINEAR_BYTES 200000

static inline int64_t linear_cpu_us(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* always there on Linux */
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static inline int64_t linear_time_us(
	void (*run)(struct span), const char *head, const char *repeat, size_t bytes)
{
	struct str input;
	int64_t best = INT64_MAX;

	str_init(&input, 2 * bytes + 1000);
	str_add_cstr(&input, head);
	while (input.len < bytes)
		str_add_cstr(&input, repeat);
	for (int i = 0; i < 3; i++) {
		int64_t start = linear_cpu_us();
		run(str_span(&input));
		int64_t took = linear_cpu_us() - start + 50; /* below that is noise */
		best = took < best ? took : best;
	}
	str_done(&input);
	return best;
}

/* head followed by `repeat` over and over. */
static inline void assert_linear(void (*run)(struct span), const char *head, const char *repeat)
{
	double ratio = 0;

	for (int attempt = 0; attempt < 8; attempt++) {
		int64_t small = linear_time_us(run, head, repeat, LINEAR_BYTES);
		int64_t large = linear_time_us(run, head, repeat, 4 * LINEAR_BYTES);
		ratio = (double)large / (double)small;
		if (ratio <= LINEAR_RATIO)
			return;
	}
	fail_msg("%s%s...: T(4n)/T(n) = %.2f", head, repeat, ratio);
}
