/*
 * Cutting IMAP input into pieces (RFC 9051 §2.2, §4.3; RFC 7888).
 *
 * A piece is one line with its line end, or some octets of a literal that a line before has
 * announced. A command is one line, or lines and literals in turn; session.c puts the pieces
 * together, so that it can say "+" (or no) to an announced literal before a byte of it is read,
 * and an APPEND's message can flow to a file. Cutting is pure: it looks at the framer and at the
 * input, and changes neither.
 *
 * Limits: a line of IMAP_LINE_BEFORE_LOGIN octets until log-in and IMAP_LINE_MAX after; a longer
 * one is handed out in part, without its line end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailcore/base/span.h"

#define IMAP_LINE_BEFORE_LOGIN 8192
#define IMAP_LINE_MAX          ((size_t)256 * 1024)
#define IMAP_LITERAL_PIECE     ((size_t)64 * 1024)

struct framer {
	size_t line_max;
	uint64_t literal_left; /* octets of the current literal still to come; 0: a line is next */
};

/* True when a piece of *out_len octets is at the head of `in`. *scanned: octets already searched
 * for a line end by earlier calls; kept up to date. */
bool framer_cut(const struct framer *f, struct span in, size_t *scanned, size_t *out_len);

/* The literal that a line announces at its end, before CRLF:
 * literal = "{" number64 ["+"] "}" / "~{" number64 ["+"] "}" */
struct literal {
	uint64_t size;
	bool sync;   /* wants a continuation request first */
	bool binary; /* literal8: may hold NUL */
	size_t mark; /* length of the announcement, line end excluded */
};
/* line: without its line end. */
bool literal_announced(struct span line, struct literal *out);
