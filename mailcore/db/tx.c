/* Transactions; see tx.h. */
#include "mailcore/db/tx.h"

#include <poll.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/db/db_impl.h"
#include "sql/db.h"

#define TX_TRIES      8
#define TX_BACKOFF_MS 5 /* times the number of the try, random */
#define LOOKUP_TRIES  6

static void pause_ms(int64_t ms)
{
	(void)poll(NULL, 0, (int)ms);
}

static enum rc tx_end(struct ctx *ctx, const struct stmt *stmt, bool *out_unknown)
{
	struct trip t = { 0 };
	trip_add(&t, stmt, (struct params){ 0 });
	enum rc rc = trip_run(ctx, &t);
	if (out_unknown)
		*out_unknown = rc != RC_OK && t.unknown;
	trip_done(&t);
	ctx->db->tx = TX_NONE;
	return rc;
}

static void tx_rollback(struct ctx *ctx)
{
	struct db *db = ctx->db;
	bool began = db->tx == TX_OPEN || db->tx == TX_FAILED;
	db->tx = TX_NONE;
	db->timeout_ms = -1;
	if (!began || !db->conn)
		return;
	if (tx_end(ctx, &SQL_TX_ROLLBACK, NULL) != RC_OK)
		conn_drop(db); /* the server rolls back what it has */
}

/* One attempt. *out_unknown: lost while committing. */
static enum rc tx_once(struct ctx *ctx, tx_fn *fn, void *arg, bool *out_unknown)
{
	struct db *db = ctx->db;
	*out_unknown = false;
	db->tx = TX_WANTED;
	enum rc rc = fn(ctx, arg);
	bool failed = db->tx == TX_FAILED;
	if (rc == RC_OK && !failed && db->tx == TX_WANTED) {
		db->tx = TX_NONE; /* it asked for nothing */
		return RC_OK;
	}
	if (rc == RC_OK && !failed)
		return tx_end(ctx, &SQL_TX_COMMIT, out_unknown);
	tx_rollback(ctx);
	if (rc == RC_OK)
		log_error("db.tx", "err=\"a failed statement was ignored\"");
	return rc == RC_OK ? RC_TEMP : rc;
}

static enum rc tx_retry(struct ctx *ctx, tx_fn *fn, void *arg, bool *out_unknown)
{
	struct db *db = ctx->db;
	ASSERT(db->tx == TX_NONE);
	for (int try = 1;; try++) {
		enum rc rc = tx_once(ctx, fn, arg, out_unknown);
		/* RC_CONFLICT of fn's own is an answer; of the server's it is a reason to retry */
		if (rc != RC_CONFLICT || !db->conflict)
			return rc;
		db->conflict = false;
		if (try == TX_TRIES || clock_mono_ms() >= deadline_of(ctx))
			return RC_TEMP;
		pause_ms((int64_t)random_below((uint64_t)(TX_BACKOFF_MS * try)) + 1);
	}
}

enum rc tx_run(struct ctx *ctx, tx_fn *fn, void *arg)
{
	bool unknown = false;
	return tx_retry(ctx, fn, arg, &unknown);
}

enum rc tx_run_checked(struct ctx *ctx, tx_fn *fn,
	enum rc (*is_there)(struct ctx *ctx, void *arg, bool *out), void *arg)
{
	bool unknown = false;
	enum rc rc = tx_retry(ctx, fn, arg, &unknown);
	if (!unknown)
		return rc;
	for (int try = 0; try < LOOKUP_TRIES && clock_mono_ms() < deadline_of(ctx); try++) {
		bool there = false;
		if (is_there(ctx, arg, &there) == RC_OK)
			return there ? RC_OK : RC_TEMP;
		pause_ms(500);
	}
	return RC_TEMP;
}
