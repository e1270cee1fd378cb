/*
 * Sets of UIDs as ascending ranges, and the packed form in change_log.uids.
 *
 * Packed: a byte 1 and pairs of big-endian 32-bit numbers, first and last of each range. The
 * server packs what it computes itself (uid_pack), so the form is the simplest one. A command
 * changes few ranges, whatever the number of messages.
 *
 * Limits: UIDSET_RANGES_MAX ranges; reading is linear in the bytes, not in the UIDs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/str.h"

#define UIDSET_RANGES_MAX ((size_t)1 << 22)

struct uid_range {
	uint32_t first, last;
};
struct uidset {
	struct uid_range *ranges; /* ascending, not touching */
	size_t len;
};

/* uids ascending without repetition. */
struct uidset uidset_of(struct arena *a, const uint32_t *uids, size_t n);
void uidset_pack(struct str *out, const struct uidset *set);
/* False when malformed: wrong length, 0, or not ascending. */
bool uidset_unpack(struct arena *a, struct span packed, struct uidset *out);
bool uidset_has(const struct uidset *set, uint32_t uid);
/* Number of UIDs. */
uint64_t uidset_count(const struct uidset *set);
/* All UIDs, ascending; the caller has looked at the count. */
uint32_t *uidset_list(struct arena *a, const struct uidset *set);
/* The sets together. */
struct uidset uidset_union(struct arena *a, const struct uidset *sets, size_t n);
