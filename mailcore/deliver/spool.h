/*
 * Message bytes on their way in: in memory up to a threshold, then in a file without a name.
 *
 * Nothing here is durable; the file is gone with the descriptor. Memory: the threshold at most,
 * and none once the file has been made.
 */
#pragma once

#include <stddef.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

struct spool {
	const char *dir;
	size_t threshold;
	struct str memory;
	int fd; /* -1: all in memory */
	size_t size;
};

void spool_init(struct spool *s, const char *dir, size_t threshold);
void spool_done(struct spool *s);
/* RC_TEMP: disk trouble; the spool is of no use any more. */
MUST_CHECK enum rc spool_add(struct spool *s, struct span bytes);
/* The first `max` bytes, or all when there are fewer. Borrowed from memory, or in the arena. */
MUST_CHECK enum rc spool_start(struct spool *s, struct arena *a, size_t max, struct span *out);
/* The next bytes from `offset` on, which is below the size: in the buffer, or borrowed from memory
 * (then all of them). */
MUST_CHECK enum rc spool_piece(
	const struct spool *s, size_t offset, char *buffer, size_t size, struct span *out);
/* Appends everything from `offset` on to another spool. */
MUST_CHECK enum rc spool_copy(struct spool *from, size_t offset, struct spool *to);
/* All of it in one piece: borrowed from memory, or mapped until spool_unmap. RC_TEMP. */
MUST_CHECK enum rc spool_map(const struct spool *s, struct span *out);
void spool_unmap(const struct spool *s, struct span all);
/* Has the file system of `dir` that many bytes left? True when it does not say. */
bool spool_has_room(const char *dir, uint64_t bytes);
/* Puts it into a file also below the threshold. */
MUST_CHECK enum rc spool_to_file(struct spool *s);
