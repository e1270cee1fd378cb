/* For tests with a database: a migrated scratch cluster (tests/harness/pg.py) and raw SQL. */
#pragma once

#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/db/db.h"
#include "mailcore/db/migrate.h"
#include "tests/unit/cmocka_all.h"

/* conninfo with another user; lives in a static buffer of its own for each call site's role. */
static inline const char *scratch_conninfo(const char *role, char *out, size_t size)
{
	const char *owner = getenv("MAILSTEAD_TEST_DB");
	(void)snprintf(out, size, "%s%s%s", owner ? owner : "", role ? " user=mailstead_" : "",
		role ? role : "");
	return out;
}

static inline struct db *scratch_open(const char *role)
{
	char text[512];
	return db_open(scratch_conninfo(role, text, sizeof text), "test");
}

static inline bool scratch_migrate(void)
{
	char text[512];
	struct migrate_report report = { 0 };
	struct err err = { 0 };
	if (!getenv("MAILSTEAD_TEST_DB")) {
		print_error("run me with tests/harness/pg.py run -- PROGRAM\n");
		return false;
	}
	bool ok = migrate_run(scratch_conninfo(NULL, text, sizeof text), NULL, false, &report,
			  &err) == RC_OK;
	if (!ok)
		print_error("%s\n", err.text);
	return ok;
}

static inline struct ctx scratch_ctx(struct arena *a, struct db *db)
{
	return (struct ctx){ .arena = a,
		.db = db,
		.now_us = clock_now_us(),
		.deadline_ms = clock_mono_ms() + 30000 };
}

/* Runs statements as the owner; the first value of the result as a number (-1: none). */
static inline int64_t scratch_sql(const char *sql)
{
	char text[512];
	int64_t value = -1;
	PGconn *conn = PQconnectdb(scratch_conninfo(NULL, text, sizeof text));
	PGresult *r = PQexec(conn, sql);
	if (PQresultStatus(r) != PGRES_TUPLES_OK && PQresultStatus(r) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(conn));
	if (PQntuples(r) > 0)
		value = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	PQfinish(conn);
	return value;
}

/* "crash" or "start" of the cluster. */
static inline void scratch_control(const char *what)
{
	pid_t pid = fork();
	if (pid == 0) {
		execl("/usr/bin/python3", "python3", getenv("MAILSTEAD_TEST_PG"), what,
			getenv("MAILSTEAD_TEST_PGDIR"), (char *)NULL);
		_exit(127);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}
