/* Rows of account and account_tree. */
#include "backend/accounts/account_repo.h"

#include "backend/accounts/limits.h"
#include "backend/accounts/plan_repo.h"
#include "backend/accounts/service.h"
#include "sql/account.h"
#include "sql/tenant.h"

enum rc account_find_login(struct ctx *ctx, struct span login, int64_t *out_id,
	enum account_role *out_role, bool *out_suspended)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_ACCOUNT_FIND_LOGIN, ARGS(A_TEXT(login)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0 || !role_parse(row_text(rows, 0, 1), out_role))
		return RC_NOT_FOUND;
	*out_id = row_i64(rows, 0, 0);
	*out_suspended = row_bool(rows, 0, 2);
	return RC_OK;
}

enum rc account_find_id(struct ctx *ctx, int64_t account_id, enum account_role *out_role,
	struct span *out_login, struct span *out_language, bool *out_suspended,
	bool *out_needs_factor)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_ACCOUNT_BY_ID, ARGS(A_I64(account_id)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0 || !role_parse(row_text(rows, 0, 0), out_role))
		return RC_NOT_FOUND;
	*out_login = row_copy(ctx, rows, 0, 1);
	*out_suspended = row_bool(rows, 0, 2);
	*out_needs_factor = row_bool(rows, 0, 3);
	*out_language = row_copy(ctx, rows, 0, 4);
	return RC_OK;
}

enum rc account_find_first(struct ctx *ctx, int64_t *out_id, struct span *out_login)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_ACCOUNT_FIRST, NO_ARGS, &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	*out_id = row_i64(rows, 0, 0);
	*out_login = row_copy(ctx, rows, 0, 1);
	return RC_OK;
}

static void read_account(struct ctx *ctx, const struct rows *rows, size_t row, struct account *out)
{
	*out = (struct account){ .account_id = row_i64(rows, row, 0),
		.parent_id = row_i64(rows, row, 1),
		.login = row_copy(ctx, rows, row, 3),
		.name = row_copy(ctx, rows, row, 4),
		.parent = row_copy(ctx, rows, row, 5),
		.version = row_i64(rows, row, 6),
		.domains = row_i64(rows, row, 7),
		.mailboxes = row_i64(rows, row, 8),
		.created_at_us = row_time_us(rows, row, 9),
		.plan_id = row_i64(rows, row, 10),
		.plan = row_copy(ctx, rows, row, 11),
		.deleted_at_us = row_time_us(rows, row, 12),
		.require_second_factor = row_bool(rows, row, 20),
		.contact = row_copy(ctx, rows, row, 21),
		.language = row_copy(ctx, rows, row, 22) };
	suspension_read(ctx, rows, row, 13, &out->suspension);
	ASSERT(role_parse(row_text(rows, row, 2), &out->role)); /* the table's CHECK */
}

static enum rc find(struct ctx *ctx, struct span login, bool deleted, struct account *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_ACCOUNT_GET,
		ARGS(A_I64(ctx->actor->account_id), A_TEXT(login), A_BOOL(deleted)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	read_account(ctx, rows, 0, out);
	return RC_OK;
}

enum rc account_find(struct ctx *ctx, struct span login, struct account *out)
{
	return find(ctx, login, false, out);
}

enum rc account_find_deleted(struct ctx *ctx, struct span login, struct account *out)
{
	return find(ctx, login, true, out);
}

enum rc account_find_plan(
	struct ctx *ctx, int64_t parent_id, struct span plan, struct account *account)
{
	if (plan.len > 0)
		return plan_find_for(ctx, parent_id, plan, &account->plan_id, &account->plan);
	account->plan_id = 0;
	account->plan = SPAN("");
	return RC_OK;
}

enum rc account_find_pools(struct ctx *ctx, struct account *account)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_ACCOUNT_USAGE_OF, ARGS(A_I64(account->account_id)), &rows);

	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < rows_len(rows) && i < POOL_KINDS; i++)
		account->pools[i] = (struct pool_usage){ pool_name((enum pool_kind)i),
			row_i64(rows, i, 1), row_i64(rows, i, 2), row_i64(rows, i, 3) };
	return RC_OK;
}

enum rc account_find_page(
	struct ctx *ctx, const struct page *page, struct span role, struct accounts *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_ACCOUNT_LIST,
		ARGS(A_I64(page->account_id), A_TEXT(page->search), A_TEXT(page->state),
			A_TEXT(role), PAGE_ARGS(page), A_I64(page->limit + 1),
			A_I64(ctx->actor->account_id)),
		&rows);

	if (rc != RC_OK)
		return rc;
	*out = (struct accounts){ 0 };
	out->items = page_items(ctx, page, rows, sizeof *out->items, &out->len);
	for (size_t i = 0; i < out->len; i++)
		read_account(ctx, rows, i, &out->items[i]);
	out->next_cursor = page_next_of_list(ctx, page, rows, 23);
	return RC_OK;
}

enum rc account_insert(struct ctx *ctx, struct account *account)
{
	AUTO(rows_close) struct rows *rows = NULL;
	int64_t parent_id = account->parent_id;
	enum rc rc = db_query(ctx, &SQL_ACCOUNT_INSERT,
		ARGS(A_I64(parent_id), A_TEXT(span_of(role_name(account->role))),
			A_TEXT(account->login), A_TEXT(account->name), A_I64(account->plan_id)),
		&rows);

	if (rc != RC_OK)
		return rc;
	account->account_id = row_i64(rows, 0, 0);
	account->created_at_us = row_time_us(rows, 0, 1);
	return db_exec(ctx, &SQL_ACCOUNT_TREE_INSERT,
		ARGS(A_I64(parent_id), A_I64(account->account_id)), NULL);
}

enum rc account_store(struct ctx *ctx, int64_t version, struct account *account)
{
	AUTO(rows_close) struct rows *rows = NULL;
	const struct suspension *s = &account->suspension;
	enum rc rc = db_query(ctx, &SQL_ACCOUNT_UPDATE,
		ARGS(A_I64(account->account_id), A_I64(version), A_TEXT(account->name),
			A_I64(account->plan_id), A_BOOL(s->no_login), A_BOOL(s->no_send),
			A_BOOL(s->no_receive), A_BOOL(s->hold_out), A_TEXT(s->reason),
			suspension_until_arg(s), A_BOOL(account->require_second_factor),
			A_TEXT(account->contact), A_TEXT(account->language)),
		&rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_CONFLICT;
	account->version = row_i64(rows, 0, 0);
	return RC_OK;
}

enum rc account_mark_deleted(struct ctx *ctx, const struct account *account)
{
	int64_t id = account->account_id, changed = 0;
	enum rc rc = db_exec(ctx, &SQL_TENANT_DELETE_ACCOUNTS, ARGS(A_I64(id)), &changed);

	if (rc == RC_OK && changed == 0)
		return RC_CONFLICT;
	if (rc == RC_OK)
		rc = db_exec(ctx, &SQL_TENANT_DELETE_DOMAINS, ARGS(A_I64(id)), NULL);
	if (rc == RC_OK)
		rc = db_exec(ctx, &SQL_TENANT_END_SESSIONS, ARGS(A_I64(id)), NULL);
	return rc;
}

enum rc account_unmark_deleted(struct ctx *ctx, const struct account *account)
{
	int64_t changed = 0;
	const struct arg id = A_I64(account->account_id), at = A_TIME(account->deleted_at_us);
	enum rc rc = db_exec(ctx, &SQL_TENANT_RESTORE_ACCOUNTS, ARGS(id, at), &changed);

	if (rc == RC_OK && changed == 0)
		return RC_CONFLICT;
	if (rc == RC_OK)
		rc = db_exec(ctx, &SQL_TENANT_RESTORE_DOMAINS, ARGS(id, at), NULL);
	return rc;
}

enum rc account_find_usage(
	struct ctx *ctx, const struct page *page, int64_t month_start_us, struct usages *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_ACCOUNT_USAGE,
		ARGS(A_I64(ctx->actor->account_id), A_TEXT(page->after), A_I64(page->limit + 1),
			A_TIME(month_start_us)),
		&rows);

	if (rc != RC_OK)
		return rc;
	out->items = page_items(ctx, page, rows, sizeof *out->items, &out->len);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = (struct usage){ row_copy(ctx, rows, i, 0),
			row_copy(ctx, rows, i, 1), row_copy(ctx, rows, i, 2), row_i64(rows, i, 3),
			row_i64(rows, i, 4), row_i64(rows, i, 5), row_i64(rows, i, 9),
			row_i64(rows, i, 6), row_i64(rows, i, 7), row_i64(rows, i, 8) };
	out->next_cursor = page_next(ctx, page, rows, 0, 0);
	return RC_OK;
}
