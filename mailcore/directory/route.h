/*
 * How mail of a domain or account leaves: by a server that relays it, from addresses of its own.
 *
 * The domain's setting comes before the account's, each part for itself. All of them are kept in
 * memory and read again when they are older than ROUTES_FRESH_MS; when the database is away the
 * former ones stay. Thread-safe; the lock is a leaf.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/directory/smarthost.h"
#include "mailcore/net/addr.h"

#define ROUTES_MAX      10000
#define ROUTES_FRESH_MS 3000

struct keys;
struct routes;

struct route {
	bool has_smarthost;
	struct smarthost smarthost;
	struct addr source4, source6; /* family 0: none of its own */
};

struct routes *routes_new(struct keys *keys);
void routes_free(struct routes *r);
/* RC_OK, also when nothing is set: then *out is empty. RC_TEMP: never read yet. Free with
 * route_done. */
MUST_CHECK enum rc routes_find(struct routes *r, struct ctx *ctx, int64_t account_id,
	int64_t domain_id, struct route *out);
void route_done(struct route *r);

/* "192.0.2.1", "192.0.2.1,2001:db8::1": at most one of each family. */
MUST_CHECK bool route_parse_source(struct span text, struct addr *out4, struct addr *out6);
/* What a sealed smarthost is bound to. */
struct span route_place(struct arena *a, int64_t account_id, int64_t domain_id);
