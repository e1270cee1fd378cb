/*
 * Does a message match? Asked in rounds that cost more and more: with the snapshot alone, with the
 * header fields that the process keeps, with those that the store keeps, with the whole message.
 * Each may leave a message undecided, and only those go on to the next.
 */
#pragma once

#include "mailcore/imap/message_part.h"
#include "mailcore/imap/syntax/search_keys.h"
#include "mailcore/imap/view.h"
#include "mailcore/store/header_terms.h"

enum match { MATCH_NO, MATCH_YES, MATCH_UNDECIDED };

struct candidate {
	const struct view *view;
	size_t index;
	int64_t now_s;
	struct arena *a;                  /* for folded text; emptied by the caller */
	const struct message_row *row;    /* ids and dates; NULL: not read yet */
	const struct header_terms *terms; /* NULL: not read yet, or look at the message */
	bool has_fields;                  /* the usual fields are there */
	struct span fields;
	bool has_message;
	struct open_message message;
	struct span folded_body; /* filled on first use */
};

/* Numbers and UIDs to indexes, keywords to bits. False: a message number that does not exist. */
bool search_prepare(struct imap *s, struct search_key *key, struct arena *a);
/* UNDECIDED only as long as has_message is false. Recursion is bounded by SEARCH_DEPTH_MAX. */
enum match search_match(const struct search_key *key, struct candidate *c);
