/*
 * The runner of the send role: takes jobs out of the queue and sees them through.
 *
 * One thread, the feeder, claims for all (schedule.h) and is woken by the bell of the queue, by the
 * database's clock, or by a delivery thread that has room. Delivery threads run straight-line:
 *
 *   take a group -> remote_deliver -> outcome_decide -> settle, with the notice in the same tx
 *
 * They are the only ones in the program that wait for a peer. Nothing of the database is held while
 * they do. What a stopped process has not finished goes back into the queue; what a killed one held
 * is taken back when the role starts again, or after QUEUE_LEASE_S by anybody.
 */
#pragma once

#include "mailcore/db/bell.h"
#include "mailcore/deliver/bounce.h"
#include "mailcore/deliver/outcome.h"
#include "mailcore/deliver/remote.h"

#define RUNNER_POLL_MS 15000 /* the net below bells and clock */

struct runner;

struct runner_options {
	const char *conninfo;
	const char *node; /* name of this machine and data directory: leases begin with it */
	struct remote_env remote;        /* without `cancelled` */
	const struct intake_env *intake; /* for notices */
	struct bells *bells;             /* NULL: only the clock */
	struct outcome_rules rules;
	size_t threads;
};

/* Starts the threads; the database need not be there yet. */
struct runner *runner_start(const struct runner_options *options);
/* Ends them as soon as peers allow (their time-outs are cut), gives leases back. NULL is fine. */
void runner_stop(struct runner *r);
