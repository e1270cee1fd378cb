/* libpq connection strings: a URL or string with another user and password in it. */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"

/* user and password may be NULL: as in the URL. *out lives in the arena; it holds the password.
 * RC_INVALID with a sentence when libpq cannot read the URL. */
MUST_CHECK enum rc conninfo_from_url(struct arena *a, const char *url, const char *user,
	const char *password, const char **out, struct err *err);

/* Is somebody answering there? For the supervisor's start; waits at most 5 s. */
bool conninfo_ping(const char *conninfo);

/* Makes the database "mailstead" in a cluster unless it is there. */
MUST_CHECK enum rc conninfo_make_database(const char *conninfo, struct err *err);
