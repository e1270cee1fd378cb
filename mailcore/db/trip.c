/*
 * One round trip: statements go out in a pipeline with one Sync, all answers come back.
 *
 * Outside a tx the statements between two Syncs are one transaction of the server's: all or
 * nothing, durable when the Sync is answered. So a lone statement, a batch and a statement under a
 * tenant each cost one round trip.
 */
#include <poll.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/db/db_impl.h"
#include "sql/db.h"

#define GRACE_MS 250 /* the server's own time-out may win */

static struct params text_param(struct arena *a, int64_t n)
{
	struct arg arg = A_TEXT(arena_printf(a, "%lld", (long long)n));
	return params_encode(a, &arg, 1, false);
}

void trip_add(struct trip *t, const struct stmt *stmt, struct params params)
{
	ASSERT(t->n < TRIP_MAX && (unsigned)params.n == stmt->n_params);
	t->items[t->n++] = (struct trip_item){ .stmt = stmt, .params = params };
}

/* Coarse, so that the setting seldom has to change. */
static int64_t timeout_class(int64_t left_ms)
{
	static const int64_t CLASSES[] = { 500, 2000, 10000, 30000, 60000, 120000 };
	for (size_t i = 0; i < sizeof CLASSES / sizeof *CLASSES; i++)
		if (left_ms <= CLASSES[i])
			return CLASSES[i];
	return 3600 * 1000;
}

void trip_begin(struct ctx *ctx, struct trip *t)
{
	struct db *db = ctx->db;
	int64_t wanted = timeout_class(deadline_of(ctx) - clock_mono_ms());
	if (wanted != db->timeout_ms)
		trip_add(t, &SQL_DB_STATEMENT_TIMEOUT, text_param(ctx->arena, wanted));
	db->timeout_ms = wanted;
	if (db->tx == TX_WANTED)
		trip_add(t, &SQL_TX_BEGIN, (struct params){ 0 });
	if (db->tenant && db->tx != TX_OPEN)
		trip_add(t, &SQL_DB_TENANT, text_param(ctx->arena, db->tenant));
	t->first = t->n;
}

void trip_done(struct trip *t)
{
	for (size_t i = 0; i < t->n; i++)
		PQclear(t->items[i].result);
	t->n = 0;
}

/* ------------------------------------------------------------------------ out */

static bool is_prepared(struct db *db, const struct stmt *stmt)
{
	return map_get(&db->prepared, span_of(stmt->name)) != NULL;
}

/* will_prepare[i]: a Parse travels before item i. */
static bool trip_queue(struct db *db, struct trip *t, bool *will_prepare)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct stmt *stmt = t->items[i].stmt;
		const struct params *p = &t->items[i].params;
		will_prepare[i] = !is_prepared(db, stmt);
		for (size_t k = 0; k < i && will_prepare[i]; k++)
			will_prepare[i] = t->items[k].stmt != stmt;
		if (will_prepare[i] &&
			!PQsendPrepare(db->conn, stmt->name, stmt->sql, p->n, p->types))
			return false;
		if (!PQsendQueryPrepared(
			    db->conn, stmt->name, p->n, p->values, p->lengths, p->formats, 1))
			return false;
	}
	return PQpipelineSync(db->conn) == 1;
}

/* Sends what is buffered, reading meanwhile so that neither side blocks the other. */
static bool trip_flush(struct db *db, int64_t deadline_ms)
{
	for (;;) {
		int n = PQflush(db->conn);
		if (n <= 0)
			return n == 0;
		if (!conn_wait(db, POLLIN | POLLOUT, deadline_ms) || !PQconsumeInput(db->conn))
			return false;
	}
}

/* ------------------------------------------------------------------------ in */

/* False: connection lost or deadline. *out NULL separates the answers of two statements. */
static bool next_result(struct db *db, int64_t deadline_ms, PGresult **out)
{
	while (PQisBusy(db->conn)) {
		if (!conn_wait(db, POLLIN, deadline_ms) || !PQconsumeInput(db->conn))
			return false;
	}
	*out = PQgetResult(db->conn);
	return PQstatus(db->conn) == CONNECTION_OK;
}

static bool span_is(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

static enum rc rc_of_state(const char *state)
{
	if (!state)
		return RC_TEMP;
	if (span_is(state, "23505"))
		return RC_EXISTS;
	if (span_is(state, "23503"))
		return RC_NOT_FOUND;
	if (span_is(state, "23514") || span_is(state, "23502") ||
		span_starts(span_of(state), SPAN("22")))
		return RC_INVALID;
	if (span_is(state, "40001") || span_is(state, "40P01"))
		return RC_CONFLICT;
	return RC_TEMP;
}

/* Statements that the server no longer knows, or plans that no longer fit: start afresh. */
static bool needs_new_session(const char *state)
{
	return span_is(state, "26000") || span_is(state, "0A000") || span_is(state, "42P05");
}

static enum rc note_error(struct ctx *ctx, const struct stmt *stmt, const PGresult *result)
{
	struct db *db = ctx->db;
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
	(void)snprintf(db->constraint, sizeof db->constraint, "%s", constraint ? constraint : "");
	enum rc rc = rc_of_state(state);
	if (rc == RC_TEMP || rc == RC_INVALID)
		log_warn("db.statement", "name=%s state=%s err=%s", stmt->name, state ? state : "-",
			log_text(ctx->arena, span_of(text)));
	db->conflict = rc == RC_CONFLICT;
	db->outdated = needs_new_session(state);
	return rc;
}

static bool result_is_ok(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* The answer to one command (Parse or Execute) and the NULL behind it. */
static bool take_answer(
	struct ctx *ctx, const struct stmt *stmt, int64_t deadline_ms, PGresult **out, enum rc *rc)
{
	PGresult *result = NULL;
	PGresult *end = NULL;
	if (!next_result(ctx->db, deadline_ms, &result) || !result) {
		PQclear(result);
		return false;
	}
	if (!next_result(ctx->db, deadline_ms, &end)) {
		PQclear(result);
		return false;
	}
	ASSERT(!end);
	if (result_is_ok(result)) {
		*out = result;
		return true;
	}
	if (*rc == RC_OK)
		*rc = note_error(ctx, stmt, result);
	PQclear(result);
	return true;
}

/* False: the connection is lost, which leaves *rc open. */
static bool trip_collect(
	struct ctx *ctx, struct trip *t, const bool *prepared, int64_t deadline_ms, enum rc *rc)
{
	for (size_t i = 0; i < t->n; i++) {
		struct trip_item *item = &t->items[i];
		PGresult *parse = NULL;
		if (prepared[i] && !take_answer(ctx, item->stmt, deadline_ms, &parse, rc))
			return false;
		if (parse)
			map_put(&ctx->db->prepared, span_of(item->stmt->name), ctx->db);
		PQclear(parse);
		if (!take_answer(ctx, item->stmt, deadline_ms, &item->result, rc))
			return false;
	}
	PGresult *sync = NULL;
	if (!next_result(ctx->db, deadline_ms, &sync) || !sync)
		return false;
	bool ok = PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
	PQclear(sync);
	return ok;
}

static enum rc trip_lost(struct ctx *ctx, struct trip *t, enum rc rc, int64_t deadline_ms)
{
	struct db *db = ctx->db;
	bool late = clock_mono_ms() >= deadline_ms;
	log_warn("db.lost", "statement=%s reason=%s", t->items[t->n - 1].stmt->name,
		late ? "deadline" : "connection");
	t->unknown = rc == RC_OK;
	PGcancel *cancel = late ? PQgetCancel(db->conn) : NULL;
	char why[256];
	if (cancel)
		(void)PQcancel(cancel, why, sizeof why); /* the connection goes in any case */
	PQfreeCancel(cancel);
	conn_drop(db);
	return RC_TEMP;
}

static void trip_failed(struct db *db)
{
	db->timeout_ms = -1; /* the setting went with the transaction, perhaps */
	if (db->tx == TX_WANTED || db->tx == TX_OPEN)
		db->tx = TX_FAILED;
	if (db->outdated)
		conn_drop(db);
}

enum rc trip_run(struct ctx *ctx, struct trip *t)
{
	struct db *db = ctx->db;
	bool prepared[TRIP_MAX] = { 0 };
	enum rc rc = RC_OK;
	int64_t deadline = deadline_of(ctx) + GRACE_MS;
	db->constraint[0] = '\0';
	bool ok = trip_queue(db, t, prepared) && trip_flush(db, deadline) &&
		trip_collect(ctx, t, prepared, deadline, &rc);
	if (!ok)
		rc = trip_lost(ctx, t, rc, deadline);
	if (rc != RC_OK) {
		trip_failed(db);
		trip_done(t);
		return rc;
	}
	if (db->tx == TX_WANTED)
		db->tx = TX_OPEN;
	return RC_OK;
}
