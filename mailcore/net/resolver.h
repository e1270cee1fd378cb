/*
 * DNS look-ups: c-ares in a thread of its own, a cache, and calls that workers may block in.
 *
 * A resolver failure (time-out, SERVFAIL, no server, refused) is RC_TEMP, never "not there".
 * A machine without any DNS answers RC_TEMP at once (see resolver.c). Positive answers are cached for their TTL
 * (at most an hour), negative ones for at most five minutes, failures for five seconds.
 * Limits: 4,096 cache entries, 10 MiB; 200 records an answer; UDP with EDNS 1232, TCP fallback.
 */
#pragma once

#include <stdint.h>

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/net/addr.h"

struct resolver;

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_DS = 43,
	DNS_DNSKEY = 48,
	DNS_TLSA = 52,
	DNS_CAA = 257,
};

/* One record. Names are without the final dot, lower case, escaped as in zone files when they
 * hold anything but letters, digits, hyphen, underscore. */
struct dns_rr {
	enum dns_type type;
	uint32_t ttl;
	struct addr addr; /* A, AAAA */
	/* TXT: strings joined; MX, NS, CNAME, PTR, SRV: the name; SOA: MNAME; others: rdata */
	struct span text;
	uint16_t priority;     /* MX, SRV */
	uint16_t weight, port; /* SRV */
	uint32_t serial;       /* SOA */
};

struct dns_answer {
	struct dns_rr *items;
	size_t len;
	bool authentic;    /* AD bit */
	struct span cname; /* final name after CNAMEs; empty when none */
	uint32_t ttl;
};

/* servers: "host:port,..." or empty for the system's. Never fails: without any server every
 * question is RC_TEMP. */
struct resolver *resolver_open(const char *servers, int64_t timeout_ms);
/* Answers from what was given in advance, nobody is asked (net/dns_given.h). Borrowed. */
struct dns_given;
struct resolver *resolver_open_given(const struct dns_given *given);
void resolver_close(struct resolver *r);

/* RC_OK with at least one record; RC_NOT_FOUND: NXDOMAIN or no such data (*nxdomain tells, may be
 * NULL); RC_TEMP: no answer; RC_INVALID: the name cannot be a domain name. Memory: ctx->arena.
 * Waits until ctx->deadline_ms at most. */
MUST_CHECK enum rc resolver_query(struct resolver *r, struct ctx *ctx, struct span name,
	enum dns_type type, struct dns_answer *out, bool *nxdomain);
/* The whole reply, as it came (empty for RC_TEMP). RC_INVALID also where answers are given in advance. */
MUST_CHECK enum rc resolver_message(struct resolver *r, struct ctx *ctx, struct span name,
	enum dns_type type, struct span *out);
/* "host:port,...", empty: the system's. NULL: answers are given in advance. */
const char *resolver_servers(const struct resolver *r);
/* The next question asks DNS, whatever is cached: for who has just changed a record and looks. */
void resolver_forget(struct resolver *r, struct span name, enum dns_type type);
/* Before the first question: "not there" holds at least so long, also where the answer does not say
 * how long it holds. For who asks the same again and again, as every message does. */
void resolver_keep_negatives(struct resolver *r, int64_t ms);
/* Asks without waiting, so that a later resolver_query finds the answer or joins the question: what
 * will be needed is asked for at the same time. */
void resolver_prefetch(struct resolver *r, struct span name, enum dns_type type);
/* Finds out, without waiting, whether there are servers at all. For the start of a role: so the
 * first questions need not. */
void resolver_probe(struct resolver *r);
/* 1.2.0.192.in-addr.arpa; empty for an unknown address. */
struct span resolver_reverse_name(struct arena *arena, const struct addr *a);
/* PTR of an address. */
MUST_CHECK enum rc resolver_reverse(
	struct resolver *r, struct ctx *ctx, const struct addr *a, struct dns_answer *out);
