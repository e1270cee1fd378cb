/*
 * What the client has been told about the selected folder.
 *
 * Two references to shared snapshots and no array of its own: `seq` gives the message numbers the
 * client counts with; `seen` is the state up to which flags were announced. They are the same
 * snapshot, except while expunges are waiting for a command during which they may be told
 * (RFC 9051 §7.5.1): then numbers stay as they are and only flags go on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/imap/syntax/seqset.h"

struct imap;
struct snapshot;

struct view {
	int64_t folder_id; /* 0: nothing is selected */
	bool read_only;
	int64_t first_recent; /* UIDs from here on are \Recent; INT64_MAX: none */
	const struct snapshot *seq, *seen;
};

/* Takes over the reference. */
void imap_view_open(struct view *v, int64_t folder_id, bool read_only, const struct snapshot *snap);
void imap_view_close(struct view *v);

/* The newest known state of message number i + 1: its row in `seen`, or in `seq` when it was
 * expunged since. */
struct view_row {
	const struct snapshot *snap;
	size_t i;
};
struct view_row imap_view_at(const struct view *v, size_t i);

/* Message numbers or UIDs of a command to indexes; "$" is the saved result. False: a number that
 * does not exist. */
bool imap_view_resolve(struct imap *s, const struct seqset *set, bool uid, struct arena *a,
	struct index_runs *out);

/* Flags that were asked for and are answered by the command itself, not announced again. */
struct view_quiet {
	const uint32_t *uids; /* ascending */
	size_t n;
};
/* Brings the client up to date: EXPUNGE (when allowed), EXISTS, FLAGS, FETCH. fresh: ask the
 * database. RC_NOT_FOUND: the folder is gone; RC_TEMP: nothing was said. quiet may be NULL. */
MUST_CHECK enum rc imap_view_sync(struct imap *s, struct ctx *ctx, bool fresh, bool may_expunge,
	bool with_uid, const struct view_quiet *quiet);
