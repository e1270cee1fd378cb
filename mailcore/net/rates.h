/*
 * How much addresses and networks do: token buckets, for connections, messages, strikes ...
 *
 * Each kind has a rule: `burst` at once, one back every `back_ms`. An address has a bucket, and so
 * has its network (IPv4 /24, IPv6 /64) with RATES_NETWORK times as much; who empties either has to
 * wait. Memory is fixed (RATES_BUCKETS); when a set of it is full, the bucket that was touched
 * longest ago is forgotten. Thread-safe. Knows nothing of exemptions.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailcore/net/addr.h"

#define RATES_KINDS_MAX 8
#define RATES_NETWORK   4
#define RATES_BUCKETS   65536

struct rate_rule {
	int64_t burst; /* 0: no limit */
	int64_t back_ms;
};

struct rates;

/* n <= RATES_KINDS_MAX; the rules are copied. */
struct rates *rates_new(const struct rate_rule *rules, size_t n);
void rates_free(struct rates *r);
/* Takes one, if both buckets have it. */
bool rates_take(struct rates *r, unsigned kind, const struct addr *peer, int64_t now_ms);
/* How many of the address are gone at present. */
int64_t rates_used(struct rates *r, unsigned kind, const struct addr *peer, int64_t now_ms);
