/* A segment while it is made: messages and older segments become words. */
#pragma once

#include "mailcore/store/search_index.h"

struct search_build {
	struct words *head, *body;
	uint32_t uids[WORDS_DOCS_MAX]; /* of its documents */
	size_t n;
};

struct search_build *search_build_new(void);
void search_build_free(struct search_build *b);
/* The next document. Memory: a, for the parsed message. */
void search_build_message(
	struct search_build *b, struct arena *a, uint32_t uid, const struct message_bytes *bytes);
/* The messages of an older segment that are still there (live: ascending). False: damaged. */
MUST_CHECK bool search_build_segment(struct search_build *b, struct arena *a,
	const struct search_segment *segment, const uint32_t *live, size_t n_live);
size_t search_build_size(const struct search_build *b);

struct search_packed {
	struct span uids, head, body;
	size_t head_size, body_size;
};
/* As the row's columns hold it. False: it cannot be packed. */
MUST_CHECK bool search_build_pack(
	const struct search_build *b, struct arena *a, struct search_packed *out);
