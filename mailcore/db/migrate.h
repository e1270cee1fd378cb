/*
 * Schema migrations: sql/migrations/NNNN_name.sql, embedded in the program, applied in order, all
 * in one tx, recorded with their SHA-256 in schema_migration; a changed file is refused
 * (RC_CONFLICT). Also makes the roles' log-ins (mailstead_mx, _user, _web, _send, _keys) and their
 * grants (sql/roles.sql). Only additive. Several at a time wait for each other.
 */
#pragma once

#include "mailcore/base/rc.h"

struct migrate_report {
	int applied;
	int version;
};

/* conninfo: the owner's. role_password: set for every role log-in, NULL with peer authentication
 * (private cluster). dry_run: only counts. */
MUST_CHECK enum rc migrate_run(const char *conninfo, const char *role_password, bool dry_run,
	struct migrate_report *out, struct err *err);
