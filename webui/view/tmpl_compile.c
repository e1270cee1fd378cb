/* From template text to operations: see tmpl.h for the language, tmpl_place.h for the HTML. */
#include "mailcore/base/cur.h"
#include "mailcore/base/vec.h"
#include "webui/view/html.h"
#include "webui/view/tmpl_ops.h"
#include "webui/view/tmpl_place.h"

struct open_section {
	uint32_t op;
	struct span name;
	struct place place;
};

struct compile {
	struct arena *arena;
	const struct tmpl_names *names;
	struct tmpl_set *set;
	struct tmpl *tmpl;
	struct span source;
	const char *at; /* of the tag being compiled */
	struct place place;
	struct open_section open[TMPL_NESTING_MAX];
	size_t n_open;
	struct err *err;
};

static enum rc refuse(struct compile *c, const char *why)
{
	unsigned line = 1;
	for (const char *p = c->source.ptr; p < c->at; p++)
		line += *p == '\n';
	return err_set(c->err, RC_INVALID, "template", SPAN_FMT ":%u: %s.", SPAN_ARG(c->tmpl->name),
		line, why);
}

static enum rc emit(struct compile *c, struct tmpl_op op)
{
	if (c->tmpl->len == TMPL_OPS_MAX)
		return refuse(c, "too many tags");
	VEC_PUSH(c->arena, c->tmpl, op);
	return RC_OK;
}

static enum rc compile_literal(struct compile *c, struct span text)
{
	const char *why;
	if (text.len == 0)
		return RC_OK;
	if (!place_advance(&c->place, text, &why))
		return refuse(c, why);
	return emit(c, (struct tmpl_op){ .kind = OP_LITERAL, .text = text });
}

static bool is_field_name(struct span name)
{
	if (span_eq(name, SPAN(".")))
		return true;
	for (size_t i = 0; i < name.len; i++) {
		char ch = name.ptr[i];
		if (!ascii_is_alpha(ch) && !ascii_is_digit(ch) && ch != '_')
			return false;
	}
	return name.len > 0 && name.len < 40;
}

static enum rc compile_field(struct compile *c, struct span name)
{
	if (!is_field_name(name))
		return refuse(c, "not a field name");
	if (c->place.kind == PLACE_TEXT)
		return emit(c, (struct tmpl_op){ .kind = OP_FIELD, .text = name });
	if (c->place.kind != PLACE_VALUE)
		return refuse(c, "a field cannot stand here");

	enum tmpl_op_kind kind = OP_ATTRIBUTE;
	if (c->place.is_url)
		kind = c->place.url_began ? OP_COMPONENT : OP_URL;
	c->place.url_began = true;
	return emit(c, (struct tmpl_op){ .kind = kind, .text = name });
}

static struct span escaped(struct compile *c, struct span text)
{
	struct str out = str_in(c->arena, text.len * 6 + 1);
	html_add_text(&out, text);
	return str_span(&out);
}

/* Words with {field} in them. They are text, never markup. */
static enum rc compile_words(struct compile *c, struct span key)
{
	struct span rest = c->names->words(key);
	if (!rest.ptr)
		return refuse(c, "no such words");
	if (c->place.kind != PLACE_TEXT && (c->place.kind != PLACE_VALUE || c->place.is_url))
		return refuse(c, "words cannot stand here");

	while (rest.len > 0) {
		size_t open = span_find(rest, '{');
		enum rc rc = compile_literal(c, escaped(c, span_sub(rest, 0, open)));
		if (rc != RC_OK || open == SPAN_NPOS)
			return rc;
		rest = span_from(rest, open + 1);
		size_t close = span_find(rest, '}');
		rc = compile_field(c, span_sub(rest, 0, close));
		if (rc != RC_OK)
			return rc;
		rest = close == SPAN_NPOS ? SPAN_NONE : span_from(rest, close + 1);
	}
	return RC_OK;
}

static enum rc compile_asset(struct compile *c, struct span file)
{
	struct span path = c->names->asset(file);
	if (!path.ptr)
		return refuse(c, "no such static file");
	return compile_literal(c, escaped(c, path));
}

static enum rc compile_section(struct compile *c, struct span name, enum tmpl_op_kind kind)
{
	if (!is_field_name(name))
		return refuse(c, "not a field name");
	if (c->n_open == TMPL_NESTING_MAX)
		return refuse(c, "sections nested too deep");
	c->open[c->n_open++] = (struct open_section){ (uint32_t)c->tmpl->len, name, c->place };
	return emit(c, (struct tmpl_op){ .kind = kind, .text = name });
}

static enum rc compile_end(struct compile *c, struct span name)
{
	if (c->n_open == 0 || !span_eq(c->open[c->n_open - 1].name, name))
		return refuse(c, "this section is not open");
	const struct open_section *section = &c->open[--c->n_open];
	if (!place_same(&section->place, &c->place))
		return refuse(c, "section ends elsewhere in the HTML than it began");
	c->tmpl->items[section->op].end = (uint32_t)c->tmpl->len;
	return emit(c, (struct tmpl_op){ .kind = OP_END });
}

static enum rc compile_partial(struct compile *c, struct span name)
{
	const struct tmpl *partial = tmpl_find(c->set, name);
	if (!partial)
		return refuse(c, "no such template");
	if (c->place.kind != PLACE_TEXT)
		return refuse(c, "a template can only stand between tags");
	return emit(c, (struct tmpl_op){ .kind = OP_PARTIAL, .partial = partial });
}

static enum rc compile_tag(struct compile *c, struct span tag)
{
	if (tag.len == 0)
		return refuse(c, "empty tag");
	struct span rest = span_trim(span_from(tag, 1));
	switch (tag.ptr[0]) {
	case '!':
		return RC_OK;
	case '#':
		return compile_section(c, rest, OP_SECTION);
	case '^':
		return compile_section(c, rest, OP_INVERTED);
	case '/':
		return compile_end(c, rest);
	case '>':
		return compile_partial(c, rest);
	case '@':
		return compile_asset(c, rest);
	default:
		break;
	}
	if (span_starts(tag, SPAN("t.")))
		return compile_words(c, span_from(tag, 2));
	return compile_field(c, tag);
}

static enum rc compile_source(struct compile *c)
{
	struct cur in = cur_of(c->source);
	c->at = in.p;
	if (c->source.len > TMPL_SOURCE_MAX)
		return refuse(c, "template too long");

	while (!cur_done(&in)) {
		struct span rest = cur_rest(&in);
		size_t open = span_find_span(rest, SPAN("{{"));
		c->at = in.p;
		enum rc rc = compile_literal(c, span_sub(rest, 0, open));
		if (rc != RC_OK || open == SPAN_NPOS) {
			if (rc != RC_OK)
				return rc;
			break;
		}

		c->at = rest.ptr + open;
		struct span tag = span_from(rest, open + 2);
		size_t close = span_find_span(tag, SPAN("}}"));
		if (close == SPAN_NPOS)
			return refuse(c, "tag without an end");
		rc = compile_tag(c, span_trim(span_sub(tag, 0, close)));
		if (rc != RC_OK)
			return rc;
		in.p = tag.ptr + close + 2;
	}
	if (c->n_open > 0)
		return refuse(c, "section without an end");
	if (c->place.kind != PLACE_TEXT)
		return refuse(c, "ends inside a tag");
	return RC_OK;
}

const struct tmpl *tmpl_find(const struct tmpl_set *set, struct span name)
{
	for (size_t i = 0; i < set->len; i++) {
		if (span_eq(set->items[i].name, name))
			return &set->items[i];
	}
	return NULL;
}

enum rc tmpl_compile(struct arena *a, const struct tmpl_source *sources, size_t n,
	const struct tmpl_names *names, struct tmpl_set **out, struct err *err)
{
	struct tmpl_set *set = arena_zalloc(a, sizeof *set);
	set->items = arena_array(a, n, sizeof *set->items);
	set->len = n;
	for (size_t i = 0; i < n; i++)
		set->items[i].name = sources[i].name;

	for (size_t i = 0; i < n; i++) {
		struct compile c = { .arena = a,
			.names = names,
			.set = set,
			.tmpl = &set->items[i],
			.source = sources[i].text,
			.err = err };
		enum rc rc = compile_source(&c);
		if (rc != RC_OK)
			return rc;
	}
	*out = set;
	return RC_OK;
}
