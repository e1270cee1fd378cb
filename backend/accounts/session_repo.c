/* Rows of web_session. */
#include "backend/accounts/session_repo.h"

#include "backend/accounts/service.h"
#include "mailcore/base/base64.h"
#include "sql/session.h"

#define ID_BYTES 8

static struct span public_id(struct ctx *ctx, const unsigned char *hash)
{
	struct str out = str_in(ctx->arena, 2 * ID_BYTES);
	hex_add(&out, span_make(hash, ID_BYTES));
	return str_span(&out);
}

static struct span hash_of(const struct web_session *s)
{
	return span_make(s->hash, sizeof s->hash);
}

enum rc session_insert(
	struct ctx *ctx, const struct session_owner *owner, struct web_session *session)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_SESSION_INSERT,
		ARGS(A_BYTES(hash_of(session)), A_I64(owner->account_id), A_I64(owner->mailbox_id),
			A_BYTES(span_make(session->csrf, sizeof session->csrf)),
			A_I64(session->is_pending ? SESSION_PENDING_S : SESSION_MAX_S),
			A_TEXT(session->address), A_TEXT(session->user_agent),
			A_BOOL(session->is_pending)),
		&rows);

	if (rc != RC_OK)
		return rc;
	session->id = public_id(ctx, session->hash);
	session->created_at_us = session->seen_at_us = row_time_us(rows, 0, 0);
	session->expires_at_us = row_time_us(rows, 0, 1);
	return RC_OK;
}

enum rc session_find(
	struct ctx *ctx, struct span hash, struct session_owner *out_owner, struct web_session *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct web_session s = { 0 };
	enum rc rc =
		db_query(ctx, &SQL_SESSION_FIND, ARGS(A_BYTES(hash), A_I64(SESSION_IDLE_S)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_DENIED;
	*out_owner = (struct session_owner){ row_i64(rows, 0, 0), row_i64(rows, 0, 1) };
	ASSERT(hash.len == sizeof s.hash && row_bytes(rows, 0, 2).len == sizeof s.csrf);
	memcpy(s.hash, hash.ptr, sizeof s.hash);
	memcpy(s.csrf, row_bytes(rows, 0, 2).ptr, sizeof s.csrf);
	s.kind = out_owner->mailbox_id ? SESSION_WEBMAIL : SESSION_PANEL;
	s.id = public_id(ctx, s.hash);
	s.created_at_us = row_time_us(rows, 0, 3);
	s.seen_at_us = row_time_us(rows, 0, 4);
	s.expires_at_us = row_time_us(rows, 0, 5);
	s.address = row_copy(ctx, rows, 0, 6);
	s.user_agent = row_copy(ctx, rows, 0, 7);
	s.is_pending = row_bool(rows, 0, 8);
	s.acting_for = row_i64(rows, 0, 9);
	s.acting_until_us = row_time_us(rows, 0, 10);
	s.acting_is_over = row_bool(rows, 0, 11);
	s.acting_reason = row_copy(ctx, rows, 0, 12);
	*out = s;
	return RC_OK;
}

enum rc session_note_wrong_code(struct ctx *ctx, struct span hash, int64_t *out_tries)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_SESSION_WRONG_CODE, ARGS(A_BYTES(hash)), &rows);

	if (rc == RC_OK)
		*out_tries = rows_len(rows) ? row_i64(rows, 0, 0) : INT64_MAX;
	return rc;
}

enum rc session_act(struct ctx *ctx, struct span hash, int64_t account_id, int64_t seconds,
	struct span reason, struct span csrf)
{
	int64_t changed = 0;
	enum rc rc = db_exec(ctx, &SQL_SESSION_ACT,
		ARGS(A_BYTES(hash), A_I64(account_id), A_I64(seconds), A_TEXT(reason),
			A_BYTES(csrf)),
		&changed);

	return rc == RC_OK && changed == 0 ? RC_CONFLICT : rc;
}

enum rc session_act_end(struct ctx *ctx, struct span hash, struct span csrf, int64_t *out_ended)
{
	return db_exec(ctx, &SQL_SESSION_ACT_END, ARGS(A_BYTES(hash), A_BYTES(csrf)), out_ended);
}

enum rc session_seen(struct ctx *ctx, struct span hash)
{
	return db_exec(ctx, &SQL_SESSION_SEEN, ARGS(A_BYTES(hash)), NULL);
}

enum rc session_delete(struct ctx *ctx, struct span hash)
{
	return db_exec(ctx, &SQL_SESSION_DELETE, ARGS(A_BYTES(hash)), NULL);
}

enum rc session_find_all(
	struct ctx *ctx, const struct session_owner *owner, struct web_sessions *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_SESSION_LIST,
		ARGS(A_I64(owner->account_id), A_I64(owner->mailbox_id)), &rows);

	if (rc != RC_OK)
		return rc;
	out->len = rows_len(rows);
	out->items = arena_array(ctx->arena, out->len, sizeof *out->items);
	for (size_t i = 0; i < out->len; i++) {
		struct web_session *s = &out->items[i];
		s->kind = owner->mailbox_id ? SESSION_WEBMAIL : SESSION_PANEL;
		memcpy(s->hash, row_bytes(rows, i, 0).ptr, sizeof s->hash);
		s->id = public_id(ctx, s->hash);
		s->created_at_us = row_time_us(rows, i, 1);
		s->seen_at_us = row_time_us(rows, i, 2);
		s->expires_at_us = row_time_us(rows, i, 3);
		s->address = row_copy(ctx, rows, i, 4);
		s->user_agent = row_copy(ctx, rows, i, 5);
	}
	return RC_OK;
}

enum rc session_delete_all(
	struct ctx *ctx, int64_t account_id, int64_t mailbox_id, struct span but_hash)
{
	return db_exec(ctx, &SQL_SESSION_DELETE_ALL,
		ARGS(A_I64(account_id), A_I64(mailbox_id), A_BYTES(but_hash)), NULL);
}

enum rc session_collect(struct ctx *ctx, int64_t *out_deleted)
{
	return db_exec(ctx, &SQL_SESSION_COLLECT, ARGS(A_I64(SESSION_IDLE_S)), out_deleted);
}
