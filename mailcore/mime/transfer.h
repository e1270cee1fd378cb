/*
 * A message in the form that every mail server takes: 7-bit, no line above 998 (RFC 5321 §4.5.3.1.6,
 * RFC 2045 §6, RFC 6152 §3). Before it is signed; afterwards nobody may touch it.
 *
 * Only parts that need it are encoded, each to the same bytes when decoded: text as quoted-printable or
 * base64, whichever is shorter, other types as base64. quoted-printable and base64 with lines that
 * are too long, or with 8-bit bytes between, are written again. Header lines that are too long are
 * folded at white space; where there is none a space is put in. What stands before the first part and behind the last
 * is nobody's text: it is cut into lines, and its 8-bit bytes become question marks.
 *
 * Never changed, because somebody has signed it or a standard forbids it: what is inside
 * multipart/signed and multipart/encrypted, message types other than rfc822, parts beyond the limits
 * of part.h, unknown encodings. 8-bit bytes in header fields stay too (they are SMTPUTF8's). What of
 * that is 8-bit or too long is still so in the output: watch it with struct transfer_watch.
 * PGP text inside a plain part may be encoded: who decodes it has what was signed.
 *
 * Linear. Memory: the part tree, and TRANSFER_PIECE_MAX for the output, which comes piece by piece.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

#define TRANSFER_LINE_MAX  998 /* without the line end */
#define TRANSFER_PIECE_MAX ((size_t)64 << 10)

/* Looks at a message as it passes by, in pieces. Begins with zeros. */
struct transfer_watch {
	size_t column;
	bool after_cr;
	bool is_8bit; /* a byte above 127, or NUL */
	bool is_long; /* a line above TRANSFER_LINE_MAX */
};
void transfer_watch_add(struct transfer_watch *w, struct span piece);

struct transfer;

/* Decides about every part. The plan lives in the arena and points into the message: keep both. */
struct transfer *transfer_plan(struct arena *a, struct span message);
size_t transfer_encoded_parts(const struct transfer *t);
/* The next piece of the message in its new form, valid until the next call; empty at the end. */
struct span transfer_next(struct transfer *t);
