/* How much addresses and networks do. */
#include "mailcore/net/rates.h"

#include <pthread.h>
#include <string.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/map.h"

#define WAYS 8

struct bucket {
	uint64_t key; /* 0: empty */
	int64_t at_ms;
	int64_t used_ms; /* how much time it takes to be full again */
};

struct rates {
	pthread_mutex_t lock;
	struct rate_rule rules[RATES_KINDS_MAX];
	size_t n;
	struct bucket buckets[RATES_BUCKETS];
};

struct rates *rates_new(const struct rate_rule *rules, size_t n)
{
	struct rates *r = heap_zalloc(sizeof *r);

	ASSERT(n <= RATES_KINDS_MAX);
	pthread_mutex_init(&r->lock, NULL);
	memcpy(r->rules, rules, n * sizeof *rules);
	r->n = n;
	return r;
}

void rates_free(struct rates *r)
{
	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	heap_free(r);
}

static uint64_t key_of(unsigned kind, const struct addr *peer, bool network)
{
	uint8_t text[19] = { (uint8_t)kind, (uint8_t)network, (uint8_t)peer->family };
	size_t whole = peer->family == AF_INET ? 4 : 16, part = peer->family == AF_INET ? 3 : 8;

	memcpy(text + 3, peer->bytes, network ? part : whole);
	uint64_t key = hash_bytes(span_make(text, sizeof text));
	return key ? key : 1;
}

/* Under the lock. The bucket, or the place where it would be; `key` says which. */
static struct bucket *find(struct rates *r, uint64_t key)
{
	struct bucket *set = &r->buckets[key % (RATES_BUCKETS / WAYS) * WAYS];
	struct bucket *oldest = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].at_ms < oldest->at_ms)
			oldest = &set[i];
	}
	return oldest;
}

static int64_t used_now(const struct bucket *b, uint64_t key, int64_t now_ms)
{
	int64_t used = b->key == key ? b->used_ms - (now_ms - b->at_ms) : 0;
	return used > 0 ? used : 0;
}

bool rates_take(struct rates *r, unsigned kind, const struct addr *peer, int64_t now_ms)
{
	const struct rate_rule *rule = &r->rules[kind];
	int64_t full = rule->burst * rule->back_ms;
	bool ok = true;

	ASSERT(kind < r->n);
	if (rule->burst == 0)
		return true;
	pthread_mutex_lock(&r->lock);
	for (int network = 0; network < 2; network++) {
		uint64_t key = key_of(kind, peer, network);
		struct bucket *b = find(r, key);
		int64_t most = network ? full * RATES_NETWORK : full;
		int64_t back = rule->back_ms;
		int64_t used = used_now(b, key, now_ms);
		if (ok && used + back <= most)
			*b = (struct bucket){ key, now_ms, used + back };
		else
			ok = false;
	}
	pthread_mutex_unlock(&r->lock);
	return ok;
}

int64_t rates_used(struct rates *r, unsigned kind, const struct addr *peer, int64_t now_ms)
{
	uint64_t key = key_of(kind, peer, false);

	ASSERT(kind < r->n && r->rules[kind].back_ms > 0);
	pthread_mutex_lock(&r->lock);
	int64_t used = used_now(find(r, key), key, now_ms);
	pthread_mutex_unlock(&r->lock);
	return (used + r->rules[kind].back_ms - 1) / r->rules[kind].back_ms;
}
