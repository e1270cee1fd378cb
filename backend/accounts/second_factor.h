/*
 * The second factor of one's own log-in, for panel accounts and mailbox users alike.
 *
 *   none -> second_factor_begin (a secret to show once) -> second_factor_confirm (a code of the app)
 *   -> on, with recovery codes to show once -> second_factor_end (a code) -> none
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

#define RECOVERY_CODES 10

struct second_factor {
	bool is_on;      /* asked for at each log-in */
	bool is_pending; /* begun, not confirmed */
	int64_t confirmed_at_us;
	int64_t recovery_left;
};
struct second_factor_new {
	struct span secret; /* base32, to be typed into an app */
	struct span uri;    /* otpauth://totp/... for the same */
};

MUST_CHECK enum rc second_factor_get(
	const struct services *s, struct ctx *ctx, struct second_factor *out, struct err *err);
/* RC_CONFLICT: it is on already. Begun again it has a new secret. */
MUST_CHECK enum rc second_factor_begin(
	const struct services *s, struct ctx *ctx, struct second_factor_new *out, struct err *err);
/* RC_INVALID (field "code"). Other sessions end; out: recovery codes. */
MUST_CHECK enum rc second_factor_confirm(const struct services *s, struct ctx *ctx,
	struct span code, struct span session_hash, struct span out[RECOVERY_CODES],
	struct err *err);
/* With a code, so that an open browser is not enough. RC_INVALID (field "code"). */
MUST_CHECK enum rc second_factor_end(
	const struct services *s, struct ctx *ctx, struct span code, struct err *err);
/* For an account below, whose telephone is lost. Not for one's own: RC_DENIED. */
MUST_CHECK enum rc second_factor_reset_account(
	const struct services *s, struct ctx *ctx, struct span login, struct err *err);
MUST_CHECK enum rc second_factor_reset_mailbox(
	const struct services *s, struct ctx *ctx, struct span address, struct err *err);
