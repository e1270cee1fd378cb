/*
 * How often a log-in may fail: one limiter for all protocols of a process.
 *
 * Token buckets, emptied by failures only: of an address from one network (10, one back every
 * 30 s), of a network (50, one every 6 s) and of an address from everywhere (100, one every 3 s).
 * A network is an IPv4 /24 or an IPv6 /64. Exempt networks are never limited. Memory is fixed;
 * when it is full the bucket that was touched longest ago is forgotten. Thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mailcore/base/span.h"

struct limiter;

/* exempt_networks: comma-separated, may be NULL; entries that cannot be read are ignored. */
struct limiter *limiter_new(const char *exempt_networks);
void limiter_free(struct limiter *l);
/* May this one try now? */
bool limiter_allows(struct limiter *l, struct span address, const char *peer, int64_t now_ms);
void limiter_failed(struct limiter *l, struct span address, const char *peer, int64_t now_ms);
