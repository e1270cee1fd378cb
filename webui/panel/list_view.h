/*
 * The one view of a list: search, filter, columns that sort, rows of cells with a box each, and the
 * bar for many at once. The template is partial/list; it works without JavaScript.
 *
 *   rows = list_view_begin(&p, &view, &ask, next_cursor);
 *   for each: row = list_view_row(rows, key); list_view_link(row, text, url, hint); ...
 */
#pragma once

#include "webui/panel/panel.h"

struct list_column {
	enum words_id label;
	const char *sort; /* NULL: it does not */
	bool is_number;
};
struct list_view {
	const char *kind; /* of bulk.h: "mailboxes" */
	const struct list_column *columns;
	size_t n_columns;
	const char *const *actions; /* of bulk.h; ends with NULL */
	bool has_state;             /* can be filtered by it */
};

/* The list of rows. */
struct val *list_view_begin(struct page *p, const struct list_view *view,
	const struct list_ask *ask, struct span next_cursor);
/* key: what stands for it in a bulk change. */
struct val *list_view_row(struct val *rows, struct span key);
/* The cell that names the row; hint may be empty. */
void list_view_link(struct val *row, struct span text, struct span url, struct span hint);
void list_view_text(struct val *row, struct span text);
/* The label is shown where a row is not under its column's head: on a phone. */
void list_view_number(struct val *row, enum words_id label, struct span text, struct span hint);
/* hue: "ok", "wa" ... */
void list_view_pill(struct val *row, const char *hue, struct span text);

/* What an action is called. */
struct span list_action_words(const char *action);
