/*
 * A domain's name servers: found from the parent, asked directly.
 *
 * The way to the parent is the recursive resolver's: who serves it and where. The parent's own
 * servers then say to whom they delegate, with glue; those and the ones that the zone itself names
 * are asked for the zone. A server that says nothing is at fault only when another of its address
 * family is heard from here: a machine whose questions to port 53 are stopped on the way blames nobody.
 * Limits: 8 names of servers, 12 addresses, 4 of the parent's; 10 labels up.
 */
#pragma once

#include "mailcore/net/dns_direct.h"
#include "mailcore/net/resolver.h"

#define AUTHORITY_SERVERS_MAX 12
#define AUTHORITY_NAMES_MAX   8
#define AUTHORITY_WAIT_MS     3000

enum server_state {
	SERVER_OK,
	SERVER_SILENT,   /* others of its address family are heard */
	SERVER_UNHEARD,  /* none is: nothing is known */
	SERVER_FAILING,  /* SERVFAIL and the like */
	SERVER_REFUSING, /* REFUSED */
	SERVER_LAME,     /* answers, but not as one who has the zone */
};

struct authority_server {
	struct span name;
	struct addr addr;
	enum server_state state;
	uint32_t serial;
	int64_t ms;
};

struct names {
	struct span items[AUTHORITY_NAMES_MAX];
	size_t len;
};

enum authority_parent {
	PARENT_UNKNOWN,   /* not heard */
	PARENT_DELEGATES, /* names servers for the zone */
	PARENT_SHARED,    /* has the zone itself: the same servers */
	PARENT_HOLDS,     /* has the name in its own zone, without delegation */
	PARENT_DENIES,    /* the domain's name does not exist there */
};

struct authority {
	struct span zone;   /* that holds the domain; empty: not found */
	struct span parent; /* the zone above; empty: not found */
	enum authority_parent at_parent;
	struct names delegated; /* the NS set at the parent */
	struct names own;       /* the NS set of the zone, as its servers say */
	struct names homeless;  /* of these, without any address */
	struct names aliases;   /* of these, CNAMEs */
	struct authority_server servers[AUTHORITY_SERVERS_MAX];
	size_t n_servers;
	bool delegation_signed; /* DS at the parent */
	bool is_signed;         /* DNSKEY in the zone */
};

/* port: where name servers listen, 53 but in tests. Ends by ctx->deadline_ms. */
void authority_find(struct resolver *r, struct ctx *ctx, struct span domain, uint16_t port,
	struct authority *out);
bool names_has(const struct names *names, struct span name);
