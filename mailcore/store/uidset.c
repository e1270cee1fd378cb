#include "mailcore/store/uidset.h"

#include <endian.h>

#include "mailcore/base/rc.h"

#define PACK_VERSION 1
#define RANGE_SIZE   8

struct uidset uidset_of(struct arena *a, const uint32_t *uids, size_t n)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += i == 0 || uids[i] != uids[i - 1] + 1;
	struct uidset set = { .ranges = arena_array(a, count, sizeof *set.ranges) };
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || uids[i] != uids[i - 1] + 1)
			set.ranges[set.len++].first = uids[i];
		set.ranges[set.len - 1].last = uids[i];
	}
	return set;
}

void uidset_pack(struct str *out, const struct uidset *set)
{
	str_add_c(out, PACK_VERSION);
	for (size_t i = 0; i < set->len; i++) {
		uint32_t pair[2] = { htobe32(set->ranges[i].first), htobe32(set->ranges[i].last) };
		str_add(out, span_make(pair, sizeof pair));
	}
}

static uint32_t get_u32(const char *p)
{
	uint32_t n;
	memcpy(&n, p, sizeof n);
	return be32toh(n);
}

bool uidset_unpack(struct arena *a, struct span packed, struct uidset *out)
{
	if (packed.len == 0 || packed.ptr[0] != PACK_VERSION || packed.len % RANGE_SIZE != 1)
		return false;
	size_t n = packed.len / RANGE_SIZE;
	if (n > UIDSET_RANGES_MAX)
		return false;
	struct uidset set = { .ranges = arena_array(a, n, sizeof *set.ranges), .len = n };
	uint64_t before = 0;
	for (size_t i = 0; i < n; i++) {
		const char *p = packed.ptr + 1 + i * RANGE_SIZE;
		struct uid_range r = { get_u32(p), get_u32(p + 4) };
		if (r.first <= before || r.last < r.first)
			return false;
		before = r.last;
		set.ranges[i] = r;
	}
	*out = set;
	return true;
}

bool uidset_has(const struct uidset *set, uint32_t uid)
{
	size_t lo = 0;
	size_t hi = set->len;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (set->ranges[mid].last < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < set->len && set->ranges[lo].first <= uid;
}

uint64_t uidset_count(const struct uidset *set)
{
	uint64_t n = 0;
	for (size_t i = 0; i < set->len; i++)
		n += (uint64_t)set->ranges[i].last - set->ranges[i].first + 1;
	return n;
}

uint32_t *uidset_list(struct arena *a, const struct uidset *set)
{
	uint32_t *uids = arena_array(a, uidset_count(set), sizeof *uids);
	size_t n = 0;
	for (size_t i = 0; i < set->len; i++)
		for (uint64_t uid = set->ranges[i].first; uid <= set->ranges[i].last; uid++)
			uids[n++] = (uint32_t)uid;
	return uids;
}

static int by_first(const void *a, const void *b)
{
	const struct uid_range *x = a;
	const struct uid_range *y = b;
	return x->first < y->first ? -1 : x->first > y->first;
}

struct uidset uidset_union(struct arena *a, const struct uidset *sets, size_t n)
{
	size_t total = 0;
	for (size_t i = 0; i < n; i++)
		total += sets[i].len;
	struct uidset all = { .ranges = arena_array(a, total, sizeof *all.ranges) };
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sets[i].len; k++)
			all.ranges[all.len++] = sets[i].ranges[k];
	if (all.len > 1)
		qsort(all.ranges, all.len, sizeof *all.ranges, by_first);
	size_t kept = 0;
	for (size_t i = 0; i < all.len; i++) {
		struct uid_range r = all.ranges[i];
		struct uid_range *last = kept ? &all.ranges[kept - 1] : NULL;
		if (last && r.first <= (uint64_t)last->last + 1)
			last->last = r.last > last->last ? r.last : last->last;
		else
			all.ranges[kept++] = r;
	}
	all.len = kept;
	return all;
}
