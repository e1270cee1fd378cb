/*
 * The listening sockets: bound once by the supervisor, inherited by the roles, open as long as
 * the supervisor lives - so a client waits in the backlog while a role restarts.
 */
#pragma once

#include "backend/launch.h"

#define LISTENERS_MAX 64

struct listener {
	const char *name; /* "smtp", as in listen.smtp */
	const char *role; /* "mx" */
	int fd;
};

struct listeners {
	struct listener items[LISTENERS_MAX];
	size_t len;
};

/* Binds everything that the configuration names. RC_CONFLICT: a port is taken or may not be bound
 * (the sentence says which and what to do); nothing stays bound then. */
MUST_CHECK enum rc listeners_open(struct launch *l, struct listeners *out, struct err *err);
void listeners_close(struct listeners *list);
