/* Rows of web_session. */
#pragma once

#include "backend/accounts/login_service.h"

struct session_owner {
	int64_t account_id, mailbox_id; /* one of them 0 */
};

/* session->hash, csrf, address, user_agent and is_pending are given; the times come back. */
MUST_CHECK enum rc session_insert(
	struct ctx *ctx, const struct session_owner *owner, struct web_session *session);
/* RC_DENIED: none, or over. */
MUST_CHECK enum rc session_find(struct ctx *ctx, struct span hash, struct session_owner *out_owner,
	struct web_session *out);
/* Of a pending session: how many codes were wrong by now. */
MUST_CHECK enum rc session_note_wrong_code(struct ctx *ctx, struct span hash, int64_t *out_tries);
/* Acts for an account from now on. RC_CONFLICT: it does already. csrf: forms opened before are void. */
MUST_CHECK enum rc session_act(struct ctx *ctx, struct span hash, int64_t account_id,
	int64_t seconds, struct span reason, struct span csrf);
/* *out_ended: 0 when it did not. */
MUST_CHECK enum rc session_act_end(
	struct ctx *ctx, struct span hash, struct span csrf, int64_t *out_ended);
MUST_CHECK enum rc session_seen(struct ctx *ctx, struct span hash);
MUST_CHECK enum rc session_delete(struct ctx *ctx, struct span hash);
/* At most 200, newest first. */
MUST_CHECK enum rc session_find_all(
	struct ctx *ctx, const struct session_owner *owner, struct web_sessions *out);
/* But the one of this hash; empty: all. */
MUST_CHECK enum rc session_delete_all(
	struct ctx *ctx, int64_t account_id, int64_t mailbox_id, struct span but_hash);
MUST_CHECK enum rc session_collect(struct ctx *ctx, int64_t *out_deleted);
