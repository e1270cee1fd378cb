/* How snapshots are made; pure memory, no database. */
#pragma once

#include "mailcore/store/store_impl.h"

struct snap {
	struct snapshot pub; /* first: what readers hold */
	_Atomic unsigned refs;
	size_t bytes;
	int64_t log_floor;
};

/* A message as a row brings it. */
struct snap_row {
	uint32_t uid;
	uint8_t flags;
	int16_t zone;
	uint32_t size;
	uint64_t keywords, modseq;
	int64_t at;
};
struct snap_row snap_row_read(const struct rows *r, size_t i);

/* Room for max messages; the keyword names are copied. One reference, the caller's. */
struct snap *snap_new(
	const struct snapshot *like, size_t max, const struct span *names, size_t n_names);
/* Messages are appended in ascending order of UID. A row may have been read later than the folder's
 * counters and have changed meanwhile; its MODSEQ is cut to the snapshot's. A client that saw the
 * larger one would think that it knows all up to there, and would never be told of other changes
 * between the two. The refresh that brings those brings the row's true MODSEQ as well. */
void snap_add(struct snap *snap, struct snap_row row);
void snap_add_from(struct snap *snap, const struct snapshot *from, size_t index);
