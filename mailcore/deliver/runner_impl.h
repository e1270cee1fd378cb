/*
 * Shared by runner.c (threads, destinations), runner_feed.c (the feeder), runner_group.c (the way of
 * one group) and runner_settle.c (its rows).
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "mailcore/deliver/runner.h"
#include "mailcore/deliver/schedule.h"

/* Delivery threads wait for peers nearly all of their time: few connections are enough for all, and
 * a few backends of PostgreSQL are warm. */
#define RUNNER_DBS 4

struct runner {
	struct runner_options options;
	struct remote_env remote;
	char owner[200];
	_Atomic bool stopping;

	pthread_mutex_t lock; /* of all below; a leaf */
	pthread_cond_t work;  /* for delivery threads */
	pthread_cond_t feed;  /* for the feeder */
	struct schedule schedule;
	bool hungry; /* claim again */
	struct db *dbs[RUNNER_DBS];
	size_t n_dbs;           /* not lent */
	pthread_cond_t db_back; /* one of them has come back */
	struct list unsettled;  /* struct work */
	size_t n_unsettled;     /* with those that are being settled */
	pthread_cond_t settle, settled;
	bool delivered_all; /* no more will come */

	struct bell_watch *watch;
	pthread_t feeder, settler, *threads;
	size_t n_threads;
};

static inline struct span runner_owner(const struct runner *r)
{
	return span_of(r->owner);
}

/* A callback of the peers' waiting, too: arg is the runner. */
bool runner_is_stopping(void *arg);
/* A new step of a thread: its arena is empty again. */
struct ctx runner_step(struct arena *a, struct db *db);
/* Time has passed within it. */
void runner_renew(struct ctx *ctx);
/* One of the runner's connections for ctx, which has none; and back, if it has one. */
void runner_borrow_db(struct runner *r, struct ctx *ctx);
void runner_return_db(struct ctx *ctx, void *runner);

/* Works that the schedule has dropped; frees them. */
void runner_give_back(struct runner *r, struct ctx *ctx, struct list *works);

/* --- runner_feed.c ---------------------------------------------------------------------------- */

/* The thread that claims for all; arg is the runner. */
void *runner_feed(void *arg);
/* There is something to claim, or a new time to wait for. */
void runner_wake_feeder(struct runner *r);

/* --- runner_group.c --------------------------------------------------------------------------- */

/* One group from the attempt to its rows, or to w->outcomes, for the settler. *out_reply: the peer's
 * words, in the step's arena. */
enum feedback runner_run_group(
	struct runner *r, struct ctx *ctx, struct work *w, struct span *out_reply);
/* Unused: others may claim it. */
void runner_back_to_queue(struct runner *r, struct ctx *ctx, const struct job_group *group);

/* --- runner_settle.c -------------------------------------------------------------------------- */

/* The thread that writes outcomes down; arg is the runner. */
void *runner_settle(void *arg);
/* Verdicts without notices become w->outcomes. */
void runner_note_outcomes(struct work *w, const struct verdict *verdicts);
/* Takes w; waits when very many wait already. */
void runner_settle_later(struct runner *r, struct work *w);
