/*
 * Words for people: templates/words.en and words.de, compiled in (gen_words.py); every key is in both.
 *
 * Templates write {{t.key}}; code names words by the constants of words_ids.h, so that a missing
 * one does not compile. {name} in a text is a placeholder.
 */
#pragma once

#include <stddef.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"
#include "webui/view/words_ids.h"

enum language { LANGUAGE_EN, LANGUAGE_DE };
#define LANGUAGES 2

/* The language of what this thread does from here on; a page sets it when it begins. */
void words_speak(enum language language);
enum language words_language(void);
/* "de" or an Accept-Language field to a language that we have; English otherwise. */
enum language words_language_of(struct span setting, struct span accept);

/* In the thread's language. */
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
