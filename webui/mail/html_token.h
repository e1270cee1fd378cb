/*
 * A tokeniser for HTML as it is in mail (WHATWG HTML §13.2.5, without a tree).
 *
 * It never fails: every byte string is a sequence of tokens. Comments, doctypes, CDATA and broken
 * markup are passed over as browsers do. The content of script, style, title, textarea and their
 * like comes as one text token. Linear in its input, no recursion.
 *
 * Safety does not rest on reading hostile markup exactly as browsers do, because nothing of the
 * input's markup is ever passed on: html_clean writes its own from these tokens.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/cur.h"
#include "mailcore/base/span.h"

#define HTML_NAME_MAX 24 /* longer names are cut: no element or attribute we know is as long */
#define HTML_ATTR_MAX 40 /* more of one tag are passed over */

enum html_token_kind {
	HTML_TEXT,
	HTML_START,
	HTML_END,
};

struct html_attr {
	char name[HTML_NAME_MAX + 1]; /* lower case */
	struct span value;            /* character references resolved */
};

struct html_token {
	enum html_token_kind kind;
	char name[HTML_NAME_MAX + 1]; /* of tags, lower case */
	bool self_closing;
	struct html_attr attrs[HTML_ATTR_MAX]; /* the first of a name counts */
	size_t n_attrs;
	struct span text; /* character references resolved */
};

struct html_tokens {
	struct cur in;
	struct arena *arena;
	char raw[HTML_NAME_MAX + 1]; /* the element whose raw content comes next, or "" */
	bool plaintext;              /* the rest is text */
};

void html_tokens_init(struct html_tokens *t, struct arena *a, struct span html);
/* False at the end. Texts live in the arena or point into the input. */
bool html_token_next(struct html_tokens *t, struct html_token *out);
/* NULL when the tag has none of this name. */
const struct html_attr *html_attr_find(const struct html_token *token, const char *name);
