/*
 * TEXT and BODY by the folder's index (store/search_index.h): the answer of each message for each
 * such key, as far as the index knows it. Messages of which it does not are looked at themselves.
 */
#pragma once

#include "mailcore/imap/session.h"
#include "mailcore/imap/syntax/search_keys.h"

#define SEARCH_WORDS_KEYS 8   /* of a command; others look at the messages */
#define SEARCH_WORDS_MIN  200 /* messages: fewer are looked at more quickly than the index */

struct search_words {
	struct search_key *keys[SEARCH_WORDS_KEYS]; /* with `answers` of each message */
	size_t n_keys;
	uint32_t at; /* UID that the next segment must reach */
	bool done;
	size_t n_unknown; /* messages that no segment lists */
};

/* Makes the answers of the keys below root; all MAYBE. */
void search_words_begin(struct answer *answer, struct search_words *w, struct search_key *root);
/* Looks through the next segment. RC_TEMP. */
MUST_CHECK enum rc search_words_run(struct answer *answer, struct search_words *w);
