/* Pools. */
#include "backend/accounts/limits.h"

#include "backend/accounts/actor.h"
#include "mailcore/db/db.h"
#include "sql/tenant.h"

const char *pool_name(enum pool_kind kind)
{
	static const char *const names[] = { "domains", "mailboxes", "aliases", "storage" };

	return names[kind];
}

/* "98 of 100 mailboxes", "9 GB of 10 GB of storage" */
static struct span figures(struct arena *a, enum pool_kind kind, int64_t used, int64_t pool)
{
	const double gigabyte = 1e9;

	if (kind == POOL_STORAGE)
		return arena_printf(a, "%.4g of %.4g GB of storage", (double)used / gigabyte,
			(double)pool / gigabyte);
	return arena_printf(
		a, "%lld of %lld %s", (long long)used, (long long)pool, pool_name(kind));
}

static enum rc refuse(
	struct ctx *ctx, enum pool_kind kind, const struct rows *rows, struct err *err)
{
	struct span login = row_text(rows, 0, 0);
	struct span text = figures(ctx->arena, kind, row_i64(rows, 0, 2), row_i64(rows, 0, 1));

	if (login.len == 0)
		return err_set(err, RC_LIMIT, "limit",
			"The pool of your provider is used up: " SPAN_FMT " are given out.",
			SPAN_ARG(text));
	return err_set(err, RC_LIMIT, "limit",
		"The pool of " SPAN_FMT " is used up: its plan has room for no more than " SPAN_FMT
		".",
		SPAN_ARG(login), SPAN_ARG(text));
}

static enum rc ask(
	struct ctx *ctx, int64_t account_id, enum pool_kind kind, int64_t n, struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_TENANT_FULL_POOL,
		ARGS(A_I64(ctx->actor ? ctx->actor->account_id : 0), A_I64(account_id),
			A_TEXT(span_of(pool_name(kind))), A_I64(n)),
		&rows);
	if (rc != RC_OK || rows_len(rows) == 0)
		return rc;
	return refuse(ctx, kind, rows, err);
}

enum rc limits_take(
	struct ctx *ctx, int64_t account_id, enum pool_kind kind, int64_t n, struct err *err)
{
	return n > 0 ? ask(ctx, account_id, kind, n, err) : RC_OK;
}

enum rc limits_check(struct ctx *ctx, int64_t account_id, enum pool_kind kind, struct err *err)
{
	return ask(ctx, account_id, kind, 0, err);
}

enum rc limits_default_quota(
	struct ctx *ctx, int64_t account_id, int64_t *quota_bytes, struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;

	if (*quota_bytes > 0)
		return RC_OK;
	enum rc rc = db_query(ctx, &SQL_TENANT_DEFAULT_QUOTA, ARGS(A_I64(account_id)), &rows);
	if (rc != RC_OK)
		return rc;
	*quota_bytes = row_i64(rows, 0, 0);
	if (*quota_bytes == 0 && row_bool(rows, 0, 1))
		return err_set(err, RC_INVALID, "quota_bytes",
			"Storage is limited by the plan, so each mailbox needs a quota.");
	return RC_OK;
}
