/*
 * SPF (RFC 7208): may this address send for this domain?
 *
 * Limits (§4.6.4): 10 terms that ask DNS, 2 void look-ups, 10 MX or PTR names each, 20 s in all
 * (ctx->deadline_ms when that is sooner). Records of 64 KiB at most, 10 includes deep.
 */
#pragma once

#include "mailcore/auth/results.h"
#include "mailcore/base/ctx.h"
#include "mailcore/base/span.h"
#include "mailcore/net/addr.h"
#include "mailcore/net/resolver.h"

#define SPF_LOOKUPS_MAX 10

struct spf_query {
	struct addr ip; /* IPv4-mapped IPv6 counts as IPv4 */
	struct span helo;
	struct span mail_from; /* without brackets; empty: postmaster@helo is checked */
	struct span receiver;  /* our name, for %{r} */
	struct span record;    /* the domain's, known already; empty: DNS is asked for it */
};

struct spf_result {
	enum auth_result result;
	struct span domain;    /* that was judged */
	bool from_helo;        /* the null sender: its HELO name was judged */
	struct span mechanism; /* that decided, as written: "ip4:192.0.2.0/24"; empty: none did */
	unsigned lookups, void_lookups;
	struct span explanation; /* exp= text, only for fail; printable ASCII */
	struct span reason;      /* what was wrong, plain words, for permerror and temperror */
};

/* Memory: ctx->arena. */
void spf_check(
	struct resolver *r, struct ctx *ctx, const struct spf_query *query, struct spf_result *out);
