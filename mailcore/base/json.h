/*
 * JSON (RFC 8259): a strict reader, and building and writing of values. cJSON is inside; nobody
 * else includes it.
 *
 * All memory is the arena's of the call that made a value; nothing is freed by hand. Text is
 * checked before cJSON sees it, because cJSON is lenient: UTF-8, the grammar to the last byte,
 * no duplicate names in an object, no \u0000, no lone surrogates, depth 32, 100,000 values.
 * Whole numbers are exact: added ones whatever their size, read ones up to 2^53, beyond which
 * json_i64 refuses (and writing back what was read rounds above 10^15).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define JSON_DEPTH_MAX  32
#define JSON_VALUES_MAX 100000

struct cJSON; /* a value */

enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_TEXT,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* The whole of `text` is one value. *out_error_at (may be NULL): offset of what was wrong. */
MUST_CHECK bool json_parse(
	struct arena *a, struct span text, struct cJSON **out, size_t *out_error_at);

/* --- reading --------------------------------------------------------------------------------- */

enum json_kind json_kind(const struct cJSON *v);
/* Member by name, case-sensitive; NULL when absent or v is no object (or NULL). */
const struct cJSON *json_get(const struct cJSON *v, const char *name);
/* Members and elements in order: for (e = json_first(v); e; e = json_next(e)). */
const struct cJSON *json_first(const struct cJSON *v);
const struct cJSON *json_next(const struct cJSON *v);
size_t json_len(const struct cJSON *v);
/* The name of a member of an object; empty otherwise. */
struct span json_name(const struct cJSON *v);
/* Text of a JSON_TEXT, empty for anything else (or NULL). */
struct span json_text(const struct cJSON *v);
/* False for anything but true. */
bool json_true(const struct cJSON *v);
/* A whole number within +-2^53. */
MUST_CHECK bool json_i64(const struct cJSON *v, int64_t *out);

/* --- building -------------------------------------------------------------------------------- */

/* Malformed UTF-8 in text becomes U+FFFD, NUL too. The adding functions return nothing: no memory
 * means abort. Adding a name twice is a bug. */
struct cJSON *json_object(struct arena *a);
struct cJSON *json_array(struct arena *a);
void json_add(struct arena *a, struct cJSON *object, const char *name, struct cJSON *value);
void json_add_text(struct arena *a, struct cJSON *object, const char *name, struct span text);
void json_add_cstr(struct arena *a, struct cJSON *object, const char *name, const char *text);
void json_add_i64(struct arena *a, struct cJSON *object, const char *name, int64_t number);
/* Tenths: 15 is written as 1.5. */
void json_add_tenths(struct arena *a, struct cJSON *object, const char *name, int tenths);
void json_add_bool(struct arena *a, struct cJSON *object, const char *name, bool yes);
void json_add_null(struct arena *a, struct cJSON *object, const char *name);
/* RFC 3339; 0 becomes null. */
void json_add_time(struct arena *a, struct cJSON *object, const char *name, int64_t time_us);
/* Members of an array. */
void json_push(struct cJSON *array, struct cJSON *value);
void json_push_text(struct arena *a, struct cJSON *array, struct span text);

/* Compact text; the same value gives the same text. */
void json_write(struct arena *a, const struct cJSON *v, struct str *out);
