/*
 * Connections that are kept; see client_cache.h.
 *
 * A list, newest last: it is short, and who looks takes the newest that fits, so that those not
 * needed any more grow old. A client is taken out before anything is done with it: the lock is
 * never held over I/O.
 */
#include "mailcore/smtpclient/client_cache.h"

#include <pthread.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/list.h"

struct kept {
	struct list node;
	struct smtpclient *client;
	int64_t since_ms;
	size_t key_len;
	char key[];
};

struct client_cache {
	pthread_mutex_t lock; /* a leaf */
	struct list kept;
	size_t count, max;
	int64_t idle_ms;
};

struct client_cache *client_cache_new(size_t max, int64_t idle_ms)
{
	struct client_cache *c = heap_zalloc(sizeof *c);

	pthread_mutex_init(&c->lock, NULL);
	list_init(&c->kept);
	c->max = max;
	c->idle_ms = idle_ms;
	return c;
}

static void kept_close(struct kept *k)
{
	smtpclient_close(k->client);
	heap_free(k);
}

static void close_all(struct list *list)
{
	LIST_EACH(it, list)
	{
		list_del(it);
		kept_close(LIST_ITEM(it, struct kept, node));
	}
}

void client_cache_free(struct client_cache *c)
{
	if (!c)
		return;
	close_all(&c->kept);
	pthread_mutex_destroy(&c->lock);
	heap_free(c);
}

/* The newest with this key, out of the list; NULL. */
static struct kept *take_out(struct client_cache *c, struct span key)
{
	struct kept *found = NULL;

	pthread_mutex_lock(&c->lock);
	for (struct list *it = c->kept.prev; it != &c->kept && !found; it = it->prev) {
		struct kept *k = LIST_ITEM(it, struct kept, node);
		if (span_eq(span_make(k->key, k->key_len), key))
			found = k;
	}
	if (found) {
		list_del(&found->node);
		c->count--;
	}
	pthread_mutex_unlock(&c->lock);
	return found;
}

struct smtpclient *client_cache_take(struct client_cache *c, struct span key)
{
	for (struct kept *k = take_out(c, key); k; k = take_out(c, key)) {
		struct smtpclient *client = k->client;
		if (clock_mono_ms() - k->since_ms <= c->idle_ms && smtpclient_is_reusable(client)) {
			heap_free(k);
			return client;
		}
		kept_close(k);
	}
	return NULL;
}

static bool may_be_kept(struct smtpclient *client)
{
	return smtpclient_uses(client) < CLIENT_CACHE_USES &&
		clock_mono_ms() - smtpclient_opened_ms(client) < CLIENT_CACHE_AGE_MS &&
		smtpclient_is_reusable(client);
}

void client_cache_give(struct client_cache *c, struct span key, struct smtpclient *client)
{
	if (!may_be_kept(client)) {
		smtpclient_close(client);
		return;
	}
	struct kept *k = heap_alloc(sizeof *k + key.len), *oldest = NULL;
	*k = (struct kept){ .client = client, .since_ms = clock_mono_ms(), .key_len = key.len };
	memcpy(k->key, key.ptr, key.len);

	pthread_mutex_lock(&c->lock);
	list_add_tail(&c->kept, &k->node);
	if (++c->count > c->max) {
		oldest = LIST_ITEM(c->kept.next, struct kept, node);
		list_del(&oldest->node);
		c->count--;
	}
	pthread_mutex_unlock(&c->lock);
	if (oldest)
		kept_close(oldest);
}

void client_cache_sweep(struct client_cache *c)
{
	struct list old;
	int64_t before_ms = clock_mono_ms() - c->idle_ms;

	list_init(&old);
	pthread_mutex_lock(&c->lock);
	LIST_EACH(it, &c->kept)
	{
		struct kept *k = LIST_ITEM(it, struct kept, node);
		if (k->since_ms >= before_ms)
			break; /* what follows is newer */
		list_del(it);
		list_add_tail(&old, it);
		c->count--;
	}
	pthread_mutex_unlock(&c->lock);
	close_all(&old);
}
