/*
 * Declared input: what a request body or query may hold, its types and limits.
 *
 * A route names its fields; they are read from JSON (application/json), a form
 * (application/x-www-form-urlencoded) or the query. Unknown fields are refused, all problems are
 * reported together, each with its field's name. In API tables the server refuses (422) before the
 * handler; pages get the form with its errors and show it again with what was typed.
 *
 * Limits: 100 fields in a body; FIELD_TEXTS at most 200 items.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailcore/base/ctx.h"
#include "mailcore/base/span.h"

struct cJSON;

enum field_type {
	FIELD_END,    /* ends a table */
	FIELD_TEXT,   /* one line; length in characters min..max */
	FIELD_LINES,  /* text that may hold line ends */
	FIELD_SECRET, /* like TEXT, never logged or echoed, not trimmed */
	FIELD_CHOICE, /* one of choices */
	FIELD_INT,    /* min..max */
	FIELD_BOOL,   /* JSON true/false; form: "1"/"on"/"true", absent = not given */
	FIELD_TEXTS, /* array of texts, each at most 1,000 characters; count min..max; form: repeated
			 field, or one field with a line for each */
	FIELD_TIME,  /* RFC 3339; a form also a date; value in microseconds */
};

enum field_flag {
	FIELD_REQUIRED = 1,
	FIELD_NULLABLE = 2, /* JSON null is accepted: given with null set */
};

struct field {
	const char *name;
	enum field_type type;
	unsigned flags;
	int64_t min, max;           /* max 0: 1,000 for text, 2^53 for numbers, 100 for texts */
	const char *const *choices; /* ends with NULL */
	const char *about;          /* a sentence for OpenAPI */
};

struct field_value {
	bool given; /* present in the input (an empty text counts) and free of errors */
	bool null;
	struct span text; /* TEXT, LINES, SECRET, CHOICE; of any type: as typed, to show again */
	int64_t number;   /* INT, BOOL, TIME */
	const struct span *items;
	size_t n_items;
};

struct field_error {
	struct span field;
	const char *code; /* required, unknown, type, too_short, too_long, range, choice, invalid */
	struct span detail; /* a sentence */
};

struct form {
	const struct field *fields;
	struct field_value *values; /* one for each field */
	struct field_error *errors;
	size_t n_errors;
	struct span csrf; /* the form's "csrf" field: always allowed */
};

/* fields may be NULL: none allowed. Never fails: problems are in out->errors. */
void fields_from_json(
	struct ctx *ctx, const struct field *fields, const struct cJSON *body, struct form *out);
/* text: a=b&c=d. lenient: unknown names are ignored (page URLs). */
void fields_from_form(struct ctx *ctx, const struct field *fields, struct span text, bool lenient,
	struct form *out);

/* Asking for a field that the table does not have is a bug: abort. */
const struct field_value *form_get(const struct form *f, const char *name);
struct span form_text(const struct form *f, const char *name); /* empty when not given */
int64_t form_i64(const struct form *f, const char *name, int64_t fallback);
bool form_bool(const struct form *f, const char *name, bool fallback);
bool form_given(const struct form *f, const char *name);
/* A service's refusal as an error of the form's field, to show the form again. */
void form_add_error(
	struct ctx *ctx, struct form *f, struct span field, const char *code, struct span detail);
/* NULL when the field has none. */
const struct field_error *form_error(const struct form *f, const char *name);
