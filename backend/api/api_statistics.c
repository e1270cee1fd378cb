/* /statistics: figures by hour or day. */
#include "backend/accounts/figure_service.h"
#include "backend/api/api.h"
#include "mailcore/base/clock.h"

#define HOURS_DEFAULT 24
#define DAYS_DEFAULT  30

enum rc api_statistics(struct req *r, struct reply *out, struct err *err)
{
	struct form *q = &r->query_form;
	struct arena *a = r->ctx->arena;
	bool by_day = span_eq(form_text(q, "step"), SPAN("day"));
	int64_t step = by_day ? 24 : 1, step_us = step * 3600 * USEC_PER_SEC;
	struct figure_ask ask = { .domain = form_text(q, "domain") };
	struct figure_series series;

	figure_ask_last(r->ctx, by_day ? DAYS_DEFAULT : HOURS_DEFAULT, step, &ask);
	if (form_given(q, "until"))
		ask.until_us = (form_i64(q, "until", 0) + step_us - 1) / step_us * step_us;
	if (form_given(q, "since"))
		ask.since_us = form_i64(q, "since", 0) / step_us * step_us;
	enum rc rc = figure_get(r->services, r->ctx, &ask, &series, err);
	if (rc != RC_OK)
		return rc;
	struct cJSON *items = json_array(a);
	for (size_t i = 0; i < series.n_points; i++)
		json_push(items, figure_point_json(a, &series.points[i]));
	api_reply_list(r, out, items, SPAN(""));
	return RC_OK;
}
