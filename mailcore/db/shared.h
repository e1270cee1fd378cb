/* A file of the run directory as memory that all processes of the node share. */
#pragma once

#include <stddef.h>

/* Makes the file, zeros, when it is not there, and gives it to the directory's owner. NULL: errno
 * says why. munmap ends it. */
void *shared_map(const char *run_dir, const char *name, size_t size);
