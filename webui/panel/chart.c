/* Stacked bars as inline SVG. */
#include "webui/panel/chart.h"

static struct span plain(struct arena *a, int64_t value)
{
	return arena_printf(a, "%lld", (long long)value);
}

static int64_t total_at(const struct chart *c, size_t i)
{
	int64_t sum = 0;

	for (size_t k = 0; k < c->n_series; k++)
		sum += c->series[k].values[i];
	return sum;
}

static int64_t highest(const struct chart *c)
{
	int64_t max = 0;

	for (size_t i = 0; i < c->n; i++) {
		int64_t sum = total_at(c, i);
		max = sum > max ? sum : max;
	}
	return max;
}

/* 1, 2 or 5 times a power of ten, not below: the scale's end. */
static int64_t round_up(int64_t value)
{
	static const int64_t steps[] = { 1, 2, 5 };

	for (int64_t power = 1; power <= INT64_MAX / 100; power *= 10) {
		for (size_t i = 0; i < 3; i++) {
			if (steps[i] * power >= value)
				return steps[i] * power;
		}
	}
	return value;
}

static void add_bar(
	struct arena *a, struct val *bars, const struct chart *c, size_t i, int64_t scale)
{
	double step = (double)CHART_WIDTH / (double)c->n, y = CHART_HEIGHT;
	double gap = step > 4 ? step * 0.2 : 0.5;

	for (size_t k = 0; k < c->n_series; k++) {
		int64_t value = c->series[k].values[i];
		double height = (double)value / (double)scale * CHART_HEIGHT;
		if (value == 0)
			continue;
		y -= height;
		struct val *bar = val_push(bars);
		val_set(bar, "x", arena_printf(a, "%.2f", (double)i * step + gap / 2));
		val_set(bar, "y", arena_printf(a, "%.2f", y));
		val_set(bar, "width", arena_printf(a, "%.2f", step - gap));
		val_set(bar, "height", arena_printf(a, "%.2f", height));
		val_set_cstr(bar, "look", c->series[k].look);
		val_set(bar, "tip",
			arena_printf(a, SPAN_FMT ": " SPAN_FMT " " SPAN_FMT, SPAN_ARG(c->times[i]),
				SPAN_ARG(c->format ? c->format(a, value) : plain(a, value)),
				SPAN_ARG(c->series[k].label)));
	}
}

static void add_legend(struct val *v, const struct chart *c)
{
	struct val *legend = val_set_list(v, "legend");

	for (size_t k = 0; k < c->n_series; k++) {
		struct val *item = val_push(legend);
		val_set(item, "label", c->series[k].label);
		val_set_cstr(item, "look", c->series[k].look);
	}
	val_set_bool(v, "has_legend", c->n_series > 1);
}

void chart_add(struct arena *a, struct val *list, const struct chart *c)
{
	struct val *v = val_push(list), *bars = val_set_list(v, "bars");
	int64_t max = highest(c), scale = round_up(max);

	val_set(v, "title", c->title);
	val_set(v, "first", c->first);
	val_set(v, "last", c->last);
	val_set(v, "max", c->format ? c->format(a, scale) : plain(a, scale));
	val_set_bool(v, "has_bars", max > 0);
	add_legend(v, c);
	for (size_t i = 0; max > 0 && i < c->n; i++)
		add_bar(a, bars, c, i, scale);
}
