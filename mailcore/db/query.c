/* Statements and batches: what the repos call. */
#include "mailcore/db/db.h"

#include "mailcore/db/db_impl.h"

static enum rc run_one(struct ctx *ctx, const struct stmt *stmt, const struct arg *args,
	size_t n_args, PGresult **out)
{
	enum rc rc = conn_need(ctx);
	if (rc != RC_OK)
		return rc;
	struct trip t = { 0 };
	trip_begin(ctx, &t);
	trip_add(&t, stmt, params_encode(ctx->arena, args, n_args, false));
	rc = trip_run(ctx, &t);
	if (rc != RC_OK)
		return rc;
	*out = t.items[t.first].result;
	t.items[t.first].result = NULL;
	trip_done(&t);
	return RC_OK;
}

enum rc db_query(struct ctx *ctx, const struct stmt *stmt, const struct arg *args, size_t n_args,
	struct rows **out)
{
	PGresult *result = NULL;
	enum rc rc = run_one(ctx, stmt, args, n_args, &result);
	if (rc != RC_OK)
		return rc;
	if (out)
		*out = rows_new(result);
	else
		PQclear(result);
	return RC_OK;
}

enum rc db_exec(struct ctx *ctx, const struct stmt *stmt, const struct arg *args, size_t n_args,
	int64_t *out_changed)
{
	PGresult *result = NULL;
	enum rc rc = run_one(ctx, stmt, args, n_args, &result);
	if (rc != RC_OK)
		return rc;
	uint64_t changed = 0;
	(void)span_u64(span_of(PQcmdTuples(result)), INT64_MAX, &changed); /* "" for no count: 0 */
	PQclear(result);
	if (out_changed)
		*out_changed = (int64_t)changed;
	return RC_OK;
}

/* ------------------------------------------------------------------------ batch */

#define BATCH_MAX 16

struct batch {
	struct ctx *ctx;
	size_t n;
	const struct stmt *stmts[BATCH_MAX];
	struct params params[BATCH_MAX];
};

struct batch *db_batch_new(struct ctx *ctx)
{
	struct batch *b = arena_zalloc(ctx->arena, sizeof *b);
	b->ctx = ctx;
	return b;
}

void db_batch_add(struct batch *b, const struct stmt *stmt, const struct arg *args, size_t n_args)
{
	ASSERT(b->n < BATCH_MAX);
	b->stmts[b->n] = stmt;
	b->params[b->n++] = params_encode(b->ctx->arena, args, n_args, true);
}

static void take_rows(struct trip *t, struct rows **out_rows)
{
	for (size_t i = t->first; i < t->n; i++) {
		out_rows[i - t->first] = rows_new(t->items[i].result);
		t->items[i].result = NULL;
	}
}

enum rc db_batch_run(struct batch *b, struct rows **out_rows, bool *out_unknown)
{
	if (out_unknown)
		*out_unknown = false;
	enum rc rc = conn_need(b->ctx);
	if (rc != RC_OK)
		return rc;
	struct trip t = { 0 };
	trip_begin(b->ctx, &t);
	for (size_t i = 0; i < b->n; i++)
		trip_add(&t, b->stmts[i], b->params[i]);
	rc = trip_run(b->ctx, &t);
	if (out_unknown)
		*out_unknown = t.unknown && b->ctx->db->tx == TX_NONE;
	if (rc != RC_OK)
		return rc;
	if (out_rows)
		take_rows(&t, out_rows);
	trip_done(&t);
	return RC_OK;
}
