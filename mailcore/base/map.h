/*
 * Hash map from bytes to pointers. Keyed with SipHash-2-4 and a key of this process, because
 * keys come from the network. Keys are copied; values are the caller's. Not thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailcore/base/span.h"

struct map_slot;

struct map {
	struct map_slot *slots;
	size_t cap;
	size_t count;
	size_t tombs;
};

void map_init(struct map *m);
/* Does not touch the values. */
void map_done(struct map *m);
/* NULL when absent. */
void *map_get(const struct map *m, struct span key);
/* Replaces; returns the former value or NULL. value must not be NULL. */
void *map_put(struct map *m, struct span key, void *value);
/* Returns the removed value or NULL. */
void *map_del(struct map *m, struct span key);
/* Iteration: *pos starts at 0; false at the end. Deleting the current entry is allowed. */
bool map_next(const struct map *m, size_t *pos, struct span *out_key, void **out_value);

/* Keys of fixed-size integers. */
static inline struct span map_key_i64(const int64_t *key)
{
	return span_make(key, sizeof *key);
}

/* SipHash-2-4 with the process key: for tables whose keys come from outside. */
uint64_t hash_bytes(struct span s);
