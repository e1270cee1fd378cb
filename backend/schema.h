/* Brings the schema up to date as the database's owner; makes the roles' log-ins. */
#pragma once

#include "backend/launch.h"
#include "mailcore/db/migrate.h"

MUST_CHECK enum rc schema_update(
	struct launch *l, bool dry_run, struct migrate_report *out, struct err *err);
