/*
 * The index for SEARCH TEXT and BODY: words of a folder's messages, in segments (words.h).
 *
 * It is only ever a hint that saves work: a message that no segment lists is looked at itself, and so
 * is one of which a segment says "maybe". Segments are made later, by whoever has the folder's
 * lease: in one tx with the note of how far the folder is indexed, so a process that dies half way
 * leaves things as they were. Messages that are gone stay in their segment until it is merged or
 * more than a quarter of it is gone; nobody asks for their UIDs.
 *
 * Making it: a process sweeps over all folders (search_index_work) and indexes those with
 * SEARCH_TAIL new messages, a segment at a time; a search that had to look at many says so at once
 * (search_index_want). New segments take in smaller ones before them, up to WORDS_DOCS_MAX messages.
 *
 * Limits: SEARCH_SEGMENT_BYTES of words a segment; messages with more than SEARCH_MESSAGE_TEXT
 * octets of text are not indexed and always looked at; SEARCH_WANTED_MAX folders wait.
 */
#pragma once

#include "mailcore/store/store.h"
#include "mailcore/store/words.h"

#define SEARCH_TAIL          64
#define SEARCH_SEGMENT_BYTES ((size_t)16 << 20)
#define SEARCH_MESSAGE_TEXT  ((size_t)8 << 20)
#define SEARCH_WANTED_MAX    1000

struct search_segment {
	uint32_t last_uid;
	const uint32_t *uids; /* of its documents, ascending */
	size_t n;
	struct span head, body; /* streams; those asked for */
};
/* The first segment that ends at from_uid or later. RC_NOT_FOUND: no more; RC_INVALID: it cannot be
 * read, but out->last_uid says where to go on. Memory: ctx->arena, up to twice WORDS_STREAM_MAX. */
MUST_CHECK enum rc search_segment_next(struct store *s, struct ctx *ctx, int64_t mailbox_id,
	int64_t folder_id, uint32_t from_uid, bool head, bool body, struct search_segment *out);

/* Puts a folder in front of those that wait for search_index_work. */
void search_index_want(struct store *s, int64_t mailbox_id, int64_t folder_id);
/* Indexes for about budget_ms, or until nothing is left to do. Any number of processes may do so.
 * *out_messages: how many were indexed. RC_TEMP: try again later. */
MUST_CHECK enum rc search_index_work(
	struct store *s, struct ctx *ctx, int64_t budget_ms, size_t *out_messages);
