/* Rows of route. */
#include "backend/accounts/route_repo.h"

#include "backend/accounts/service.h"
#include "sql/route.h"

enum rc route_find(
	struct ctx *ctx, int64_t account_id, int64_t domain_id, struct route_setting *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc =
		db_query(ctx, &SQL_ROUTE_GET, ARGS(A_I64(account_id), A_I64(domain_id)), &rows);

	if (rc != RC_OK)
		return rc;
	*out = (struct route_setting){ 0 };
	if (rows_len(rows) > 0) {
		out->smarthost = row_copy(ctx, rows, 0, 0);
		out->source = row_copy(ctx, rows, 0, 1);
	}
	return RC_OK;
}

enum rc route_delete(struct ctx *ctx, int64_t account_id, int64_t domain_id)
{
	return db_exec(ctx, &SQL_ROUTE_DELETE, ARGS(A_I64(account_id), A_I64(domain_id)), NULL);
}

enum rc route_insert(struct ctx *ctx, int64_t account_id, int64_t domain_id,
	const struct route_setting *r, struct span sealed)
{
	return db_exec(ctx, &SQL_ROUTE_INSERT,
		ARGS(A_I64(account_id), A_I64(domain_id), A_TEXT(r->smarthost),
			sealed.len > 0 ? A_BYTES(sealed) : A_NULL(ARG_BYTES), A_TEXT(r->source)),
		NULL);
}
