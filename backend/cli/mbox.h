/*
 * mbox files (RFC 4155, quoted as mboxrd): one message after the other, in memory.
 *
 * A message begins at a line "From " that follows the start or an empty line; ">From " lines lose
 * one '>'; the empty line before the next "From " is not part of the message. LF line ends become
 * CRLF. Status, X-Status and X-Keywords say what was read, flagged, answered; they and
 * Content-Length are left out.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/cur.h"
#include "mailcore/base/rc.h"

struct mbox_message {
	struct span from_line; /* without line end */
	struct span bytes;     /* as IMAP will serve it; arena */
	uint8_t flags;         /* enum message_flag of the store */
};

/* False at the end. A file that does not begin with "From " has no messages. */
MUST_CHECK bool mbox_next(struct cur *file, struct arena *a, struct mbox_message *out);

/* One message file (maildir): line ends become CRLF, nothing else. */
struct span message_with_crlf(struct arena *a, struct span text);
