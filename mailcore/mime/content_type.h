/*
 * Content-Type and Content-Disposition values (RFC 2045 §5, RFC 2183) with RFC 2231 parameters.
 *
 * Tolerant as mail needs it: missing semicolons' values, unquoted specials, bare text after a
 * value are read as far as sense goes; what makes no sense is passed over. Continuations
 * (name*0, name*1*) are joined and percent-decoded to UTF-8. Of a name that comes twice the first
 * counts. encoded-words (RFC 2047) in values are left: see part_filename.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

#define MIME_PARAM_MAX       100   /* parameters looked at; the rest is ignored */
#define MIME_PARAM_VALUE_MAX 65536 /* bytes of one joined value; the rest is ignored */

struct mime_param {
	struct span name;  /* lower case, without RFC 2231 asterisks */
	struct span value; /* unquoted, joined; UTF-8 when it had an RFC 2231 charset we know */
};

struct mime_params {
	struct mime_param *items;
	size_t len;
};

struct content_type {
	struct span type; /* lower case */
	struct span subtype;
	struct mime_params params;
};

struct disposition {
	struct span kind; /* lower case: "inline", "attachment", ... */
	struct mime_params params;
};

/* False when there is no "type/subtype" at the start. */
bool content_type_parse(struct arena *a, struct span value, struct content_type *out);
/* False when there is no token at the start. */
bool disposition_parse(struct arena *a, struct span value, struct disposition *out);

/* ptr is NULL when absent. `name` in lower case. */
struct span mime_param_find(const struct mime_params *params, struct span name);
