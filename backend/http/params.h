/*
 * Names and values: of a query, a form, a path, the Cookie header.
 *
 * Percent-decoded text is valid UTF-8 without NUL and without control characters other than TAB,
 * LF and CR. Limits: PARAMS_MAX pairs; longer input is refused, not cut.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

#define PARAMS_MAX 200

struct param {
	struct span name, value;
};
struct params {
	struct param *items;
	size_t len;
};

/* The first value of that name; empty when absent. */
struct span params_get(const struct params *p, struct span name);
struct span params_iget(const struct params *p, struct span name); /* ASCII case-insensitively */

/* Plain text of percent-encoded text; plus: '+' is a space. Memory: the text itself where nothing
 * is encoded, else the arena. */
MUST_CHECK bool percent_decode(struct arena *a, struct span text, bool plus, struct span *out);
/* a=b&c=d, application/x-www-form-urlencoded. */
MUST_CHECK bool params_parse_form(struct arena *a, struct span text, struct params *out);
/* RFC 6265 section 4.2.1, leniently: what is no name=value pair is skipped. */
MUST_CHECK bool params_parse_cookies(struct arena *a, struct span header, struct params *out);
/* Unreserved characters as they are, all else percent-encoded. */
struct str;
void percent_encode(struct str *out, struct span text);
