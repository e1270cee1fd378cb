/* The snapshots that a process keeps: least recently used ones go when the budget is full. */
#pragma once

#include "mailcore/store/snapshot.h"

struct cache_view {
	struct snap *snap; /* with a reference; NULL: not there */
	uint32_t rung;     /* the mailbox' rings when it was last looked at */
	int64_t checked_ms;
};
struct cache_view cache_look(struct store *s, int64_t mailbox_id, int64_t folder_id);
/* Takes over the caller's reference of `snap` and returns one of the newest snapshot there is: a
 * slower thread's older one does not replace it. */
struct snap *cache_put(struct store *s, struct snap *snap, uint32_t rung, int64_t checked_ms);
void cache_drop(struct store *s, int64_t mailbox_id, int64_t folder_id);
