/*
 * What every sub-command that works on a data directory needs to know: where it is, whose it is,
 * and the configuration in force.
 *
 * --data DIR (its mailstead.conf) or --config FILE (its data.dir, else the file's directory), and
 * any number of --set key=value. The overrides of a running server are kept in DIR/run/sets, so
 * that commands see what the server sees.
 */
#pragma once

#include <sys/types.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/config.h"
#include "mailcore/base/rc.h"

#define LAUNCH_MAX_SETS 64

struct launch {
	struct arena arena;
	const char *dir;  /* absolute */
	const char *base; /* how files are opened: dir, or "." in a role, which stands in it */
	const char *conf; /* absolute path of the file, existing or not */
	const char *sets[LAUNCH_MAX_SETS];
	size_t n_sets;
	struct config *config; /* after launch_load */
	const char *hostname;  /* after launch_load */
	uid_t uid; /* as whom roles and PostgreSQL run: the directory's owner, never root */
	gid_t gid;
};

void launch_init(struct launch *l);
void launch_done(struct launch *l);
MUST_CHECK enum rc launch_set_dir(struct launch *l, const char *dir, struct err *err);
MUST_CHECK enum rc launch_set_conf(struct launch *l, const char *file, struct err *err);
MUST_CHECK enum rc launch_add_set(struct launch *l, const char *set, struct err *err);
/* Reads the file and, when a server runs, its overrides. RC_NOT_FOUND: no such directory or file. */
MUST_CHECK enum rc launch_load(struct launch *l, struct err *err);

/* DIR/name, arena. */
const char *launch_path(struct launch *l, const char *name);
/* The same directory gives the same 16 hexadecimal digits: for names outside it. */
const char *launch_tag(struct launch *l);
/* Where the private cluster's socket lies: short enough for a unix socket. */
const char *launch_socket_dir(struct launch *l);
/* libpq string for a database log-in: "owner", "mx", "user", "web", "send", "keys". */
MUST_CHECK enum rc launch_conninfo(
	struct launch *l, const char *who, const char **out, struct err *err);
/* True when the database is the private cluster. */
bool launch_is_private_db(const struct launch *l);
/* The server's pid, 0 when none runs. */
pid_t launch_server_pid(struct launch *l);
