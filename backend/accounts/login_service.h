/*
 * Log-in of people to panel and webmail, and their sessions.
 *
 * One form for all: a log-in name that is a panel account opens the panel, the address of a
 * mailbox opens webmail (an account wins when both exist). One limiter, one answer and one
 * duration for unknown names and wrong passwords. A session is 32 random bytes in a cookie; the
 * database has their SHA-256. It ends after 12 h unused, 30 d at most, at log-out, or when the
 * password changes.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

enum session_kind { SESSION_PANEL, SESSION_WEBMAIL };

#define SESSION_IDLE_S    (12 * 3600)
#define SESSION_MAX_S     (30 * 24 * 3600)
#define SESSION_PENDING_S 600 /* for the second factor to come */
#define SESSION_TRIES     5   /* wrong codes, then it begins anew */

struct login_ask {
	struct span login, password;
	struct span address;    /* the peer */
	struct span user_agent; /* cut to 300 bytes */
};

/* An open session, as the request that carries its cookie sees it. */
struct web_session {
	enum session_kind kind;
	struct span id;         /* public handle: 16 hex digits of the hash */
	unsigned char csrf[32]; /* http/csrf.h masks it */
	unsigned char hash[32];
	int64_t created_at_us, seen_at_us, expires_at_us;
	struct span address, user_agent;
	bool is_current; /* in lists */
	/* Support access (support_service.h): the account that it acts for; 0: none. */
	int64_t acting_for, acting_until_us;
	bool acting_is_over;
	struct span acting_reason;
	bool is_pending; /* the second factor is still to come: good for login_finish only */
};
struct web_sessions {
	struct web_session *items;
	size_t len;
};

/* RC_DENIED: name or password is wrong. RC_LIMIT: too many attempts. RC_CONFLICT: log-in is
 * switched off or the account is suspended. RC_TEMP. out_secret: the cookie's value (43
 * characters, base64url). Every success is a new session; of who has a second factor it is
 * pending. */
MUST_CHECK enum rc login_start(const struct services *s, struct ctx *ctx,
	const struct login_ask *ask, struct span *out_secret, struct web_session *out,
	struct err *err);
struct login_code {
	struct span secret; /* the pending session's cookie */
	struct span code;   /* of the app, or a recovery code */
	struct span address, user_agent;
};
/* The second factor of a pending session: a new session takes its place. RC_DENIED: wrong code;
 * RC_LIMIT: too many attempts; RC_CONFLICT: the log-in has to begin anew. */
MUST_CHECK enum rc login_finish(const struct services *s, struct ctx *ctx,
	const struct login_code *ask, struct span *out_secret, struct web_session *out,
	struct err *err);
/* RC_DENIED: no such session (or over, pending, or suspended). Fills actor (source and address are the
 * caller's). */
MUST_CHECK enum rc login_find(struct ctx *ctx, enum session_kind kind, struct span secret,
	struct actor *out_actor, struct web_session *out);
/* Log-out: the session of this request. */
MUST_CHECK enum rc login_end(
	const struct services *s, struct ctx *ctx, const struct web_session *session);
/* The actor's own sessions, newest first; current: of this request or NULL. */
MUST_CHECK enum rc login_sessions(const struct services *s, struct ctx *ctx,
	const struct web_session *current, struct web_sessions *out);
/* Ends one of the actor's own sessions by its public id. */
MUST_CHECK enum rc login_end_other(
	const struct services *s, struct ctx *ctx, struct span id, struct err *err);
/* Housekeeping of the send role: deletes the sessions that are over. */
MUST_CHECK enum rc login_collect(struct ctx *ctx, int64_t *out_deleted);
