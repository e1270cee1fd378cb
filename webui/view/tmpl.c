/* Rendering of compiled templates: see tmpl.h. */
#include "webui/view/tmpl.h"

#include <stdio.h>

#include "webui/view/html.h"
#include "webui/view/tmpl_ops.h"

/* A place in the data: the innermost map or item first. */
struct scope {
	const struct val *val;
	const struct scope *outer;
};

struct render {
	struct str *out;
	struct tmpl_gaps *gaps;
	int partials; /* how deep */
};

static const struct val *scope_find(const struct scope *scope, struct span name)
{
	if (span_eq(name, SPAN(".")))
		return scope->val;
	for (; scope; scope = scope->outer) {
		const struct val *found = val_get(scope->val, name);
		if (found)
			return found;
	}
	return NULL;
}

static void note_missing(struct render *r, struct span name)
{
	if (!r->gaps)
		return;
	if (r->gaps->missing++ == 0)
		(void)snprintf(r->gaps->first, sizeof r->gaps->first, SPAN_FMT, SPAN_ARG(name));
}

static void render_field(struct render *r, const struct tmpl_op *op, const struct scope *scope)
{
	const struct val *v = scope_find(scope, op->text);
	if (!v || v->kind == VAL_MAP || v->kind == VAL_LIST || v->kind == VAL_BOOL ||
		(v->kind == VAL_HTML && op->kind != OP_FIELD)) {
		note_missing(r, op->text);
		return;
	}

	if (v->kind == VAL_HTML)
		str_add(r->out, v->text);
	else if (op->kind == OP_COMPONENT)
		url_add_component(r->out, v->text);
	else if (op->kind == OP_URL && !url_is_safe(v->text))
		str_add_c(r->out, '#');
	else
		html_add_text(r->out, v->text);
}

static void render_ops(
	struct render *r, const struct tmpl *t, size_t from, size_t to, const struct scope *scope);

static void render_section(
	struct render *r, const struct tmpl *t, size_t at, const struct scope *scope)
{
	const struct tmpl_op *op = &t->items[at];
	const struct val *v = scope_find(scope, op->text);
	if (!v) {
		note_missing(r, op->text);
		return;
	}
	if ((op->kind == OP_SECTION) != val_is_true(v))
		return;

	if (op->kind == OP_SECTION && v->kind == VAL_LIST) {
		for (const struct val *item = v->first; item; item = item->next) {
			struct scope inner = { item, scope };
			render_ops(r, t, at + 1, op->end, &inner);
		}
		return;
	}
	struct scope inner = { v, scope };
	bool enter = op->kind == OP_SECTION && v->kind == VAL_MAP;
	render_ops(r, t, at + 1, op->end, enter ? &inner : scope);
}

static void render_ops(
	struct render *r, const struct tmpl *t, size_t from, size_t to, const struct scope *scope)
{
	for (size_t i = from; i < to; i++) {
		const struct tmpl_op *op = &t->items[i];
		switch (op->kind) {
		case OP_LITERAL:
			str_add(r->out, op->text);
			break;
		case OP_FIELD:
		case OP_ATTRIBUTE:
		case OP_URL:
		case OP_COMPONENT:
			render_field(r, op, scope);
			break;
		case OP_SECTION:
		case OP_INVERTED:
			render_section(r, t, i, scope);
			i = op->end;
			break;
		case OP_PARTIAL:
			if (r->partials == TMPL_PARTIAL_MAX)
				break;
			r->partials++;
			render_ops(r, op->partial, 0, op->partial->len, scope);
			r->partials--;
			break;
		case OP_END:
			break;
		}
	}
}

void tmpl_render(
	const struct tmpl *t, const struct val *data, struct str *out, struct tmpl_gaps *gaps)
{
	struct render r = { .out = out, .gaps = gaps };
	struct scope root = { data, NULL };
	render_ops(&r, t, 0, t->len, &root);
}

struct html tmpl_html(const struct tmpl *t, const struct val *data, struct arena *a, size_t max,
	struct tmpl_gaps *gaps)
{
	struct str out = str_in(a, max);
	tmpl_render(t, data, &out, gaps);
	return (struct html){ str_span(&out) };
}
