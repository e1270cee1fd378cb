/*
 * DNS messages (RFC 1035, 6891): the question we send, the answer we get.
 *
 * Pure: no I/O, no clock. Strict: the answer must repeat the question, names may point backwards
 * only, every record must end where its length says. A malformed or truncated answer is RC_TEMP:
 * a broken server never proves that something does not exist.
 * Limits: names 255 bytes, labels 63; 200 records of the type that was asked for, 1,000 in the
 * answer section; 16 CNAMEs in a row.
 */
#pragma once

#include "mailcore/net/resolver.h"

#define DNS_NAME_MAX    255
#define DNS_QUERY_MAX   (12 + DNS_NAME_MAX + 4 + 11)
#define DNS_RECORDS_MAX 200

/* A name in wire form, without compression, lower case. */
struct dns_name {
	uint8_t len;
	char bytes[DNS_NAME_MAX];
};

/* Text to name: labels with dots between, "\." and "\046" escapes, a final dot or none. */
MUST_CHECK bool dns_name_parse(struct span text, struct dns_name *out);
bool dns_name_eq(const struct dns_name *a, const struct dns_name *b);
/* Back to text, as dns_rr describes it. */
void dns_name_add(struct str *out, const struct dns_name *n);

/* Asks recursively and for the AD bit (RFC 6840 5.7). edns: with an OPT record for 1,232 bytes.
 * Returns the length. */
size_t dns_query_build(const struct dns_name *name, enum dns_type type, uint16_t id, bool edns,
	char out[DNS_QUERY_MAX]);

struct dns_reply {
	struct dns_answer answer; /* of RC_OK; answer.ttl for the other results too */
	bool nxdomain;
};

/* RC_OK, RC_NOT_FOUND (ttl from the SOA, 0 without one), RC_TEMP. Memory: the arena. */
MUST_CHECK enum rc dns_reply_parse(struct arena *a, struct span message,
	const struct dns_name *name, enum dns_type type, struct dns_reply *out);

/* A whole message, for who wants to see what was said: authority and additional records too. */
enum dns_section { DNS_ANSWERS, DNS_AUTHORITY, DNS_ADDITIONAL };

struct dns_line {
	enum dns_section section;
	struct span owner;
	struct dns_rr rr; /* of a type that we do not know: text is its rdata */
};

struct dns_sections {
	unsigned code; /* 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED ... */
	bool authoritative, truncated, recursive, authentic;
	struct dns_line *lines;
	size_t len;
};

/* False: malformed, or no reply. Truncated ones are read as far as they go. Memory: the arena. */
MUST_CHECK bool dns_sections_parse(struct arena *a, struct span message, struct dns_sections *out);
