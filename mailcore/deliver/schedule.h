/*
 * Which of the claimed groups is delivered next: destinations take turns, a person's mail goes
 * before bulk, and each destination has as many deliveries at a time as it stands.
 *
 * Feedback as Postfix does it: a destination begins with SCHEDULE_START at a time, grows by one for
 * each round of successes up to SCHEDULE_MAX, is halved when it says that it is busy, and shrinks by
 * one for each failure to reach it; at none it is down. What is known to have been down is tried by one.
 *
 * In memory, not thread-safe: the runner's lock is held around every call. Bulk has three quarters of
 * the threads at most.
 */
#pragma once

#include "mailcore/base/list.h"
#include "mailcore/base/map.h"
#include "mailcore/queue/queue.h"

#define SCHEDULE_START 5
#define SCHEDULE_MAX   20
#define SCHEDULE_FULL  120 /* groups of one destination and priority that wait here: claim no more */
#define SCHEDULE_LOW   60  /* fewer: claim again */
#define SCHEDULE_TOTAL 2000 /* groups that wait here */
#define SCHEDULE_KNOWN 4096 /* destinations that are remembered when nothing waits for them */

struct destination;

/* A claimed group on its way. Heap; work_free. */
struct work {
	struct list node;
	struct arena arena; /* holds the group */
	struct job_group group;
	struct destination *destination;
	int priority;
	bool old;                     /* not to be tried: only its sender wants a word */
	struct job_outcome *outcomes; /* one a job, when they are known and not written down */
};
struct work *work_new(const struct job_group *group, bool old); /* copies */
void work_free(struct work *w);

struct schedule {
	struct map destinations;
	struct list turns[2]; /* destinations with something to do, by priority */
	size_t waiting, bulk_waiting, running, bulk_running, threads;
	bool was_full; /* SCHEDULE_TOTAL */
};

enum feedback { FEEDBACK_NONE, FEEDBACK_GOOD, FEEDBACK_BUSY, FEEDBACK_UNREACHABLE };

void schedule_init(struct schedule *s, size_t threads);
void schedule_done(struct schedule *s); /* frees what waits */
/* Takes w. */
void schedule_add(struct schedule *s, struct work *w);
/* For more of this priority. However much bulk waits here, there is room for a person's mail. */
bool schedule_has_room(const struct schedule *s, int priority);
/* NULL: nothing may run now. It runs until schedule_end, which the caller frees it after. */
struct work *schedule_take(struct schedule *s);

struct schedule_change {
	bool down;   /* the destination has just gone down for the `failures`th time in a row */
	bool up;     /* it was down before and is not */
	bool hungry; /* there is room again for what was left in the database */
	int failures;
};
struct schedule_change schedule_end(
	struct schedule *s, const struct work *w, enum feedback feedback);
/* All that waits for a destination is moved to `out`. */
void schedule_drop(struct schedule *s, struct span destination, struct list *out);
/* Known from before: it was down so many times in a row. */
void schedule_set_failures(struct schedule *s, struct span destination, int failures);
/* Destinations of which there is enough of this priority here. Names are borrowed. */
size_t schedule_full(const struct schedule *s, int priority, struct arena *a, struct span **out);
