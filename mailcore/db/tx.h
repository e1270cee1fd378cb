/*
 * Transactions: tx_run(ctx, fn, arg) runs fn inside BEGIN ... COMMIT.
 *
 * fn may run again after a serialization failure or deadlock (at most 8 times), so it touches only
 * the database and its own struct; files, replies and bells come after tx_run has returned RC_OK.
 * fn's own refusal (any rc but RC_OK) rolls back and is returned. READ COMMITTED; rows are locked
 * late and in ascending key order. BEGIN travels with the first statement.
 */
#pragma once

#include "mailcore/db/db.h"

typedef enum rc tx_fn(struct ctx *ctx, void *arg);

/* RC_TEMP after a lost connection: committed or not is unknown when the loss was during COMMIT. */
MUST_CHECK enum rc tx_run(struct ctx *ctx, tx_fn *fn, void *arg);

/* The same, but after an unknown COMMIT `is_there` is asked on a new connection: true -> RC_OK. */
MUST_CHECK enum rc tx_run_checked(struct ctx *ctx, tx_fn *fn,
	enum rc (*is_there)(struct ctx *ctx, void *arg, bool *out), void *arg);
