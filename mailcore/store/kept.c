/* Bytes that a process keeps: see kept.h. */
#include "mailcore/store/kept.h"

#include "mailcore/base/arena.h"

void kept_init(struct kept *k, size_t budget)
{
	pthread_mutex_init(&k->lock, NULL);
	map_init(&k->items);
	list_init(&k->used);
	k->bytes = 0;
	k->budget = budget;
}

static struct span key_of(const struct kept_item *item)
{
	return span_make(item->key, item->key_len);
}

static size_t cost_of(const struct kept_item *item)
{
	return sizeof *item + item->size;
}

void kept_unref(struct kept_item *item)
{
	if (item && atomic_fetch_sub(&item->refs, 1) == 1)
		heap_free(item);
}

/* Under the lock. */
static void forget(struct kept *k, struct kept_item *item)
{
	(void)map_del(&k->items, key_of(item)); /* it is there: it is in the list */
	list_del(&item->node);
	k->bytes -= cost_of(item);
	kept_unref(item);
}

void kept_done(struct kept *k)
{
	LIST_EACH(it, &k->used)
	forget(k, LIST_ITEM(it, struct kept_item, node));
	map_done(&k->items);
	pthread_mutex_destroy(&k->lock);
}

struct kept_item *kept_get(struct kept *k, struct span key)
{
	pthread_mutex_lock(&k->lock);
	struct kept_item *item = map_get(&k->items, key);
	if (item) {
		atomic_fetch_add(&item->refs, 1);
		list_del(&item->node);
		list_add_tail(&k->used, &item->node);
	}
	pthread_mutex_unlock(&k->lock);
	return item;
}

struct kept_item *kept_new(struct span key, size_t size)
{
	ASSERT(key.len <= KEPT_KEY_MAX);
	struct kept_item *item = heap_alloc(sizeof *item + size);
	list_init(&item->node);
	atomic_init(&item->refs, 1);
	item->size = size;
	item->key_len = (unsigned char)key.len;
	memcpy(item->key, key.ptr, key.len);
	return item;
}

void kept_put(struct kept *k, struct kept_item *item)
{
	pthread_mutex_lock(&k->lock);
	struct kept_item *old = map_get(&k->items, key_of(item));
	if (old)
		forget(k, old);
	(void)map_put(&k->items, key_of(item), item); /* nothing was there */
	atomic_fetch_add(&item->refs, 1);
	list_add_tail(&k->used, &item->node);
	k->bytes += cost_of(item);
	while (k->bytes > k->budget && !list_empty(&k->used))
		forget(k, LIST_ITEM(k->used.next, struct kept_item, node));
	pthread_mutex_unlock(&k->lock);
}
