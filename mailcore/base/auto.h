/* Resources that close themselves at the end of their scope: AUTO(close_fd) int fd = open(...); */
#pragma once

#include <stdio.h>
#include <unistd.h>

#define AUTO(fn) __attribute__((cleanup(auto_##fn)))

static inline void auto_close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing to do about it at the end of a scope */
}
static inline void auto_close_file(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}
