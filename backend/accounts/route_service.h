/*
 * How mail of a domain, or of an account's domains, leaves: by a server that relays it (smarthost),
 * from an address of its own (dedicated IP). Set by admins only: both act on the whole machine's
 * network. The password is stored sealed and never shown again.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

enum route_of { ROUTE_OF_DOMAIN, ROUTE_OF_ACCOUNT };

struct route_setting {
	struct span smarthost; /* "smtps://user@host:465"; empty: none. To set: with the password */
	struct span source;    /* "192.0.2.1", "192.0.2.1,2001:db8::1"; empty: none */
};

/* Empty when nothing is set. */
MUST_CHECK enum rc route_get(const struct services *s, struct ctx *ctx, enum route_of of,
	struct span name, struct route_setting *out, struct err *err);
/* Replaces both parts. RC_DENIED: not an admin; RC_INVALID (field "smarthost" or "source"). */
MUST_CHECK enum rc route_set(const struct services *s, struct ctx *ctx, enum route_of of,
	struct span name, const struct route_setting *in, struct route_setting *out,
	struct err *err);
/* Back to the server's own way. */
MUST_CHECK enum rc route_remove(const struct services *s, struct ctx *ctx, enum route_of of,
	struct span name, struct err *err);

struct cJSON *route_setting_json(struct arena *a, const struct route_setting *r);
