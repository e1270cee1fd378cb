/*
 * Where a domain's mail goes (RFC 5321 §5, RFC 7505).
 *
 * MX records by preference, equals in random order; without any the domain's own addresses. What
 * leads to ourselves and all that is preferred less is left out. At most MX_ADDRESSES_MAX
 * addresses, IPv6 and IPv4 by turns within one preference, and both families among them when both
 * exist. Trouble with DNS is RC_TEMP unless enough was learnt to deliver.
 */
#pragma once

#include "mailcore/net/resolver.h"

#define MX_ADDRESSES_MAX 5
#define MX_HOSTS_MAX     20 /* records looked at, the most preferred ones */

/* Who we are: an MX with one of these names or addresses is ours. */
struct mx_self {
	const struct span *names; /* lower case */
	size_t n_names;
	const struct addr *addrs; /* port 0: whatever the port */
	size_t n_addrs;
};

struct mx_addr {
	struct span host; /* the MX's name; the literal for an address literal */
	struct addr addr; /* with port */
	uint16_t preference;
	bool secure;           /* every answer that led to it had the AD bit */
	struct span canonical; /* where its name leads as an alias; empty: it is none */
};

struct mx_list {
	struct mx_addr items[MX_ADDRESSES_MAX];
	size_t len;
};

/* Why not. */
struct mx_failure {
	struct span status; /* "5.1.10" */
	struct span text;   /* one sentence, says the name */
};

/* domain: A-labels, or an address literal with its brackets. RC_OK with at least one address;
 * RC_NOT_FOUND: for good (no such domain 5.1.2, it takes no mail 5.1.10, no address 5.4.4);
 * RC_CONFLICT: it leads to ourselves, 5.4.6; RC_INVALID: no domain name, 5.1.2; RC_TEMP: 4.4.3.
 * Memory: ctx->arena. */
MUST_CHECK enum rc mx_resolve(struct resolver *r, struct ctx *ctx, struct span domain,
	uint16_t port, const struct mx_self *self, struct mx_list *out, struct mx_failure *failure);
/* The addresses of one host, for a smarthost: no MX, no search for ourselves. */
MUST_CHECK enum rc mx_resolve_host(struct resolver *r, struct ctx *ctx, struct span host,
	uint16_t port, struct mx_list *out, struct mx_failure *failure);
