/*
 * Pauses of the queue: a destination that nothing is delivered to, a sender whose mail is held, until
 * somebody resumes it. What the runner has in hand at that moment is finished.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

#define QUEUE_PAUSE_REASON_MAX 500

enum pause_kind { PAUSE_DESTINATION, PAUSE_SENDER };
bool pause_kind_parse(struct span text, enum pause_kind *out); /* "destination", "sender" */

struct queue_pause {
	enum pause_kind kind;
	struct span value; /* lower case */
	struct span reason, paused_by;
	int64_t paused_at_us;
};
struct queue_pauses {
	struct queue_pause *items;
	size_t len;
};
/* One's own senders, and all destinations. */
MUST_CHECK enum rc queue_pause_list(
	const struct services *s, struct ctx *ctx, struct queue_pauses *out, struct err *err);
/* Pausing again changes the reason. RC_DENIED: a destination, and not an admin; RC_NOT_FOUND: not an
 * address of one of one's domains; RC_INVALID (field "value" or "reason"). */
MUST_CHECK enum rc queue_pause_set(const struct services *s, struct ctx *ctx,
	const struct queue_pause *in, struct queue_pause *out, struct err *err);
/* RC_NOT_FOUND: it is not paused. */
MUST_CHECK enum rc queue_pause_end(const struct services *s, struct ctx *ctx, enum pause_kind kind,
	struct span value, struct err *err);

struct cJSON *queue_pause_json(struct arena *a, const struct queue_pause *p);
