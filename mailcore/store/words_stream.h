/* The records of a stream of words: shared by words.c and words_look.c. */
#pragma once

#include "mailcore/store/words.h"

#define WORDS_UNINDEXED SPAN(" ")

struct words_record {
	struct span word;
	struct span numbers; /* what is left of them */
	uint32_t doc;        /* the last; before the first 0 */
	bool malformed;
};

/* Takes the next record off the stream; false: it is malformed. */
bool words_record_next(struct span *stream, struct words_record *out);
/* The numbers that begin at `at`, up to the next word or the end. */
struct span words_numbers_at(struct span stream, size_t at);
/* The next document; false: no more, or malformed (which is noted). */
bool words_doc_next(struct words_record *record, size_t n_docs, uint32_t *out);
