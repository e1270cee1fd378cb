/* Statistics: what happened, as charts with the table under them, or as CSV. */
#include "backend/accounts/figure_service.h"
#include "mailcore/base/clock.h"
#include "webui/panel/chart.h"
#include "webui/panel/panel.h"
#include "webui/view/format.h"
#include "webui/view/html.h"

static const struct period {
	const char *name;
	enum words_id label;
	int64_t n, step_hours;
} periods[] = {
	{ "24h", W_PERIOD_24H, 24, 1 },
	{ "7d", W_PERIOD_7D, 168, 1 },
	{ "30d", W_PERIOD_30D, 30, 24 },
	{ "90d", W_PERIOD_90D, 90, 24 },
};

static const struct period *period_of(const struct req *r)
{
	for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
		if (span_eq(req_query(r, "period"), span_of(periods[i].name)))
			return &periods[i];
	}
	return &periods[0];
}

/* "22 Nov 2026, 14:00", of days only "22 Nov 2026" */
static struct span time_words(struct arena *a, int64_t at_us, int64_t step_hours)
{
	struct span text = format_time(a, at_us / USEC_PER_SEC);
	return step_hours == 1 ? text : span_sub(text, 0, span_find(text, ','));
}

static int64_t refused(const int64_t n[FIGURES])
{
	return n[FIGURE_REFUSED_UNKNOWN] + n[FIGURE_REFUSED_FULL] + n[FIGURE_REFUSED_POLICY];
}

/* ------------------------------------------------------------------ charts */

struct drawing {
	struct arena *a;
	struct val *list;
	const struct figure_series *series;
	const struct period *period;
	struct span *times;
};

static const int64_t *column(const struct drawing *d, int figure)
{
	int64_t *out = arena_array(d->a, d->series->n_points, sizeof *out);

	for (size_t i = 0; i < d->series->n_points; i++)
		out[i] = figure < 0 ? refused(d->series->points[i].n)
				    : d->series->points[i].n[figure];
	return out;
}

static struct chart chart_of(const struct drawing *d, enum words_id title)
{
	size_t n = d->series->n_points;

	return (struct chart){ .title = words(title),
		.n = n,
		.times = d->times,
		.first = n > 0 ? d->times[0] : SPAN(""),
		.last = n > 0 ? d->times[n - 1] : SPAN("") };
}

static void draw_traffic(const struct drawing *d)
{
	struct chart in = chart_of(d, W_CHART_IN), out = chart_of(d, W_CHART_OUT);
	struct chart logins = chart_of(d, W_CHART_LOGINS);

	in.n_series = out.n_series = 3;
	logins.n_series = 2;
	in.series[0] =
		(struct chart_series){ words(W_FIGURE_RECEIVED), "a", column(d, FIGURE_RECEIVED) };
	in.series[1] = (struct chart_series){ words(W_FIGURE_JUNK), "b", column(d, FIGURE_JUNK) };
	in.series[2] = (struct chart_series){ words(W_FIGURE_REFUSED), "c", column(d, -1) };
	out.series[0] = (struct chart_series){ words(W_FIGURE_SENT), "a", column(d, FIGURE_SENT) };
	out.series[1] =
		(struct chart_series){ words(W_FIGURE_DEFERRED), "b", column(d, FIGURE_DEFERRED) };
	out.series[2] =
		(struct chart_series){ words(W_FIGURE_BOUNCED), "c", column(d, FIGURE_BOUNCED) };
	logins.series[0] =
		(struct chart_series){ words(W_FIGURE_LOGINS), "a", column(d, FIGURE_LOGIN) };
	logins.series[1] = (struct chart_series){ words(W_FIGURE_LOGINS_FAILED), "c",
		column(d, FIGURE_LOGIN_FAILED) };
	chart_add(d->a, d->list, &in);
	chart_add(d->a, d->list, &out);
	chart_add(d->a, d->list, &logins);
}

static void draw_storage(const struct drawing *d)
{
	const struct figure_series *s = d->series;
	int64_t *sizes = arena_array(d->a, s->n_days, sizeof *sizes);
	struct span *times = arena_array(d->a, s->n_days, sizeof *times);

	for (size_t i = 0; i < s->n_days; i++) {
		sizes[i] = s->days[i].size_bytes;
		times[i] = time_words(d->a, s->days[i].at_us, 24);
	}
	struct chart c = { .title = words(W_CHART_STORAGE),
		.n = s->n_days,
		.times = times,
		.first = s->n_days > 0 ? times[0] : SPAN(""),
		.last = s->n_days > 0 ? times[s->n_days - 1] : SPAN(""),
		.n_series = 1,
		.series[0] = { words(W_STORAGE), "a", sizes },
		.format = format_size };
	chart_add(d->a, d->list, &c);
}

static void charts_add(
	struct page *p, const struct figure_series *series, const struct period *period)
{
	struct arena *a = p->req->ctx->arena;
	struct drawing d = { a, val_set_list(p->data, "charts"), series, period,
		arena_array(a, series->n_points, sizeof(struct span)) };

	for (size_t i = 0; i < series->n_points; i++)
		d.times[i] = time_words(a, series->points[i].at_us, period->step_hours);
	draw_traffic(&d);
	draw_storage(&d);
}

/* ------------------------------------------------------------------ numbers */

void panel_figures(struct val *v, const int64_t *n)
{
	val_set_i64(v, "refused", refused(n));
	for (int f = 0; f < FIGURES; f++)
		val_set_i64(v, figure_name((enum figure)f), n[f]);
}

/* Newest first; hours and days without anything are left out. */
static void rows_add(
	struct page *p, const struct figure_series *series, const struct period *period)
{
	struct arena *a = p->req->ctx->arena;
	struct val *rows = val_set_list(p->data, "rows");
	static const int64_t nothing[FIGURES];
	size_t n = 0;

	for (size_t i = series->n_points; i-- > 0;) {
		const struct figure_point *point = &series->points[i];
		if (memcmp(point->n, nothing, sizeof nothing) == 0)
			continue;
		struct val *row = val_push(rows);
		val_set(row, "time", time_words(a, point->at_us, period->step_hours));
		panel_figures(row, point->n);
		n++;
	}
	val_set_bool(p->data, "has_rows", n > 0);
	panel_figures(val_set_map(p->data, "sums"), series->sums);
}

static void top_add(struct page *p, const struct figure_series *series)
{
	struct val *list = val_set_list(p->data, "top");

	for (size_t i = 0; i < series->n_top; i++) {
		struct val *item = val_push(list);
		val_set(item, "name", series->top[i].domain);
		val_set_i64(item, "received", series->top[i].received);
		val_set_i64(item, "submitted", series->top[i].submitted);
		val_set_i64(item, "bounced", series->top[i].bounced);
	}
	val_set_bool(p->data, "has_top", series->n_top > 0);
}

static struct span url_of(struct arena *a, const char *period, struct span domain, bool csv)
{
	struct str url = str_in(a, 2048);

	str_addf(&url, "/statistics%s?period=%s", csv ? ".csv" : "", period);
	if (domain.len > 0) {
		str_add_cstr(&url, "&domain=");
		url_add_component(&url, domain);
	}
	return str_span(&url);
}

static void choices_add(struct page *p, const struct period *period, struct span domain)
{
	struct arena *a = p->req->ctx->arena;
	struct val *list = val_set_list(p->data, "periods");

	for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
		struct val *item = val_push(list);
		val_set(item, "label", words(periods[i].label));
		val_set_bool(item, "current", &periods[i] == period);
		val_set(item, "url", url_of(a, periods[i].name, domain, false));
	}
	val_set_cstr(p->data, "period", period->name);
	val_set(p->data, "only_domain", domain);
	val_set(p->data, "csv_url", url_of(a, period->name, domain, true));
}

/* ------------------------------------------------------------------ page */

static enum rc find(
	struct req *r, const struct period *period, struct figure_series *out, struct err *err)
{
	struct figure_ask ask = { .domain = span_trim(req_query(r, "domain")), .want_top = true };

	figure_ask_last(r->ctx, period->n, period->step_hours, &ask);
	return figure_get(r->services, r->ctx, &ask, out, err);
}

enum rc page_statistics(struct req *r, struct reply *out, struct err *err)
{
	const struct period *period = period_of(r);
	struct figure_series series;
	struct page p = panel_begin(r, "panel/statistics", "statistics", words(W_STATISTICS));
	enum rc rc = find(r, period, &series, err);

	if (rc != RC_OK && rc != RC_NOT_FOUND && rc != RC_INVALID)
		return rc;
	val_set_bool(p.data, "is_unknown", rc != RC_OK);
	choices_add(&p, period, span_trim(req_query(r, "domain")));
	charts_add(&p, &series, period);
	rows_add(&p, &series, period);
	top_add(&p, &series);
	panel_api_call(&p, "GET", "/api/v1/statistics?step=day", NULL);
	return page_send(&p, out, rc == RC_OK ? 200 : 404);
}

enum rc page_statistics_csv(struct req *r, struct reply *out, struct err *err)
{
	struct figure_series series;
	enum rc rc = find(r, period_of(r), &series, err);

	if (rc != RC_OK)
		return rc;
	struct str *body = reply_begin(r, out, 200, "text/csv; charset=utf-8");
	reply_header(
		r, out, "Content-Disposition", SPAN("attachment; filename=\"statistics.csv\""));
	str_add_cstr(body, "at");
	for (int f = 0; f < FIGURES; f++)
		str_addf(body, ",%s", figure_name((enum figure)f));
	str_add_cstr(body, "\r\n");
	for (size_t i = 0; i < series.n_points; i++) {
		clock_add_rfc3339(body, series.points[i].at_us);
		for (int f = 0; f < FIGURES; f++)
			str_addf(body, ",%lld", (long long)series.points[i].n[f]);
		str_add_cstr(body, "\r\n");
	}
	return RC_OK;
}
