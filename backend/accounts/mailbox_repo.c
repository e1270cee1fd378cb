/* Rows of mailbox, and app passwords among the credentials. */
#include "backend/accounts/mailbox_repo.h"

#include "backend/accounts/service.h"
#include "sql/mailbox.h"

static void read_mailbox(struct ctx *ctx, const struct rows *rows, size_t row, struct mailbox *out)
{
	*out = (struct mailbox){ .mailbox_id = row_i64(rows, row, 0),
		.domain_id = row_i64(rows, row, 1),
		.account_id = row_i64(rows, row, 2),
		.address = row_copy(ctx, rows, row, 3),
		.domain = row_copy(ctx, rows, row, 4),
		.name = row_copy(ctx, rows, row, 5),
		.quota_bytes = row_i64(rows, row, 6),
		.used_bytes = row_i64(rows, row, 7),
		.messages = row_i64(rows, row, 8),
		.created_at_us = row_time_us(rows, row, 9),
		.version = row_i64(rows, row, 10),
		.no_services = (unsigned)row_i64(rows, row, 11),
		.send_per_hour = row_i64(rows, row, 12),
		.send_per_day = row_i64(rows, row, 13),
		.deleted_at_us = row_time_us(rows, row, 14) };
	suspension_read(ctx, rows, row, 15, &out->suspension);
}

enum rc mailbox_find_key(struct ctx *ctx, struct span local_key, struct span domain, bool deleted,
	struct mailbox *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_MAILBOX_GET,
		ARGS(A_I64(ctx->actor->account_id), A_TEXT(local_key), A_TEXT(domain),
			A_BOOL(deleted)),
		&rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	read_mailbox(ctx, rows, 0, out);
	return RC_OK;
}

enum rc mailbox_find_page(struct ctx *ctx, const struct page *page, struct mailboxes *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_MAILBOX_LIST,
		ARGS(A_I64(page->account_id), A_TEXT(page->domain), A_TEXT(page->search),
			A_TEXT(page->state), domains_arg(ctx), PAGE_ARGS(page),
			A_TEXT(page->after_2), A_I64(page->limit + 1)),
		&rows);

	if (rc != RC_OK)
		return rc;
	*out = (struct mailboxes){ 0 };
	out->items = page_items(ctx, page, rows, sizeof *out->items, &out->len);
	for (size_t i = 0; i < out->len; i++)
		read_mailbox(ctx, rows, i, &out->items[i]);
	out->next_cursor = page_next_of_list(ctx, page, rows, 22);
	return RC_OK;
}

enum rc mailbox_insert(
	struct ctx *ctx, struct span localpart, struct span local_key, struct mailbox *mailbox)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_MAILBOX_INSERT,
		ARGS(A_I64(mailbox->domain_id), A_TEXT(localpart), A_TEXT(local_key),
			A_TEXT(mailbox->name), A_I64(mailbox->quota_bytes),
			A_I64(mailbox->no_services), A_I64(mailbox->send_per_hour),
			A_I64(mailbox->send_per_day)),
		&rows);

	if (rc != RC_OK)
		return rc;
	mailbox->mailbox_id = row_i64(rows, 0, 0);
	mailbox->created_at_us = row_time_us(rows, 0, 1);
	return RC_OK;
}

enum rc mailbox_store(struct ctx *ctx, int64_t version, struct mailbox *m)
{
	AUTO(rows_close) struct rows *rows = NULL;
	const struct suspension *s = &m->suspension;
	enum rc rc = db_query(ctx, &SQL_MAILBOX_UPDATE,
		ARGS(A_I64(m->mailbox_id), A_I64(version), A_TEXT(m->name), A_I64(m->quota_bytes),
			A_BOOL(s->no_login), A_BOOL(s->no_send), A_BOOL(s->no_receive),
			A_BOOL(s->hold_out), A_TEXT(s->reason), suspension_until_arg(s),
			A_I64(m->no_services), A_I64(m->send_per_hour), A_I64(m->send_per_day)),
		&rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_CONFLICT;
	m->version = row_i64(rows, 0, 0);
	return RC_OK;
}

enum rc mailbox_mark_deleted(struct ctx *ctx, int64_t mailbox_id, int64_t version)
{
	int64_t changed = 0;
	enum rc rc = db_exec(
		ctx, &SQL_MAILBOX_DELETE, ARGS(A_I64(mailbox_id), A_I64(version)), &changed);

	return rc == RC_OK && changed == 0 ? RC_CONFLICT : rc;
}

enum rc mailbox_unmark_deleted(struct ctx *ctx, struct mailbox *mailbox)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_MAILBOX_RESTORE, ARGS(A_I64(mailbox->mailbox_id)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	mailbox->version = row_i64(rows, 0, 0);
	mailbox->deleted_at_us = 0;
	return RC_OK;
}

enum rc app_password_insert(struct ctx *ctx, int64_t mailbox_id, struct span hash,
	struct span scram, struct app_password *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_APP_PASSWORD_INSERT,
		ARGS(A_I64(mailbox_id), A_TEXT(out->label), A_TEXT(hash), A_BYTES(scram)), &rows);

	if (rc != RC_OK)
		return rc;
	out->app_password_id = row_i64(rows, 0, 0);
	out->created_at_us = row_time_us(rows, 0, 1);
	return RC_OK;
}

enum rc app_password_find(struct ctx *ctx, int64_t mailbox_id, struct app_passwords *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_APP_PASSWORD_LIST, ARGS(A_I64(mailbox_id)), &rows);

	if (rc != RC_OK)
		return rc;
	out->len = rows_len(rows);
	out->items = arena_array(ctx->arena, out->len, sizeof *out->items);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = (struct app_password){ .app_password_id = row_i64(rows, i, 0),
			.label = row_copy(ctx, rows, i, 1),
			.created_at_us = row_time_us(rows, i, 2),
			.used_at_us = row_time_us(rows, i, 3) };
	return RC_OK;
}

enum rc app_password_remove(struct ctx *ctx, int64_t mailbox_id, int64_t id)
{
	int64_t changed = 0;
	enum rc rc = db_exec(
		ctx, &SQL_APP_PASSWORD_DELETE, ARGS(A_I64(mailbox_id), A_I64(id)), &changed);

	return rc == RC_OK && changed == 0 ? RC_NOT_FOUND : rc;
}
