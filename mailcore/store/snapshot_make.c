/* The memory of a snapshot: one block, arrays from the widest to the narrowest. */
#include "mailcore/base/clock.h"
#include "mailcore/store/snapshot.h"

struct snap_row snap_row_read(const struct rows *r, size_t i)
{
	int64_t size = row_i64(r, i, 6);
	return (struct snap_row){
		.uid = (uint32_t)row_i64(r, i, 0),
		.modseq = (uint64_t)row_i64(r, i, 1),
		.flags = (uint8_t)row_i64(r, i, 2),
		.keywords = (uint64_t)row_i64(r, i, 3),
		.at = row_time_us(r, i, 4) / USEC_PER_SEC,
		.zone = (int16_t)row_i64(r, i, 5),
		.size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size,
	};
}

#define ROW_SIZE (3 * sizeof(uint64_t) + 2 * sizeof(uint32_t) + sizeof(int16_t) + sizeof(uint8_t))

static void place_names(struct snap *snap, char *p, const struct span *names, size_t n)
{
	struct span *copies = (struct span *)(void *)p;
	char *text = (char *)(copies + n);
	for (size_t i = 0; i < n; i++) {
		copies[i] = span_make(text, names[i].len);
		memcpy(text, names[i].ptr, names[i].len);
		text += names[i].len;
	}
	snap->pub.keyword_names = copies;
	snap->pub.n_keywords = n;
}

struct snap *snap_new(
	const struct snapshot *like, size_t max, const struct span *names, size_t n_names)
{
	size_t names_size = n_names * sizeof(struct span);
	for (size_t i = 0; i < n_names; i++)
		names_size += names[i].len;
	names_size = (names_size + 7) & ~(size_t)7;
	size_t bytes = sizeof(struct snap) + names_size + max * ROW_SIZE;
	struct snap *snap = heap_alloc(bytes);
	*snap = (struct snap){ .pub = *like, .bytes = bytes };
	atomic_init(&snap->refs, 1);
	char *p = (char *)(snap + 1);
	place_names(snap, p, names, n_names);
	p += names_size;
	snap->pub.len = 0;
	snap->pub.keywords = (const uint64_t *)(void *)p;
	snap->pub.modseq = snap->pub.keywords + max;
	snap->pub.internal_at = (const int64_t *)(snap->pub.modseq + max);
	snap->pub.uid = (const uint32_t *)(snap->pub.internal_at + max);
	snap->pub.size_bytes = snap->pub.uid + max;
	snap->pub.internal_zone = (const int16_t *)(snap->pub.size_bytes + max);
	snap->pub.flags = (const uint8_t *)(snap->pub.internal_zone + max);
	return snap;
}

/* The public arrays are const for readers; until it is published the maker writes them. */
#define WRITABLE(type, array) ((type *)(uintptr_t)(array))

void snap_add(struct snap *snap, struct snap_row row)
{
	struct snapshot *s = &snap->pub;
	size_t i = s->len++;
	if (row.modseq > (uint64_t)s->highestmodseq)
		row.modseq = (uint64_t)s->highestmodseq; /* see snapshot.h */
	WRITABLE(uint32_t, s->uid)[i] = row.uid;
	WRITABLE(uint8_t, s->flags)[i] = row.flags;
	WRITABLE(uint64_t, s->keywords)[i] = row.keywords;
	WRITABLE(uint64_t, s->modseq)[i] = row.modseq;
	WRITABLE(uint32_t, s->size_bytes)[i] = row.size;
	WRITABLE(int64_t, s->internal_at)[i] = row.at;
	WRITABLE(int16_t, s->internal_zone)[i] = row.zone;
}

void snap_add_from(struct snap *snap, const struct snapshot *from, size_t i)
{
	snap_add(snap,
		(struct snap_row){ .uid = from->uid[i],
			.flags = from->flags[i],
			.keywords = from->keywords[i],
			.modseq = from->modseq[i],
			.size = from->size_bytes[i],
			.at = from->internal_at[i],
			.zone = from->internal_zone[i] });
}

const struct snapshot *snapshot_ref(const struct snapshot *pub)
{
	struct snap *snap = WRITABLE(struct snap, pub);
	atomic_fetch_add(&snap->refs, 1);
	return pub;
}

void snapshot_unref(const struct snapshot *pub)
{
	struct snap *snap = WRITABLE(struct snap, pub);
	if (snap && atomic_fetch_sub(&snap->refs, 1) == 1)
		heap_free(snap);
}

size_t snapshot_lower_bound(const struct snapshot *snap, uint32_t uid)
{
	size_t lo = 0;
	size_t hi = snap->len;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (snap->uid[mid] < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}
