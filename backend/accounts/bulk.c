/* The books of bulk changes: see bulk.h. What they do is in bulk_run.c and bulk_undo.c. */
#include "backend/accounts/bulk.h"

#include "backend/accounts/page.h"
#include "backend/accounts/service.h"
#include "mailcore/base/json.h"
#include "sql/bulk.h"

const char *const bulk_kind_names[] = { "mailboxes", "aliases", "domains", "accounts", NULL };
const char *const bulk_action_names[] = { "import", "suspend", "resume", "delete", "quota", "plan",
	NULL };

bool bulk_allows(enum bulk_kind kind, enum bulk_action action)
{
	switch (action) {
	case BULK_IMPORT:
		return false; /* by its own way */
	case BULK_SUSPEND:
	case BULK_RESUME:
		return kind != BULK_ALIASES;
	case BULK_DELETE:
		return true;
	case BULK_QUOTA:
		return kind == BULK_MAILBOXES;
	case BULK_PLAN:
		return kind == BULK_ACCOUNTS;
	}
	return false;
}

static int index_of(const char *const *names, struct span text)
{
	for (int i = 0; names[i]; i++) {
		if (span_eq(text, span_of(names[i])))
			return i;
	}
	return 0;
}

static struct bulk read_bulk(struct ctx *ctx, const struct rows *rows, size_t row)
{
	return (struct bulk){ .bulk_id = row_i64(rows, row, 0),
		.action = (enum bulk_action)index_of(bulk_action_names, row_text(rows, row, 1)),
		.kind = (enum bulk_kind)index_of(bulk_kind_names, row_text(rows, row, 2)),
		.actor = row_copy(ctx, rows, row, 3),
		.done = row_i64(rows, row, 4),
		.refused = row_i64(rows, row, 5),
		.undone = row_i64(rows, row, 6),
		.kept = row_i64(rows, row, 7),
		.created_at_us = row_time_us(rows, row, 8),
		.undone_at_us = row_time_us(rows, row, 9) };
}

/* ------------------------------------------------------------------------ one change */

enum rc bulk_begin(struct ctx *ctx, enum bulk_kind kind, enum bulk_action action,
	struct bulk_work *out, struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;
	const struct actor *asked = ctx->actor;

	*out = (struct bulk_work){
		.bulk = { .kind = kind, .action = action, .actor = asked->login },
		.actor = *asked,
		.asked = asked,
		.faults = arena_array(ctx->arena, BULK_FAULTS_MAX, sizeof(struct bulk_fault))
	};
	out->bulk.faults = out->faults;
	if (!asked->dry_run) {
		enum rc rc = db_query(ctx, &SQL_BULK_INSERT,
			ARGS(A_I64(asked->account_id), A_TEXT(span_of(bulk_action_names[action])),
				A_TEXT(span_of(bulk_kind_names[kind])), A_TEXT(asked->login)),
			&rows);
		if (rc != RC_OK)
			return with_reason(err, rc);
		out->bulk.bulk_id = row_i64(rows, 0, 0);
		out->bulk.created_at_us = row_time_us(rows, 0, 1);
	}
	out->actor.bulk_id = out->bulk.bulk_id;
	actor_enter(ctx, &out->actor);
	return RC_OK;
}

void bulk_note(
	struct ctx *ctx, struct bulk_work *w, struct span object, enum rc rc, const struct err *err)
{
	if (rc == RC_OK) {
		w->bulk.done++;
		return;
	}
	w->bulk.refused++;
	if (w->bulk.n_faults == BULK_FAULTS_MAX)
		return;
	w->faults[w->bulk.n_faults++] = (struct bulk_fault){ arena_span(ctx->arena, object),
		arena_span(ctx->arena, span_of(err->text)) };
}

enum rc bulk_end(struct ctx *ctx, struct bulk_work *w, struct err *err)
{
	enum rc rc = RC_OK;

	actor_enter(ctx, w->asked);
	if (w->bulk.bulk_id)
		rc = db_exec(ctx, &SQL_BULK_FINISH,
			ARGS(A_I64(w->bulk.bulk_id), A_I64(w->bulk.done), A_I64(w->bulk.refused)),
			NULL);
	return with_reason(err, rc);
}

/* ------------------------------------------------------------------------ look */

enum rc bulk_get(const struct services *s, struct ctx *ctx, int64_t bulk_id, struct bulk *out,
	struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = db_query(ctx, &SQL_BULK_GET,
			ARGS(A_I64(ctx->actor->account_id), A_I64(bulk_id)), &rows);
	if (rc == RC_OK && rows_len(rows) == 0)
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		*out = read_bulk(ctx, rows, 0);
	return rc == RC_NOT_FOUND ? not_found(err, "", "bulk change") : with_reason(err, rc);
}

enum rc bulk_list(const struct services *s, struct ctx *ctx, const struct list_ask *ask,
	struct bulks *out, struct err *err)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct page page;
	uint64_t below = INT64_MAX;
	enum rc rc = need_account(ctx);

	(void)s;
	if (rc == RC_OK)
		rc = page_open(ctx, ask, &page, err);
	if (rc != RC_OK)
		return rc;
	if (page.after.len > 0 && !span_u64(page.after, INT64_MAX, &below))
		return err_set(err, RC_INVALID, "cursor", "This cursor is not one of ours.");
	rc = db_query(ctx, &SQL_BULK_LIST,
		ARGS(A_I64(ctx->actor->account_id), A_I64((int64_t)below), A_I64(page.limit + 1)),
		&rows);
	if (rc != RC_OK)
		return with_reason(err, rc);
	out->items = page_items(ctx, &page, rows, sizeof *out->items, &out->len);
	for (size_t i = 0; i < out->len; i++)
		out->items[i] = read_bulk(ctx, rows, i);
	out->next_cursor = page_next_id(ctx, &page, rows);
	return RC_OK;
}

struct cJSON *bulk_json(struct arena *a, const struct bulk *b)
{
	struct cJSON *o = json_object(a), *faults = json_array(a);

	if (b->bulk_id)
		json_add_i64(a, o, "id", b->bulk_id);
	else
		json_add_null(a, o, "id");
	json_add_cstr(a, o, "kind", bulk_kind_names[b->kind]);
	json_add_cstr(a, o, "action", bulk_action_names[b->action]);
	json_add_text(a, o, "actor", b->actor);
	json_add_i64(a, o, "done", b->done);
	json_add_i64(a, o, "refused", b->refused);
	json_add_time(a, o, "created_at", b->created_at_us);
	json_add_time(a, o, "undone_at", b->undone_at_us);
	json_add_i64(a, o, "undone", b->undone);
	json_add_i64(a, o, "kept", b->kept);
	for (size_t i = 0; i < b->n_faults; i++) {
		struct cJSON *f = json_object(a);
		json_add_text(a, f, "object", b->faults[i].object);
		json_add_text(a, f, "detail", b->faults[i].detail);
		json_push(faults, f);
	}
	json_add(a, o, "errors", faults);
	return o;
}

enum rc bulk_collect(struct ctx *ctx, int64_t *out_deleted)
{
	return db_exec(ctx, &SQL_BULK_COLLECT, NO_ARGS, out_deleted);
}
