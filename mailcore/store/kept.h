/*
 * Bytes that a process keeps because they will not change: least recently used ones go when the
 * budget is full. Reference-counted: who holds one may read it although it is no longer kept.
 *
 * Lock: kept.lock, a leaf. Nothing is ever invalidated; the key must name what does not change.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "mailcore/base/list.h"
#include "mailcore/base/map.h"

#define KEPT_KEY_MAX 40

struct kept {
	pthread_mutex_t lock;
	struct map items; /* of struct kept_item */
	struct list used; /* least recently used first */
	size_t bytes, budget;
};

/* The bytes follow the struct, aligned for any type. */
struct kept_item {
	struct list node; /* points to itself when it is not kept any more */
	_Atomic unsigned refs;
	size_t size;
	unsigned char key_len;
	char key[KEPT_KEY_MAX];
	_Alignas(max_align_t) char bytes[];
};

void kept_init(struct kept *k, size_t budget);
void kept_done(struct kept *k);
/* With a reference for the caller, or NULL. */
struct kept_item *kept_get(struct kept *k, struct span key);
/* Room for `size` bytes with one reference, the caller's; not kept yet. */
struct kept_item *kept_new(struct span key, size_t size);
/* Keeps it (the key as given to kept_new), instead of what had the same key. The caller's
 * reference stays his. */
void kept_put(struct kept *k, struct kept_item *item);
void kept_unref(struct kept_item *item);
