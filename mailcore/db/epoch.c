#include "mailcore/db/epoch.h"

#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/auto.h"

struct epoch {
	void *map;
	_Atomic uint64_t *number; /* in map */
};

/* The command line runs as root; the roles must be able to open what it made. */
static bool give_to_owner(const char *run_dir, int fd)
{
	struct stat dir;
	return geteuid() != 0 ||
		(stat(run_dir, &dir) == 0 && fchown(fd, dir.st_uid, dir.st_gid) == 0);
}

static void *map_number(const char *run_dir)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/epoch", run_dir);
	if (n < 0 || (size_t)n >= sizeof path)
		return NULL;
	AUTO(close_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || !give_to_owner(run_dir, fd) || ftruncate(fd, sizeof(uint64_t)) != 0)
		return NULL;
	void *map = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return map == MAP_FAILED ? NULL : map;
}

enum rc epoch_open(const char *run_dir, struct epoch **out, struct err *err)
{
	void *map = map_number(run_dir);
	if (!map)
		return err_set(err, RC_TEMP, "run_dir", "Cannot use %s/epoch: %m.", run_dir);
	*out = heap_zalloc(sizeof **out);
	(*out)->map = map;
	(*out)->number = map;
	return RC_OK;
}

void epoch_close(struct epoch *e)
{
	if (!e)
		return;
	(void)munmap(e->map, sizeof *e->number);
	heap_free(e);
}

uint64_t epoch_now(const struct epoch *e)
{
	return atomic_load(e->number);
}

void epoch_move(struct epoch *e)
{
	atomic_fetch_add(e->number, 1);
}
