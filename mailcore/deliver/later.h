/* A submitted message that waits for its time: all of it is jobs (queue/outbox.h, local.h). */
#pragma once

#include "mailcore/deliver/intake.h"

/* What submission, made with not_before_us, has for jobs besides those that go outside: one for each
 * target, and the last for the sender's copy. out: n + 1. */
void later_jobs(const struct intake_source *source, const struct delivery_target *targets, size_t n,
	struct delivery_job *out);
