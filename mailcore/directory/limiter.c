#include "mailcore/directory/limiter.h"

#include <pthread.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/map.h"
#include "mailcore/net/addr.h"

#define BUCKETS 65536
#define WAYS    8

struct bucket {
	uint64_t key; /* 0: empty */
	int64_t at_ms;
	int64_t used_ms; /* how much time it takes to be full again */
};

struct rule {
	const char *name;
	int64_t failures;
	int64_t back_ms; /* until one failure is forgiven */
};
static const struct rule BOTH = { "both", 10, 30000 };
static const struct rule NETWORK = { "network", 50, 6000 };
static const struct rule ADDRESS = { "address", 100, 3000 };

struct limiter {
	pthread_mutex_t lock;
	struct net_list exempt;
	struct bucket buckets[BUCKETS];
};

struct limiter *limiter_new(const char *exempt_networks)
{
	struct limiter *l = heap_zalloc(sizeof *l);
	pthread_mutex_init(&l->lock, NULL);
	if (!net_list_parse(span_of(exempt_networks), &l->exempt))
		l->exempt.len = 0; /* config has checked the list; nobody is exempt by mistake */
	return l;
}

void limiter_free(struct limiter *l)
{
	if (!l)
		return;
	pthread_mutex_destroy(&l->lock);
	heap_free(l);
}

/* The buckets of one attempt. */
struct attempt {
	uint64_t both, network, address;
	bool exempt;
};

static uint64_t key_of(const struct rule *rule, struct span address, struct span network)
{
	char text[400];
	int n = snprintf(text, sizeof text, "%s " SPAN_FMT " ", rule->name, SPAN_ARG(address));
	size_t len = n < 0 ? 0 : (size_t)n;
	if (len > sizeof text - 20)
		len = sizeof text - 20;
	memcpy(text + len, network.ptr, network.len);
	uint64_t key = hash_bytes(span_make(text, len + network.len));
	return key ? key : 1;
}

static struct attempt attempt_of(const struct limiter *l, struct span address, const char *peer)
{
	struct addr a = { 0 };
	struct span network = SPAN("");
	bool known = addr_parse(span_of(peer), &a);
	if (known)
		network = span_make(a.bytes, a.family == AF_INET ? 3 : 8);
	return (struct attempt){
		.both = key_of(&BOTH, address, network),
		.network = key_of(&NETWORK, SPAN(""), network),
		.address = key_of(&ADDRESS, address, SPAN("")),
		.exempt = known && net_list_has(&l->exempt, &a),
	};
}

static struct bucket *find(struct limiter *l, uint64_t key, bool make)
{
	struct bucket *set = &l->buckets[key % (BUCKETS / WAYS) * WAYS];
	struct bucket *oldest = set;
	for (int i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].at_ms < oldest->at_ms)
			oldest = &set[i];
	}
	if (!make)
		return NULL;
	*oldest = (struct bucket){ .key = key };
	return oldest;
}

static int64_t used_now(const struct bucket *b, int64_t now_ms)
{
	int64_t used = b->used_ms - (now_ms - b->at_ms);
	return used > 0 ? used : 0;
}

static bool has_room(struct limiter *l, const struct rule *rule, uint64_t key, int64_t now_ms)
{
	const struct bucket *b = find(l, key, false);
	return !b || used_now(b, now_ms) + rule->back_ms <= rule->failures * rule->back_ms;
}

static void spend(struct limiter *l, const struct rule *rule, uint64_t key, int64_t now_ms)
{
	struct bucket *b = find(l, key, true);
	int64_t full = rule->failures * rule->back_ms;
	int64_t used = used_now(b, now_ms) + rule->back_ms;
	b->used_ms = used < full ? used : full;
	b->at_ms = now_ms;
}

bool limiter_allows(struct limiter *l, struct span address, const char *peer, int64_t now_ms)
{
	struct attempt t = attempt_of(l, address, peer);
	if (t.exempt)
		return true;
	pthread_mutex_lock(&l->lock);
	bool ok = has_room(l, &BOTH, t.both, now_ms) && has_room(l, &NETWORK, t.network, now_ms) &&
		has_room(l, &ADDRESS, t.address, now_ms);
	pthread_mutex_unlock(&l->lock);
	return ok;
}

void limiter_failed(struct limiter *l, struct span address, const char *peer, int64_t now_ms)
{
	struct attempt t = attempt_of(l, address, peer);
	if (t.exempt)
		return;
	pthread_mutex_lock(&l->lock);
	spend(l, &BOTH, t.both, now_ms);
	spend(l, &NETWORK, t.network, now_ms);
	spend(l, &ADDRESS, t.address, now_ms);
	pthread_mutex_unlock(&l->lock);
}
