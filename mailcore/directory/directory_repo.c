#include "mailcore/directory/directory_repo.h"

#include "mailcore/db/db.h"
#include "sql/directory.h"

static struct entry read_entry(struct arena *a, const struct rows *r, size_t row)
{
	struct entry e = { .kind = (enum entry_kind)row_i64(r, row, 0) };
	e.address = arena_span(a, row_text(r, row, 4));
	e.mailbox = (struct mailbox_ref){
		.mailbox_id = row_i64(r, row, 1),
		.domain_id = row_i64(r, row, 2),
		.account_id = row_i64(r, row, 3),
		.address = e.address,
		.name = arena_span(a, row_text(r, row, 5)),
		.quota_bytes = row_i64(r, row, 6),
		.no_login = row_bool(r, row, 8),
		.no_send = row_bool(r, row, 9),
		.no_receive = row_bool(r, row, 10),
		.hold_out = row_bool(r, row, 11),
		.no_services = (unsigned)row_i64(r, row, 14),
		.reason = arena_span(a, row_text(r, row, 15)),
	};
	e.used_bytes = row_i64(r, row, 7);
	e.detail = arena_span(a, row_text(r, row, 13));
	return e;
}

enum rc entry_resolve(
	struct ctx *ctx, struct span local, struct span domain, struct entry **out, size_t *out_len)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc =
		db_query(ctx, &SQL_DIRECTORY_RESOLVE, ARGS(A_TEXT(local), A_TEXT(domain)), &rows);
	if (rc != RC_OK)
		return rc;
	size_t n = rows_len(rows);
	struct entry *items = arena_array(ctx->arena, n, sizeof *items);
	for (size_t i = 0; i < n; i++)
		items[i] = read_entry(ctx->arena, rows, i);
	*out = items;
	*out_len = n;
	return RC_OK;
}

static enum rc find(struct ctx *ctx, const struct stmt *stmt, const struct arg *args, size_t n_args,
	struct entry *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, stmt, args, n_args, &rows);
	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	*out = read_entry(ctx->arena, rows, 0);
	return RC_OK;
}

enum rc entry_find(struct ctx *ctx, struct span local, struct span domain, struct entry *out)
{
	return find(ctx, &SQL_DIRECTORY_MAILBOX, ARGS(A_TEXT(local), A_TEXT(domain)), out);
}

enum rc entry_find_id(struct ctx *ctx, int64_t mailbox_id, struct entry *out)
{
	return find(ctx, &SQL_DIRECTORY_MAILBOX_BY_ID, ARGS(A_I64(mailbox_id)), out);
}

enum rc entry_domain(struct ctx *ctx, struct span domain, struct domain_ref *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DIRECTORY_DOMAIN, ARGS(A_TEXT(domain)), &rows);
	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	*out = (struct domain_ref){ row_i64(rows, 0, 0), row_i64(rows, 0, 1) };
	return RC_OK;
}

static enum domain_dmarc dmarc_mode(struct span word)
{
	if (span_eq(word, SPAN("junk")))
		return DOMAIN_DMARC_JUNK;
	return span_eq(word, SPAN("ignore")) ? DOMAIN_DMARC_IGNORE : DOMAIN_DMARC_APPLY;
}

enum rc domain_dmarc_find(
	struct ctx *ctx, int64_t domain_id, struct span name, enum domain_dmarc *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc =
		db_query(ctx, &SQL_DIRECTORY_DMARC, ARGS(A_I64(domain_id), A_TEXT(name)), &rows);
	if (rc == RC_OK)
		*out = dmarc_mode(rows_len(rows) > 0 ? row_text(rows, 0, 0) : SPAN(""));
	return rc;
}

enum rc directory_srs_secret(struct ctx *ctx, struct span *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DIRECTORY_SRS_SECRET, NO_ARGS, &rows);
	if (rc == RC_OK)
		*out = arena_span(ctx->arena, row_bytes(rows, 0, 0));
	return rc;
}

enum rc entry_may_send(
	struct ctx *ctx, int64_t mailbox_id, struct span local, struct span domain, bool *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DIRECTORY_MAY_SEND,
		ARGS(A_I64(mailbox_id), A_TEXT(local), A_TEXT(domain)), &rows);
	if (rc == RC_OK)
		*out = row_bool(rows, 0, 0);
	return rc;
}

enum rc entry_may_post(
	struct ctx *ctx, struct span local, struct span domain, struct span sender, bool *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DIRECTORY_MAY_POST,
		ARGS(A_TEXT(local), A_TEXT(domain), A_TEXT(sender)), &rows);
	if (rc == RC_OK)
		*out = row_bool(rows, 0, 0);
	return rc;
}
