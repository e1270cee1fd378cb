/* The private PostgreSQL cluster. */
#include "backend/pgcluster.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/datadir.h"
#include "mailcore/base/auto.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/base/str.h"
#include "mailcore/db/conninfo.h"

#define PG_ROOT "/usr/lib/postgresql"

static bool be_service_user(const struct launch *l)
{
	if (geteuid() != 0)
		return true;
	return setgroups(0, NULL) == 0 && setgid(l->gid) == 0 && setuid(l->uid) == 0;
}

static const char *const clean_env[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL };

/* Runs in the child; output to the log file. Never returns. */
_Noreturn static void exec_pg(const struct launch *l, int log_fd, const char *const argv[])
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (log_fd >= 0) {
		(void)dup2(log_fd, STDOUT_FILENO);
		(void)dup2(log_fd, STDERR_FILENO);
	}
	if (!be_service_user(l) || prctl(PR_SET_PDEATHSIG, SIGINT) != 0) /* never outlive us */
		_exit(126);
	if (chdir(argv[2]) == 0)
		(void)execve(argv[0], (char *const *)(uintptr_t)argv,
			(char *const *)(uintptr_t)clean_env);
	_exit(127);
}

static int open_log(struct launch *l)
{
	return open(launch_path(l, "run/postgres.log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		0640);
}

/* The newest PostgreSQL from 15 on. */
static const char *find_program(struct launch *l, const char *name)
{
	for (int version = 19; version >= 15; version--) {
		const char *path = arena_printf(&l->arena, PG_ROOT "/%d/bin/%s", version, name).ptr;
		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

static const char *near(struct launch *l, const char *name)
{
	return arena_printf(&l->arena, "%s/%s", l->dir, name).ptr;
}

static const char *cluster_dir(struct launch *l)
{
	char real[4096];
	const char *path = near(l, "postgres");
	ssize_t len = readlink(path, real, sizeof real - 1);
	return len > 0 ? arena_cstr(&l->arena, span_make(real, (size_t)len)) : path;
}

static bool has_cluster(struct launch *l)
{
	return access(arena_printf(&l->arena, "%s/PG_VERSION", cluster_dir(l)).ptr, F_OK) == 0;
}

static bool service_user_can_enter(const struct launch *l, const char *dir)
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0)
		_exit(be_service_user(l) && chdir(dir) == 0 ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static enum rc run_initdb(struct launch *l, const char *dir, struct err *err)
{
	const char *initdb = find_program(l, "initdb");
	if (!initdb)
		return err_set(err, RC_NOT_FOUND, "database.url",
			"PostgreSQL is not installed (apt install postgresql-15), or set database.url.");

	const char *const argv[] = { initdb, "-D", dir, "-U", "mailstead_admin",
		"--auth-local=peer", "--auth-host=reject", "-E", "UTF8", "--locale=C.UTF-8",
		"--data-checksums", NULL };
	AUTO(close_fd) int log_fd = open_log(l);
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		exec_pg(l, log_fd, argv);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return err_set(err, RC_TEMP, "data",
			"The database could not be made in %s; see %s.", dir,
			launch_path(l, "run/postgres.log"));
	return RC_OK;
}

/* initdb works in a directory of this process's own that gets its name when it is whole: a
 * cluster whose making was cut off is never taken for one. */
static enum rc make_cluster_in(struct launch *l, const char *dir, struct err *err)
{
	const char *fresh = arena_printf(&l->arena, "%s.new-%d", dir, (int)getpid()).ptr;

	log_info("database.create", "dir=%s", log_text(&l->arena, span_of(dir)));
	if (mkdir(fresh, 0700) != 0 || (geteuid() == 0 && chown(fresh, l->uid, l->gid) != 0))
		return err_set(err, RC_DENIED, "data",
			"The database directory %s cannot be made: %s.", fresh, strerror(errno));
	enum rc rc = run_initdb(l, fresh, err);
	if (rc == RC_OK && rename(fresh, dir) != 0) /* takes the place of an empty directory only */
		rc = err_set(err, RC_CONFLICT, "data",
			"%s is neither a database nor empty: move it away, or bring the database "
			"back.",
			dir);
	return rc;
}

static enum rc make_cluster(struct launch *l, struct err *err)
{
	const char *link = near(l, "postgres"), *dir = cluster_dir(l);
	struct stat st;
	bool outside = lstat(link, &st) != 0 && !service_user_can_enter(l, l->dir);

	if (outside) {
		/* A new name each time: what an earlier directory of this path left is not ours. */
		dir = arena_printf(&l->arena, "/var/lib/mailstead/%s-%llx", launch_tag(l),
			(unsigned long long)clock_now_us())
			      .ptr;
		(void)mkdir("/var/lib/mailstead", 0755); /* the next mkdir tells */
	}
	enum rc rc = make_cluster_in(l, dir, err);
	if (rc == RC_OK && outside && symlink(dir, link) != 0)
		rc = err_set(
			err, RC_DENIED, "data", "%s cannot be made: %s.", link, strerror(errno));
	return rc;
}

static const char *user_name(struct launch *l, uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);
	return arena_strdup(&l->arena, pw ? pw->pw_name : "root");
}

static enum rc write_in_cluster(struct launch *l, const char *dir, const char *name,
	const struct str *text, struct err *err)
{
	const char *path = arena_printf(&l->arena, "%s/%s", dir, name).ptr;
	AUTO(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text->ptr, text->len) != (ssize_t)text->len ||
		(geteuid() == 0 && fchown(fd, l->uid, l->gid) != 0))
		return err_set(
			err, RC_DENIED, "data", "%s cannot be written: %s.", path, strerror(errno));
	return RC_OK;
}

/* Root and the service user may log in as any of our roles; nobody else may log in at all. */
static enum rc write_access(struct launch *l, const char *dir, struct err *err)
{
	static const char *const roles[] = { "mailstead_admin", "mailstead_mx", "mailstead_user",
		"mailstead_web", "mailstead_send", "mailstead_keys" };
	const char *users[] = { user_name(l, l->uid), "root" };
	struct str ident = str_in(&l->arena, 4096), hba = str_in(&l->arena, 256);

	for (size_t u = 0; u < 2; u++) {
		for (size_t r = 0; r < 6; r++)
			str_addf(&ident, "mailstead %s %s\n", users[u], roles[r]);
	}
	str_add_cstr(&hba, "local all all peer map=mailstead\n");
	enum rc rc = write_in_cluster(l, dir, "pg_ident.conf", &ident, err);
	return rc == RC_OK ? write_in_cluster(l, dir, "pg_hba.conf", &hba, err) : rc;
}

static enum rc make_socket_dir(struct launch *l, struct err *err)
{
	const char *dir = launch_socket_dir(l);
	struct stat st;

	if (mkdir(dir, 0700) == 0 && geteuid() == 0 && chown(dir, l->uid, l->gid) != 0)
		return err_set(err, RC_DENIED, "data", "%s cannot be given away.", dir);
	if (lstat(dir, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != l->uid ||
		(st.st_mode & 077) != 0)
		return err_set(err, RC_DENIED, "data",
			"%s is not a private directory of the service user; remove it.", dir);
	return RC_OK;
}

enum rc pgcluster_prepare(struct launch *l, struct err *err)
{
	enum rc rc = has_cluster(l) ? RC_OK : make_cluster(l, err);

	if (rc == RC_OK)
		rc = write_access(l, cluster_dir(l), err);
	return rc == RC_OK ? make_socket_dir(l, err) : rc;
}

pid_t pgcluster_start(struct launch *l)
{
	const char *postgres = find_program(l, "postgres");
	const char *sockets =
		arena_printf(&l->arena, "unix_socket_directories=%s", launch_socket_dir(l)).ptr;
	if (!postgres)
		return 0;

	/* synchronous_commit and fsync keep their defaults (on): a 250 depends on them. */
	const char *const argv[] = { postgres, "-D", cluster_dir(l), "-c",
		"listen_addresses=", "-c", sockets, "-c", "unix_socket_permissions=0700", "-c",
		"max_connections=200", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB", "-c",
		"checkpoint_timeout=15min", "-c", "wal_compression=lz4", "-c", "wal_buffers=32MB",
		"-c", "jit=off", "-c", "autovacuum_naptime=20s", "-c", "log_checkpoints=off", "-c",
		"default_toast_compression=lz4", NULL };
	AUTO(close_fd) int log_fd = open_log(l);
	pid_t pid = fork();

	if (pid == 0)
		exec_pg(l, log_fd, argv);
	return pid > 0 ? pid : 0;
}

bool pgcluster_ready(struct launch *l)
{
	return conninfo_ping(arena_printf(
		&l->arena, "host=%s dbname=postgres user=mailstead_admin", launch_socket_dir(l))
				     .ptr);
}

enum rc pgcluster_make_database(struct launch *l, struct err *err)
{
	const char *conninfo = arena_printf(
		&l->arena, "host=%s dbname=postgres user=mailstead_admin", launch_socket_dir(l))
				       .ptr;
	return conninfo_make_database(conninfo, err);
}
