/*
 * The private PostgreSQL: made once with initdb, started and watched by the supervisor, reached
 * over a unix socket that only root and the service user may open (peer authentication).
 *
 * When the service user cannot reach the data directory (it lies below a private home), the
 * cluster is kept below /var/lib/mailstead and DIR/postgres is a link to it.
 */
#pragma once

#include "backend/launch.h"

/* initdb when there is no cluster; settings, log-in map and socket directory. */
MUST_CHECK enum rc pgcluster_prepare(struct launch *l, struct err *err);
/* The server as a child process; its output goes to DIR/run/postgres.log. 0: it could not be
 * started. */
pid_t pgcluster_start(struct launch *l);
/* Answers now? */
bool pgcluster_ready(struct launch *l);
/* Makes role mailstead_admin and the database, once. */
MUST_CHECK enum rc pgcluster_make_database(struct launch *l, struct err *err);
