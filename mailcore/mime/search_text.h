/*
 * What there is to find in a message: the folded text in which SEARCH looks for its words.
 *
 * Whoever changes what these functions return must raise SEARCH_TEXT_VERSION: indexes keep what an
 * older program has seen.
 */
#pragma once

#include <stdbool.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

struct part;

#define SEARCH_TEXT_VERSION 1
#define SEARCH_FOLD_MAX     ((size_t)256 << 20)

/* Case-folded valid UTF-8 for comparing, white space runs as one space; no byte below a space is
 * left. At most three times as long as the text, and empty when that is above SEARCH_FOLD_MAX. */
struct span search_fold(struct arena *a, struct span utf8);

/* A walk over the folded texts of a header: each field's name, then its value. */
struct search_fields {
	struct span block; /* what is left of it */
	struct span value; /* of the field whose name was the last; ptr NULL: none */
};
void search_fields_begin(struct search_fields *walk, struct span block);
bool search_fields_next(struct arena *a, struct search_fields *walk, struct span *out_folded);
