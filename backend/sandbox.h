/*
 * What a role gives up before it reads a byte from the network: executing
 * programs, tracing, mounting, loading kernel code (seccomp, kill), new privileges, core dumps;
 * and files outside the data directory (Landlock, where the kernel has it).
 */
#pragma once

#include "mailcore/base/rc.h"

/* Call before threads are started, standing in the data directory. socket_dir: the database's.
 * Where the kernel refuses, that is logged and the role goes on; doctor tells. */
void sandbox_enter(const char *socket_dir);
