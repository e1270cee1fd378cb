/* What a process has counted. */
#include "mailcore/base/figures.h"

#include <stdatomic.h>

#include "mailcore/base/arena.h"

#define PROBES 32

/* A domain's counts fill a cache line. key: domain_id + 1; 0: free. A key never leaves its slot, so
 * whoever has found it may add at any time. */
struct slot {
	_Alignas(64) _Atomic int64_t key;
	_Atomic uint32_t n[FIGURES];
};

static struct slot slots[FIGURES_SLOTS];
static struct slot server;
static _Atomic uint64_t totals[FIGURES];

static const char *const names[FIGURES] = {
	[FIGURE_RECEIVED] = "received",
	[FIGURE_JUNK] = "junk",
	[FIGURE_REFUSED_UNKNOWN] = "refused_unknown",
	[FIGURE_REFUSED_FULL] = "refused_full",
	[FIGURE_REFUSED_POLICY] = "refused_policy",
	[FIGURE_SUBMITTED] = "submitted",
	[FIGURE_SENT] = "sent",
	[FIGURE_DEFERRED] = "deferred",
	[FIGURE_BOUNCED] = "bounced",
	[FIGURE_LOGIN] = "logins",
	[FIGURE_LOGIN_FAILED] = "logins_failed",
};

const char *figure_name(enum figure f)
{
	return names[f];
}

static struct slot *find(int64_t domain_id)
{
	uint64_t h = (uint64_t)domain_id * UINT64_C(0x9E3779B97F4A7C15);
	int64_t key = domain_id + 1;

	if (domain_id == 0)
		return &server;
	for (size_t i = 0; i < PROBES; i++) {
		struct slot *s = &slots[((h >> 40) + i) % FIGURES_SLOTS];
		int64_t seen = atomic_load_explicit(&s->key, memory_order_relaxed);
		if (seen == key ||
			(seen == 0 && atomic_compare_exchange_strong(&s->key, &seen, key)) ||
			seen == key)
			return s;
	}
	return &server;
}

static void add(enum figure f, int64_t domain_id, uint32_t n)
{
	(void)atomic_fetch_add_explicit(&find(domain_id)->n[f], n, memory_order_relaxed);
}

void figure_add(enum figure f, int64_t domain_id, uint32_t n)
{
	ASSERT(f < FIGURES && domain_id >= 0);
	add(f, domain_id, n);
	(void)atomic_fetch_add_explicit(&totals[f], n, memory_order_relaxed);
}

/* False: nothing was counted. */
static bool take(struct slot *s, struct figures_row *out)
{
	bool any = false;

	for (size_t f = 0; f < FIGURES; f++) {
		out->n[f] = atomic_load_explicit(&s->n[f], memory_order_relaxed)
			? atomic_exchange_explicit(&s->n[f], 0, memory_order_relaxed)
			: 0;
		any = any || out->n[f] > 0;
	}
	return any;
}

/* Place 0 is the server's. */
size_t figures_take(struct figures_row *out, size_t max, size_t *pos)
{
	size_t len = 0;

	if (*pos == 0 && max > 0 && take(&server, &out[0]))
		out[len++].domain_id = 0;
	for (; *pos < FIGURES_SLOTS && len < max; (*pos)++) {
		struct slot *s = &slots[*pos];
		int64_t key = atomic_load_explicit(&s->key, memory_order_relaxed);
		if (key != 0 && take(s, &out[len]))
			out[len++].domain_id = key - 1;
	}
	return len;
}

void figures_give_back(const struct figures_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t f = 0; f < FIGURES; f++) {
			if (rows[i].n[f] > 0)
				add((enum figure)f, rows[i].domain_id, rows[i].n[f]);
		}
	}
}

void figures_totals(uint64_t out[FIGURES])
{
	for (size_t f = 0; f < FIGURES; f++)
		out[f] = atomic_load_explicit(&totals[f], memory_order_relaxed);
}
