/* The HTML state of a template under compilation: see tmpl_place.h. */
#include "webui/view/tmpl_place.h"

#include <string.h>

static bool is_name_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == ':' || c == '_';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct span place_name(const struct place *p)
{
	return span_make(p->name, p->name_len);
}

static void name_add(struct place *p, char c)
{
	if (p->name_len < sizeof p->name)
		p->name[p->name_len++] = ascii_lower(c);
}

static void tag_open(struct place *p, char next)
{
	p->name_len = 0;
	p->raw_next = false;
	p->kind = next == '!' ? PLACE_COMMENT : PLACE_TAG_NAME;
}

static bool name_is_raw(const struct place *p)
{
	return span_eq(place_name(p), SPAN("script")) || span_eq(place_name(p), SPAN("style"));
}

static bool name_is_url(struct span name)
{
	return span_eq(name, SPAN("href")) || span_eq(name, SPAN("src")) ||
		span_eq(name, SPAN("action")) || span_eq(name, SPAN("formaction")) ||
		span_eq(name, SPAN("data-href"));
}

static bool attr_begins(struct place *p, char c, const char **out_why)
{
	if (c == '>') {
		p->kind = p->raw_next ? PLACE_RAW : PLACE_TEXT;
		return true;
	}
	if (is_space(c) || c == '/')
		return true;
	if (!is_name_char(c)) {
		*out_why = "strange character in a tag";
		return false;
	}
	p->kind = PLACE_ATTR_NAME;
	p->name_len = 0;
	name_add(p, c);
	return true;
}

static bool attr_named(struct place *p, char c, const char **out_why)
{
	if (is_name_char(c)) {
		name_add(p, c);
		return true;
	}
	struct span name = place_name(p);
	if (span_eq(name, SPAN("style")) || span_starts(name, SPAN("on")) ||
		span_eq(name, SPAN("srcdoc"))) {
		*out_why = "attribute that the content security policy forbids";
		return false;
	}
	if (c == '=') {
		p->kind = PLACE_ATTR_EQ;
		p->is_url = name_is_url(name);
		p->url_began = false;
		return true;
	}
	p->kind = PLACE_TAG;
	return attr_begins(p, c, out_why);
}

static bool step_tag(struct place *p, char c, const char **out_why)
{
	switch (p->kind) {
	case PLACE_TAG_NAME:
		if (is_name_char(c) || (c == '/' && p->name_len == 0)) {
			name_add(p, c);
			return true;
		}
		p->raw_next = name_is_raw(p);
		p->kind = PLACE_TAG;
		return attr_begins(p, c, out_why);
	case PLACE_TAG:
		return attr_begins(p, c, out_why);
	case PLACE_ATTR_NAME:
		return attr_named(p, c, out_why);
	default:
		break;
	}
	if (c != '"') {
		*out_why = "attribute value without double quotes";
		return false;
	}
	p->kind = PLACE_VALUE;
	return true;
}

static bool opens_tag(struct span rest)
{
	return rest.len > 1 && rest.ptr[0] == '<' &&
		(ascii_is_alpha(rest.ptr[1]) || rest.ptr[1] == '/' || rest.ptr[1] == '!');
}

static bool step(struct place *p, struct span rest, const char **out_why)
{
	char c = *rest.ptr;
	switch (p->kind) {
	case PLACE_TEXT:
		if (opens_tag(rest)) {
			tag_open(p, rest.ptr[1]);
			return true;
		}
		*out_why = "bare < in text";
		return c != '<'; /* what follows it could make it a tag */
	case PLACE_RAW:
		if (span_starts(rest, SPAN("</")))
			tag_open(p, '/');
		return true;
	case PLACE_COMMENT:
		if (c == '>')
			p->kind = PLACE_TEXT;
		return true;
	case PLACE_VALUE:
		if (c == '"')
			p->kind = PLACE_TAG;
		else
			p->url_began = true;
		return true;
	default:
		return step_tag(p, c, out_why);
	}
}

bool place_advance(struct place *p, struct span literal, const char **out_why)
{
	for (size_t i = 0; i < literal.len; i++) {
		if (!step(p, span_from(literal, i), out_why))
			return false;
	}
	return true;
}

static enum place_kind settled(const struct place *p)
{
	/* `<a{{#x}} disabled{{/x}}>`: the name is complete, only its end has not been seen */
	bool name = p->kind == PLACE_ATTR_NAME || p->kind == PLACE_TAG_NAME;
	return name ? PLACE_TAG : p->kind;
}

bool place_same(const struct place *a, const struct place *b)
{
	if (settled(a) != settled(b))
		return false;
	return a->kind != PLACE_VALUE || a->is_url == b->is_url;
}
