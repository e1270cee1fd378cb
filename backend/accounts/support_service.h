/*
 * Support access: whoever stands above an account opens its panel as its owner sees it, for half an
 * hour and with a reason.
 *
 * The session stays the supporter's own; its requests act as the account below, with that account's
 * rights and rows and nothing above them. The audit log, which the owner reads, has the beginning with
 * its reason, every change under both names, and the end. What is the owner's alone stays shut
 * (need_own): passwords, second factors, tokens, sessions, where mail and reset links go. Forms opened
 * before the beginning or the end are void after it: the session's CSRF secret changes.
 */
#pragma once

#include "backend/accounts/login_service.h"

#define SUPPORT_SECONDS    (30 * 60)
#define SUPPORT_REASON_MIN 3
#define SUPPORT_REASON_MAX 200

/* RC_NOT_FOUND: no such account below. RC_DENIED: one's own, or already acting. RC_INVALID: no reason. */
MUST_CHECK enum rc support_begin(const struct services *s, struct ctx *ctx,
	const struct web_session *session, struct span login, struct span reason, struct err *err);
/* Back to oneself. RC_CONFLICT: the session does not act for anybody. */
MUST_CHECK enum rc support_end(const struct services *s, struct ctx *ctx,
	const struct web_session *session, struct err *err);

/* For the guard: `self` is the session's owner. When it acts for somebody, *actor becomes that account;
 * when the time is over, or the account no longer is below, the session is its owner's again. */
MUST_CHECK enum rc support_apply(struct ctx *ctx, const struct actor *self,
	struct web_session *session, struct actor *actor);
