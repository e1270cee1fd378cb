/*
 * Memory by lifetime: allocate freely, release all at once.
 *
 * A step's arena is reset by the loop that runs steps, a session's dies with the session.
 * No memory means abort, so sizes are bounded before they get here. Not thread-safe: an arena
 * belongs to whoever runs the step.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first */
	char *next;
	char *end;
	size_t chunk_size;
	size_t used;
};

/* chunk_size: what is taken from the system at a time; nothing is taken before the first use. */
void arena_init(struct arena *a, size_t chunk_size);
void arena_done(struct arena *a);
/* Frees all but one chunk of normal size, which is kept for the next step. */
void arena_reset(struct arena *a);

struct arena *arena_new(size_t chunk_size);
void arena_free(struct arena *a);

/* Never NULL; aligned for any type; not zeroed. Size 0 gives a unique pointer. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_zalloc(struct arena *a, size_t size);
/* count * size, overflow checked (aborts: counts are bounded by the caller). Zeroed. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* Grows the newest allocation in place when it can, copies otherwise. */
void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size);

/* Copies live in the arena; arena_cstr's copy ends with NUL. */
struct span arena_span(struct arena *a, struct span s);
char *arena_cstr(struct arena *a, struct span s);
char *arena_strdup(struct arena *a, const char *s);
/* Formatted text, NUL-terminated. */
struct span arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

/* How much is in use, for limits and metrics. */
static inline size_t arena_used(const struct arena *a)
{
	return a->used;
}

/* Heap for things whose life is neither a step nor a session. Abort on no memory. */
void *heap_alloc(size_t size);
void *heap_zalloc(size_t size);
void *heap_resize(void *ptr, size_t size);
char *heap_strdup(const char *s);
void heap_free(void *ptr);
