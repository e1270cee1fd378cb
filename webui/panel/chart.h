/*
 * Stacked bars as inline SVG: numbers in, template data out (partial/chart). The labels stand beside the
 * drawing as HTML, so that it may be stretched to any width; the same numbers stand in a table on the
 * page.
 */
#pragma once

#include "webui/view/val.h"

#define CHART_SERIES_MAX 3
#define CHART_WIDTH      720
#define CHART_HEIGHT     140

struct chart_series {
	struct span label;
	const char *look;      /* class of the bars: "a", "b", "c" */
	const int64_t *values; /* n of them, 0 or above */
};
struct chart {
	struct span title;
	struct chart_series series[CHART_SERIES_MAX];
	size_t n_series;
	size_t n;
	struct span first, last;  /* labels of the ends */
	const struct span *times; /* n of them: what a bar's tooltip begins with */
	struct span (*format)(struct arena *a, int64_t value); /* NULL: as a number */
};

/* Appends to a list. */
void chart_add(struct arena *a, struct val *list, const struct chart *c);
