#include "mailcore/store/snapshot_cache.h"

#include "mailcore/base/map.h"

struct cached {
	struct list node;
	struct snap *snap;
	uint32_t rung;
	int64_t checked_ms;
};

struct cache_key {
	int64_t mailbox_id, folder_id;
};

void cache_init(struct store *s, size_t budget)
{
	pthread_mutex_init(&s->cache_lock, NULL);
	s->cache = heap_zalloc(sizeof *s->cache);
	map_init(s->cache);
	list_init(&s->cached);
	s->cache_budget = budget;
}

static struct span key_span(const struct cache_key *key)
{
	return span_make(key, sizeof *key);
}

static struct cache_key key_of(const struct snap *snap)
{
	return (struct cache_key){ snap->pub.mailbox_id, snap->pub.folder_id };
}

/* Under the lock: forgets an entry, returning its reference. */
static void forget(struct store *s, struct cached *c)
{
	struct cache_key key = key_of(c->snap);
	map_del(s->cache, key_span(&key));
	list_del(&c->node);
	s->cache_bytes -= c->snap->bytes;
	snapshot_unref(&c->snap->pub);
	heap_free(c);
}

void cache_done(struct store *s)
{
	LIST_EACH(it, &s->cached)
	forget(s, LIST_ITEM(it, struct cached, node));
	map_done(s->cache);
	heap_free(s->cache);
	pthread_mutex_destroy(&s->cache_lock);
}

struct cache_view cache_look(struct store *s, int64_t mailbox_id, int64_t folder_id)
{
	struct cache_key key = { mailbox_id, folder_id };
	struct cache_view view = { 0 };
	pthread_mutex_lock(&s->cache_lock);
	struct cached *c = map_get(s->cache, key_span(&key));
	if (c) {
		view = (struct cache_view){ c->snap, c->rung, c->checked_ms };
		snapshot_ref(&c->snap->pub);
		list_del(&c->node);
		list_add_tail(&s->cached, &c->node);
	}
	pthread_mutex_unlock(&s->cache_lock);
	return view;
}

static bool is_newer(const struct snap *a, const struct snap *b)
{
	if (a->pub.uidvalidity != b->pub.uidvalidity)
		return a->pub.uidvalidity > b->pub.uidvalidity;
	return a->pub.highestmodseq > b->pub.highestmodseq;
}

/* Under the lock. */
static struct cached *entry_for(struct store *s, struct snap *snap)
{
	struct cache_key key = key_of(snap);
	struct cached *c = map_get(s->cache, key_span(&key));
	if (c)
		return c;
	c = heap_zalloc(sizeof *c);
	c->snap = snap;
	snapshot_ref(&snap->pub);
	s->cache_bytes += snap->bytes;
	list_add_tail(&s->cached, &c->node);
	map_put(s->cache, key_span(&key), c);
	return c;
}

static void replace(struct store *s, struct cached *c, struct snap *snap)
{
	s->cache_bytes += snap->bytes - c->snap->bytes;
	snapshot_unref(&c->snap->pub);
	c->snap = snap;
	snapshot_ref(&snap->pub);
}

struct snap *cache_put(struct store *s, struct snap *snap, uint32_t rung, int64_t checked_ms)
{
	pthread_mutex_lock(&s->cache_lock);
	struct cached *c = entry_for(s, snap);
	if (c->snap != snap && !is_newer(c->snap, snap))
		replace(s, c, snap);
	if (c->snap == snap) {
		c->rung = rung;
		c->checked_ms = checked_ms;
	}
	struct snap *newest = c->snap;
	snapshot_ref(&newest->pub);
	while (s->cache_bytes > s->cache_budget && !list_empty(&s->cached))
		forget(s, LIST_ITEM(s->cached.next, struct cached, node));
	pthread_mutex_unlock(&s->cache_lock);
	snapshot_unref(&snap->pub);
	return newest;
}

void cache_drop(struct store *s, int64_t mailbox_id, int64_t folder_id)
{
	struct cache_key key = { mailbox_id, folder_id };
	pthread_mutex_lock(&s->cache_lock);
	struct cached *c = map_get(s->cache, key_span(&key));
	if (c)
		forget(s, c);
	pthread_mutex_unlock(&s->cache_lock);
}
