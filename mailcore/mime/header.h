/*
 * Header blocks (RFC 5322 §2.2): the fields as they lie in the message, nothing copied.
 *
 * Lines end with CRLF or a bare LF. The block ends with an empty line, or with the input. A line
 * that is neither a field nor a continuation (no colon, white space inside the name, an mbox
 * "From ") belongs to the block but to no field: it is passed over. All functions are linear.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/cur.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define HEADER_BLOCK_MAX ((size_t)1 << 20) /* fields beyond it are not looked at by mime_parse */
#define HEADER_VALUE_MAX ((size_t)1 << 20) /* one unfolded value */
#define MESSAGE_ID_MAX   998

struct header_field {
	struct span name;  /* as written, without white space before the colon */
	struct span value; /* after the colon, without the final line end; may hold folds */
	struct span whole; /* name to line end, everything included */
};

/* Length of the header block at the start of the message, its empty line included. */
size_t header_block_len(struct span message);

/* The next field of a block (or whole message: stops at the empty line); false at the end. */
bool header_next(struct cur *c, struct header_field *out);
/* The next field of this name, ASCII case-insensitively. */
bool header_next_named(struct cur *c, struct span name, struct header_field *out);
/* The first field of this name. */
bool header_find(struct span block, struct span name, struct header_field *out);
size_t header_count(struct span block, struct span name);

/* One line: line ends dropped (the white space of a fold stays), NUL and stray CR become a space,
 * trimmed. Borrowed from `value` when nothing had to change, else in the arena; cut at
 * HEADER_VALUE_MAX. */
struct span header_unfold(struct arena *a, struct span value);
/* Unfolded, encoded-words decoded, valid UTF-8 whatever came in: for people's eyes. */
struct span header_text(struct arena *a, struct span value);
/* header_text of the first field of this name; ptr is NULL when there is none. */
struct span header_text_of(struct arena *a, struct span block, struct span name);

/* IMAP HEADER.FIELDS (except = false) and HEADER.FIELDS.NOT (except = true): the fields named, or
 * all the others, byte for byte in their order, and the empty line. */
void header_fields_add(
	struct str *out, struct span block, const struct span *names, size_t n, bool except);

/* The msg-ids in a Message-ID, In-Reply-To or References value, without angle brackets and inner
 * folds, in their order; at most `max`, longer than MESSAGE_ID_MAX skipped. Returns how many. */
size_t message_ids_parse(struct arena *a, struct span value, struct span *out, size_t max);
