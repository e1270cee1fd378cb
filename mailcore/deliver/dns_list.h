/*
 * Lists of addresses in DNS (RFC 5782): of bad ones (DNSBL), and with a weight below zero of good
 * ones (DNSWL).
 *
 * Only an answer in 127.0.0.0/8 says "listed"; 127.255.255.x is how lists say that they will not
 * answer us, and anything else comes from a resolver that answers everything: both are unknown.
 * Limit: DNS_LISTS_MAX lists.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/net/resolver.h"

#define DNS_LISTS_MAX 16

struct dns_list {
	struct span zone; /* "bl.example.org" */
	int tenths;       /* weight when listed */
};
struct dns_lists {
	struct dns_list items[DNS_LISTS_MAX];
	size_t len;
};

/* "bl.example.org=3.5, wl.example.org=-2"; without a weight it is 3. Borrows the text. RC_INVALID:
 * err says which entry is wrong. */
MUST_CHECK enum rc dns_lists_parse(struct span text, struct dns_lists *out, struct err *err);

enum dns_listed { LIST_NO, LIST_YES, LIST_UNKNOWN };

/* Asks all of them without waiting. */
void dns_lists_prefetch(
	const struct dns_lists *lists, struct resolver *r, struct arena *a, const struct addr *ip);
/* *out_code: what it said, "127.0.0.2", for LIST_YES and some unknown ones; else empty. */
enum dns_listed dns_list_has(const struct dns_list *list, struct resolver *r, struct ctx *ctx,
	const struct addr *ip, struct span *out_code);
