/* Hash map: open addressing, linear probing, SipHash-2-4. */
#include "mailcore/base/map.h"

#include <pthread.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/random.h"

struct map_slot {
	char *key; /* NULL: free; &tomb: deleted */
	size_t len;
	uint64_t hash;
	void *value;
};

static char tomb;
static uint64_t hash_key[2];
static pthread_once_t hash_key_once = PTHREAD_ONCE_INIT;

static void make_hash_key(void)
{
	random_bytes(hash_key, sizeof hash_key);
}

static uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static void sip_block(uint64_t v[4], uint64_t block)
{
	v[3] ^= block;
	sip_round(v);
	sip_round(v);
	v[0] ^= block;
}

uint64_t hash_bytes(struct span s)
{
	(void)pthread_once(&hash_key_once, make_hash_key); /* cannot fail with these arguments */
	uint64_t v[4] = { 0x736f6d6570736575ULL ^ hash_key[0], 0x646f72616e646f6dULL ^ hash_key[1],
		0x6c7967656e657261ULL ^ hash_key[0], 0x7465646279746573ULL ^ hash_key[1] };
	uint64_t last = (uint64_t)s.len << 56;
	uint64_t block;

	for (; s.len >= 8; s = span_from(s, 8)) {
		memcpy(&block, s.ptr, 8);
		sip_block(v, block);
	}
	for (size_t i = 0; i < s.len; i++)
		last |= (uint64_t)(unsigned char)s.ptr[i] << (8 * i);
	sip_block(v, last);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void map_init(struct map *m)
{
	*m = (struct map){ 0 };
}

static bool is_live(const struct map_slot *slot)
{
	return slot->key && slot->key != &tomb;
}

void map_done(struct map *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->cap; i++) {
		if (is_live(&m->slots[i]))
			heap_free(m->slots[i].key);
	}
	heap_free(m->slots);
	*m = (struct map){ 0 };
}

static struct map_slot *lookup(const struct map *m, struct span key, uint64_t hash)
{
	if (m->cap == 0)
		return NULL;
	for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
		struct map_slot *slot = &m->slots[i];
		if (!slot->key)
			return NULL;
		if (slot->key != &tomb && slot->hash == hash &&
			span_eq(span_make(slot->key, slot->len), key))
			return slot;
	}
}

static void place(struct map *m, struct map_slot entry)
{
	size_t i = entry.hash & (m->cap - 1);
	while (m->slots[i].key)
		i = (i + 1) & (m->cap - 1);
	m->slots[i] = entry;
}

static void make_room(struct map *m)
{
	if ((m->count + m->tombs + 1) * 4 < m->cap * 3)
		return;

	struct map old = *m;
	m->cap = 16;
	while (m->cap < old.count * 4)
		m->cap *= 2;
	m->slots = heap_zalloc(m->cap * sizeof *m->slots);
	m->tombs = 0;
	for (size_t i = 0; i < old.cap; i++) {
		if (is_live(&old.slots[i]))
			place(m, old.slots[i]);
	}
	heap_free(old.slots);
}

void *map_get(const struct map *m, struct span key)
{
	struct map_slot *slot = m->cap ? lookup(m, key, hash_bytes(key)) : NULL;
	return slot ? slot->value : NULL;
}

void *map_put(struct map *m, struct span key, void *value)
{
	ASSERT(value != NULL);
	uint64_t hash = hash_bytes(key);
	struct map_slot *slot = lookup(m, key, hash);
	if (slot) {
		void *former = slot->value;
		slot->value = value;
		return former;
	}

	make_room(m);
	struct map_slot entry = { heap_alloc(key.len + 1), key.len, hash, value };
	if (key.len)
		memcpy(entry.key, key.ptr, key.len);
	entry.key[key.len] = '\0';
	place(m, entry);
	m->count++;
	return NULL;
}

void *map_del(struct map *m, struct span key)
{
	struct map_slot *slot = m->cap ? lookup(m, key, hash_bytes(key)) : NULL;
	if (!slot)
		return NULL;

	void *value = slot->value;
	heap_free(slot->key);
	*slot = (struct map_slot){ .key = &tomb };
	m->count--;
	m->tombs++;
	return value;
}

bool map_next(const struct map *m, size_t *pos, struct span *out_key, void **out_value)
{
	while (*pos < m->cap) {
		const struct map_slot *slot = &m->slots[(*pos)++];
		if (!is_live(slot))
			continue;
		*out_key = span_make(slot->key, slot->len);
		*out_value = slot->value;
		return true;
	}
	return false;
}
