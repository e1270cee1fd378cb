/*
 * A data directory: made when absent, checked when present, locked while a server runs.
 *
 *   mailstead.conf   what is needed before the database can be reached
 *   postgres/        the private cluster (or a link to it)
 *   blobs/ spool/    message bytes; messages being received
 *   tls/ keys/       certificates; secrets (0700)
 *   run/             pid file, sockets between roles, status
 *
 * Nothing in it is ever deleted here.
 */
#pragma once

#include "backend/launch.h"

/* Makes what is missing: directories, configuration (with l->sets in force), self-signed
 * certificate. As root everything belongs to the service user. Quick on an existing directory.
 * RC_DENIED, RC_INVALID with a sentence. */
MUST_CHECK enum rc datadir_prepare(struct launch *l, struct err *err);

/* Holds the lock until the process ends. RC_CONFLICT: a server runs here already. */
MUST_CHECK enum rc datadir_lock(struct launch *l, struct err *err);

/* Writes a small file whole or not at all (temporary file, rename). */
MUST_CHECK enum rc datadir_write(struct launch *l, const char *name, struct span text, mode_t mode);
