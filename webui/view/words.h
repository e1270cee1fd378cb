/*
 * Words for people: templates/words.en, compiled in (gen_words.py).
 *
 * Templates write {{t.key}}; code names words by the constants of words_ids.h, so that a missing
 * one does not compile. {name} in a text is a placeholder.
 */
#pragma once

#include <stddef.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"
#include "webui/view/words_ids.h"

struct span words(enum words_id id);
/* By name; ptr is NULL when there is none. */
struct span words_find(struct span key);

struct words_arg {
	const char *name;
	struct span value;
};
/* The text with its placeholders filled. */
struct span words_fill(struct arena *a, enum words_id id, const struct words_arg *args, size_t n);
/* With {n} filled: `one` when n is 1, else `other`. */
struct span words_count(struct arena *a, enum words_id one, enum words_id other, int64_t n);
