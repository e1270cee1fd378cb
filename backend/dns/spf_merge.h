/*
 * An owner's SPF record with our servers in it: what is there stays. Pure.
 *
 * Our addresses come right behind the version, as ip4: and ip6:, which cost no look-up; so a merge
 * never brings a record above the ten look-ups that receivers make (RFC 7208 §4.6.4). Of several
 * records one is made. Linear in the terms, times the addresses (16 at most).
 */
#pragma once

#include "backend/dns/records.h"

#define SPF_MERGED_MAX 4096
#define SPF_MERGE_MAX  8 /* records that are made into one */

struct spf_merged {
	struct span text;
	size_t lookups; /* that its own terms need; what they include comes on top */
};

/* False: none of the records can be read (or there is none), or the result would be too long. */
MUST_CHECK bool spf_merge(struct arena *a, const struct span *texts, size_t n,
	const struct addr *addresses, size_t n_addresses, struct spf_merged *out);
