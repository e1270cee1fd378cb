/*
 * Bells: hints that a mailbox has changed. A lost or doubled ring does no harm; the truth is the
 * folder's highestmodseq in the database.
 *
 * Inside a process rings are function calls; between the roles of a node they are datagrams on
 * unix sockets in the run directory, for roles that watch the mailbox; a poll of watched folders is
 * the net below (every 15 s).
 * Thread-safe.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "mailcore/base/rc.h"

struct bells;
struct bell_watch;

/* run_dir: where the roles' sockets lie; role: this one's name. fd to be watched for input by the
 * role's loop: bells_fd, bells_read. */
MUST_CHECK enum rc bells_open(
	const char *run_dir, const char *role, struct bells **out, struct err *err);
void bells_close(struct bells *b);
int bells_fd(const struct bells *b);
void bells_read(struct bells *b);

struct bell_ring {
	int64_t mailbox_id;
	int64_t folder_id; /* 0: folder list or several folders */
};

/* After a commit. */
void bell_ring(struct bells *b, int64_t mailbox_id, int64_t folder_id);
/* What one commit changed: one wake-up of each other role. */
void bell_ring_all(struct bells *b, const struct bell_ring *rings, size_t n);
/* In this process only. */
void bell_ring_here(struct bells *b, int64_t mailbox_id, int64_t folder_id);

/* Moves with each ring of the mailbox in any process of the node, before anybody is woken. Several
 * mailboxes share one. */
_Atomic uint32_t *bell_count(struct bells *b, int64_t mailbox_id);

#define BELL_ALL   0  /* as mailbox_id of a watch: every mailbox */
#define BELL_QUEUE -1 /* as mailbox_id of a ring: jobs wait. All that the send role hears. */

/* fn is called from whatever thread rings, under a lock: it must only wake somebody. */
struct bell_watch *bell_watch(struct bells *b, int64_t mailbox_id,
	void (*fn)(int64_t mailbox_id, int64_t folder_id, void *arg), void *arg);
/* After this fn is not called any more. */
void bell_unwatch(struct bells *b, struct bell_watch *w);
/* The mailboxes being watched, for the periodic poll: calls each(mailbox_id). */
void bells_watched(struct bells *b, void (*each)(int64_t mailbox_id, void *arg), void *arg);
