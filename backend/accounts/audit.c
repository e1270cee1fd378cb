/* Who did what. */
#include "backend/accounts/audit.h"

#include "backend/accounts/page.h"
#include "backend/accounts/service.h"
#include "mailcore/base/json.h"
#include "sql/audit.h"

#define JSON_MAX (64 * 1024)

static struct span json_span(struct ctx *ctx, const struct cJSON *value)
{
	struct str out = str_in(ctx->arena, JSON_MAX);

	if (value)
		json_write(ctx->arena, value, &out);
	return str_ok(&out) ? str_span(&out) : SPAN("{}");
}

enum rc audit_add(struct ctx *ctx, int64_t account_id, const char *action, struct span object,
	const struct cJSON *before, const struct cJSON *after)
{
	static const struct actor server = { .source = "system", .login = { "system", 6 } };
	const struct actor *actor = ctx->actor ? ctx->actor : &server;
	bool supports = actor->supporter.len > 0;
	struct span who = supports ? actor->supporter : actor->login;

	if (actor->label.len > 0)
		who = arena_printf(ctx->arena, SPAN_FMT " (token " SPAN_FMT ")",
			SPAN_ARG(actor->login), SPAN_ARG(actor->label));
	return db_exec(ctx, &SQL_AUDIT_INSERT,
		ARGS(A_I64(account_id), A_TEXT(who), A_TEXT(span_of(actor->source)),
			A_TEXT(actor->address), A_TEXT(span_of(action)), A_TEXT(object),
			A_TEXT(json_span(ctx, before)), A_TEXT(json_span(ctx, after)),
			A_TEXT(supports ? actor->login : SPAN("")), A_I64(actor->bulk_id)),
		NULL);
}

static void read_entry(
	struct ctx *ctx, const struct rows *rows, size_t row, struct audit_entry *out)
{
	*out = (struct audit_entry){ .audit_id = row_i64(rows, row, 0),
		.account_id = row_i64(rows, row, 1),
		.actor = row_copy(ctx, rows, row, 2),
		.source = row_copy(ctx, rows, row, 3),
		.address = row_copy(ctx, rows, row, 4),
		.action = row_copy(ctx, rows, row, 5),
		.object = row_copy(ctx, rows, row, 6),
		.before = row_copy(ctx, rows, row, 7),
		.after = row_copy(ctx, rows, row, 8),
		.at_us = row_time_us(rows, row, 9),
		.on_behalf_of = row_copy(ctx, rows, row, 10) };
}

static enum rc find_page(struct ctx *ctx, const struct page *page, int64_t below,
	struct span search, struct audit_entries *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_AUDIT_LIST,
		ARGS(A_I64(ctx->actor->account_id), A_I64(below), A_TEXT(search),
			A_I64(page->limit + 1)),
		&rows);

	if (rc != RC_OK)
		return rc;
	*out = (struct audit_entries){ 0 };
	out->items = page_items(ctx, page, rows, sizeof *out->items, &out->len);
	for (size_t i = 0; i < out->len; i++)
		read_entry(ctx, rows, i, &out->items[i]);
	out->next_cursor = page_next_id(ctx, page, rows);
	return RC_OK;
}

enum rc audit_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct audit_entries *out, struct err *err)
{
	struct page page;
	uint64_t below = INT64_MAX;

	(void)s;
	enum rc rc = need_account(ctx);
	if (rc == RC_OK)
		rc = page_open(ctx, ask, &page, err);
	if (rc != RC_OK)
		return rc;
	if (page.after.len > 0 && !span_u64(page.after, INT64_MAX, &below))
		return err_set(err, RC_INVALID, "cursor", "This cursor is not one of ours.");
	return with_reason(err, find_page(ctx, &page, (int64_t)below, ask->search, out));
}

static void add_json(struct arena *a, struct cJSON *o, const char *name, struct span text)
{
	struct cJSON *value;

	if (text.len > 0 && json_parse(a, text, &value, NULL))
		json_add(a, o, name, value);
	else
		json_add_null(a, o, name);
}

struct cJSON *audit_json(struct arena *a, const struct audit_entry *e)
{
	struct cJSON *o = json_object(a);

	json_add_i64(a, o, "id", e->audit_id);
	json_add_time(a, o, "at", e->at_us);
	json_add_text(a, o, "actor", e->actor);
	if (e->on_behalf_of.len > 0)
		json_add_text(a, o, "on_behalf_of", e->on_behalf_of);
	else
		json_add_null(a, o, "on_behalf_of");
	json_add_text(a, o, "source", e->source);
	json_add_text(a, o, "address", e->address);
	json_add_text(a, o, "action", e->action);
	json_add_text(a, o, "object", e->object);
	add_json(a, o, "before", e->before);
	add_json(a, o, "after", e->after);
	return o;
}
