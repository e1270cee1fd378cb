/* Shared by the files of this folder. */
#pragma once

#include "mailcore/base/clock.h"
#include "mailcore/db/db.h"
#include "mailcore/queue/queue.h"

/* The first columns of every statement that brings jobs. */
#define JOB_COLUMNS 23
struct job job_read(struct arena *a, const struct rows *r, size_t row);
