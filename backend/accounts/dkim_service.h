/* A domain's DKIM keys as the panel sees them: public halves and states. */
#pragma once

#include "backend/accounts/domain_service.h"
#include "backend/accounts/services.h"

struct dkim_key {
	struct span selector;
	struct span algorithm;  /* "rsa", "ed25519" */
	struct span state;      /* pending, published, active, retiring, retired */
	struct span public_key; /* base64, for p= */
	int64_t created_at_us, changed_at_us;
	bool in_dns; /* filled by who has looked, for dkim_advance */
};
struct dkim_keys {
	struct dkim_key *items; /* newest first */
	size_t len;
};

MUST_CHECK enum rc dkim_list(const struct services *s, struct ctx *ctx, struct span domain,
	struct dkim_keys *out, struct err *err);
/* Pairs of selectors that aliases were made for ("ms1r", "ms1e", "ms2r" ...): for domains whose keys
 * the mail server's zone publishes (dns_setting.dkim_delegated). */
#define DKIM_SLOTS 2

/* Makes a new pair in state "pending"; the current one goes on signing until the new one is seen
 * in DNS. RC_CONFLICT: a pending pair is waiting already, or no slot is free. */
MUST_CHECK enum rc dkim_rotate(const struct services *s, struct ctx *ctx, struct span domain,
	struct dkim_keys *out, struct err *err);

/*
 * Keys go on by what DNS shows (in_dns):
 *
 *   pending --seen--> published --DKIM_SETTLE_S--> active --another is active--> retiring
 *           --DKIM_RETIRE_S--> retired
 *
 * The first key of a kind need not settle: nobody can have cached its absence as the reason for
 * anything. A retiring key signs nothing and stays for the mail that is under way.
 */
#define DKIM_SETTLE_S (60 * 60)          /* longer than most negative answers are kept */
#define DKIM_RETIRE_S (7 * 24 * 60 * 60) /* longer than a message stays in queues */

/* Inside the caller's tx: writes the states that follow, with an audit row each. */
MUST_CHECK enum rc dkim_advance(
	struct ctx *ctx, const struct domain *domain, const struct dkim_keys *keys);
/* The pure part: the state of keys->items[i] now. */
struct span dkim_next_state(const struct dkim_keys *keys, size_t i, int64_t now_us);
/* Something will change by itself as time goes by. */
bool dkim_is_moving(const struct dkim_keys *keys);

/* A key that is to follow others and is not in DNS yet; NULL: no rotation waits. */
const struct dkim_key *dkim_waits(const struct dkim_keys *keys);

/* Makes RSA keys of imported domains, one after the other, until it is until_ms (clock_mono_ms). The
 * actor sees all domains. */
void dkim_due_turn(struct ctx *ctx, const struct services *s, int64_t until_ms);

struct cJSON *dkim_key_json(struct arena *a, const struct dkim_key *key);
