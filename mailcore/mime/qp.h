/* quoted-printable (RFC 2045 §6.7), and the Q encoding's byte syntax. */
#pragma once

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

/* Lenient: malformed =XX stays as it is, white space at line ends is dropped, lower-case hex and
 * bare LF soft breaks are understood. Never longer than the input. */
void qp_decode(struct span text, struct str *out);
/* Text with CRLF or LF line ends; written with CRLF, lines of at most 76 characters. Bytes 8-bit
 * clean. "From " and a lone "." at line starts are encoded. */
void qp_add(struct str *out, struct span text);
/* The same for bytes that must come out as they went in: CRLF is a line end, a CR or LF alone is =0D or =0A;
 * and no line begins with "--". */
void qp_add_bytes(struct str *out, struct span bytes);
