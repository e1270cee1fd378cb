/*
 * What follows from an attempt: the job's end or its next time, its event, and what its sender is
 * told (RFC 3461 §4, 5.2; REQUIREMENTS 9 and 14). Pure.
 */
#pragma once

#include "mailcore/deliver/dsn.h"
#include "mailcore/deliver/remote.h"
#include "mailcore/queue/queue.h"

struct outcome_rules {
	struct backoff backoff;
	int64_t delay_notice_ms; /* the sender hears once of mail that waits longer; 0: never */
};

enum notice { NOTICE_NONE, NOTICE_FAILED, NOTICE_DELAYED, NOTICE_RELAYED, NOTICE_DELIVERED };
#define NOTICES 5

struct verdict {
	struct job_outcome outcome;
	enum notice notice;
	struct dsn_rcpt rcpt; /* for the notice */
};

/* old: it was not tried, `result` repeats what was known. Memory: ctx->arena, borrowed from job and
 * result. */
void outcome_decide(struct ctx *ctx, const struct outcome_rules *rules, const struct job *job,
	const struct remote_result *result, bool old, struct verdict *out);
