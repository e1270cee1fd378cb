/* libpq connection strings. */
#include "mailcore/db/conninfo.h"

#include <libpq-fe.h>

#include "mailcore/base/str.h"
#include "sql/cluster.h"

static void add_pair(struct str *out, const char *key, const char *value)
{
	str_addf(out, "%s='", key);
	for (const char *p = value; *p; p++) {
		if (*p == '\'' || *p == '\\')
			str_add_c(out, '\\');
		str_add_c(out, *p);
	}
	str_add_cstr(out, "' ");
}

static const char *value_of(const PQconninfoOption *option, const char *user, const char *password)
{
	if (user && strcmp(option->keyword, "user") == 0)
		return user;
	if (password && strcmp(option->keyword, "password") == 0)
		return password;
	return option->val;
}

enum rc conninfo_from_url(struct arena *a, const char *url, const char *user, const char *password,
	const char **out, struct err *err)
{
	char *why = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &why);
	if (!options) {
		enum rc rc = err_set(err, RC_INVALID, "database.url",
			"database.url cannot be used: %s", why ? why : "it is malformed.");
		PQfreemem(why);
		return rc;
	}

	struct str text = str_in(a, 8192);
	for (const PQconninfoOption *o = options; o->keyword; o++) {
		const char *value = value_of(o, user, password);
		if (value)
			add_pair(&text, o->keyword, value);
	}
	PQconninfoFree(options);
	if (!str_ok(&text))
		return err_set(err, RC_INVALID, "database.url", "database.url is too long.");
	*out = str_cstr(&text);
	return RC_OK;
}

bool conninfo_ping(const char *conninfo)
{
	return PQping(conninfo) == PQPING_OK;
}

static bool database_exists(PGconn *conn)
{
	const char *values[] = { "mailstead" };
	PGresult *result =
		PQexecParams(conn, SQL_DATABASE_EXISTS.sql, 1, NULL, values, NULL, NULL, 0);
	bool found = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
	PQclear(result);
	return found;
}

enum rc conninfo_make_database(const char *conninfo, struct err *err)
{
	PGconn *conn = PQconnectdb(conninfo);
	bool done = PQstatus(conn) == CONNECTION_OK && database_exists(conn);

	if (!done && PQstatus(conn) == CONNECTION_OK) {
		PGresult *result = PQexec(conn, SQL_DATABASE_CREATE.sql);
		done = PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
	}
	enum rc rc = done ? RC_OK
			  : err_set(err, RC_TEMP, "database.url",
				    "The database cannot be made: %.150s", PQerrorMessage(conn));
	PQfinish(conn);
	return rc;
}
