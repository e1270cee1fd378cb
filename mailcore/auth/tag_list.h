/*
 * Tag lists (RFC 6376 §3.2): "v=1; a=rsa-sha256; ...", in signatures, key records and seals.
 *
 * Strict as the grammar: an empty entry, a repeated name or a control character makes the whole
 * list malformed; one ";" at the end is allowed. Values may hold UTF-8 (RFC 8616) and folds.
 *
 * Limits: TAG_LIST_MAX tags.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

#define TAG_LIST_MAX 64

struct tag {
	struct span name;  /* case counts */
	struct span value; /* without white space around it; folds inside */
	struct span room;  /* everything between "=" and ";": what is taken out of b= */
};
struct tag_list {
	struct tag items[TAG_LIST_MAX];
	size_t len;
};

/* The spans are borrowed from text. */
bool tag_list_parse(struct span text, struct tag_list *out);
/* NULL: not in the list. */
const struct tag *tag_list_find(const struct tag_list *list, struct span name);
/* The value of a tag, empty (ptr NULL) when it is absent. */
struct span tag_list_value(const struct tag_list *list, struct span name);

/* White space of tag lists: SP, HTAB and what folds are made of. */
static inline bool tag_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
/* A copy without any white space (base64); the value itself when there is none. */
struct span tag_without_space(struct arena *a, struct span value);
/* The next entry of a list with this separator (h=, t=), trimmed; false at the end. */
bool tag_next_item(struct span *rest, char separator, struct span *out_item);
/* Is word an entry of the ":"-separated list? ASCII case-insensitively. */
bool tag_has_item(struct span list, struct span word);
