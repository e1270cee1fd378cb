/* Rows of figure and figure_storage. */
#pragma once

#include "backend/accounts/figure_service.h"

/* Adds to the running hour. */
MUST_CHECK enum rc figure_store(struct ctx *ctx, const struct figures_row *rows, size_t n);
/* domain_id 0: all at and below the actor. Fills hours of *out as figure_ask says. */
MUST_CHECK enum rc figure_find_series(struct ctx *ctx, int64_t domain_id,
	const struct figure_ask *ask, struct figure_series *out);
MUST_CHECK enum rc figure_find_storage(struct ctx *ctx, int64_t domain_id,
	const struct figure_ask *ask, struct figure_series *out);
MUST_CHECK enum rc figure_find_top(
	struct ctx *ctx, const struct figure_ask *ask, struct figure_series *out);
