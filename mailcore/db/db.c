/*
 * The connection: made on first use, looked at before use, dropped on trouble.
 *
 * A connection that died while idle (server restarted) is noticed before a statement is sent, so
 * that nobody pays for it with a failed command. Connecting is tried at most once a second.
 */
#include "mailcore/db/db.h"

#include <poll.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/db/db_impl.h"
#include "sql/db.h"

#define CONNECT_MS         5000
#define CONNECT_PAUSE_MS   1000
#define DEFAULT_TIMEOUT_MS 30000

struct db *db_open(const char *conninfo, const char *role_name)
{
	struct db *db = heap_zalloc(sizeof *db);
	db->conninfo = heap_strdup(conninfo);
	db->role_name = heap_strdup(role_name);
	db->timeout_ms = -1;
	map_init(&db->prepared);
	return db;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	conn_drop(db);
	map_done(&db->prepared);
	heap_free(db->conninfo);
	heap_free(db->role_name);
	heap_free(db);
}

bool db_is_up(const struct db *db)
{
	return db->conn && PQstatus(db->conn) == CONNECTION_OK;
}

void db_set_tenant(struct db *db, int64_t account_id)
{
	ASSERT(db->tx == TX_NONE);
	db->tenant = account_id;
}

void db_set_epoch(struct db *db, struct epoch *epoch)
{
	db->epoch = epoch;
}

struct epoch *db_epoch(const struct db *db)
{
	return db->epoch;
}

const char *db_last_constraint(const struct db *db)
{
	return db->constraint;
}

int64_t deadline_of(const struct ctx *ctx)
{
	return ctx->deadline_ms ? ctx->deadline_ms : clock_mono_ms() + DEFAULT_TIMEOUT_MS;
}

void conn_drop(struct db *db)
{
	if (db->conn)
		PQfinish(db->conn);
	db->conn = NULL;
	db->timeout_ms = -1;
	db->outdated = false;
	map_done(&db->prepared);
	map_init(&db->prepared);
	if (db->tx == TX_OPEN)
		db->tx = TX_FAILED;
}

bool conn_wait(struct db *db, short events, int64_t deadline_ms)
{
	for (;;) {
		int64_t left = deadline_ms - clock_mono_ms();
		if (left <= 0)
			return false;
		struct pollfd p = { .fd = PQsocket(db->conn), .events = events };
		int n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (n > 0)
			return true;
	}
}

static void ignore_notice(void *arg, const PGresult *result)
{
}

static bool connect_finish(struct db *db, int64_t deadline_ms)
{
	for (;;) {
		switch (PQconnectPoll(db->conn)) {
		case PGRES_POLLING_OK:
			return true;
		case PGRES_POLLING_READING:
			if (!conn_wait(db, POLLIN, deadline_ms))
				return false;
			break;
		case PGRES_POLLING_WRITING:
			if (!conn_wait(db, POLLOUT, deadline_ms))
				return false;
			break;
		default:
			return false;
		}
	}
}

static bool session_begin(struct ctx *ctx)
{
	struct trip t = { 0 };
	enum tx_state tx = ctx->db->tx;
	ctx->db->tx = TX_NONE;
	trip_add(&t, &SQL_DB_SESSION, (struct params){ 0 });
	bool ok = trip_run(ctx, &t) == RC_OK;
	trip_done(&t);
	ctx->db->tx = tx;
	return ok;
}

static bool conn_open(struct ctx *ctx, int64_t deadline_ms)
{
	struct db *db = ctx->db;
	const char *keys[] = { "dbname", "application_name", "client_encoding", NULL };
	const char *values[] = { db->conninfo, db->role_name, "UTF8", NULL };
	db->conn = PQconnectStartParams(keys, values, 1);
	if (!db->conn || PQstatus(db->conn) == CONNECTION_BAD || !connect_finish(db, deadline_ms))
		return false;
	PQsetNoticeReceiver(db->conn, ignore_notice, NULL);
	return PQsetnonblocking(db->conn, 1) == 0 && PQenterPipelineMode(db->conn) == 1;
}

static enum rc conn_make(struct ctx *ctx)
{
	struct db *db = ctx->db;
	int64_t now = clock_mono_ms();
	if (now < db->next_connect_ms)
		return RC_TEMP;
	db->next_connect_ms = now + CONNECT_PAUSE_MS;
	int64_t deadline = deadline_of(ctx);
	if (deadline > now + CONNECT_MS)
		deadline = now + CONNECT_MS;
	if (!conn_open(ctx, deadline)) {
		const char *why = db->conn ? PQerrorMessage(db->conn) : "no memory";
		log_warn("db.connect", "err=%s", log_text(ctx->arena, span_trim(span_of(why))));
		conn_drop(db);
		return RC_TEMP;
	}
	if (!session_begin(ctx)) {
		conn_drop(db);
		return RC_TEMP;
	}
	return RC_OK;
}

/* An idle connection has nothing to say except that it is ending. */
static bool conn_is_stale(struct db *db)
{
	for (int i = 0; i < 4; i++) {
		struct pollfd p = { .fd = PQsocket(db->conn), .events = POLLIN };
		if (poll(&p, 1, 0) <= 0)
			return PQstatus(db->conn) != CONNECTION_OK;
		if (!PQconsumeInput(db->conn))
			return true;
	}
	return PQstatus(db->conn) != CONNECTION_OK;
}

enum rc conn_need(struct ctx *ctx)
{
	struct db *db = ctx->db;
	if (db->conn && (db->tx == TX_OPEN || !conn_is_stale(db)))
		return RC_OK;
	conn_drop(db);
	if (db->tx == TX_FAILED)
		return RC_TEMP;
	return conn_make(ctx);
}
