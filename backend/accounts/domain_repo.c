/* Rows of domain, and the public columns of dkim_key. */
#include "backend/accounts/domain_repo.h"

#include "backend/accounts/service.h"
#include "sql/dkim_key.h"
#include "sql/domain.h"

#define DMARC_COLUMN 17 /* behind those of the suspension */

static void read_domain(struct ctx *ctx, const struct rows *rows, size_t row, struct domain *out)
{
	*out = (struct domain){ .domain_id = row_i64(rows, row, 0),
		.account_id = row_i64(rows, row, 1),
		.name = row_copy(ctx, rows, row, 2),
		.account = row_copy(ctx, rows, row, 3),
		.deleted_at_us = row_time_us(rows, row, 4),
		.mailboxes = row_i64(rows, row, 5),
		.aliases = row_i64(rows, row, 6),
		.size_bytes = row_i64(rows, row, 7),
		.created_at_us = row_time_us(rows, row, 8),
		.version = row_i64(rows, row, 9) };
	suspension_read(ctx, rows, row, 10, &out->suspension);
	out->dmarc = row_copy(ctx, rows, row, DMARC_COLUMN);
	out->alias_of = row_copy(ctx, rows, row, DMARC_COLUMN + 1);
	out->names = row_i64(rows, row, DMARC_COLUMN + 2);
	out->keys_due = row_bool(rows, row, DMARC_COLUMN + 3);
	out->unicode = domain_name_unicode(ctx->arena, out->name);
}

static enum rc find(struct ctx *ctx, struct span name, bool deleted, struct domain *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DOMAIN_GET,
		ARGS(A_I64(ctx->actor->account_id), A_TEXT(name), A_BOOL(deleted)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	read_domain(ctx, rows, 0, out);
	return RC_OK;
}

enum rc domain_find(struct ctx *ctx, struct span name, struct domain *out)
{
	return find(ctx, name, false, out);
}

enum rc domain_find_deleted(struct ctx *ctx, struct span name, struct domain *out)
{
	return find(ctx, name, true, out);
}

enum rc domain_find_page(struct ctx *ctx, const struct page *page, struct domains *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DOMAIN_LIST,
		ARGS(A_I64(page->account_id), A_TEXT(page->search), A_TEXT(page->state),
			domains_arg(ctx), PAGE_ARGS(page), A_I64(page->limit + 1)),
		&rows);

	if (rc != RC_OK)
		return rc;
	*out = (struct domains){ 0 };
	out->items = page_items(ctx, page, rows, sizeof *out->items, &out->len);
	for (size_t i = 0; i < out->len; i++)
		read_domain(ctx, rows, i, &out->items[i]);
	out->next_cursor = page_next_of_list(ctx, page, rows, DMARC_COLUMN + 4);
	return RC_OK;
}

enum rc domain_insert(struct ctx *ctx, int64_t alias_of, struct domain *domain)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DOMAIN_INSERT,
		ARGS(A_I64(domain->account_id), A_TEXT(domain->name), A_I64(alias_of),
			A_BOOL(domain->keys_due)),
		&rows);

	if (rc != RC_OK)
		return rc;
	domain->domain_id = row_i64(rows, 0, 0);
	domain->created_at_us = row_time_us(rows, 0, 1);
	return RC_OK;
}

enum rc domain_store(struct ctx *ctx, int64_t version, struct domain *domain)
{
	AUTO(rows_close) struct rows *rows = NULL;
	const struct suspension *s = &domain->suspension;
	enum rc rc = db_query(ctx, &SQL_DOMAIN_UPDATE,
		ARGS(A_I64(domain->domain_id), A_I64(version), A_I64(domain->account_id),
			A_BOOL(s->no_login), A_BOOL(s->no_send), A_BOOL(s->no_receive),
			A_BOOL(s->hold_out), A_TEXT(s->reason), suspension_until_arg(s),
			A_TEXT(domain->dmarc)),
		&rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_CONFLICT;
	domain->version = row_i64(rows, 0, 0);
	return RC_OK;
}

enum rc domain_mark_deleted(struct ctx *ctx, int64_t domain_id, int64_t version)
{
	int64_t changed = 0;
	enum rc rc =
		db_exec(ctx, &SQL_DOMAIN_DELETE, ARGS(A_I64(domain_id), A_I64(version)), &changed);

	return rc == RC_OK && changed == 0 ? RC_CONFLICT : rc;
}

enum rc domain_unmark_deleted(struct ctx *ctx, struct domain *domain)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DOMAIN_RESTORE, ARGS(A_I64(domain->domain_id)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	domain->version = row_i64(rows, 0, 0);
	domain->deleted_at_us = 0;
	return RC_OK;
}

enum rc domain_find_keys_due(struct ctx *ctx, int64_t *out_id, struct span *out_name)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DOMAIN_KEYS_DUE, NO_ARGS, &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	*out_id = row_i64(rows, 0, 0);
	*out_name = row_copy(ctx, rows, 0, 1);
	return RC_OK;
}

enum rc domain_mark_keys_made(struct ctx *ctx, int64_t domain_id)
{
	int64_t changed = 0;
	enum rc rc = db_exec(ctx, &SQL_DOMAIN_KEYS_MADE, ARGS(A_I64(domain_id)), &changed);

	return rc == RC_OK && changed == 0 ? RC_CONFLICT : rc;
}

enum rc dkim_key_find(struct ctx *ctx, int64_t domain_id, struct dkim_keys *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DKIM_KEY_LIST, ARGS(A_I64(domain_id)), &rows);

	if (rc != RC_OK)
		return rc;
	out->len = rows_len(rows);
	out->items = arena_array(ctx->arena, out->len, sizeof *out->items);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] =
			(struct dkim_key){ row_copy(ctx, rows, i, 0), row_copy(ctx, rows, i, 1),
				row_copy(ctx, rows, i, 2), row_copy(ctx, rows, i, 3),
				row_time_us(rows, i, 4), row_time_us(rows, i, 5) };
	return RC_OK;
}

enum rc dkim_key_forget(struct ctx *ctx, int64_t domain_id, const struct span *selectors, size_t n)
{
	return db_exec(ctx, &SQL_DKIM_KEY_FORGET,
		ARGS(A_I64(domain_id), A_ARRAY(ARG_TEXTS, selectors, n)), NULL);
}

enum rc dkim_key_set_states(struct ctx *ctx, int64_t domain_id, const struct span *selectors,
	const struct span *states, size_t n)
{
	return db_exec(ctx, &SQL_DKIM_KEY_SET_STATES,
		ARGS(A_I64(domain_id), A_ARRAY(ARG_TEXTS, selectors, n),
			A_ARRAY(ARG_TEXTS, states, n)),
		NULL);
}
