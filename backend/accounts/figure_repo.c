/* Rows of figure and figure_storage. */
#include "backend/accounts/figure_repo.h"

#include "backend/accounts/service.h"
#include "sql/figure.h"

#define TOP 10

enum rc figure_store(struct ctx *ctx, const struct figures_row *rows, size_t n)
{
	int64_t *domains = arena_array(ctx->arena, n, sizeof *domains);
	int64_t *counts = arena_array(ctx->arena, n * FIGURES, sizeof *counts);

	for (size_t i = 0; i < n; i++) {
		domains[i] = rows[i].domain_id;
		for (size_t f = 0; f < FIGURES; f++)
			counts[i * FIGURES + f] = rows[i].n[f];
	}
	return db_query(ctx, &SQL_FIGURE_ADD,
		ARGS(A_ARRAY(ARG_I64S, domains, n), A_ARRAY(ARG_I64S, counts, n * FIGURES)), NULL);
}

enum rc figure_find_series(
	struct ctx *ctx, int64_t domain_id, const struct figure_ask *ask, struct figure_series *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_FIGURE_SERIES,
		ARGS(A_I64(ctx->actor->account_id), A_I64(domain_id), A_TIME(ask->since_us),
			A_TIME(ask->until_us), A_I64(ask->step_hours)),
		&rows);

	if (rc != RC_OK)
		return rc;
	out->n_points = rows_len(rows);
	out->points = arena_array(ctx->arena, out->n_points, sizeof *out->points);
	for (size_t i = 0; i < out->n_points; i++) {
		out->points[i].at_us = row_time_us(rows, i, 0);
		for (unsigned f = 0; f < FIGURES; f++) {
			out->points[i].n[f] = row_i64(rows, i, 1 + f);
			out->sums[f] += out->points[i].n[f];
		}
	}
	return RC_OK;
}

enum rc figure_find_storage(
	struct ctx *ctx, int64_t domain_id, const struct figure_ask *ask, struct figure_series *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_FIGURE_STORAGE_SERIES,
		ARGS(A_I64(ctx->actor->account_id), A_I64(domain_id), A_TIME(ask->since_us),
			A_TIME(ask->until_us)),
		&rows);

	if (rc != RC_OK)
		return rc;
	out->n_days = rows_len(rows);
	out->days = arena_array(ctx->arena, out->n_days, sizeof *out->days);
	for (size_t i = 0; i < out->n_days; i++)
		out->days[i] = (struct figure_day){ row_time_us(rows, i, 0), row_i64(rows, i, 1),
			row_i64(rows, i, 2), row_i64(rows, i, 3) };
	return RC_OK;
}

enum rc figure_find_top(struct ctx *ctx, const struct figure_ask *ask, struct figure_series *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_FIGURE_TOP,
		ARGS(A_I64(ctx->actor->account_id), A_TIME(ask->since_us), A_TIME(ask->until_us),
			A_I64(TOP)),
		&rows);

	if (rc != RC_OK)
		return rc;
	out->n_top = rows_len(rows);
	out->top = arena_array(ctx->arena, out->n_top, sizeof *out->top);
	for (size_t i = 0; i < out->n_top; i++)
		out->top[i] = (struct figure_top){ row_copy(ctx, rows, i, 0), row_i64(rows, i, 1),
			row_i64(rows, i, 2), row_i64(rows, i, 3) };
	return RC_OK;
}
