/* Where a data directory is, whose it is, and the configuration in force. */
#include "backend/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailcore/base/auto.h"
#include "mailcore/base/str.h"
#include "mailcore/db/conninfo.h"

#define SETS_MAX_BYTES 16384

void launch_init(struct launch *l)
{
	*l = (struct launch){ 0 };
	arena_init(&l->arena, 4096);
}

void launch_done(struct launch *l)
{
	config_free(l->config);
	arena_done(&l->arena);
}

static const char *absolute(struct launch *l, const char *path)
{
	char cwd[PATH_MAX];
	if (path[0] == '/' || !getcwd(cwd, sizeof cwd))
		return arena_strdup(&l->arena, path);
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return arena_printf(&l->arena, "%s/%s", cwd, path).ptr;
}

enum rc launch_set_dir(struct launch *l, const char *dir, struct err *err)
{
	if (!dir[0])
		return err_set(err, RC_INVALID, "data", "--data needs a directory.");
	struct span path = span_of(absolute(l, dir));
	while (path.len > 1 && span_ends(path, SPAN("/")))
		path.len--;
	l->dir = arena_cstr(&l->arena, path);
	if (!l->conf)
		l->conf = launch_path(l, "mailstead.conf");
	return RC_OK;
}

enum rc launch_set_conf(struct launch *l, const char *file, struct err *err)
{
	if (!file[0])
		return err_set(err, RC_INVALID, "config", "--config needs a file.");
	l->conf = absolute(l, file);
	return RC_OK;
}

enum rc launch_add_set(struct launch *l, const char *set, struct err *err)
{
	if (l->n_sets == LAUNCH_MAX_SETS)
		return err_set(err, RC_LIMIT, "set", "At most %d --set options.", LAUNCH_MAX_SETS);
	l->sets[l->n_sets++] = arena_strdup(&l->arena, set);
	return RC_OK;
}

const char *launch_path(struct launch *l, const char *name)
{
	return arena_printf(&l->arena, "%s/%s", l->base ? l->base : l->dir, name).ptr;
}

pid_t launch_server_pid(struct launch *l)
{
	AUTO(close_fd) int fd = open(launch_path(l, "run/mailstead.pid"), O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	uint64_t pid = 0;

	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 0; /* nobody holds the lock: a leftover */
	ssize_t len = read(fd, text, sizeof text - 1);
	if (len <= 0 || !span_u64(span_trim(span_make(text, (size_t)len)), INT_MAX, &pid))
		return 0;
	return (pid_t)pid;
}

/* The overrides of the running server come first, so that this call's own win. */
static void add_running_sets(struct launch *l)
{
	AUTO(close_fd) int fd = open(launch_path(l, "run/sets"), O_RDONLY | O_CLOEXEC);
	const char *own[LAUNCH_MAX_SETS];
	size_t n_own = l->n_sets;
	struct span line;

	if (fd < 0 || launch_server_pid(l) == 0)
		return;
	char *text = arena_alloc(&l->arena, SETS_MAX_BYTES);
	ssize_t len = read(fd, text, SETS_MAX_BYTES);
	struct span rest = span_make(text, len > 0 ? (size_t)len : 0);

	memcpy(own, l->sets, sizeof own);
	l->n_sets = 0;
	while (span_split(&rest, '\n', &line) && l->n_sets < LAUNCH_MAX_SETS) {
		if (line.len > 0)
			l->sets[l->n_sets++] = arena_cstr(&l->arena, line);
	}
	for (size_t i = 0; i < n_own && l->n_sets < LAUNCH_MAX_SETS; i++)
		l->sets[l->n_sets++] = own[i];
}

static void find_hostname(struct launch *l)
{
	char name[256] = "localhost";
	const char *given = config_text(l->config, "hostname");

	if (!given[0] && gethostname(name, sizeof name - 1) != 0)
		memcpy(name, "localhost", sizeof "localhost");
	l->hostname = given[0] ? given : arena_strdup(&l->arena, name);
}

/* Roles never run as root: a directory of root's belongs to the service user. */
static void find_owner(struct launch *l, const struct stat *st)
{
	l->uid = st->st_uid;
	l->gid = st->st_gid;
	if (geteuid() != 0)
		return;

	static const char *const users[] = { "mailstead", "postgres", "nobody" };
	for (size_t i = 0; i < 3 && l->uid == 0; i++) {
		const struct passwd *pw = getpwnam(users[i]);
		if (pw) {
			l->uid = pw->pw_uid;
			l->gid = pw->pw_gid;
		}
	}
}

enum rc launch_load(struct launch *l, struct err *err)
{
	struct stat st;

	if (!l->conf)
		return err_set(err, RC_INVALID, "data",
			"Say where the data directory is: --data DIR or --config FILE.");
	if (l->dir)
		add_running_sets(l);
	enum rc rc = config_load(l->conf, l->sets, l->n_sets, &l->config, err);
	if (rc != RC_OK)
		return rc;
	if (!l->dir && config_text(l->config, "data.dir")[0])
		rc = launch_set_dir(l, config_text(l->config, "data.dir"), err);
	else if (!l->dir)
		rc = launch_set_dir(l,
			arena_cstr(&l->arena,
				span_sub(span_of(l->conf), 0, span_rfind(span_of(l->conf), '/'))),
			err);
	if (rc != RC_OK)
		return rc;
	if (stat(l->base ? l->base : l->dir, &st) != 0)
		return err_set(err, RC_NOT_FOUND, "data", "There is no directory %s: %s.", l->dir,
			strerror(errno));
	find_hostname(l);
	find_owner(l, &st);
	return RC_OK;
}

const char *launch_tag(struct launch *l)
{
	/* FNV-1a: a name, not a secret, and the same in every process. */
	uint64_t hash = 0xcbf29ce484222325ULL;
	for (const char *p = l->dir; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 0x100000001b3ULL;
	return arena_printf(&l->arena, "%016llx", (unsigned long long)hash).ptr;
}

const char *launch_socket_dir(struct launch *l)
{
	return arena_printf(&l->arena, "/tmp/.mailstead-%u-%s", (unsigned)l->uid, launch_tag(l))
		.ptr;
}

bool launch_is_private_db(const struct launch *l)
{
	return !config_text(l->config, "database.url")[0];
}

/* The roles' password in an external database, made by the first migration. */
static const char *role_password(struct launch *l)
{
	AUTO(close_fd) int fd = open(launch_path(l, "keys/database"), O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof text);
	return len <= 0 ? NULL : arena_cstr(&l->arena, span_trim(span_make(text, (size_t)len)));
}

enum rc launch_conninfo(struct launch *l, const char *who, const char **out, struct err *err)
{
	bool owner = strcmp(who, "owner") == 0;
	const char *user =
		owner ? "mailstead_admin" : arena_printf(&l->arena, "mailstead_%s", who).ptr;

	if (launch_is_private_db(l)) {
		*out = arena_printf(&l->arena, "host=%s dbname=mailstead user=%s connect_timeout=5",
			launch_socket_dir(l), user)
			       .ptr;
		return RC_OK;
	}
	return conninfo_from_url(&l->arena, config_text(l->config, "database.url"),
		owner ? NULL : user, owner ? NULL : role_password(l), out, err);
}
