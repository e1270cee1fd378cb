/*
 * The words of some documents and where each occurs, as one stream of bytes: what SEARCH TEXT and
 * BODY look through instead of the messages.
 *
 * A word is what stands between spaces in folded text (mime/search_text.h). Text that holds no space
 * is in a document exactly if it is in one of its words; so for one word the stream knows the answer,
 * whatever its length, script or punctuation, and for several it knows who may hold them together.
 *
 * Stream: words, each followed by the documents that have it. Folded text has no byte below a space,
 * so those stand for the numbers: the first document, then the distances, four bits a byte, the
 * lowest first, 0x10 set when more follow. memmem() over the stream finds a part of a word, what
 * follows are its documents. A first "word" of one space has the documents that are not indexed.
 *
 * Pure. Limits: WORDS_DOCS_MAX documents, WORDS_STREAM_MAX octets. Reading is linear and believes
 * nothing: a malformed stream is found to be one, at the latest where it matters.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define WORDS_DOCS_MAX   4096
#define WORDS_STREAM_MAX ((size_t)128 << 20)

/* ------------------------------------------------------------------ making a stream */

struct words;
struct words *words_new(void);
void words_free(struct words *w);
/* Documents come in ascending order; one may be added to several times. */
void words_add(struct words *w, uint32_t doc, struct span folded);
void words_add_unindexed(struct words *w, uint32_t doc);
/* The documents of a stream: i becomes to[i], ascending; those with WORDS_NO_DOC are left out.
 * False: malformed; what was added then is of no use. */
#define WORDS_NO_DOC UINT32_MAX
MUST_CHECK bool words_add_stream(
	struct words *w, struct span stream, const uint32_t *to, size_t n_docs);
/* About how long the stream will be. */
size_t words_size(const struct words *w);
void words_write(const struct words *w, struct str *out);

/* ------------------------------------------------------------------ looking into one */

#define WORDS_PIECES_MAX 16
#define WORDS_PIECE_MAX  1000 /* octets of a word that are compared */

/* A part of a word; starts, ends: the word does so too. */
struct words_piece {
	struct span text;
	bool starts, ends;
};
struct words_needle {
	struct words_piece pieces[WORDS_PIECES_MAX];
	size_t n;
	bool exact; /* one piece that says it all */
};
/* The text is folded; it is borrowed. */
void words_needle_init(struct words_needle *n, struct span folded);

enum words_found { WORDS_NO, WORDS_MAYBE, WORDS_YES };
/* out[i] of each document; NO and YES are certain. False: malformed. */
MUST_CHECK bool words_look(
	struct span stream, const struct words_needle *needle, uint8_t *out, size_t n_docs);
