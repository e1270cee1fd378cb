/*
 * Connections that are kept for the next message to the same server (connection reuse).
 *
 * A connection is given back only when smtpclient_is_reusable; it is taken out by whoever asks for
 * the same key first. Limits: the number given, idle_ms each, CLIENT_CACHE_USES messages, and
 * CLIENT_CACHE_AGE_MS since it was opened. Thread-safe; the lock is a leaf, nothing waits under it.
 */
#pragma once

#include "mailcore/smtpclient/smtpclient.h"

#define CLIENT_CACHE_USES   100
#define CLIENT_CACHE_AGE_MS (5 * 60 * 1000)

struct client_cache;

struct client_cache *client_cache_new(size_t max, int64_t idle_ms);
void client_cache_free(struct client_cache *c); /* closes all */

/* NULL: there is none that is still alive. The key names server, our address and TLS policy. */
struct smtpclient *client_cache_take(struct client_cache *c, struct span key);
/* Keeps it, or closes it when it cannot be kept. */
void client_cache_give(struct client_cache *c, struct span key, struct smtpclient *client);
/* Closes what has been idle too long; to be called every second or so. */
void client_cache_sweep(struct client_cache *c);
