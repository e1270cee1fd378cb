/*
 * The structure of a message: a tree of parts with offsets into the bytes it was parsed from.
 *
 * mime_parse never fails: every byte string has a valid tree. It reads each byte a constant number
 * of times. What exceeds a limit is an opaque leaf (application/octet-stream) that holds all of
 * its bytes:
 *   - parts nested deeper than PART_DEPTH_MAX,
 *   - what follows after PART_COUNT_MAX parts (the last part runs to the end of the message),
 *   - a part whose header is larger than HEADER_BLOCK_MAX.
 *
 * A multipart without a boundary parameter is a text/plain leaf; one in which no delimiter was
 * found has one empty text/plain child. A delimiter is a whole line; the line end before it belongs
 * to it. Of equal boundaries the innermost open part's wins. A close delimiter that is missing is
 * supplied by the enclosing part's delimiter or by the end of the message.
 *
 * The tree lives in the arena and points into the message: keep both.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"
#include "mailcore/mime/content_type.h"

#define PART_DEPTH_MAX    50
#define PART_COUNT_MAX    1000
#define PART_BOUNDARY_MAX 998 /* bytes; RFC 2046 allows 70 */

enum part_kind {
	PART_LEAF,
	PART_MULTIPART, /* at least one child */
	PART_MESSAGE,   /* message/rfc822 or message/global: one child, the embedded message */
};

enum part_encoding {
	ENCODING_7BIT,
	ENCODING_8BIT,
	ENCODING_BINARY,
	ENCODING_QP,
	ENCODING_BASE64,
	ENCODING_UNKNOWN,
};

struct part {
	struct part *parent; /* NULL for the root */
	struct part *children;
	struct part *next; /* sibling */
	uint32_t index;    /* among its siblings, from 1; 0 for the root */
	enum part_kind kind;
	bool opaque; /* a limit was reached here */

	struct span type; /* lower case; text/plain when missing or unreadable */
	struct span subtype;
	struct mime_params params;
	struct span encoding; /* lower case, "7bit" when missing */
	enum part_encoding encoding_kind;
	struct disposition disposition; /* kind.ptr is NULL when absent */
	struct span id;                 /* these five: unfolded; ptr is NULL when absent */
	struct span description;
	struct span md5;
	struct span language;
	struct span location;

	struct span header; /* with its empty line; empty when the part has none */
	struct span body;   /* as stored, not decoded; of PART_MESSAGE the whole embedded message */
	size_t header_offset;
	size_t body_offset;
	size_t lines; /* line ends in the body */
};

/* Never NULL. The root: header of the message and everything after it. */
struct part *mime_parse(struct arena *a, struct span message);

bool part_is(const struct part *p, struct span type, struct span subtype);
/* The part after p in reading order (parents first); NULL after the last. */
const struct part *part_next(const struct part *p);
/* The same without going into embedded messages. */
const struct part *part_next_outside(const struct part *p);

/* The IMAP section number of a part, "1.2"; empty for a multipart root. */
struct span part_number(struct arena *a, const struct part *p);
/* IMAP section numbers (RFC 9051 §6.4.5.1): path {1, 2} is BODY[1.2]; NULL when there is no such
 * part. Number 1 of a message that is no multipart is the message's own body. n = 0: the root. */
const struct part *part_find(const struct part *root, const uint32_t *path, size_t n);

enum section_kind {
	SECTION_ALL,    /* BODY[], BODY[1.2] */
	SECTION_HEADER, /* BODY[HEADER], BODY[1.2.HEADER]; for HEADER.FIELDS too */
	SECTION_TEXT,   /* BODY[TEXT], BODY[1.2.TEXT] */
	SECTION_MIME,   /* BODY[1.2.MIME] */
};

/* The bytes of a section: false when it does not exist (IMAP: NIL). HEADER and TEXT with a path
 * need a message/rfc822 there, MIME needs a path. */
bool part_section(const struct part *root, const uint32_t *path, size_t n, enum section_kind kind,
	struct span *out);
