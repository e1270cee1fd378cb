/* The one view of a list: see list_view.h. */
#include "webui/panel/list_view.h"

#include "backend/accounts/services.h"
#include "webui/view/html.h"

struct span list_action_words(const char *action)
{
	static const struct {
		const char *name;
		enum words_id words;
	} names[] = { { "suspend", W_BULK_SUSPEND }, { "resume", W_BULK_RESUME },
		{ "delete", W_DELETE }, { "quota", W_BULK_QUOTA }, { "plan", W_BULK_PLAN },
		{ "import", W_IMPORT } };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(names[i].name, action) == 0)
			return words(names[i].words);
	}
	return SPAN("");
}

static void add_kept(struct str *url, const char *name, struct span value)
{
	if (value.len == 0)
		return;
	str_addf(url, "&%s=", name);
	url_add_component(url, value);
}

static struct span sort_url(
	struct arena *a, const struct list_ask *ask, const char *sort, bool down)
{
	struct str url = str_in(a, 4096);

	str_addf(&url, "?sort=%s%s", down ? "-" : "", sort);
	add_kept(&url, "q", ask->search);
	add_kept(&url, "state", ask->state);
	return str_span(&url);
}

static void column_add(struct page *p, struct val *list, const struct list_column *c,
	const struct list_ask *ask, bool is_default)
{
	struct val *item = val_push(list);
	bool down = span_starts(ask->sort, SPAN("-"));
	struct span current = down ? span_from(ask->sort, 1) : ask->sort;
	bool is_current =
		c->sort && (current.len > 0 ? span_eq(current, span_of(c->sort)) : is_default);

	val_set(item, "label", words(c->label));
	val_set_bool(item, "num", c->is_number);
	val_set(item, "url",
		c->sort ? sort_url(p->req->ctx->arena, ask, c->sort, is_current && !down)
			: SPAN(""));
	val_set_cstr(item, "aria", !is_current ? "" : down ? "descending" : "ascending");
	val_set_cstr(item, "mark", !is_current ? "" : down ? " ↓" : " ↑");
}

static void actions_add(struct page *p, const struct list_view *view)
{
	struct val *list = val_set_list(p->data, "list_actions");

	for (const char *const *action = view->actions; *action; action++) {
		struct val *item = val_push(list);
		val_set_cstr(item, "name", *action);
		val_set(item, "label", list_action_words(*action));
	}
}

struct val *list_view_begin(struct page *p, const struct list_view *view,
	const struct list_ask *ask, struct span next_cursor)
{
	struct val *columns = val_set_list(p->data, "list_columns");

	for (size_t i = 0; i < view->n_columns; i++)
		column_add(p, columns, &view->columns[i], ask, i == 0);
	actions_add(p, view);
	val_set_cstr(p->data, "list_kind", view->kind);
	val_set_bool(p->data, "list_has_state", view->has_state);
	val_set_bool(p->data, "list_active", span_eq(ask->state, SPAN("active")));
	val_set_bool(p->data, "list_suspended", span_eq(ask->state, SPAN("suspended")));
	val_set(p->data, "list_sort", ask->sort);
	val_set(p->data, "list_state", ask->state);
	val_set(p->data, "list_domain", ask->domain);
	page_pager(p, next_cursor);
	return val_set_list(p->data, "list_rows");
}

struct val *list_view_row(struct val *rows, struct span key)
{
	struct val *row = val_push(rows);

	val_set(row, "key", key);
	return val_set_list(row, "cells");
}

static struct val *cell(struct val *row, struct span text)
{
	struct val *item = val_push(row);

	val_set(item, "text", text);
	return item;
}

static void finish(
	struct val *item, struct span url, struct span hint, const char *hue, bool number)
{
	val_set(item, "url", url);
	val_set(item, "hint", hint);
	val_set_cstr(item, "hue", hue);
	val_set_bool(item, "num", number);
	val_set_bool(item, "head", url.len > 0);
}

void list_view_link(struct val *row, struct span text, struct span url, struct span hint)
{
	finish(cell(row, text), url, hint, "", false);
}

void list_view_text(struct val *row, struct span text)
{
	finish(cell(row, text), SPAN(""), SPAN(""), "", false);
}

void list_view_number(struct val *row, enum words_id label, struct span text, struct span hint)
{
	struct val *item = cell(row, text);

	val_set(item, "label", words(label));
	finish(item, SPAN(""), hint, "", true);
}

void list_view_pill(struct val *row, const char *hue, struct span text)
{
	finish(cell(row, text), SPAN(""), SPAN(""), hue, false);
}
