/*
 * Questions to servers that the caller names: a domain's own, and the recursive ones beside them.
 *
 * By c-ares, UDP with EDNS 1232 and TCP when an answer is truncated, all at the same time; the
 * caller waits. No cache. At most 16 different servers a call; further questions stay DIRECT_SILENT.
 */
#pragma once

#include "mailcore/net/dns_message.h"

#define DIRECT_SERVERS_MAX 16

enum direct_outcome {
	DIRECT_SILENT,      /* nothing came in time */
	DIRECT_REPLIED,     /* something came; it need not be an answer */
	DIRECT_UNREACHABLE, /* there is no way, or nobody listens */
};

struct dns_direct {
	struct addr server; /* AF_UNSPEC: the recursive servers, who are asked to recurse */
	struct dns_name name;
	enum dns_type type;
	bool unchecked; /* CD: tell also what does not validate */

	enum direct_outcome outcome;
	struct span reply; /* ctx->arena */
	int64_t ms;        /* how long it took */
};

/* recursive: "host:port,..." or empty, the system's. Ends after timeout_ms, or ctx->deadline_ms. */
void dns_direct_ask(struct ctx *ctx, const char *recursive, struct dns_direct *questions, size_t n,
	int64_t timeout_ms);
