/*
 * "Still working" for commands that take long (RFC 9585), so that clients and what is between do
 * not give up.
 */
#pragma once

#include "mailcore/imap/session.h"

#define PROGRESS_FIRST_MS 3000
#define PROGRESS_EVERY_MS 10000

struct progress {
	int64_t next_ms; /* monotonic; 0: the work begins now */
};

/* Is it time to say something? */
bool progress_is_due(struct progress *p, int64_t now_ms);
/* Says it if so. total 0: unknown. */
void progress_tell(struct imap *s, struct progress *p, size_t done, size_t total);
