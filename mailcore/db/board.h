/*
 * The board beside the bells: memory that the processes of a node share, in which stands how often
 * mailboxes have rung and who listens for them. Looking costs no system call, so that a ring which
 * nobody waits for wakes nobody.
 *
 * Mailboxes share counters (BOARD_SLOTS): a number that has moved, or a listener, may belong to
 * another mailbox. Thread-safe.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

#define BOARD_SLOTS 4096 /* power of two */

struct board;
struct board_ears; /* who listens in one role */

/* A role that opens it listens to nothing yet: what a killed process left is wiped off. */
MUST_CHECK enum rc board_open(
	const char *run_dir, const char *role, struct board **out, struct err *err);
void board_close(struct board *b);

/* Moves with each ring of the mailbox, in whatever process. */
_Atomic uint32_t *board_rung(struct board *b, int64_t mailbox_id);

/* Before what is listened for is read from the database, and after the last look. mailbox_id 0:
 * all of them. */
void board_listen(struct board *b, int64_t mailbox_id);
void board_unlisten(struct board *b, int64_t mailbox_id);

/* NULL: the role has never opened the board, or it was full. It lives as long as the board. */
const struct board_ears *board_ears(const struct board *b, struct span role);
bool board_hears(const struct board_ears *ears, int64_t mailbox_id);
