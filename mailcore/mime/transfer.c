/* Which parts of a message must be encoded for transfer, and how. */
#include "mailcore/base/utf8.h"
#include "mailcore/base/vec.h"
#include "mailcore/mime/header.h"
#include "mailcore/mime/part.h"
#include "mailcore/mime/transfer_impl.h"

#define HEX_SHARE                                                                                  \
	6 /* with one byte in six or less to be written as =XX, quoted-printable is shorter */

struct transfer {
	struct arena *arena;
	struct span message;
	struct part *root;
	struct {
		enum transfer_form *items; /* of each part's body, in reading order */
		size_t len, cap;
	} bodies;
	struct {
		struct transfer_segment *items;
		size_t len, cap;
	} segments;
	size_t encoded;
	bool stuck; /* something 8-bit or too long cannot be encoded */

	size_t current; /* segment */
	struct transfer_place place;
	struct str out;
};

void transfer_watch_add(struct transfer_watch *w, struct span piece)
{
	w->is_8bit = w->is_8bit || !utf8_is_ascii(piece) || span_find(piece, '\0') != SPAN_NPOS;
	while (piece.len > 0) {
		size_t lf = span_find(piece, '\n');
		struct span line = span_sub(piece, 0, lf);
		if (line.len > 0) {
			w->column += line.len;
			w->after_cr = line.ptr[line.len - 1] == '\r';
		}
		w->is_long = w->is_long || w->column > TRANSFER_LINE_MAX + (w->after_cr ? 1u : 0u);
		if (lf == SPAN_NPOS)
			return;
		w->column = 0;
		w->after_cr = false;
		piece = span_from(piece, lf + 1);
	}
}

/* --- deciding --------------------------------------------------------------------------------- */

static bool must_change(struct span bytes)
{
	struct transfer_watch w = { 0 };

	transfer_watch_add(&w, bytes);
	return w.is_8bit || w.is_long;
}

/* What is in it belongs to whoever signed it (RFC 1847 §2.1), or is 7-bit by definition. */
static bool is_sealed(const struct part *p)
{
	return part_is(p, SPAN("multipart"), SPAN("signed")) ||
		part_is(p, SPAN("multipart"), SPAN("encrypted"));
}

/* A leaf for us, though it says that it is made of parts (RFC 2045 §6.4 forbids to encode it). */
static bool says_composite(const struct part *p)
{
	struct header_field field;
	struct content_type type;
	struct arena a;

	if (span_eq(p->type, SPAN("message")))
		return true;
	if (!header_find(p->header, SPAN("Content-Type"), &field))
		return false;
	arena_init(&a, 1024);
	bool composite = content_type_parse(&a, field.value, &type) &&
		(span_eq(type.type, SPAN("multipart")) || span_eq(type.type, SPAN("message")));
	arena_done(&a);
	return composite;
}

static size_t count_hex(struct span body)
{
	size_t n = 0;

	for (size_t i = 0; i < body.len; i++) {
		unsigned char c = (unsigned char)body.ptr[i];
		n += c > 126 || c == '=' || (c < ' ' && c != '\r' && c != '\n' && c != '\t');
	}
	return n;
}

static enum transfer_form form_of(struct transfer *t, const struct part *p)
{
	if (!must_change(p->body))
		return FORM_AS_IS;
	if (p->opaque || says_composite(p) || p->encoding_kind == ENCODING_UNKNOWN) {
		t->stuck = true;
		return FORM_AS_IS;
	}
	if (p->encoding_kind == ENCODING_QP)
		return FORM_QP_AGAIN;
	if (p->encoding_kind == ENCODING_BASE64)
		return FORM_BASE64_AGAIN;
	bool readable =
		span_eq(p->type, SPAN("text")) && count_hex(p->body) <= p->body.len / HEX_SHARE;
	return readable ? FORM_QP : FORM_BASE64;
}

/* The part after p that is not inside it. */
static const struct part *part_behind(const struct part *p)
{
	while (p && !p->next)
		p = p->parent;
	return p ? p->next : NULL;
}

static const struct part *after(const struct part *p)
{
	return is_sealed(p) ? part_behind(p) : part_next(p);
}

static void decide(struct transfer *t)
{
	for (const struct part *p = t->root; p; p = after(p)) {
		enum transfer_form form = FORM_AS_IS;
		if (is_sealed(p))
			t->stuck = t->stuck || must_change(p->body);
		else if (p->kind == PART_LEAF)
			form = form_of(t, p);
		t->encoded += form != FORM_AS_IS;
		VEC_PUSH(t->arena, &t->bodies, form);
	}
}

/* --- planning --------------------------------------------------------------------------------- */

static void add(struct transfer *t, enum transfer_form form, struct span bytes)
{
	struct transfer_segment s = { form, bytes };

	if (bytes.len > 0)
		VEC_PUSH(t->arena, &t->segments, s);
}

static bool is_message_head(const struct part *p)
{
	return !p->parent || p->parent->kind == PART_MESSAGE;
}

/* The fields that say how the body is written now. */
static void add_new_fields(struct transfer *t, const struct part *p, enum transfer_form form)
{
	struct header_field unused;

	if (is_message_head(p) && !header_find(p->header, SPAN("MIME-Version"), &unused))
		add(t, FORM_AS_IS, SPAN("MIME-Version: 1.0\r\n"));
	if (form == FORM_QP && !utf8_is_ascii(p->body) &&
		!header_find(p->header, SPAN("Content-Type"), &unused))
		add(t, FORM_AS_IS,
			utf8_valid(p->body)
				? SPAN("Content-Type: text/plain; charset=utf-8\r\n")
				: SPAN("Content-Type: text/plain; charset=unknown-8bit\r\n"));
	add(t, FORM_AS_IS,
		form == FORM_QP ? SPAN("Content-Transfer-Encoding: quoted-printable\r\n")
				: SPAN("Content-Transfer-Encoding: base64\r\n"));
}

static size_t end_of_fields(struct span header)
{
	if (span_ends(header, SPAN("\r\n")))
		return header.len - 2;
	return header.len > 0 ? header.len - 1 : 0;
}

static void add_header_without_encoding(struct transfer *t, struct span header)
{
	struct cur c = cur_of(header);
	struct header_field field;
	const char *from = header.ptr;

	while (header_next_named(&c, SPAN("Content-Transfer-Encoding"), &field)) {
		add(t, FORM_HEADER, span_make(from, (size_t)(field.whole.ptr - from)));
		from = field.whole.ptr + field.whole.len;
	}
	add(t, FORM_HEADER, span_make(from, (size_t)(header.ptr + header.len - from)));
}

static void add_header(struct transfer *t, const struct part *p, enum transfer_form form)
{
	bool container = p->kind != PART_LEAF && !is_sealed(p);
	bool label = p->encoding_kind == ENCODING_8BIT || p->encoding_kind == ENCODING_BINARY;

	if (form == FORM_QP || form == FORM_BASE64) {
		size_t end = end_of_fields(p->header);
		add_header_without_encoding(t, span_sub(p->header, 0, end));
		add_new_fields(t, p, form);
		add(t, FORM_AS_IS, span_from(p->header, end));
	} else if (container && label && !t->stuck) {
		add_header_without_encoding(t, p->header);
	} else {
		add(t, FORM_HEADER, p->header);
	}
}

static void plan(struct transfer *t)
{
	size_t at = 0, i = 0;

	for (const struct part *p = t->root; p; p = after(p), i++) {
		bool whole = p->kind == PART_LEAF || is_sealed(p);
		enum transfer_form form = t->bodies.items[i];
		add(t, FORM_FILLER, span_sub(t->message, at, p->header_offset - at));
		add_header(t, p, form);
		at = p->body_offset;
		if (!whole)
			continue;
		add(t, form, p->body);
		at += p->body.len;
		bool base64 = form == FORM_BASE64 || form == FORM_BASE64_AGAIN;
		if (base64 && at == t->message.len)
			add(t, FORM_AS_IS, SPAN("\r\n"));
	}
	add(t, FORM_FILLER, span_from(t->message, at));
}

struct transfer *transfer_plan(struct arena *a, struct span message)
{
	struct transfer *t = arena_zalloc(a, sizeof *t);

	t->arena = a;
	t->root = mime_parse(a, message);
	/* The spans of the tree, also where the message is empty. */
	t->message = span_make(t->root->header.ptr, message.len);
	t->out = str_in(a, TRANSFER_PIECE_MAX);
	decide(t);
	plan(t);
	return t;
}

size_t transfer_encoded_parts(const struct transfer *t)
{
	return t->encoded;
}

struct span transfer_next(struct transfer *t)
{
	str_clear(&t->out);
	while (t->current < t->segments.len && t->out.len == 0) {
		const struct transfer_segment *s = &t->segments.items[t->current];
		bool as_is = s->form == FORM_AS_IS;
		if (!as_is)
			transfer_write(s, &t->place, &t->out);
		if (as_is || t->place.at == s->bytes.len) {
			t->current++;
			t->place = (struct transfer_place){ 0 };
		}
		if (as_is)
			return s->bytes;
	}
	return str_span(&t->out);
}
