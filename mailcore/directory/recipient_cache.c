#include "mailcore/directory/recipient_cache.h"

#include <pthread.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/map.h"
#include "mailcore/db/epoch.h"
#include "mailcore/directory/resolve.h"

struct kept {
	struct arena arena;
	uint64_t epoch;
	int64_t until_ms;
	struct recipients list;
};

struct recipient_cache {
	const struct epoch *epoch;
	pthread_mutex_t lock;
	struct map kept; /* localpart@domain as it was written -> struct kept */
};

struct recipient_cache *recipient_cache_new(const struct epoch *epoch)
{
	struct recipient_cache *c = heap_zalloc(sizeof *c);
	c->epoch = epoch;
	pthread_mutex_init(&c->lock, NULL);
	map_init(&c->kept);
	return c;
}

static void kept_free(struct kept *k)
{
	if (!k)
		return;
	arena_done(&k->arena);
	heap_free(k);
}

static void forget_all(struct recipient_cache *c)
{
	size_t pos = 0;
	struct span key;
	void *k = NULL;
	while (map_next(&c->kept, &pos, &key, &k))
		kept_free(k);
	map_done(&c->kept);
	map_init(&c->kept);
}

void recipient_cache_free(struct recipient_cache *c)
{
	if (!c)
		return;
	forget_all(c);
	map_done(&c->kept);
	pthread_mutex_destroy(&c->lock);
	heap_free(c);
}

static struct recipients copy(struct arena *a, const struct recipients *list, struct span original)
{
	struct recipients out = { arena_array(a, list->len, sizeof *out.items), list->len };
	for (size_t i = 0; i < list->len; i++) {
		struct recipient *r = &out.items[i];
		*r = list->items[i];
		r->mailbox.address = arena_span(a, r->mailbox.address);
		r->mailbox.name = arena_span(a, r->mailbox.name);
		r->detail = arena_span(a, r->detail);
		r->original = original;
	}
	return out;
}

static bool look_up(
	struct recipient_cache *c, struct ctx *ctx, struct span address, struct recipients *out)
{
	pthread_mutex_lock(&c->lock);
	const struct kept *k = map_get(&c->kept, address);
	bool good = k && k->epoch == epoch_now(c->epoch) && clock_mono_ms() < k->until_ms;
	if (good)
		*out = copy(ctx->arena, &k->list, address);
	pthread_mutex_unlock(&c->lock);
	return good;
}

static void keep(struct recipient_cache *c, struct span address, const struct recipients *list,
	uint64_t epoch, int64_t asked_ms)
{
	struct kept *k = heap_zalloc(sizeof *k);
	arena_init(&k->arena, 512);
	k->epoch = epoch;
	k->until_ms = asked_ms + RECIPIENT_CACHE_MS;
	k->list = copy(&k->arena, list, SPAN_NONE);
	pthread_mutex_lock(&c->lock);
	if (c->kept.count >= RECIPIENT_CACHE_N)
		forget_all(c);
	kept_free(map_put(&c->kept, address, k));
	pthread_mutex_unlock(&c->lock);
}

enum rc recipient_cache_resolve(struct recipient_cache *c, struct ctx *ctx, struct span localpart,
	struct span domain, uint64_t size, struct recipients *out, struct err *err)
{
	if (!c || size > RECIPIENT_CACHE_ROOM / 2)
		return recipient_resolve_sized(ctx, localpart, domain, size, out, err);
	struct span address = address_join(ctx->arena, localpart, domain);
	if (look_up(c, ctx, address, out))
		return RC_OK;
	uint64_t epoch = epoch_now(c->epoch);
	int64_t asked_ms = clock_mono_ms();
	int64_t room = 0;
	enum rc rc = recipient_resolve_room(ctx, localpart, domain, size, out, &room, err);
	if (rc == RC_OK && room >= RECIPIENT_CACHE_ROOM && out->len <= RECIPIENT_CACHE_EACH)
		keep(c, address, out, epoch, asked_ms);
	return rc;
}
