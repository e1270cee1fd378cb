/*
 * Telling people that mail is held because a limit was passed: the owner of the mailbox, and the
 * customer when the account's log-in is an address. By mail, within a minute, once a day.
 */
#pragma once

#include "mailcore/deliver/intake.h"

struct hold_env {
	const struct intake_env *intake;
};

/* Tells all who have not been told. RC_TEMP: some have not, and will be the next time. */
MUST_CHECK enum rc hold_tell(const struct hold_env *env, struct ctx *ctx);
