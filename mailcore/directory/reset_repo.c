/* Rows of password_reset_ask and password_reset. */
#include "mailcore/directory/reset_repo.h"

#include "mailcore/directory/directory.h"
#include "sql/reset.h"

static struct span copy(struct ctx *ctx, const struct rows *rows, size_t row, unsigned col)
{
	return arena_span(ctx->arena, row_text(rows, row, col));
}

enum rc reset_ask_add(struct ctx *ctx, struct span login, struct span address, struct span language)
{
	return db_query(ctx, &SQL_RESET_ASK_ADD,
		ARGS(A_TEXT(login), A_TEXT(address), A_TEXT(language)), NULL);
}

enum rc reset_find(struct ctx *ctx, struct span hash, struct reset_owner *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_RESET_FIND, ARGS(A_BYTES(hash)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_DENIED;
	*out = (struct reset_owner){ .account_id = row_i64(rows, 0, 0),
		.mailbox_id = row_i64(rows, 0, 1),
		.tenant_id = row_i64(rows, 0, 2),
		.login = copy(ctx, rows, 0, 3),
		.role = copy(ctx, rows, 0, 4) };
	return RC_OK;
}

enum rc reset_take(struct ctx *ctx, struct span hash)
{
	int64_t changed = 0;
	enum rc rc = db_exec(ctx, &SQL_RESET_TAKE, ARGS(A_BYTES(hash)), &changed);

	return rc == RC_OK && changed == 0 ? RC_DENIED : rc;
}

enum rc reset_asks(struct ctx *ctx, size_t limit, struct reset_ask **out, size_t *out_len)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_RESET_ASK_LIST, ARGS(A_I64((int64_t)limit)), &rows);

	if (rc != RC_OK)
		return rc;
	struct reset_ask *asks = arena_array(ctx->arena, rows_len(rows), sizeof *asks);
	for (size_t i = 0; i < rows_len(rows); i++)
		asks[i] = (struct reset_ask){ row_i64(rows, i, 0), copy(ctx, rows, i, 1),
			copy(ctx, rows, i, 2), copy(ctx, rows, i, 3) };
	*out = asks;
	*out_len = rows_len(rows);
	return RC_OK;
}

enum rc reset_owner_find(struct ctx *ctx, struct span login, struct reset_owner *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	size_t at = span_rfind(login, '@');
	struct span domain = at == SPAN_NPOS ? SPAN("") : span_from(login, at + 1);
	struct span local = at == SPAN_NPOS ? SPAN("") : span_sub(login, 0, at);
	enum rc rc = db_query(ctx, &SQL_RESET_OWNER,
		ARGS(A_TEXT(login), A_TEXT(local), A_TEXT(domain_to_ascii(ctx->arena, domain))),
		&rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	*out = (struct reset_owner){ .account_id = row_i64(rows, 0, 0),
		.mailbox_id = row_i64(rows, 0, 1),
		.tenant_id = row_i64(rows, 0, 2),
		.login = copy(ctx, rows, 0, 3),
		.contact = copy(ctx, rows, 0, 4),
		.language = copy(ctx, rows, 0, 5),
		.links = row_i64(rows, 0, 6) };
	return RC_OK;
}

enum rc reset_ask_drop(struct ctx *ctx, int64_t ask_id)
{
	return db_exec(ctx, &SQL_RESET_ASK_DROP, ARGS(A_I64(ask_id)), NULL);
}

void reset_make(struct ctx *ctx, const struct reset_ask *ask, const struct reset_owner *owner,
	struct span hash, struct reset_made *out)
{
	*out = (struct reset_made){ .stmt = &SQL_RESET_MAKE,
		.args = { A_I64(ask->ask_id), A_BYTES(arena_span(ctx->arena, hash)),
			A_I64(owner->account_id), A_I64(owner->mailbox_id), A_I64(owner->tenant_id),
			A_TEXT(owner->login) },
		.n_args = 6 };
}

enum rc reset_collect(struct ctx *ctx, int64_t *out_deleted)
{
	return db_exec(ctx, &SQL_RESET_COLLECT, NO_ARGS, out_deleted);
}

enum rc recovery_get(struct ctx *ctx, int64_t mailbox_id, struct span *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_RECOVERY_GET, ARGS(A_I64(mailbox_id)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	*out = copy(ctx, rows, 0, 0);
	return RC_OK;
}

enum rc recovery_set(struct ctx *ctx, int64_t mailbox_id, struct span address)
{
	int64_t changed = 0;
	enum rc rc =
		db_exec(ctx, &SQL_RECOVERY_SET, ARGS(A_I64(mailbox_id), A_TEXT(address)), &changed);

	return rc == RC_OK && changed == 0 ? RC_NOT_FOUND : rc;
}
