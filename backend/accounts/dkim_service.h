/* A domain's DKIM keys as the panel sees them: public halves and states. */
#pragma once

#include "backend/accounts/services.h"

struct dkim_key {
	struct span selector;
	struct span algorithm;  /* "rsa", "ed25519" */
	struct span state;      /* pending, published, active, retiring, retired */
	struct span public_key; /* base64, for p= */
	int64_t created_at_us, changed_at_us;
};
struct dkim_keys {
	struct dkim_key *items; /* newest first */
	size_t len;
};

MUST_CHECK enum rc dkim_list(const struct services *s, struct ctx *ctx, struct span domain,
	struct dkim_keys *out, struct err *err);
/* Makes a new pair in state "pending"; the current one goes on signing until the new one is seen
 * in DNS. RC_CONFLICT: a pending pair is waiting already. */
MUST_CHECK enum rc dkim_rotate(const struct services *s, struct ctx *ctx, struct span domain,
	struct dkim_keys *out, struct err *err);

struct cJSON *dkim_key_json(struct arena *a, const struct dkim_key *key);
