/*
 * A zone as a whole: is it there, who serves it, do they agree, is it signed; judged from what
 * authority.h and sides.h have found. Pure but for the clock.
 *
 * Blame needs evidence: what could not be asked is `unknown`, never a fault.
 */
#pragma once

#include "backend/dns/closer.h"
#include "backend/dns/sides.h"

/* One record as its judges see it: by the resolver, and by each server with an opinion. */
struct judged_sides {
	struct record by_resolver;
	struct record by_server[AUTHORITY_SERVERS_MAX];
	const struct authority_server *servers[AUTHORITY_SERVERS_MAX];
	size_t len;
	int64_t forget_s;
};
/* The servers' word counts; where they differ, the worst with who says it; what caches still have
 * of the past is told in the hint. */
void judge_sides(struct arena *a, const struct judged_sides *judged, struct record *out);

#define HEALTH_CHECKS_MAX 48
/* Sets records->checks, with room for so many: "domain", "delegation", "servers", "dnssec", "spf-tree". */
void health_check(struct ctx *ctx, const struct sides *sides, const struct records_ask *ask,
	const struct spf_tree *tree, struct records *records);
