/*
 * What a domain's zone does contain: asks for every wanted record and has the answers judged.
 *
 * A failure of DNS is `error`, never `missing`. The zone's owner is not trusted: names that records
 * lead to are looked up within limits (ten for SPF, as receivers do; ten mail servers), and what is
 * shown of them is cut and made printable.
 */
#pragma once

#include "backend/dns/records.h"
#include "mailcore/net/resolver.h"

#define CHECK_FOUND_MAX 20

/* Fills status, found and hint of each record that records_wanted made of the same `ask`. Never
 * fails. Ends some time before ctx->deadline_ms; what was not asked by then is `error`. */
void records_check(struct resolver *resolver, struct ctx *ctx, const struct records_ask *ask,
	struct records *records);
