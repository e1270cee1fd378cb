/*
 * Which header fields a signature covers (RFC 6376 §5.4.2): by name, from the bottom up; a name
 * that has run out stands for nothing.
 *
 * Limits: SIGNED_FIELDS_MAX fields in the header, else nothing of it is signed or verified.
 */
#pragma once

#include "mailcore/auth/canon.h"
#include "mailcore/base/arena.h"
#include "mailcore/base/str.h"
#include "mailcore/mime/header.h"

#define SIGNED_FIELDS_MAX 4096

struct indexed_field {
	struct header_field field;
	size_t place; /* from the top */
	/* In the first of each name: */
	unsigned taken; /* how many, from the bottom */
	unsigned round; /* taken counts in this round */
};
struct signed_fields {
	struct indexed_field *items; /* by name, from the bottom up */
	size_t len;
	unsigned round;
};

/* RC_LIMIT: too many fields. The fields are borrowed. */
MUST_CHECK enum rc signed_fields_init(struct arena *a, struct span head, struct signed_fields *out);
/* How many fields have this name. */
size_t signed_fields_count(struct signed_fields *f, struct span name);
/* Appends the canonical form of the fields in names ("from:to:to"), without `own`, which is the
 * signature's own field (ptr NULL: it is not in the header). Linear but for the look-ups. */
void signed_fields_add(
	struct signed_fields *f, struct str *out, struct span names, struct span own, bool relaxed);
