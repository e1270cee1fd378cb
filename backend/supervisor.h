/*
 * `mailstead serve`: binds ports, starts the private PostgreSQL, applies migrations, runs each role
 * as a process of its own and starts it again when it dies (back-off 0, 1, 2 ... 30 s; one that
 * has lived for three seconds is started at once). Parses nothing from the network. SIGHUP: reload
 * in every role. SIGTERM, SIGINT: clean stop, roles first, then PostgreSQL.
 *
 * DIR/run/status.json is rewritten at every change, for `mailstead status`:
 *   {"pid":..,"roles":[{"name","pid","state","since"}],"database":{"state","pid"}}
 * state: starting, up, waiting (back-off), stopped.
 */
#pragma once

#include "backend/launch.h"

/* Does not return until stopped. Exit status. */
int supervisor_run(struct launch *l);
