/* Arenas and the heap: the only file that calls malloc. */
#include "mailcore/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN 16

struct arena_chunk {
	struct arena_chunk *older;
	size_t size; /* of data */
	_Alignas(ALIGN) char data[];
};

void *heap_alloc(size_t size)
{
	void *ptr = malloc(size ? size : 1);
	ASSERT(ptr != NULL);
	return ptr;
}

void *heap_zalloc(size_t size)
{
	void *ptr = calloc(1, size ? size : 1);
	ASSERT(ptr != NULL);
	return ptr;
}

void *heap_resize(void *old, size_t size)
{
	void *ptr = realloc(old, size ? size : 1);
	ASSERT(ptr != NULL);
	return ptr;
}

char *heap_strdup(const char *s)
{
	size_t size = strlen(s) + 1;
	return memcpy(heap_alloc(size), s, size);
}

void heap_free(void *ptr)
{
	free(ptr);
}

void arena_init(struct arena *a, size_t chunk_size)
{
	*a = (struct arena){ .chunk_size = chunk_size };
}

static void use_chunk(struct arena *a, struct arena_chunk *chunk)
{
	a->chunks = chunk;
	a->next = chunk->data;
	a->end = chunk->data + chunk->size;
}

void arena_done(struct arena *a)
{
	if (!a)
		return;
	while (a->chunks) {
		struct arena_chunk *older = a->chunks->older;
		free(a->chunks);
		a->chunks = older;
	}
	*a = (struct arena){ .chunk_size = a->chunk_size };
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *kept = NULL;

	while (a->chunks) {
		struct arena_chunk *older = a->chunks->older;
		if (!kept && a->chunks->size == a->chunk_size)
			kept = a->chunks;
		else
			free(a->chunks);
		a->chunks = older;
	}
	*a = (struct arena){ .chunk_size = a->chunk_size };
	if (kept) {
		kept->older = NULL;
		use_chunk(a, kept);
	}
}

struct arena *arena_new(size_t chunk_size)
{
	struct arena *a = heap_alloc(sizeof *a);
	arena_init(a, chunk_size);
	return a;
}

void arena_free(struct arena *a)
{
	arena_done(a);
	free(a);
}

static void add_chunk(struct arena *a, size_t size)
{
	size_t data_size = size > a->chunk_size ? size : a->chunk_size;
	struct arena_chunk *chunk = heap_alloc(sizeof *chunk + data_size);
	chunk->size = data_size;
	chunk->older = a->chunks;
	use_chunk(a, chunk);
}

static size_t aligned(size_t size)
{
	ASSERT(size <= SIZE_MAX / 2);
	return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

void *arena_alloc(struct arena *a, size_t size)
{
	size = aligned(size ? size : 1);
	if ((size_t)(a->end - a->next) < size)
		add_chunk(a, size);

	void *ptr = a->next;
	a->next += size;
	a->used += size;
	return ptr;
}

void *arena_zalloc(struct arena *a, size_t size)
{
	return memset(arena_alloc(a, size), 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t total;
	ASSERT(!__builtin_mul_overflow(count, size, &total));
	return arena_zalloc(a, total);
}

void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size)
{
	size_t old_room = aligned(old_size ? old_size : 1);
	size_t new_room = aligned(new_size ? new_size : 1);
	bool newest = old && (char *)old + old_room == a->next;

	if (newest && new_room >= old_room && (size_t)(a->end - a->next) >= new_room - old_room) {
		a->next += new_room - old_room;
		a->used += new_room - old_room;
		return old;
	}
	void *copy = arena_alloc(a, new_size);
	if (old && old_size)
		memcpy(copy, old, old_size < new_size ? old_size : new_size);
	return copy;
}

char *arena_cstr(struct arena *a, struct span s)
{
	char *copy = arena_alloc(a, s.len + 1);
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return copy;
}

struct span arena_span(struct arena *a, struct span s)
{
	return (struct span){ arena_cstr(a, s), s.len };
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_cstr(a, span_of(s));
}

struct span arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	ASSERT(len >= 0);

	char *text = arena_alloc(a, (size_t)len + 1);
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap); /* measured above */
	va_end(ap);
	return (struct span){ text, (size_t)len };
}
