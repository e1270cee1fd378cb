/* What was seen of domains' records. */
#include "backend/accounts/dns_state_repo.h"

#include "backend/accounts/service.h"
#include "sql/dns_notice.h"
#include "sql/dns_state.h"

enum rc dns_state_read(
	struct ctx *ctx, int64_t domain_id, struct dns_seen_list *out, int64_t *out_checked_at_us)
{
	AUTO(rows_close) struct rows *rows = NULL, *when = NULL;
	enum rc rc = db_query(ctx, &SQL_DNS_STATE_LIST, ARGS(A_I64(domain_id)), &rows);

	if (rc == RC_OK)
		rc = db_query(ctx, &SQL_DNS_SCHEDULE_GET, ARGS(A_I64(domain_id)), &when);
	if (rc != RC_OK)
		return rc;
	*out_checked_at_us = rows_len(when) > 0 ? row_time_us(when, 0, 0) : 0;
	out->len = rows_len(rows);
	out->items = arena_array(ctx->arena, out->len, sizeof *out->items);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = (struct dns_seen){ .key = row_copy(ctx, rows, i, 0),
			.status = row_copy(ctx, rows, i, 1),
			.found = row_copy(ctx, rows, i, 2),
			.hint = row_copy(ctx, rows, i, 3),
			.doubts = row_i64(rows, i, 4),
			.since_us = row_time_us(rows, i, 5),
			.purpose = row_copy(ctx, rows, i, 6),
			.servers = row_copy(ctx, rows, i, 7) };
	return RC_OK;
}

enum rc dns_changes_read(struct ctx *ctx, int64_t domain_id, int64_t limit, struct dns_changes *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc =
		db_query(ctx, &SQL_DNS_CHANGE_LIST, ARGS(A_I64(domain_id), A_I64(limit)), &rows);

	if (rc != RC_OK)
		return rc;
	out->len = rows_len(rows);
	out->items = arena_array(ctx->arena, out->len, sizeof *out->items);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = (struct dns_change){ .at_us = row_time_us(rows, i, 0),
			.key = row_copy(ctx, rows, i, 1),
			.purpose = row_copy(ctx, rows, i, 2),
			.before = row_copy(ctx, rows, i, 3),
			.after = row_copy(ctx, rows, i, 4) };
	return RC_OK;
}

/* ------------------------------------------------------------------------ writing */

struct columns {
	struct span *key, *purpose, *status, *found, *hint, *servers;
	int64_t *doubts;
	size_t len;
};

static struct columns columns_of(struct arena *a, const struct dns_seen_list *seen)
{
	size_t n = seen->len;
	struct columns c = { arena_array(a, n, sizeof *c.key), arena_array(a, n, sizeof *c.key),
		arena_array(a, n, sizeof *c.key), arena_array(a, n, sizeof *c.key),
		arena_array(a, n, sizeof *c.key), arena_array(a, n, sizeof *c.key),
		arena_array(a, n, sizeof *c.doubts), n };

	for (size_t i = 0; i < n; i++) {
		const struct dns_seen *s = &seen->items[i];
		c.key[i] = s->key;
		c.purpose[i] = s->purpose;
		c.status[i] = s->status;
		c.found[i] = s->found;
		c.hint[i] = s->hint;
		c.doubts[i] = s->doubts;
		c.servers[i] = s->servers.len > 0 ? s->servers : SPAN("[]");
	}
	return c;
}

static enum rc write_changes(struct ctx *ctx, int64_t domain_id, const struct dns_changes *changes)
{
	struct arena *a = ctx->arena;
	size_t n = changes->len;
	struct span *key = arena_array(a, n, sizeof *key),
		    *purpose = arena_array(a, n, sizeof *key),
		    *before = arena_array(a, n, sizeof *key),
		    *after = arena_array(a, n, sizeof *key),
		    *found = arena_array(a, n, sizeof *key);

	for (size_t i = 0; i < n; i++) {
		key[i] = changes->items[i].key;
		purpose[i] = changes->items[i].purpose;
		before[i] = changes->items[i].before;
		after[i] = changes->items[i].after;
		found[i] = changes->items[i].found;
	}
	return db_exec(ctx, &SQL_DNS_CHANGE_ADD,
		ARGS(A_I64(domain_id), A_ARRAY(ARG_TEXTS, key, n), A_ARRAY(ARG_TEXTS, purpose, n),
			A_ARRAY(ARG_TEXTS, before, n), A_ARRAY(ARG_TEXTS, after, n),
			A_ARRAY(ARG_TEXTS, found, n)),
		NULL);
}

enum rc dns_state_write(struct ctx *ctx, int64_t domain_id, const struct dns_seen_list *seen,
	const struct dns_changes *changes, int64_t again_s)
{
	struct columns c = columns_of(ctx->arena, seen);

	enum rc rc = db_exec(ctx, &SQL_DNS_STATE_PUT,
		ARGS(A_I64(domain_id), A_ARRAY(ARG_TEXTS, c.key, c.len),
			A_ARRAY(ARG_TEXTS, c.purpose, c.len), A_ARRAY(ARG_TEXTS, c.status, c.len),
			A_ARRAY(ARG_TEXTS, c.found, c.len), A_ARRAY(ARG_TEXTS, c.hint, c.len),
			A_ARRAY(ARG_I64S, c.doubts, c.len), A_ARRAY(ARG_TEXTS, c.servers, c.len)),
		NULL);
	if (rc == RC_OK)
		rc = db_exec(ctx, &SQL_DNS_STATE_DROP,
			ARGS(A_I64(domain_id), A_ARRAY(ARG_TEXTS, c.key, c.len)), NULL);
	if (rc == RC_OK && changes->len > 0)
		rc = write_changes(ctx, domain_id, changes);
	if (rc == RC_OK)
		rc = db_exec(
			ctx, &SQL_DNS_SCHEDULE_SET, ARGS(A_I64(domain_id), A_I64(again_s)), NULL);
	return rc;
}

enum rc dns_notice_add(struct ctx *ctx, int64_t domain_id, struct span subject, struct span text)
{
	return db_exec(ctx, &SQL_DNS_NOTICE_ADD,
		ARGS(A_I64(domain_id), A_TEXT(subject), A_TEXT(text)), NULL);
}

/* ------------------------------------------------------------------------ schedule */

enum rc dns_schedule_claim(struct ctx *ctx, size_t max, struct span **out_names, size_t *out_len)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DNS_SCHEDULE_CLAIM, ARGS(A_I64((int64_t)max)), &rows);

	if (rc != RC_OK)
		return rc;
	*out_len = rows_len(rows);
	*out_names = arena_array(ctx->arena, *out_len, sizeof **out_names);
	for (size_t i = 0; i < *out_len; i++)
		(*out_names)[i] = row_copy(ctx, rows, i, 0);
	return RC_OK;
}

enum rc dns_first_admin(struct ctx *ctx, int64_t *out_account_id)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DNS_FIRST_ADMIN, NO_ARGS, &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0 || row_is_null(rows, 0, 0))
		return RC_NOT_FOUND;
	*out_account_id = row_i64(rows, 0, 0);
	return RC_OK;
}
