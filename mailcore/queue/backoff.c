/* How long to wait after which attempt. */
#include "mailcore/queue/queue.h"

#define STEP_MS_MAX (7LL * 24 * 3600 * 1000)

static bool unit_ms(struct span unit, uint64_t *out)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
		{ "d", 86400000 } };

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (span_ieq(unit, span_of(units[i].name))) {
			*out = units[i].ms;
			return true;
		}
	}
	return false;
}

static bool step_parse(struct span text, int64_t *out_ms)
{
	size_t digits = 0;
	uint64_t n, factor;

	while (digits < text.len && ascii_is_digit(text.ptr[digits]))
		digits++;
	if (!span_u64(span_sub(text, 0, digits), STEP_MS_MAX, &n) || n == 0 ||
		!unit_ms(span_from(text, digits), &factor) || n > STEP_MS_MAX / factor)
		return false;
	*out_ms = (int64_t)(n * factor);
	return true;
}

bool backoff_parse(struct span text, int64_t lifetime_ms, struct backoff *out)
{
	struct backoff b = { .lifetime_ms = lifetime_ms };
	struct span rest = text, step;

	while (span_split(&rest, ',', &step)) {
		if (b.n_steps == BACKOFF_STEPS_MAX ||
			!step_parse(span_trim(step), &b.steps_ms[b.n_steps]))
			return false;
		b.n_steps++;
	}
	if (b.n_steps == 0 || lifetime_ms <= 0)
		return false;
	*out = b;
	return true;
}

bool backoff_next(const struct backoff *b, int attempts, int64_t age_ms, int64_t *out_wait_ms)
{
	size_t step = attempts < 1 ? 0 : (size_t)attempts - 1;

	if (age_ms >= b->lifetime_ms)
		return false;
	int64_t wait = b->steps_ms[step < b->n_steps ? step : b->n_steps - 1];
	int64_t left = b->lifetime_ms - age_ms;
	*out_wait_ms = wait < left ? wait : left;
	return true;
}
