/*
 * Growing arrays: a struct with `items`, `len` and `cap`, of any type.
 *
 *   struct { struct part *items; size_t len, cap; } parts = { 0 };
 *   VEC_PUSH(arena, &parts, part);
 *
 * Memory is the arena's. The caller checks its maximum before pushing.
 */
#pragma once

#include "mailcore/base/arena.h"

#define VEC_PUSH(arena, vec, item)                                                                 \
	do {                                                                                       \
		if ((vec)->len == (vec)->cap)                                                      \
			(vec)->items =                                                             \
				vec_grow(arena, (vec)->items, &(vec)->cap, sizeof *(vec)->items);  \
		(vec)->items[(vec)->len++] = (item);                                               \
	} while (0)

static inline void *vec_grow(struct arena *a, void *items, size_t *cap, size_t item_size)
{
	size_t new_cap = *cap ? *cap * 2 : 8;
	void *grown = arena_grow(a, items, *cap * item_size, new_cap * item_size);
	*cap = new_cap;
	return grown;
}
