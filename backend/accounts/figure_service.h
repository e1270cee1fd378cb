/*
 * Figures: what happened, by hour or day and domain, for statistics, monitoring and billing.
 *
 * Roles count in memory (base/figures.h) and add to the database every FIGURES_EVERY_MS; hours are kept
 * for 400 days. What is stored is measured every hour and kept once a day. Hours and days are UTC.
 */
#pragma once

#include "backend/accounts/services.h"
#include "mailcore/base/figures.h"

#define FIGURES_EVERY_MS  15000
#define FIGURE_POINTS_MAX 800

struct figure_ask {
	struct span domain;         /* empty: all at and below the actor */
	int64_t since_us, until_us; /* whole hours */
	int64_t step_hours;         /* 1 or 24 */
	bool want_top;              /* the domains with most traffic */
};
struct figure_point {
	int64_t at_us;
	int64_t n[FIGURES];
};
struct figure_day {
	int64_t at_us, mailboxes, messages, size_bytes;
};
struct figure_top {
	struct span domain;
	int64_t received, submitted, bounced;
};
struct figure_series {
	struct figure_point *points; /* every step, also those where nothing happened */
	size_t n_points;
	int64_t sums[FIGURES];
	struct figure_day *days; /* days that were measured */
	size_t n_days;
	struct figure_top *top;
	size_t n_top;
};

/* The last n hours or days until now, in steps that end with the running one. */
void figure_ask_last(const struct ctx *ctx, int64_t n, int64_t step_hours, struct figure_ask *out);
/* RC_NOT_FOUND: no such domain. RC_INVALID: "since", "until": no period, or above FIGURE_POINTS_MAX
 * steps. */
MUST_CHECK enum rc figure_get(const struct services *s, struct ctx *ctx,
	const struct figure_ask *ask, struct figure_series *out, struct err *err);
struct cJSON *figure_point_json(struct arena *a, const struct figure_point *p);

struct figure_queue {
	struct span state; /* "ready", "waiting" ... */
	int64_t jobs;
};
/* For monitoring: the whole server's. */
MUST_CHECK enum rc figure_queue_get(struct ctx *ctx, struct figure_queue **out, size_t *out_len);

/* Housekeeping of the send role. */
MUST_CHECK enum rc figure_measure(struct ctx *ctx);
MUST_CHECK enum rc figure_collect(struct ctx *ctx, int64_t *out_deleted);
