/*
 * The epoch: how often the processes of this node have changed who exists (domains, mailboxes,
 * aliases, accounts). A cache of such answers is good as long as the number stays.
 *
 * One number in a shared mapping of a file in the run directory: looking costs no system call, and
 * who answered "done" has moved it before. Other nodes do not: a cache needs a short life as well.
 */
#pragma once

#include <stdint.h>

#include "mailcore/base/rc.h"

struct epoch;

/* Makes the file when it is not there, and gives it to the directory's owner. */
MUST_CHECK enum rc epoch_open(const char *run_dir, struct epoch **out, struct err *err);
void epoch_close(struct epoch *e);

/* Read it before asking the database, and keep it with the answer. */
uint64_t epoch_now(const struct epoch *e);
/* After a commit. */
void epoch_move(struct epoch *e);
