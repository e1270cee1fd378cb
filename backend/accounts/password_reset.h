/*
 * Forgotten passwords, the half that people see.
 *
 * Asking notes the name and looks nobody up: the answer and its time are the same for every name. The
 * send role mails the link (deliver/reset_mail.h) to an account's contact address or a mailbox' recovery
 * address. A link is good once and for an hour; using it ends all sessions and what was kept of checked
 * passwords. It does not sign in: a second factor is asked for at the log-in that follows.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

struct reset_request {
	struct span login; /* as typed */
	struct span address, language;
};
/* RC_LIMIT: too often, of this name or from this address; said of unknown names alike. RC_TEMP. */
MUST_CHECK enum rc password_reset_request(const struct services *s, struct ctx *ctx,
	const struct reset_request *ask, struct err *err);
/* RC_DENIED: this link is used, over, or was never one. */
MUST_CHECK enum rc password_reset_check(
	const struct services *s, struct ctx *ctx, struct span secret, struct err *err);
/* RC_DENIED as above; RC_INVALID: the password does not do, and the link stays good. */
MUST_CHECK enum rc password_reset_use(const struct services *s, struct ctx *ctx, struct span secret,
	struct span password, struct span address, struct err *err);

/* The actor's own mailbox: where a link would go; empty: nowhere. */
MUST_CHECK enum rc password_reset_recovery(
	const struct services *s, struct ctx *ctx, struct span *out, struct err *err);
/* Needs the password: who finds an open session must not take the mailbox over. */
MUST_CHECK enum rc password_reset_set_recovery(const struct services *s, struct ctx *ctx,
	struct span current, struct span recovery, struct err *err);
