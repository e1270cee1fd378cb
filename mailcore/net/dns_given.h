/*
 * DNS answers that are given in advance: the zone behind resolver_open_given, for `check lines`
 * (test vectors bring their DNS along) and for unit tests.
 *
 * A name that was not added does not exist. One that was added and has nothing of the type that is
 * asked for is "no such data"; unless its failure was given, then it is RC_TEMP. Aliases are
 * followed as a resolver does it. Not changed any more once a resolver uses it.
 */
#pragma once

#include "mailcore/net/dns_message.h"

#define DNS_GIVEN_ANY 0 /* dns_given_fail: for whatever there is no data */

struct dns_given;

struct dns_given *dns_given_new(void);
void dns_given_free(struct dns_given *g);
/* The name exists. False: it cannot be a domain name. */
bool dns_given_add_name(struct dns_given *g, struct span name);
/* A record: type, and of addr, text, priority what it has (names as text). Copied. False: name or
 * target cannot be a domain name. */
bool dns_given_add(struct dns_given *g, struct span name, const struct dns_rr *rr);
/* No answer about this name and type. */
bool dns_given_fail(struct dns_given *g, struct span name, unsigned type);

/* As resolver_query. */
MUST_CHECK enum rc dns_given_query(const struct dns_given *g, struct arena *a,
	const struct dns_name *name, enum dns_type type, struct dns_answer *out, bool *nxdomain);
