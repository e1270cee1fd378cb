/*
 * Where in the HTML a template's next character stands: as much of it as is needed to escape
 * fields rightly and to refuse templates in which they could not be.
 */
#pragma once

#include <stdbool.h>

#include "mailcore/base/span.h"

enum place_kind {
	PLACE_TEXT,
	PLACE_RAW,      /* in script or style: no fields */
	PLACE_COMMENT,  /* in <!-- --> or <!doctype >: no fields */
	PLACE_TAG,      /* between attributes; sections may begin here, fields may not stand here */
	PLACE_TAG_NAME, /* right after "<" */
	PLACE_ATTR_NAME, /* inside an attribute's name */
	PLACE_ATTR_EQ,   /* after "=" */
	PLACE_VALUE,     /* inside a double-quoted value */
};

struct place {
	enum place_kind kind;
	char name[16]; /* lower case, cut: of the tag, then of the attribute */
	size_t name_len;
	bool raw_next;  /* this tag opens script or style */
	bool is_url;    /* VALUE: href, src, action, formaction */
	bool url_began; /* VALUE: something of the URL is there */
};

/* Moves over literal text. On false *out_why says what is wrong with it. */
bool place_advance(struct place *p, struct span literal, const char **out_why);

/* May two branches meet, or a section begin and end, in these places? */
bool place_same(const struct place *a, const struct place *b);
