/*
 * What a template is filled with: a small tree of maps, lists and scalars.
 *
 * Everything lives in the arena the root was made in. Text is borrowed, keys are string literals.
 * Maps are meant for tens of fields: look-up is a walk.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

/* Markup that needs no escaping. Made only by tmpl_html (another template's output), by html_clean
 * and by qr_svg; nobody else may fill one in. */
struct html {
	struct span markup;
};

enum val_kind {
	VAL_TEXT,
	VAL_HTML,
	VAL_BOOL,
	VAL_MAP,
	VAL_LIST,
};

struct val {
	enum val_kind kind;
	bool yes;
	struct span text;
	struct arena *arena;
	struct val *first, *last; /* children of maps and lists */
	struct val *next;
	const char *key; /* in a map */
};

struct val *val_map(struct arena *a);

/* A key is set once; the first counts. val_override changes one that is there. */
void val_set(struct val *map, const char *key, struct span text);
void val_set_cstr(struct val *map, const char *key, const char *text);
void val_set_i64(struct val *map, const char *key, int64_t n);
void val_set_bool(struct val *map, const char *key, bool yes);
void val_set_html(struct val *map, const char *key, struct html html);
void val_override(struct val *map, const char *key, struct span text);
struct val *val_set_map(struct val *map, const char *key);
struct val *val_set_list(struct val *map, const char *key);

/* Appends a map to a list. */
struct val *val_push(struct val *list);
void val_push_text(struct val *list, struct span text);

/* NULL when absent. */
const struct val *val_get(const struct val *map, struct span key);
/* False, empty text and empty lists are not. */
bool val_is_true(const struct val *v);
