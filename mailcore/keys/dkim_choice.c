/* Which keys sign. */
#include "mailcore/keys/dkim_choice.h"

/* Higher is better; 0 never signs. */
static int rank(struct span state)
{
	if (span_eq(state, SPAN("active")))
		return 3;
	if (span_eq(state, SPAN("published")))
		return 2;
	return span_eq(state, SPAN("pending")) ? 1 : 0;
}

static bool any_active(const struct dkim_candidate *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (rank(keys[i].state) == 3)
			return true;
	}
	return false;
}

/* The newest of the active ones, the oldest of the others. */
static bool is_better(int candidate, int best)
{
	return candidate > best || (candidate == 3 && best == 3);
}

size_t dkim_choose(const struct dkim_candidate *keys, size_t n, size_t out[static DKIM_SIGNING_MAX])
{
	static const struct span algorithms[DKIM_SIGNING_MAX] = { SPAN("rsa"), SPAN("ed25519") };
	int needed = any_active(keys, n) ? 3 : 1;
	size_t count = 0;

	for (size_t a = 0; a < DKIM_SIGNING_MAX; a++) {
		int best = needed - 1;
		for (size_t i = 0; i < n; i++) {
			int r = rank(keys[i].state);
			if (!span_eq(keys[i].algorithm, algorithms[a]) || !is_better(r, best))
				continue;
			best = r;
			out[count] = i;
		}
		count += best >= needed;
	}
	return count;
}
