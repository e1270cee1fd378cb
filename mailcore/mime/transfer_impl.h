/* Shared by transfer.c, which decides, and transfer_write.c, which writes. */
#pragma once

#include "mailcore/base/str.h"
#include "mailcore/mime/transfer.h"

enum transfer_form {
	FORM_AS_IS,
	FORM_HEADER, /* folded where a line is too long */
	FORM_FILLER, /* before, between and behind parts: delimiters stay, the rest is cut */
	FORM_QP,
	FORM_BASE64,
	FORM_QP_AGAIN,     /* it is quoted-printable, badly */
	FORM_BASE64_AGAIN, /* base64, badly */
};

/* A stretch of the message, or a few bytes of ours. */
struct transfer_segment {
	enum transfer_form form;
	struct span bytes;
};

/* Where the writer is within a segment. */
struct transfer_place {
	size_t at;
	size_t column;   /* of the output line */
	size_t digits;   /* base64 digits so far */
	size_t kept_to;  /* white space before it does not end a line */
	bool is_content; /* a Content- field is being written */
	bool in_line;    /* the piece before ended within a line of the input */
};

/* Writes the next piece of the segment; it is at its end when place->at is. */
void transfer_write(
	const struct transfer_segment *s, struct transfer_place *place, struct str *out);
