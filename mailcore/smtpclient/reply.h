/*
 * Replies of SMTP servers (RFC 5321 §4.2): a parser fed with bytes as they come. Pure.
 *
 * Strict where safety asks for it: three digits 2..5, 0..5, 0..9, then blank, hyphen or line end; all
 * lines of a reply have one code. Lenient: lines may end with a bare LF. Nothing untrusted leaves
 * here: the text of a reply is printable UTF-8 in one line, other bytes are written as \xNN
 * (REQUIREMENTS 53).
 *
 * Limits: 512 octets of a line and 64 lines are kept, the text for people comes from 16 of them, the
 * rest is read over; a line above
 * REPLY_LINE_MAX, a reply above REPLY_LINES_MAX or REPLY_BYTES_MAX is malformed.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define REPLY_KEEP_LINE  512
#define REPLY_KEEP_LINES 64 /* EHLO of some servers is long */
#define REPLY_TEXT_LINES 16 /* of them, in the text for people */
#define REPLY_LINE_MAX   4096
#define REPLY_LINES_MAX  200
#define REPLY_BYTES_MAX  (64UL * 1024)
#define REPLY_TEXT_MAX   512 /* of the text in struct smtpclient_reply */

struct smtpclient_reply {
	int code; /* 0: no reply */
	struct span
		status;   /* "5.1.1": the reply's if it fits the code, else by its class "5.0.0" */
	struct span text; /* after the code: all lines, one blank between, at most REPLY_TEXT_MAX */
};

enum reply_state { REPLY_MORE, REPLY_DONE, REPLY_MALFORMED };

struct reply_parser {
	int code; /* of the lines so far */
	size_t n_lines, n_bytes;
	struct str text; /* kept lines without their codes, LF after each; printable */
};

/* The parser's text lives in the arena until the next begin. */
void reply_parse_begin(struct reply_parser *p, struct arena *a);
/* Takes whole lines off the front of *in, up to the end of one reply. REPLY_MORE: *in holds an
 * incomplete line, or nothing. */
enum reply_state reply_feed(struct reply_parser *p, struct span *in);
/* After REPLY_DONE. Memory: the arena. */
void reply_result(const struct reply_parser *p, struct arena *a, struct smtpclient_reply *out);
/* A kept line of the reply, without its code: EHLO's keywords. False after the last. */
bool reply_line(const struct reply_parser *p, size_t *pos, struct span *out);
/* "5.1.1 ..." at the start of a reply's text: class 2, 4 or 5, subject and detail up to 999. */
bool reply_status(struct span text, struct span *out);
