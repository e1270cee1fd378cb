/* The structure of a message: one pass over its lines with a stack of open containers. */
#include "mailcore/mime/part.h"

#include <string.h>

#include "mailcore/mime/header.h"

/* A multipart or embedded message that has not ended. */
struct open_part {
	struct part *part;
	struct part *last_child;
	struct span boundary; /* empty: of an embedded message, or the close delimiter was seen */
};

struct scan {
	struct arena *arena;
	const char *start;
	const char *end;
	const char *p;     /* always at the start of a line */
	size_t line_ends;  /* before p */
	struct part *leaf; /* the part whose body is being read; NULL between parts */
	size_t count;
	struct open_part open[PART_DEPTH_MAX];
	size_t depth;
};

struct delimiter {
	size_t level; /* index into open */
	bool closes;
};

static struct span line_here(const struct scan *s)
{
	const char *lf = memchr(s->p, '\n', (size_t)(s->end - s->p));
	return span_make(s->p, (size_t)((lf ? lf + 1 : s->end) - s->p));
}

static void pass(struct scan *s, struct span line)
{
	s->p += line.len;
	s->line_ends += span_ends(line, SPAN("\n"));
}

/* RFC 2046: "--" boundary [ "--" ], white space, line end. Innermost first. */
static bool is_delimiter(const struct scan *s, struct span line, struct delimiter *out)
{
	if (line.len < 3 || line.ptr[0] != '-' || line.ptr[1] != '-')
		return false;

	struct span text = span_from(line, 2);
	while (text.len > 0 && memchr(" \t\r\n", text.ptr[text.len - 1], 4))
		text.len--;
	for (size_t level = s->depth; level-- > 0;) {
		struct span boundary = s->open[level].boundary;
		if (boundary.len == 0 || !span_starts(text, boundary))
			continue;
		struct span rest = span_from(text, boundary.len);
		if (rest.len == 0 || span_eq(rest, SPAN("--"))) {
			*out = (struct delimiter){ level, rest.len > 0 };
			return true;
		}
	}
	return false;
}

/* --- one part's header --- */

static struct span lower(struct arena *a, struct span text)
{
	char *copy = arena_alloc(a, text.len);
	for (size_t i = 0; i < text.len; i++)
		copy[i] = ascii_lower(text.ptr[i]);
	return span_make(copy, text.len);
}

static enum part_encoding encoding_kind(struct span name)
{
	static const struct {
		const char *name;
		enum part_encoding kind;
	} kinds[] = {
		{ "7bit", ENCODING_7BIT },
		{ "8bit", ENCODING_8BIT },
		{ "binary", ENCODING_BINARY },
		{ "quoted-printable", ENCODING_QP },
		{ "base64", ENCODING_BASE64 },
	};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (span_eq(name, span_of(kinds[i].name)))
			return kinds[i].kind;
	}
	return ENCODING_UNKNOWN;
}

/* The first word: senders add comments and semicolons. */
static void set_encoding(struct arena *a, struct part *p, struct span value)
{
	struct span word = header_unfold(a, value);
	size_t len = 0;
	while (len < word.len && !memchr(" \t;(", word.ptr[len], 4))
		len++;
	if (len == 0)
		return;
	p->encoding = lower(a, span_sub(word, 0, len));
	p->encoding_kind = encoding_kind(p->encoding);
}

static void set_type(struct arena *a, struct part *p, struct span value)
{
	struct content_type found;
	if (!content_type_parse(a, value, &found))
		return;
	p->type = found.type;
	p->subtype = found.subtype;
	p->params = found.params;
}

/* One bit a field: of repeated ones the first counts. */
enum { SEEN_TYPE = 1, SEEN_ENCODING = 2, SEEN_DISPOSITION = 4 };

static void read_content_field(
	struct arena *a, struct part *p, const struct header_field *field, unsigned *seen)
{
	struct span what = span_from(field->name, sizeof "Content-" - 1);

	if (span_ieq(what, SPAN("Type")) && !(*seen & SEEN_TYPE)) {
		*seen |= SEEN_TYPE;
		set_type(a, p, field->value);
	} else if (span_ieq(what, SPAN("Transfer-Encoding")) && !(*seen & SEEN_ENCODING)) {
		*seen |= SEEN_ENCODING;
		set_encoding(a, p, field->value);
	} else if (span_ieq(what, SPAN("Disposition")) && !(*seen & SEEN_DISPOSITION)) {
		*seen |= SEEN_DISPOSITION;
		(void)disposition_parse(a, field->value, &p->disposition); /* else absent */
	} else if (span_ieq(what, SPAN("ID")) && !p->id.ptr) {
		p->id = header_unfold(a, field->value);
	} else if (span_ieq(what, SPAN("Description")) && !p->description.ptr) {
		p->description = header_unfold(a, field->value);
	} else if (span_ieq(what, SPAN("MD5")) && !p->md5.ptr) {
		p->md5 = header_unfold(a, field->value);
	} else if (span_ieq(what, SPAN("Language")) && !p->language.ptr) {
		p->language = header_unfold(a, field->value);
	} else if (span_ieq(what, SPAN("Location")) && !p->location.ptr) {
		p->location = header_unfold(a, field->value);
	}
}

static void read_fields(struct arena *a, struct part *p)
{
	struct cur c = cur_of(span_sub(p->header, 0, HEADER_BLOCK_MAX));
	struct header_field field;
	unsigned seen = 0;

	while (header_next(&c, &field)) {
		if (span_istarts(field.name, SPAN("Content-")))
			read_content_field(a, p, &field, &seen);
	}
}

/* Up to behind the empty line, or to a delimiter, which is left for the body. */
static struct span take_header(struct scan *s)
{
	const char *start = s->p;
	struct delimiter unused;

	while (s->p < s->end) {
		struct span line = line_here(s);
		if (is_delimiter(s, line, &unused))
			break;
		pass(s, line);
		if (span_eq(line, SPAN("\r\n")) || span_eq(line, SPAN("\n")))
			break;
	}
	return span_make(start, (size_t)(s->p - start));
}

/* --- the tree --- */

static struct part *new_part(struct scan *s, struct span type, struct span subtype)
{
	struct part *p = arena_zalloc(s->arena, sizeof *p);
	p->type = type;
	p->subtype = subtype;
	p->encoding = SPAN("7bit");

	if (s->depth == 0)
		return p;
	struct open_part *owner = &s->open[s->depth - 1];
	p->parent = owner->part;
	p->index = owner->last_child ? owner->last_child->index + 1 : 1;
	if (owner->last_child)
		owner->last_child->next = p;
	else
		owner->part->children = p;
	owner->last_child = p;
	return p;
}

static void make_opaque(struct part *p)
{
	p->opaque = true;
	p->kind = PART_LEAF;
	p->type = SPAN("application");
	p->subtype = SPAN("octet-stream");
}

static struct span usable_boundary(const struct part *p)
{
	struct span boundary = mime_param_find(&p->params, SPAN("boundary"));
	while (boundary.len > 0 && ascii_is_space(boundary.ptr[boundary.len - 1]))
		boundary.len--;
	return boundary.len <= PART_BOUNDARY_MAX ? boundary : SPAN_NONE;
}

/* Decides what the part is from its type and the limits. */
static void classify(struct scan *s, struct part *p, struct span *out_boundary)
{
	bool last = s->count == PART_COUNT_MAX || p->header.len > HEADER_BLOCK_MAX;
	bool encoded = p->encoding_kind == ENCODING_BASE64 || p->encoding_kind == ENCODING_QP;

	*out_boundary = SPAN_NONE;
	if (span_eq(p->type, SPAN("multipart"))) {
		*out_boundary = usable_boundary(p);
		p->kind = out_boundary->len > 0 ? PART_MULTIPART : PART_LEAF;
		if (p->kind == PART_LEAF) {
			p->type = SPAN("text");
			p->subtype = SPAN("plain");
		}
	} else if (span_eq(p->type, SPAN("message")) &&
		(span_eq(p->subtype, SPAN("rfc822")) || span_eq(p->subtype, SPAN("global")))) {
		/* RFC 2046 forbids to encode it; what is inside cannot be pointed at then. */
		last = last || encoded;
		p->kind = PART_MESSAGE;
	}
	if (last || (p->kind != PART_LEAF && s->depth == PART_DEPTH_MAX))
		make_opaque(p);
}

/* Reads the header at s->p as the next child of the innermost container. */
static void begin_part(struct scan *s)
{
	const struct part *owner = s->depth > 0 ? s->open[s->depth - 1].part : NULL;
	bool digest =
		owner && owner->kind == PART_MULTIPART && span_eq(owner->subtype, SPAN("digest"));
	struct part *p = new_part(s, digest ? SPAN("message") : SPAN("text"),
		digest ? SPAN("rfc822") : SPAN("plain"));
	struct span boundary;

	s->count++;
	p->header_offset = (size_t)(s->p - s->start);
	p->header = take_header(s);
	p->body = span_make(s->p, 0);
	p->body_offset = (size_t)(s->p - s->start);
	p->lines = s->line_ends; /* the difference is taken in end_part */
	read_fields(s->arena, p);
	classify(s, p, &boundary);
	if (p->kind == PART_LEAF)
		s->leaf = p;
	else
		s->open[s->depth++] = (struct open_part){ .part = p, .boundary = boundary };
}

/* A multipart's first delimiter or an embedded message's header stands at the place itself. */
static void begin_nested(struct scan *s)
{
	do
		begin_part(s);
	while (!s->leaf && s->open[s->depth - 1].part->kind == PART_MESSAGE);
}

/* The place where bodies end, and the line ends before it. */
struct body_end {
	const char *at;
	size_t line_ends;
};

/* A part without a body ends behind its header, though the line end there is the delimiter's; what
 * contains the part cannot end before it. */
static void end_part(struct part *p, struct body_end *end)
{
	if (end->at < p->body.ptr)
		*end = (struct body_end){ p->body.ptr, p->lines };
	p->body.len = (size_t)(end->at - p->body.ptr);
	p->lines = end->line_ends - p->lines;
}

/* A multipart must have a part (RFC 2046), and BODYSTRUCTURE cannot say otherwise. */
static void add_empty_child(struct scan *s, const struct part *owner)
{
	struct part *p = new_part(s, SPAN("text"), SPAN("plain"));
	const char *at = owner->body.ptr + owner->body.len;

	p->header = p->body = span_make(at, 0);
	p->header_offset = p->body_offset = (size_t)(at - s->start);
}

/* Ends the leaf and all containers from `level` on. */
static void end_parts(struct scan *s, size_t level, struct body_end end)
{
	if (s->leaf)
		end_part(s->leaf, &end);
	s->leaf = NULL;
	while (s->depth > level) {
		struct part *p = s->open[s->depth - 1].part;
		end_part(p, &end);
		if (!p->children)
			add_empty_child(s, p);
		s->depth--;
	}
}

/* The line end before `line` is the delimiter's. */
static struct body_end body_end_before(const struct scan *s, struct span line)
{
	struct body_end end = { line.ptr, s->line_ends };

	if (end.at > s->start && end.at[-1] == '\n') {
		end.at--;
		end.line_ends--;
		if (end.at > s->start && end.at[-1] == '\r')
			end.at--;
	}
	return end;
}

/* Reads body lines to the next delimiter; false at the end of the message. */
static bool next_delimiter(struct scan *s, struct delimiter *out, struct body_end *out_end)
{
	bool watch = s->depth > 0 && s->count < PART_COUNT_MAX;

	while (s->p < s->end) {
		struct span line = line_here(s);
		bool hit = watch && is_delimiter(s, line, out);
		if (hit)
			*out_end = body_end_before(s, line);
		pass(s, line);
		if (hit)
			return true;
	}
	return false;
}

struct part *mime_parse(struct arena *a, struct span message)
{
	struct scan s = { .arena = a };
	struct delimiter hit;
	struct body_end end;

	s.start = s.p = message.ptr ? message.ptr : "";
	s.end = s.start + message.len;
	begin_nested(&s);
	struct part *root = s.depth > 0 ? s.open[0].part : s.leaf;

	while (next_delimiter(&s, &hit, &end)) {
		end_parts(&s, hit.level + 1, end);
		if (hit.closes)
			s.open[hit.level].boundary = SPAN_NONE;
		else
			begin_nested(&s);
	}
	end_parts(&s, 0, (struct body_end){ s.end, s.line_ends });
	return root;
}
