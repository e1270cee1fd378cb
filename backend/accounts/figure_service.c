/* Figures: what happened, by hour or day and domain. */
#include "backend/accounts/figure_repo.h"

#include "backend/accounts/domain_service.h"
#include "backend/accounts/service.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "sql/figure.h"

#define HOUR_US (3600 * USEC_PER_SEC)

void figure_ask_last(const struct ctx *ctx, int64_t n, int64_t step_hours, struct figure_ask *out)
{
	int64_t step_us = step_hours * HOUR_US;

	out->step_hours = step_hours;
	out->until_us = (ctx->now_us / step_us + 1) * step_us;
	out->since_us = out->until_us - n * step_us;
}

static enum rc check(const struct figure_ask *ask, struct err *err)
{
	ASSERT(ask->step_hours > 0);
	if (ask->until_us <= ask->since_us)
		return err_set(err, RC_INVALID, "until", "The end lies before the beginning.");
	if ((ask->until_us - ask->since_us) / (ask->step_hours * HOUR_US) > FIGURE_POINTS_MAX)
		return err_set(err, RC_INVALID, "since",
			"At most %d steps at a time: ask for days, or for less.",
			FIGURE_POINTS_MAX);
	return RC_OK;
}

static enum rc find_all(
	struct ctx *ctx, int64_t domain_id, const struct figure_ask *ask, struct figure_series *out)
{
	enum rc rc = figure_find_series(ctx, domain_id, ask, out);

	if (rc == RC_OK)
		rc = figure_find_storage(ctx, domain_id, ask, out);
	if (rc == RC_OK && ask->want_top && domain_id == 0)
		rc = figure_find_top(ctx, ask, out);
	return rc;
}

enum rc figure_get(const struct services *s, struct ctx *ctx, const struct figure_ask *ask,
	struct figure_series *out, struct err *err)
{
	struct domain domain = { 0 };
	enum rc rc = need_account(ctx);

	*out = (struct figure_series){ 0 };
	if (rc == RC_OK)
		rc = check(ask, err);
	if (rc == RC_OK && ask->domain.len == 0 && ctx->actor->n_domains > 0)
		return err_set(err, RC_INVALID, "domain",
			"This token is bound to some domains. Name one of them.");
	if (rc == RC_OK && ask->domain.len > 0)
		rc = domain_get(s, ctx, ask->domain, &domain, err);
	if (rc != RC_OK)
		return rc;
	return with_reason(err, find_all(ctx, domain.domain_id, ask, out));
}

struct cJSON *figure_point_json(struct arena *a, const struct figure_point *p)
{
	struct cJSON *o = json_object(a);

	json_add_time(a, o, "at", p->at_us);
	for (int f = 0; f < FIGURES; f++)
		json_add_i64(a, o, figure_name((enum figure)f), p->n[f]);
	return o;
}

enum rc figure_queue_get(struct ctx *ctx, struct figure_queue **out, size_t *out_len)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_FIGURE_QUEUE, NO_ARGS, &rows);

	if (rc != RC_OK)
		return rc;
	*out_len = rows_len(rows);
	*out = arena_array(ctx->arena, *out_len, sizeof **out);
	for (size_t i = 0; i < *out_len; i++)
		(*out)[i] = (struct figure_queue){ row_copy(ctx, rows, i, 0), row_i64(rows, i, 1) };
	return RC_OK;
}

enum rc figure_measure(struct ctx *ctx)
{
	return db_query(ctx, &SQL_FIGURE_MEASURE, NO_ARGS, NULL);
}

enum rc figure_collect(struct ctx *ctx, int64_t *out_deleted)
{
	return db_exec(ctx, &SQL_FIGURE_COLLECT, NO_ARGS, out_deleted);
}
