/*
 * A search over the selected folder, for SEARCH, SORT and THREAD: in batches, in portions when it
 * takes long, never silently incomplete.
 */
#pragma once

#include "mailcore/imap/progress.h"
#include "mailcore/imap/search.h"
#include "mailcore/imap/search_words.h"

struct search {
	struct search_query query;
	bool wants_terms; /* a key asks for header fields that the process keeps */
	bool wants_row;   /* a key asks for what only message_rows has */
	unsigned want;    /* META_*: what that reads */
	bool wants_words; /* a key asks for text */
	bool begun;
	struct search_words words;
	size_t looked_bytes; /* of messages that had to be looked at */
	size_t at;           /* the place: index of the next message */
	struct {
		uint32_t *items; /* indexes of what was found, ascending */
		size_t len, cap;
	} found;
	struct progress progress;
};

/* Readies the parsed keys for the selected folder. False: a message number does not exist. */
bool search_begin(struct answer *answer, struct search *q);
/* Goes on. *out_done: everything has been looked at; else STEP_MORE is due. RC_TEMP. */
MUST_CHECK enum rc search_run(struct answer *answer, struct search *q, bool *out_done);
