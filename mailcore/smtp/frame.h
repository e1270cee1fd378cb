/*
 * Cuts the input of an SMTP session: command lines, pieces of DATA, pieces of a BDAT chunk.
 *
 * Pure and linear: every byte is looked at once. A command line frame ends with LF, or is a full
 * buffer's worth of a line that is too long. A DATA frame ends with CRLF.CRLF, the only end of
 * data there is (RFC 5321 §4.1.1.4), or is everything that fits; the bytes behind the end are
 * commands again. The framer never decides what is allowed.
 */
#pragma once

#include "mailcore/base/span.h"
#include "mailcore/net/loop.h"

#define SMTP_FRAME_MAX ((size_t)64 << 10) /* input that is held at most */

enum smtp_input {
	INPUT_LINE,      /* commands, up to SMTP_LINE_MAX; AUTH longer */
	INPUT_AUTH_LINE, /* an answer in an AUTH exchange */
	INPUT_DATA,
	INPUT_CHUNK, /* BDAT: chunk_left bytes */
};

struct smtp_framer {
	enum smtp_input input;
	bool skipping;       /* inside a line that was too long */
	uint64_t chunk_left; /* INPUT_CHUNK */
	char tail[4];        /* INPUT_DATA: the bytes before this frame */
};

/* The next input is of this kind. */
void smtp_framer_expect(struct smtp_framer *f, enum smtp_input input);
/* The frame function of struct protocol. */
enum frame smtp_framer_cut(struct smtp_framer *f, struct span in, size_t *scanned, size_t *out_len);
/* A command frame holds its line end, and is within its limit. */
bool smtp_line_is_whole(const struct smtp_framer *f, struct span frame);
