/*
 * Answers of recipient_resolve that are used again for a moment; one of these a process.
 *
 * Kept is only "yes": mailboxes that take mail now, none of them near its quota. An answer lasts
 * until something in the directory is changed on this node (db/epoch.h), or RECIPIENT_CACHE_MS:
 * that long another node's change may take to be noticed. A mailbox made a moment ago receives at
 * once, because "no" is never kept; one that was removed or suspended here stops at once.
 * Thread-safe.
 */
#pragma once

#include "mailcore/directory/directory.h"

#define RECIPIENT_CACHE_MS   2000
#define RECIPIENT_CACHE_N    20000 /* addresses */
#define RECIPIENT_CACHE_EACH 8     /* mailboxes of an address; longer lists are asked for */
#define RECIPIENT_CACHE_ROOM ((int64_t)128 << 20)

struct epoch;
struct recipient_cache;

struct recipient_cache *recipient_cache_new(const struct epoch *epoch);
void recipient_cache_free(struct recipient_cache *c);

/* As recipient_resolve_sized; c may be NULL. */
MUST_CHECK enum rc recipient_cache_resolve(struct recipient_cache *c, struct ctx *ctx,
	struct span localpart, struct span domain, uint64_t size, struct recipients *out,
	struct err *err);
