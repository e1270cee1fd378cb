/* A file of the run directory as shared memory. */
#include "mailcore/db/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailcore/base/auto.h"

/* The command line runs as root; the roles must be able to open what it made. */
static bool give_to_owner(const char *run_dir, int fd)
{
	struct stat dir;
	return geteuid() != 0 ||
		(stat(run_dir, &dir) == 0 && fchown(fd, dir.st_uid, dir.st_gid) == 0);
}

void *shared_map(const char *run_dir, const char *name, size_t size)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/%s", run_dir, name);
	if (n < 0 || (size_t)n >= sizeof path) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	AUTO(close_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || !give_to_owner(run_dir, fd) || ftruncate(fd, (off_t)size) != 0)
		return NULL;
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return map == MAP_FAILED ? NULL : map;
}
