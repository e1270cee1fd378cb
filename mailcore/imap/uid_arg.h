/* The messages that a command names, as UIDs. */
#pragma once

#include "mailcore/imap/session.h"

/* runs.count UIDs, ascending, in the arena. */
uint32_t *uids_of_runs(const struct imap *s, struct arena *a, const struct index_runs *runs);
