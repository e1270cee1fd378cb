/*
 * From the wire to message bytes: dots unstuffed, end of data found, line ends judged.
 *
 * Pure; fed with frames of any size. The result has CRLF line ends only, and ends with one unless
 * it is empty. A bare CR or LF is either written as CRLF (LINES_NORMALISE: submission) or noted in
 * `bare`, for a refusal once the peer has sent everything (LINES_STRICT: from the world, where two
 * servers that read line ends differently are two messages in one: SMTP smuggling).
 */
#pragma once

#include <stdbool.h>

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

enum line_rule { LINES_STRICT, LINES_NORMALISE };

enum text_state {
	TEXT_LINE_START, /* after CRLF, or nothing yet */
	TEXT_IN_LINE,
	TEXT_AFTER_BARE, /* a line start for people, not for the dot rules */
	TEXT_CR,         /* CR seen, not yet written */
	TEXT_DOT,        /* "." at a line start seen, dropped */
	TEXT_DOT_CR,     /* and a CR behind it */
	TEXT_END,        /* CRLF.CRLF seen */
};

struct text_filter {
	enum line_rule rule;
	bool dots; /* DATA; in BDAT a dot is a dot */
	enum text_state state;
	bool bare; /* a bare CR or LF was seen */
};

void text_filter_init(struct text_filter *t, enum line_rule rule, bool dots);
/* Appends to out at most 2 * in.len + 2 bytes. Stops at the end of data. */
void text_filter_add(struct text_filter *t, struct span in, struct str *out);
/* BDAT LAST: finishes a line that was left open. At most 2 bytes. */
void text_filter_finish(struct text_filter *t, struct str *out);
