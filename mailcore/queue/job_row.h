/* Jobs from rows: for this folder, and for the list of the queue in backend/accounts. */
#pragma once

#include "mailcore/base/clock.h"
#include "mailcore/db/db.h"
#include "mailcore/queue/queue.h"

/* The first columns of every statement that brings jobs. */
#define JOB_COLUMNS 23
struct job job_read(struct arena *a, const struct rows *r, size_t row);
