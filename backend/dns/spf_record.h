/*
 * Reading and amending an SPF record (RFC 7208 section 4.5, 4.6). Pure; who asks DNS for what a
 * mechanism names is check.c.
 *
 * Limits: 2,000 bytes, 100 terms. Linear.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/net/addr.h"

#define SPF_RECORD_MAX 2000
#define SPF_TERMS_MAX  100

enum spf_mechanism {
	SPF_ALL,
	SPF_IP, /* ip4, ip6 */
	SPF_A,
	SPF_MX,
	SPF_INCLUDE,
	SPF_OPAQUE, /* exists, ptr, or with macros: depends on the message */
};

struct spf_term {
	char qualifier; /* '+', '-', '~', '?' */
	enum spf_mechanism mechanism;
	struct span domain;   /* empty: the record's own */
	struct net net;       /* SPF_IP */
	uint8_t bits4, bits6; /* SPF_A, SPF_MX */
};

struct spf_record {
	struct spf_term terms[SPF_TERMS_MAX];
	size_t len;
	struct span redirect; /* empty: none */
};

/* "v=spf1" as the whole first word, in any case. */
bool spf_is_record(struct span text);
/* False: receivers would not understand it either. Spans are borrowed from text. */
MUST_CHECK bool spf_record_parse(struct span text, struct spf_record *out);
/* Of an address that an `a` or `mx` term led to. */
bool spf_term_has(const struct spf_term *term, const struct addr *listed, const struct addr *ours);
/* The record with an ip4 or ip6 mechanism for the address behind its version. */
struct span spf_record_add(struct arena *a, struct span text, const struct addr *address);
