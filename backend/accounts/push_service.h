/*
 * The name server that takes a domain's records by dynamic update: where, which zone, which key. The
 * secret is sealed and never shown again. backend/dns/push.h uses it.
 */
#pragma once

#include "backend/accounts/domain_service.h"
#include "mailcore/net/addr.h"

struct push_setting {
	struct span server; /* "192.0.2.53", "[2001:db8::53]:5353" */
	struct span zone;   /* A-labels: the domain, or one above it */
	struct span key_name;
	struct span secret; /* to set: base64; never read back */
	int64_t pushed_at_us;
	bool can_undo;
};

/* RC_NOT_FOUND: none is set. */
MUST_CHECK enum rc push_setting_get(const struct services *s, struct ctx *ctx, struct span domain,
	struct push_setting *out, struct err *err);
/* RC_INVALID with the field. Loopback and private addresses are for administrators. Forgets what a
 * push before could undo. */
MUST_CHECK enum rc push_setting_set(const struct services *s, struct ctx *ctx, struct span domain,
	const struct push_setting *in, struct push_setting *out, struct err *err);
MUST_CHECK enum rc push_setting_remove(
	const struct services *s, struct ctx *ctx, struct span domain, struct err *err);

struct push_target {
	struct domain domain;
	struct push_setting setting;
	struct addr server;
	struct span key;  /* bytes */
	struct span undo; /* JSON of backend/dns/push.c; empty: nothing to undo */
};
/* With the secret. RC_NOT_FOUND: none is set; RC_DENIED: support access. */
MUST_CHECK enum rc push_target_open(const struct services *s, struct ctx *ctx, struct span domain,
	struct push_target *out, struct err *err);
/* After the server has said yes. undo empty: nothing is left to undo. */
MUST_CHECK enum rc push_note(struct ctx *ctx, const struct push_target *target, const char *action,
	struct span undo, const struct cJSON *done);

struct cJSON *push_setting_json(struct arena *a, const struct push_setting *setting);
