/*
 * Idempotency-Key: the first request with a key runs, its answer is kept for a day, repetitions
 * get that answer. A request that never came back frees its key after a minute.
 */
#pragma once

#include "backend/accounts/services.h"

#define IDEMPOTENCY_KEY_MAX  200
#define IDEMPOTENCY_BODY_MAX (64 * 1024)

struct idempotent {
	bool is_repeat; /* what follows is the first request's answer */
	int status;
	struct span location, body;
};

/* request: what makes requests the same (method, path, body). RC_CONFLICT: the first is still
 * running. RC_EXISTS: the key was used for another request. RC_TEMP. */
MUST_CHECK enum rc idempotency_begin(struct ctx *ctx, struct span key, struct span method,
	struct span path, struct span body, struct idempotent *out, struct err *err);
/* Keeps the answer. */
MUST_CHECK enum rc idempotency_end(
	struct ctx *ctx, struct span key, int status, struct span location, struct span body);
/* The request failed on our side: it may be tried again with the same key. */
MUST_CHECK enum rc idempotency_drop(struct ctx *ctx, struct span key);
/* Housekeeping of the send role: deletes what is older than a day. */
MUST_CHECK enum rc idempotency_collect(struct ctx *ctx, int64_t *out_deleted);
