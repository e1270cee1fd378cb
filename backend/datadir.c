/* A data directory: made, checked, locked. */
#include "backend/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailcore/base/auto.h"
#include "mailcore/base/log.h"
#include "mailcore/base/str.h"
#include "mailcore/net/tls.h"

static enum rc give_away(struct launch *l, const char *path, struct err *err)
{
	if (geteuid() == 0 && lchown(path, l->uid, l->gid) != 0)
		return err_set(err, RC_DENIED, "data",
			"%s cannot be given to the service user: %s.", path, strerror(errno));
	return RC_OK;
}

static enum rc make_dir(struct launch *l, const char *path, mode_t mode, struct err *err)
{
	struct stat st;

	if (mkdir(path, mode) != 0 && errno != EEXIST)
		return err_set(err, RC_DENIED, "data", "The directory %s cannot be made: %s.", path,
			strerror(errno));
	if (lstat(path, &st) == 0 && st.st_uid == 0) /* made now, or by hand */
		return give_away(l, path, err);
	return RC_OK;
}

static enum rc make_dirs(struct launch *l, struct err *err)
{
	static const struct {
		const char *name;
		mode_t mode;
	} dirs[] = { { "run", 0755 }, { "blobs", 0700 }, { "spool", 0700 }, { "tls", 0755 },
		{ "tls/sni", 0700 }, { "keys", 0700 } };
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < sizeof dirs / sizeof dirs[0]; i++)
		rc = make_dir(l, launch_path(l, dirs[i].name), dirs[i].mode, err);
	return rc;
}

enum rc datadir_write(struct launch *l, const char *name, struct span text, mode_t mode)
{
	const char *path = launch_path(l, name);
	const char *temp = arena_printf(&l->arena, "%s.%d", path, (int)getpid()).ptr;
	AUTO(close_fd) int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0)
		return RC_TEMP;
	bool done = write(fd, text.ptr, text.len) == (ssize_t)text.len && fsync(fd) == 0 &&
		give_away(l, temp, NULL) == RC_OK && rename(temp, path) == 0;
	if (!done)
		(void)unlink(temp); /* the old file stays; the caller is told */
	return done ? RC_OK : RC_TEMP;
}

/* Lines for the overrides in force below the commented template. */
static enum rc make_conf(struct launch *l, struct err *err)
{
	struct str text = str_in(&l->arena, 256 * 1024);

	if (access(l->conf, F_OK) == 0)
		return RC_OK;
	config_add_template(&text);
	if (l->n_sets > 0)
		str_add_cstr(&text, "\n# Given when this directory was made.\n");
	for (size_t i = 0; i < l->n_sets; i++)
		str_addf(&text, "%s\n", l->sets[i]);
	if (datadir_write(l, "mailstead.conf", str_span(&text), 0640) != RC_OK)
		return err_set(err, RC_DENIED, "data", "%s cannot be written: %s.", l->conf,
			strerror(errno));
	return RC_OK;
}

static enum rc make_certificate(struct launch *l, struct err *err)
{
	static const char *const files[] = { "ca.pem", "ca-key.pem", "cert.pem", "key.pem" };
	const char *names[] = { l->hostname, "localhost", "127.0.0.1", "::1" };

	if (config_is_set(l->config, "tls.cert"))
		return RC_OK;
	enum rc rc = tls_make_self_signed(launch_path(l, "tls"), names, 4, err);
	for (size_t i = 0; rc == RC_OK && i < 4; i++) {
		const char *path =
			arena_printf(&l->arena, "%s/%s", launch_path(l, "tls"), files[i]).ptr;
		if (access(path, F_OK) == 0)
			rc = give_away(l, path, err);
	}
	return rc;
}

/* mkdir -p, so that a first start may name a new place. */
static enum rc make_path(struct launch *l, struct err *err)
{
	char *path = arena_strdup(&l->arena, l->dir);

	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return err_set(err, RC_DENIED, "data", "%s cannot be made: %s.", path,
				strerror(errno));
		*p = '/';
	}
	return RC_OK;
}

/* A new directory of root's belongs to the service user from the start. */
static enum rc make_root(struct launch *l, struct err *err)
{
	struct stat st;

	if (stat(l->dir, &st) == 0)
		return S_ISDIR(st.st_mode)
			? RC_OK
			: err_set(err, RC_INVALID, "data", "%s is not a directory.", l->dir);
	enum rc rc = make_path(l, err);
	if (rc == RC_OK && mkdir(l->dir, 0755) != 0)
		rc = err_set(err, RC_DENIED, "data", "The directory %s cannot be made: %s.", l->dir,
			strerror(errno));
	return rc;
}

enum rc datadir_prepare(struct launch *l, struct err *err)
{
	struct stat st;
	enum rc rc = RC_OK;

	/* The first load has no file yet: defaults and overrides only. Wrong ones leave no trace. */
	bool fresh = l->conf && access(l->conf, F_OK) != 0 && l->dir;
	if (fresh)
		rc = config_load(NULL, l->sets, l->n_sets, &l->config, err);
	if (rc == RC_OK && l->dir)
		rc = make_root(l, err);
	config_free(l->config);
	l->config = NULL;
	if (rc == RC_OK && fresh)
		rc = make_conf(l, err);
	if (rc == RC_OK)
		rc = launch_load(l, err);
	if (rc != RC_OK)
		return rc;
	if (geteuid() == 0 && stat(l->dir, &st) == 0 && st.st_uid == 0)
		rc = give_away(l, l->dir, err);
	if (rc == RC_OK && fresh)
		rc = give_away(l, l->conf, err);
	if (rc == RC_OK)
		rc = make_dirs(l, err);
	return rc == RC_OK ? make_certificate(l, err) : rc;
}

enum rc datadir_lock(struct launch *l, struct err *err)
{
	int fd = open(launch_path(l, "run/mailstead.pid"), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	char text[32];

	if (fd < 0)
		return err_set(err, RC_DENIED, "data", "%s cannot be written: %s.",
			launch_path(l, "run/mailstead.pid"), strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		(void)close(fd); /* somebody else's */
		return err_set(err, RC_CONFLICT, "data",
			"A server is already running on %s; \"mailstead stop --data %s\" stops it.",
			l->dir, l->dir);
	}
	int len = snprintf(text, sizeof text, "%d\n", (int)getpid());
	if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)len) != len)
		return err_set(err, RC_TEMP, "data", "The pid file cannot be written: %s.",
			strerror(errno));
	return RC_OK; /* fd stays open: the lock lives as long as the process */
}
