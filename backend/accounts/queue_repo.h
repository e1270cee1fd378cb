/* Rows of job as tenants see and change them (sql/queries/queue.sql). */
#pragma once

#include "backend/accounts/queue_service.h"

struct queue_find {
	struct queue_ask ask;
	int64_t job_id; /* 0: all */
	int64_t after, limit;
};
MUST_CHECK enum rc queue_find_jobs(
	struct ctx *ctx, const struct queue_find *find, struct queue_items *out);
MUST_CHECK enum rc queue_find_groups(struct ctx *ctx, struct span domain, struct queue_groups *out);
MUST_CHECK enum rc queue_find_senders(struct ctx *ctx, struct queue_senders *out);
MUST_CHECK enum rc queue_find_holds(struct ctx *ctx, struct queue_holds *out);
/* done: those of `on` that could be changed. */
MUST_CHECK enum rc queue_change(struct ctx *ctx, enum queue_action action,
	const struct queue_items *on, struct queue_items *done);
MUST_CHECK enum rc queue_add_events(
	struct ctx *ctx, const struct queue_items *items, struct span name, struct span text);
