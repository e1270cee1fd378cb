/* The cache of DNS answers. */
#include "mailcore/net/dns_cache.h"

#include "mailcore/base/arena.h"

void dns_cache_init(struct dns_cache *c)
{
	map_init(&c->by_key);
	list_init(&c->by_use);
	c->bytes = 0;
}

static size_t size_of(const struct dns_cached *e)
{
	return sizeof *e + e->key_len + e->reply_len;
}

static void forget(struct dns_cache *c, struct dns_cached *e)
{
	(void)map_del(&c->by_key, span_make(e->data, e->key_len));
	list_del(&e->by_use);
	c->bytes -= size_of(e);
	heap_free(e);
}

void dns_cache_done(struct dns_cache *c)
{
	LIST_EACH(it, &c->by_use)
	forget(c, LIST_ITEM(it, struct dns_cached, by_use));
	map_done(&c->by_key);
}

const struct dns_cached *dns_cache_get(struct dns_cache *c, struct span key, int64_t now_ms)
{
	struct dns_cached *e = map_get(&c->by_key, key);

	if (!e)
		return NULL;
	if (now_ms >= e->until_ms) {
		forget(c, e);
		return NULL;
	}
	list_del(&e->by_use);
	list_add_tail(&c->by_use, &e->by_use);
	return e;
}

void dns_cache_put(
	struct dns_cache *c, struct span key, enum rc rc, struct span reply, int64_t until_ms)
{
	struct dns_cached *former = map_get(&c->by_key, key);

	if (former)
		forget(c, former);
	struct dns_cached *e = heap_alloc(sizeof *e + key.len + reply.len);
	*e = (struct dns_cached){
		.until_ms = until_ms, .key_len = key.len, .reply_len = reply.len, .rc = rc
	};
	memcpy(e->data, key.ptr, key.len);
	if (reply.len > 0)
		memcpy(e->data + key.len, reply.ptr, reply.len);
	(void)map_put(&c->by_key, key, e);
	list_add_tail(&c->by_use, &e->by_use);
	c->bytes += size_of(e);
	while (c->by_key.count > DNS_CACHE_ENTRIES || c->bytes > DNS_CACHE_BYTES)
		forget(c, LIST_ITEM(c->by_use.next, struct dns_cached, by_use));
}

void dns_cache_drop(struct dns_cache *c, struct span key)
{
	struct dns_cached *e = map_get(&c->by_key, key);

	if (e)
		forget(c, e);
}
