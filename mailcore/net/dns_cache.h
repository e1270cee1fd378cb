/*
 * Answers that are still valid: raw messages by question, the least recently used go first.
 *
 * Guarded by its owner's lock. Limits: 4,096 entries, 10 MiB.
 */
#pragma once

#include <stdint.h>

#include "mailcore/base/list.h"
#include "mailcore/base/map.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

#define DNS_CACHE_ENTRIES 4096
#define DNS_CACHE_BYTES   (10 * 1024 * 1024)

struct dns_cache {
	struct map by_key;
	struct list by_use; /* most recent last */
	size_t bytes;
};

struct dns_cached {
	struct list by_use;
	int64_t until_ms;
	size_t key_len, reply_len;
	enum rc rc;
	char data[]; /* key, reply */
};

void dns_cache_init(struct dns_cache *c);
void dns_cache_done(struct dns_cache *c);
/* NULL when there is none that is valid. Until the next call. */
const struct dns_cached *dns_cache_get(struct dns_cache *c, struct span key, int64_t now_ms);
/* Replaces. The reply is copied. */
void dns_cache_put(
	struct dns_cache *c, struct span key, enum rc rc, struct span reply, int64_t until_ms);

void dns_cache_drop(struct dns_cache *c, struct span key);

static inline struct span dns_cached_reply(const struct dns_cached *e)
{
	return span_make(e->data + e->key_len, e->reply_len);
}
