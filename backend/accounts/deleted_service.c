/* What was deleted. */
#include "backend/accounts/deleted_service.h"

#include "backend/accounts/page.h"
#include "backend/accounts/service.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "sql/tenant.h"

#define PURGE_LIMIT 200 /* mailboxes at a time */

static struct span time_key(struct ctx *ctx, int64_t time_us)
{
	const long long second = USEC_PER_SEC;
	struct str out = str_in(ctx->arena, 64), seconds = str_in(ctx->arena, 64);

	clock_add_rfc3339(&seconds, time_us - time_us % second);
	/* the clock writes milliseconds, the key has to have them all */
	str_add(&out, span_sub(str_span(&seconds), 0, strlen("2026-11-22T18:30:00")));
	str_addf(&out, ".%06lldZ", (long long)time_us % second);
	return str_span(&out);
}

enum rc deleted_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct deleteds *out, struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct page page;
	int64_t cursor_time;
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = page_open(ctx, ask, &page, err);
	if (rc == RC_OK && page.after.len > 0 && !clock_parse_rfc3339(page.after, &cursor_time))
		return err_set(err, RC_INVALID, "cursor", "This cursor is not one of ours.");
	if (rc == RC_OK)
		rc = db_query(ctx, &SQL_TENANT_LIST_DELETED,
			ARGS(A_I64(ctx->actor->account_id), A_TEXT(page.after),
				A_TEXT(page.after_2), domains_arg(ctx), A_I64(page.limit + 1)),
			&rows);
	if (rc != RC_OK)
		return with_reason(err, rc);
	*out = (struct deleteds){ 0 };
	out->items = page_items(ctx, &page, rows, sizeof *out->items, &out->len);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = (struct deleted){ row_copy(ctx, rows, i, 0),
			row_copy(ctx, rows, i, 1), row_copy(ctx, rows, i, 2),
			row_time_us(rows, i, 3), row_time_us(rows, i, 4) };
	if (rows_len(rows) > out->len)
		out->next_cursor = page_cursor(ctx->arena,
			time_key(ctx, out->items[out->len - 1].deleted_at_us),
			out->items[out->len - 1].name);
	return RC_OK;
}

struct cJSON *deleted_json(struct arena *a, const struct deleted *d)
{
	struct cJSON *o = json_object(a);

	json_add_text(a, o, "kind", d->kind);
	json_add_text(a, o, "name", d->name);
	json_add_text(a, o, "account", d->account);
	json_add_time(a, o, "deleted_at", d->deleted_at_us);
	json_add_time(a, o, "purge_at", d->purge_at_us);
	return o;
}

enum rc deleted_purge(struct ctx *ctx, int64_t *out_mailboxes)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc =
		db_query(ctx, &SQL_TENANT_PURGE, ARGS(A_I64(UNDO_S), A_I64(PURGE_LIMIT)), &rows);

	if (rc == RC_OK)
		*out_mailboxes = row_i64(rows, 0, 0);
	return rc;
}
