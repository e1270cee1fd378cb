/* Address lists of header fields, and the one strict address. */
#include "mailcore/mime/address.h"

#include "mailcore/base/cur.h"
#include "mailcore/base/utf8.h"
#include "mailcore/mime/encoded_word.h"
#include "mailcore/mime/header.h"

#define ENCODED_WORD_LOOK 256 /* how far an encoded-word in a phrase is looked for its end */

/* What was read of an entry before it is known whether it is a name or an address. */
struct words {
	struct str all;   /* every word, one space between those that were apart */
	struct str local; /* the last run of words joined by dots, without white space */
	size_t run_at;    /* where that run starts in `all` */
	struct span comment;
	bool any;
};

struct parse {
	struct arena *arena;
	struct cur in;
	struct address_list *list;
	size_t cap;
	bool in_group;
};

/* --- tokens --- */

static bool is_special(char c)
{
	return c == '<' || c == '>' || c == ',' || c == ';' || c == ':' || c == '@' || c == '"' ||
		c == '(';
}

static bool is_word_char(char c)
{
	return !ascii_is_space(c) && !is_special(c);
}

/* The text between the outermost parentheses; one that is missing is supplied. */
static struct span take_comment(struct cur *c)
{
	size_t depth = 0;
	const char *start = c->p + 1;

	while (!cur_done(c)) {
		char ch = *c->p++;
		if (ch == '\\' && !cur_done(c))
			c->p++;
		else if (ch == '(')
			depth++;
		else if (ch == ')' && --depth == 0)
			return span_make(start, (size_t)(c->p - 1 - start));
	}
	return cur_since(c, start);
}

/* White space and comments; the last comment to *comment. True when there was any. */
static bool skip_cfws(struct cur *c, struct span *comment)
{
	const char *start = c->p;

	while (!cur_done(c) && (ascii_is_space(*c->p) || *c->p == '(')) {
		if (*c->p == '(')
			*comment = take_comment(c);
		else
			c->p++;
	}
	return c->p > start;
}

static void take_quoted(struct cur *c, struct str *out)
{
	c->p++;
	while (!cur_done(c)) {
		char ch = *c->p++;
		if (ch == '"')
			return;
		if (ch == '\\' && !cur_done(c))
			ch = *c->p++;
		str_add_c(out, ch);
	}
}

/* An encoded-word may hold commas and brackets in the wild: it is taken whole. */
static struct span take_atom(struct cur *c)
{
	struct span near = span_sub(cur_rest(c), 0, ENCODED_WORD_LOOK);
	if (span_starts(near, SPAN("=?"))) {
		size_t second = span_find(span_from(near, 2), '?');
		size_t text_at = second == SPAN_NPOS ? near.len : second + 5;
		size_t end = span_find_span(span_from(near, text_at), SPAN("?="));
		struct span word = span_sub(near, 0, end == SPAN_NPOS ? 0 : text_at + end + 2);
		if (word.len > 0 && span_find(word, ' ') == SPAN_NPOS) {
			c->p += word.len;
			return word;
		}
	}
	return cur_take_while(c, is_word_char);
}

/* --- one entry --- */

static void words_init(struct words *w, struct arena *a, size_t max)
{
	*w = (struct words){ .all = str_in(a, max), .local = str_in(a, max) };
}

static void add_word(struct words *w, struct cur *c, bool apart)
{
	bool quoted = cur_peek(c) == '"';
	struct span atom = quoted ? SPAN_NONE : take_atom(c);
	bool dotted = span_ends(str_span(&w->local), SPAN(".")) || span_starts(atom, SPAN("."));

	if (apart && w->any) {
		str_add_c(&w->all, ' ');
		if (!dotted) {
			w->run_at = w->all.len;
			str_clear(&w->local);
		}
	}
	if (quoted) {
		size_t from = w->all.len;
		take_quoted(c, &w->all);
		str_add(&w->local, span_from(str_span(&w->all), from));
	} else {
		str_add(&w->all, atom);
		str_add(&w->local, atom);
	}
	w->any = true;
}

/* Words, until something that is none. */
static void read_words(struct cur *c, struct words *w)
{
	for (;;) {
		bool apart = skip_cfws(c, &w->comment);
		if (cur_done(c) || (*c->p != '"' && !is_word_char(*c->p)))
			return;
		add_word(w, c, apart);
	}
}

/* Behind the "@": everything that is no white space, to the end of the entry. A second "@" stays in
 * it, so that no two readers can see different domains: it is then none. */
static struct span read_domain(struct arena *a, struct cur *c, struct span *comment)
{
	struct str domain = str_in(a, cur_left(c));

	for (;;) {
		bool apart = skip_cfws(c, comment);
		bool dotted = domain.len == 0 || cur_peek(c) == '.' || cur_peek(c) == '@' ||
			span_ends(str_span(&domain), SPAN(".")) ||
			span_ends(str_span(&domain), SPAN("@"));
		if (cur_done(c) || (apart && !dotted))
			break;
		if (*c->p == '@' || *c->p == ':')
			str_add_c(&domain, *c->p++);
		else if (is_word_char(*c->p))
			str_add(&domain, cur_take_while(c, is_word_char));
		else
			break;
	}
	return str_span(&domain);
}

static void push(struct parse *p, struct address address)
{
	struct address_list *list = p->list;

	if (list->len == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 2;
		list->items = arena_grow(p->arena, list->items, p->cap * sizeof *list->items,
			cap * sizeof *list->items);
		p->cap = cap;
	}
	list->items[list->len++] = address;
}

static void set_name(struct parse *p, struct address *address, struct span raw)
{
	raw = span_trim(raw);
	if (raw.len == 0)
		return;
	address->raw_name = address->name = raw;
	if (span_find_span(raw, SPAN("=?")) == SPAN_NPOS && utf8_valid(raw))
		return;
	struct str text = str_in(p->arena, 3 * raw.len);
	encoded_word_decode(&text, raw);
	address->name = span_trim(str_span(&text));
}

/* angle-addr = "<" [ route ":" ] addr-spec ">" ; the name was read before */
static void read_angle(struct parse *p, struct span name)
{
	struct address address = { .kind = ADDRESS_MAILBOX };
	struct span comment = SPAN_NONE;
	struct words w;

	p->in.p++;
	skip_cfws(&p->in, &comment);
	if (cur_peek(&p->in) == '@') { /* RFC 5322 obs-route: to be ignored */
		struct cur route = p->in;
		while (!cur_done(&route) && *route.p != ':' && *route.p != '>')
			route.p++;
		if (cur_take(&route, ':'))
			p->in = route;
	}
	words_init(&w, p->arena, cur_left(&p->in));
	read_words(&p->in, &w);
	bool at = cur_take(&p->in, '@');
	address.local = at ? str_span(&w.local) : span_trim(str_span(&w.all));
	address.domain = at ? read_domain(p->arena, &p->in, &comment) : SPAN("");
	(void)cur_take(&p->in, '>'); /* else supplied */
	skip_cfws(&p->in, &comment);
	set_name(p, &address, name.len > 0 ? name : comment);
	push(p, address);
}

/* An address without brackets: its name is in the words before it, or in a comment. */
static void read_bare(struct parse *p, struct words *w, const char *start)
{
	struct address address = { .kind = ADDRESS_MAILBOX };

	p->in.p++;
	address.local = str_span(&w->local);
	address.domain = read_domain(p->arena, &p->in, &w->comment);
	if (cur_peek(&p->in) == '<') { /* a@b <c@d>: somebody's name is an address */
		read_angle(p, span_trim(cur_since(&p->in, start)));
		return;
	}
	struct span name = span_sub(str_span(&w->all), 0, w->run_at);
	set_name(p, &address, span_trim(name).len > 0 ? name : w->comment);
	push(p, address);
}

static void read_entry(struct parse *p)
{
	const char *start = p->in.p;
	struct words w;

	words_init(&w, p->arena, cur_left(&p->in));
	read_words(&p->in, &w);
	switch (cur_peek(&p->in)) {
	case '<':
		read_angle(p, str_span(&w.all));
		return;
	case '@':
		read_bare(p, &w, start);
		return;
	case ':':
		p->in.p++;
		if (p->in_group)
			return;
		struct address group = { .kind = ADDRESS_GROUP_BEGIN };
		set_name(p, &group, str_span(&w.all));
		group.name = group.name.ptr ? group.name : SPAN("");
		group.raw_name = group.raw_name.ptr ? group.raw_name : SPAN("");
		p->in_group = true;
		push(p, group);
		return;
	default:
		if (w.any)
			push(p,
				(struct address){
					.local = span_trim(str_span(&w.all)), .domain = SPAN("") });
	}
}

static void end_group(struct parse *p)
{
	if (p->in_group)
		push(p, (struct address){ .kind = ADDRESS_GROUP_END });
	p->in_group = false;
}

/* Junk behind an address, up to what separates entries. */
static void skip_junk(struct cur *c)
{
	struct span unused;

	while (!cur_done(c) && *c->p != ',' && *c->p != ';') {
		if (*c->p == '(') {
			(void)take_comment(c);
		} else if (*c->p == '"') {
			struct str nowhere;
			str_init(&nowhere, 0);
			take_quoted(c, &nowhere);
		} else {
			c->p++;
		}
		skip_cfws(c, &unused);
	}
}

void address_list_parse(struct arena *a, struct span value, struct address_list *out)
{
	*out = (struct address_list){ 0 };
	struct parse p = { .arena = a, .in = cur_of(header_unfold(a, value)), .list = out };

	while (!cur_done(&p.in)) {
		if (cur_take(&p.in, ' ') || cur_take(&p.in, '\t') || cur_take(&p.in, ','))
			continue;
		if (cur_take(&p.in, ';')) {
			end_group(&p);
			continue;
		}
		if (out->len >= ADDRESS_COUNT_MAX - 1) { /* room for the group's end */
			out->cut = true;
			break;
		}
		bool was_in_group = p.in_group;
		read_entry(&p);
		if (p.in_group == was_in_group)
			skip_junk(&p.in);
	}
	end_group(&p);
}

const struct address *address_first(const struct address_list *list)
{
	for (size_t i = 0; i < list->len; i++) {
		if (list->items[i].kind == ADDRESS_MAILBOX)
			return &list->items[i];
	}
	return NULL;
}

void address_add_spec(struct str *out, const struct address *address)
{
	addr_spec_add(out, address->local, address->domain);
}
