/* Schema migrations; see migrate.h. Runs on a connection of its own, one statement at a time. */
#include "mailcore/db/migrate.h"

#include <libpq-fe.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"
#include "sql/db.h"
#include "sql/migrations.h"

struct migrator {
	PGconn *conn;
	struct err *err;
	bool dry_run;
	struct migrate_report report;
};

/* "does not exist, skipping" and the like. */
static void ignore_notice(void *arg, const PGresult *result)
{
}

static enum rc fail(struct migrator *m, const char *what)
{
	struct span why = span_trim(span_of(PQerrorMessage(m->conn)));
	return err_set(
		m->err, RC_TEMP, "", "Database migration (%s): " SPAN_FMT, what, SPAN_ARG(why));
}

/* Several statements at once, without parameters. */
static enum rc run_text(struct migrator *m, const char *what, const char *sql)
{
	PGresult *r = PQexec(m->conn, sql);
	ExecStatusType status = PQresultStatus(r);
	PQclear(r);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? RC_OK : fail(m, what);
}

static enum rc run(struct migrator *m, const struct stmt *stmt)
{
	return run_text(m, stmt->name, stmt->sql);
}

static enum rc run_params(struct migrator *m, const struct stmt *stmt, const char *const *values)
{
	PGresult *r =
		PQexecParams(m->conn, stmt->sql, (int)stmt->n_params, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(r);
	PQclear(r);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? RC_OK
								       : fail(m, stmt->name);
}

/* The first column of the first row, as text; false when there is none. */
static bool ask(struct migrator *m, const struct stmt *stmt, char *out, size_t size)
{
	PGresult *r = PQexec(m->conn, stmt->sql);
	bool ok = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
	if (ok)
		(void)snprintf(out, size, "%s", PQgetvalue(r, 0, 0));
	PQclear(r);
	return ok;
}

static enum rc record(struct migrator *m, const struct migration *it)
{
	char version[16];
	(void)snprintf(version, sizeof version, "%d", it->version);
	return run_params(
		m, &SQL_MIGRATION_RECORD, (const char *[]){ version, it->name, it->sha256 });
}

/* The recorded hash of a version; "" when it has not been applied. */
static void recorded(const PGresult *applied, int version, char out[65])
{
	out[0] = '\0';
	for (int i = 0; i < PQntuples(applied); i++) {
		uint64_t have = 0;
		if (span_u64(span_of(PQgetvalue(applied, i, 0)), INT32_MAX, &have) &&
			(int)have == version)
			(void)snprintf(out, 65, "%s", PQgetvalue(applied, i, 1));
	}
}

static enum rc apply_one(struct migrator *m, const PGresult *applied, const struct migration *it)
{
	char hash[65];
	recorded(applied, it->version, hash);
	m->report.version = it->version;
	if (!hash[0]) {
		m->report.applied++;
		if (m->dry_run)
			return RC_OK;
		enum rc rc = run_text(m, it->name, it->sql);
		return rc == RC_OK ? record(m, it) : rc;
	}
	if (strcmp(hash, it->sha256) != 0)
		return err_set(m->err, RC_CONFLICT, "",
			"Migration %s was applied in another form than this program carries.",
			it->name);
	return RC_OK;
}

/* The roles and grants are written so that they can run again; done when they changed, or when
 * the cluster lacks the roles (a restored database). */
static enum rc apply_roles(struct migrator *m, const PGresult *applied, bool passwords)
{
	char hash[65];
	char missing[16] = "";
	recorded(applied, 0, hash);
	if (!ask(m, &SQL_MIGRATION_MISSING_ROLES, missing, sizeof missing))
		return fail(m, "roles");
	bool current = strcmp(hash, ROLES.sha256) == 0 && strcmp(missing, "0") == 0;
	if (m->dry_run || (current && !passwords && m->report.applied == 0))
		return RC_OK;
	enum rc rc = run_text(m, ROLES.name, ROLES.sql);
	return rc == RC_OK ? record(m, &ROLES) : rc;
}

static enum rc set_password(struct migrator *m, const char *password)
{
	char *verifier = PQencryptPasswordConn(m->conn, password, "mailstead", "scram-sha-256");
	if (!verifier)
		return fail(m, "password");
	enum rc rc = run_params(m, &SQL_MIGRATION_ROLE_PASSWORDS, (const char *[]){ verifier });
	PQfreemem(verifier);
	return rc;
}

/* What has been applied; NULL in a dry run on an empty database. */
static enum rc list_applied(struct migrator *m, PGresult **out)
{
	char exists[8] = "";
	if (!ask(m, &SQL_MIGRATION_TABLE_EXISTS, exists, sizeof exists))
		return fail(m, "schema_migration");
	if (strcmp(exists, "t") != 0) {
		if (m->dry_run)
			return RC_OK;
		enum rc rc = run(m, &SQL_MIGRATION_TABLE);
		if (rc != RC_OK)
			return rc;
	}
	if (!m->dry_run) {
		enum rc rc = run(m, &SQL_MIGRATION_LOCK);
		if (rc != RC_OK)
			return rc;
	}
	*out = PQexec(m->conn, SQL_MIGRATION_LIST.sql);
	return PQresultStatus(*out) == PGRES_TUPLES_OK ? RC_OK : fail(m, "schema_migration");
}

static enum rc apply_all(struct migrator *m, const char *role_password)
{
	PGresult *applied = NULL;
	enum rc rc = list_applied(m, &applied);
	for (const struct migration *it = MIGRATIONS; rc == RC_OK && it->version; it++)
		rc = apply_one(m, applied, it);
	if (rc == RC_OK && role_password && !m->dry_run)
		rc = set_password(m, role_password);
	if (rc == RC_OK)
		rc = apply_roles(m, applied, role_password != NULL);
	PQclear(applied);
	return rc;
}

enum rc migrate_run(const char *conninfo, const char *role_password, bool dry_run,
	struct migrate_report *out, struct err *err)
{
	const char *keys[] = { "dbname", "application_name", "connect_timeout", "client_encoding",
		NULL };
	const char *values[] = { conninfo, "mailstead-migrate", "10", "UTF8", NULL };
	struct migrator m = { .err = err, .dry_run = dry_run };
	m.conn = PQconnectdbParams(keys, values, 1);
	PQsetNoticeReceiver(m.conn, ignore_notice, NULL);
	enum rc rc = PQstatus(m.conn) == CONNECTION_OK ? RC_OK : fail(&m, "connect");
	if (rc == RC_OK)
		rc = run(&m, &SQL_TX_BEGIN);
	if (rc == RC_OK)
		rc = apply_all(&m, role_password);
	if (rc == RC_OK)
		rc = run(&m, &SQL_TX_COMMIT);
	PQfinish(m.conn);
	if (rc == RC_OK)
		*out = m.report;
	return rc;
}
