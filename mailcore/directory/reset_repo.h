/*
 * Rows of password_reset_ask and password_reset: who has forgotten a password, and the links to a new
 * one. A link has 256 random bits, of which the database keeps the SHA-256; it works once, within an
 * hour, and no longer when the password was changed by other means. Memory of results: ctx->arena.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/db/db.h"

#define RESET_HASH_BYTES     32
#define RESET_LINKS_PER_HOUR 3 /* of one log-in */

struct reset_ask {
	int64_t ask_id;
	struct span login; /* as typed */
	struct span address, language;
};
struct reset_owner {
	int64_t account_id, mailbox_id; /* one of them 0 */
	int64_t tenant_id;              /* whose audit log it is in */
	struct span login;
	struct span contact; /* where the link goes; empty: nowhere */
	struct span language;
	struct span role; /* "customer", "mailbox" */
	int64_t links;    /* of the last hour */
};

/* By the web role. Looks nobody up: the same work for all names. login: 1 to 320 bytes. */
MUST_CHECK enum rc reset_ask_add(
	struct ctx *ctx, struct span login, struct span address, struct span language);
/* RC_DENIED: no such link, used, or over. Fills account_id, mailbox_id, tenant_id, login, role. */
MUST_CHECK enum rc reset_find(struct ctx *ctx, struct span hash, struct reset_owner *out);
/* Uses the link up, inside the caller's tx. RC_DENIED: somebody was quicker. */
MUST_CHECK enum rc reset_take(struct ctx *ctx, struct span hash);

/* By the send role. The oldest asks, which nobody else gets for a minute. */
MUST_CHECK enum rc reset_asks(
	struct ctx *ctx, size_t limit, struct reset_ask **out, size_t *out_len);
/* RC_NOT_FOUND: nobody, or nobody who may log in. */
MUST_CHECK enum rc reset_owner_find(struct ctx *ctx, struct span login, struct reset_owner *out);
MUST_CHECK enum rc reset_ask_drop(struct ctx *ctx, int64_t ask_id);
/* The statement that turns an ask into a link, to be committed with its mail. hash is copied. */
struct reset_made {
	const struct stmt *stmt;
	struct arg args[6];
	size_t n_args;
};
void reset_make(struct ctx *ctx, const struct reset_ask *ask, const struct reset_owner *owner,
	struct span hash, struct reset_made *out);
MUST_CHECK enum rc reset_collect(struct ctx *ctx, int64_t *out_deleted);

/* A mailbox' recovery address; inside the actor's tenant. */
MUST_CHECK enum rc recovery_get(struct ctx *ctx, int64_t mailbox_id, struct span *out);
MUST_CHECK enum rc recovery_set(struct ctx *ctx, int64_t mailbox_id, struct span address);
