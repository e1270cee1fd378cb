/*
 * A closer look at what was judged already: what only further questions can tell, asked of the
 * recursive resolver. A question without an answer changes nothing.
 * Limits: 10 mail servers, 5 report addresses; an SPF tree of 40 records, 10 deep.
 */
#pragma once

#include "backend/dns/records.h"
#include "mailcore/net/resolver.h"

struct closer {
	struct resolver *resolver;
	struct ctx *ctx;
	const struct records_ask *ask;
};

/* Mail servers that are no names, aliases, or without an address. */
void closer_mx(const struct closer *c, struct record *r, const struct dns_answer *answer);
/* Reports that would go elsewhere without that side's consent (RFC 9990). */
void closer_dmarc(const struct closer *c, struct record *r, const struct dns_answer *answer);
/* Of a missing record: it may stand under a name that somebody typed wrongly. */
void closer_missing(const struct closer *c, struct record *r);

/* An SPF record with all that it includes. */
#define SPF_TREE_LINES 40
struct spf_tree {
	struct span lines[SPF_TREE_LINES]; /* "  include:x.test (3)", indented */
	size_t len;
	unsigned lookups; /* of the whole tree */
};
void closer_spf_tree(const struct closer *c, struct span text, struct spf_tree *out);
