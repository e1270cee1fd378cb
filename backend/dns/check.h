/*
 * What a domain's zone does contain: asks for every wanted record and has the answers judged.
 *
 * The zone's own servers are asked beside the recursive resolver. What they say is judged, each by
 * itself; the resolver counts for names out of the zone, and where they cannot be reached.
 *
 * A failure of DNS is `error`, never `missing`. The zone's owner is not trusted: names that records
 * lead to are looked up within limits (ten for SPF, as receivers do; ten mail servers), and what is
 * shown of them is cut and made printable.
 */
#pragma once

#include "backend/dns/host_checks.h"
#include "backend/dns/records.h"
#include "mailcore/net/resolver.h"

#define CHECK_FOUND_MAX 20

struct check_options {
	uint16_t dns_port; /* of name servers: 53, but in tests */
	struct host_ask host;
};

/* Fills status, found and hint of each record that records_wanted made of the same `ask`, and the
 * checks. Never fails. Ends some time before ctx->deadline_ms; what was not asked by then is `error`. */
void records_check(struct resolver *resolver, struct ctx *ctx, const struct records_ask *ask,
	const struct check_options *options, struct records *records);
