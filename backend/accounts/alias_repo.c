/* Rows of alias. */
#include "backend/accounts/alias_repo.h"

#include "backend/accounts/service.h"
#include "sql/alias.h"

static void read_alias(struct ctx *ctx, const struct rows *rows, size_t row, struct alias *out)
{
	*out = (struct alias){ .alias_id = row_i64(rows, row, 0),
		.domain_id = row_i64(rows, row, 1),
		.account_id = row_i64(rows, row, 2),
		.address = row_copy(ctx, rows, row, 3),
		.domain = row_copy(ctx, rows, row, 4),
		.created_at_us = row_time_us(rows, row, 6),
		.version = row_i64(rows, row, 7),
		.name = row_copy(ctx, rows, row, 8),
		.posters = row_copy(ctx, rows, row, 9) };
	out->targets = row_copy_texts(ctx, rows, row, 5, &out->n_targets);
}

enum rc alias_find(struct ctx *ctx, struct span local_key, struct span domain, struct alias *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_ALIAS_GET,
		ARGS(A_I64(ctx->actor->account_id), A_TEXT(local_key), A_TEXT(domain)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	read_alias(ctx, rows, 0, out);
	return RC_OK;
}

enum rc alias_find_page(struct ctx *ctx, const struct page *page, struct aliases *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_ALIAS_LIST,
		ARGS(A_I64(page->account_id), A_TEXT(page->domain), A_TEXT(page->search),
			domains_arg(ctx), PAGE_ARGS(page), A_TEXT(page->after_2),
			A_I64(page->limit + 1)),
		&rows);

	if (rc != RC_OK)
		return rc;
	*out = (struct aliases){ 0 };
	out->items = page_items(ctx, page, rows, sizeof *out->items, &out->len);
	for (size_t i = 0; i < out->len; i++)
		read_alias(ctx, rows, i, &out->items[i]);
	out->next_cursor = page_next_of_list(ctx, page, rows, 10);
	return RC_OK;
}

enum rc alias_insert(struct ctx *ctx, struct span local_key, struct alias *alias)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_ALIAS_INSERT,
		ARGS(A_I64(alias->domain_id), A_TEXT(local_key),
			A_ARRAY(ARG_TEXTS, alias->targets, alias->n_targets), A_TEXT(alias->name),
			A_TEXT(alias->posters)),
		&rows);

	if (rc != RC_OK)
		return rc;
	alias->alias_id = row_i64(rows, 0, 0);
	alias->created_at_us = row_time_us(rows, 0, 1);
	return RC_OK;
}

enum rc alias_store(struct ctx *ctx, int64_t version, struct alias *alias)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_ALIAS_UPDATE,
		ARGS(A_I64(alias->alias_id), A_I64(version),
			A_ARRAY(ARG_TEXTS, alias->targets, alias->n_targets), A_TEXT(alias->name),
			A_TEXT(alias->posters)),
		&rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_CONFLICT;
	alias->version = row_i64(rows, 0, 0);
	return RC_OK;
}

enum rc alias_remove(struct ctx *ctx, int64_t alias_id, int64_t version)
{
	int64_t changed = 0;
	enum rc rc =
		db_exec(ctx, &SQL_ALIAS_DELETE, ARGS(A_I64(alias_id), A_I64(version)), &changed);

	return rc == RC_OK && changed == 0 ? RC_CONFLICT : rc;
}
