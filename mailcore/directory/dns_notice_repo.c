/* Rows of dns_notice. */
#include "mailcore/directory/dns_notice_repo.h"

#include "mailcore/directory/directory.h"
#include "sql/dns_notice.h"

enum rc dns_notices(struct ctx *ctx, size_t limit, struct dns_notice **out, size_t *out_len)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DNS_NOTICE_LIST, ARGS(A_I64((int64_t)limit)), &rows);

	if (rc != RC_OK)
		return rc;
	*out_len = rows_len(rows);
	*out = arena_array(ctx->arena, *out_len, sizeof **out);
	for (size_t i = 0; i < *out_len; i++)
		(*out)[i] = (struct dns_notice){ .notice_id = row_i64(rows, i, 0),
			.contact = arena_span(ctx->arena, row_text(rows, i, 1)),
			.otherwise = arena_span(ctx->arena, row_text(rows, i, 2)),
			.subject = arena_span(ctx->arena, row_text(rows, i, 3)),
			.text = arena_span(ctx->arena, row_text(rows, i, 4)) };
	return RC_OK;
}

enum rc dns_notice_drop(struct ctx *ctx, int64_t notice_id)
{
	return db_exec(ctx, &SQL_DNS_NOTICE_DROP, ARGS(A_I64(notice_id)), NULL);
}
