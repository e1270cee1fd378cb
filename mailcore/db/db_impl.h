/* Shared by the files of this folder: a connection, and one round trip over it. */
#pragma once

#include <libpq-fe.h>

#include "mailcore/base/map.h"
#include "mailcore/db/db.h"

enum tx_state {
	TX_NONE,
	TX_WANTED, /* tx_run has begun; BEGIN goes out with the first statement */
	TX_OPEN,
	TX_FAILED, /* a statement failed: only ROLLBACK is possible */
};

struct db {
	char *conninfo;
	char *role_name;
	PGconn *conn; /* NULL: not connected */
	struct map prepared;
	int64_t next_connect_ms;
	int64_t timeout_ms; /* the session's statement_timeout; -1: not known */
	int64_t tenant;
	struct epoch *epoch;
	enum tx_state tx;
	bool conflict; /* the last failure was a serialization failure or deadlock */
	bool outdated; /* prepared statements no longer fit the schema: connect again */
	char constraint[64];
};

/* Arguments in the form libpq takes them; lives in the step's arena. */
struct params {
	int n;
	Oid *types;
	const char **values;
	int *lengths;
	int *formats;
};
/* copy: the caller's bytes need not outlive the call. */
struct params params_encode(struct arena *a, const struct arg *args, size_t n_args, bool copy);

/* A result; rows_close frees it. */
struct rows {
	PGresult *result;
};
struct rows *rows_new(PGresult *result);

struct trip_item {
	const struct stmt *stmt;
	struct params params;
	PGresult *result; /* after a successful trip_run; the taker clears it */
};

#define TRIP_MAX 20 /* 16 of a batch and what travels before them */

/* Statements that go out together, with one Sync: outside a tx they are one transaction. */
struct trip {
	struct trip_item items[TRIP_MAX];
	size_t n;
	size_t first; /* of the caller's own statements */
	bool unknown; /* the connection was lost before the answer to COMMIT */
};

void trip_add(struct trip *t, const struct stmt *stmt, struct params params);
/* Adds what has to go before the caller's statements: BEGIN, tenant, time-out. */
void trip_begin(struct ctx *ctx, struct trip *t);
/* Connects if needed, sends, waits. On RC_OK all results are there, otherwise none. */
MUST_CHECK enum rc trip_run(struct ctx *ctx, struct trip *t);
void trip_done(struct trip *t);

/* RC_OK with a usable connection, or RC_TEMP. */
MUST_CHECK enum rc conn_need(struct ctx *ctx);
/* Waits until the socket is ready for `events`; false at the deadline. */
bool conn_wait(struct db *db, short events, int64_t deadline_ms);
void conn_drop(struct db *db);
int64_t deadline_of(const struct ctx *ctx);
