/*
 * Where a mailbox passes its mail on, and whether it keeps a copy. In the tables it is the alias of
 * the mailbox' own address: with that address among its targets a copy is kept.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

struct forwarding {
	const struct span *targets;
	size_t n_targets; /* 0: none */
	bool keep;        /* true without targets */
};

/* The mailbox user too, for its own. RC_NOT_FOUND. */
MUST_CHECK enum rc forwarding_get(const struct services *s, struct ctx *ctx, struct span address,
	struct forwarding *out, struct err *err);
/* No targets: mail stays here. RC_INVALID (field "targets"): no address, its own, too many. */
MUST_CHECK enum rc forwarding_set(const struct services *s, struct ctx *ctx, struct span address,
	const struct forwarding *in, struct forwarding *out, struct err *err);

struct cJSON *forwarding_json(struct arena *a, const struct forwarding *f);
