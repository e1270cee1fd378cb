/* Which parts are attachments, and what they are called. */
#include "mailcore/base/str.h"
#include "mailcore/base/utf8.h"
#include "mailcore/mime/encoded_word.h"
#include "mailcore/mime/part.h"
#include "mailcore/mime/text.h"

#define FILENAME_MAX_BYTES 255 /* what file systems take */

static struct span raw_filename(const struct part *p)
{
	struct span name = mime_param_find(&p->disposition.params, SPAN("filename"));
	return name.len > 0 ? name : mime_param_find(&p->params, SPAN("name"));
}

/* Behind the last separator of either kind. */
static struct span base_name(struct span path)
{
	size_t at = path.len;
	while (at > 0 && path.ptr[at - 1] != '/' && path.ptr[at - 1] != '\\')
		at--;
	return span_from(path, at);
}

/* Long names keep their suffix. */
static struct span shorten(struct arena *a, struct span name)
{
	if (name.len <= FILENAME_MAX_BYTES)
		return name;
	size_t dot = span_rfind(name, '.');
	struct span suffix =
		dot != SPAN_NPOS && name.len - dot <= 16 ? span_from(name, dot) : SPAN("");
	struct span stem = span_sub(name, 0, utf8_floor(name.ptr, FILENAME_MAX_BYTES - suffix.len));
	return arena_printf(a, SPAN_FMT SPAN_FMT, SPAN_ARG(stem), SPAN_ARG(suffix));
}

struct span part_filename(struct arena *a, const struct part *p)
{
	struct span raw = raw_filename(p);
	if (raw.len == 0)
		return SPAN_NONE;

	struct str decoded = str_in(a, 3 * raw.len);
	encoded_word_decode(&decoded, raw);
	struct span base = base_name(str_span(&decoded));
	struct str clean = str_in(a, base.len);
	for (size_t i = 0; i < base.len; i++) {
		unsigned char c = (unsigned char)base.ptr[i];
		str_add_c(&clean, c < ' ' || c == 0x7F ? ' ' : (char)c);
	}
	struct span name = span_trim(str_span(&clean));
	return name.len > 0 ? shorten(a, name) : SPAN_NONE;
}

static bool is_in(const struct part *p, struct span multipart_subtype)
{
	return p->parent && part_is(p->parent, SPAN("multipart"), multipart_subtype);
}

/* Without a disposition: what is not there to be read on the spot. */
static bool looks_attached(const struct part *p)
{
	bool readable =
		part_is(p, SPAN("text"), SPAN("plain")) || part_is(p, SPAN("text"), SPAN("html"));

	if (readable)
		return p->parent && raw_filename(p).len > 0 && !is_in(p, SPAN("alternative"));
	if (is_in(p, SPAN("alternative")) || is_in(p, SPAN("report")))
		return false;
	if (is_in(p, SPAN("signed")) && p->index == 2)
		return false;
	return !(is_in(p, SPAN("related")) && p->id.len > 0);
}

bool part_is_attachment(const struct part *p)
{
	if (p->kind == PART_MULTIPART)
		return false;
	if (span_eq(p->disposition.kind, SPAN("attachment")))
		return true;
	if (span_eq(p->disposition.kind, SPAN("inline")) && span_eq(p->type, SPAN("text")))
		return false;
	return looks_attached(p);
}

bool mime_has_attachment(const struct part *root)
{
	for (const struct part *p = root; p; p = part_next_outside(p)) {
		if (part_is_attachment(p))
			return true;
	}
	return false;
}

static struct span default_name(const struct part *p)
{
	static const struct {
		const char *type;
		const char *subtype;
		struct span name;
	} names[] = {
		{ "message", "rfc822", SPAN("message.eml") },
		{ "text", "plain", SPAN("unnamed.txt") },
		{ "text", "html", SPAN("unnamed.html") },
		{ "text", "calendar", SPAN("unnamed.ics") },
		{ "image", "png", SPAN("unnamed.png") },
		{ "image", "jpeg", SPAN("unnamed.jpg") },
		{ "image", "gif", SPAN("unnamed.gif") },
		{ "application", "pdf", SPAN("unnamed.pdf") },
		{ "application", "zip", SPAN("unnamed.zip") },
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (part_is(p, span_of(names[i].type), span_of(names[i].subtype)))
			return names[i].name;
	}
	return SPAN("unnamed");
}

static size_t decoded_size(const struct part *p)
{
	if (p->encoding_kind != ENCODING_BASE64)
		return p->body.len;
	size_t line_ends = 2 * p->lines < p->body.len ? 2 * p->lines : p->body.len;
	return (p->body.len - line_ends) / 4 * 3;
}

size_t mime_attachments(struct arena *a, const struct part *root, struct attachment **out)
{
	size_t count = 0;

	for (const struct part *p = root; p; p = part_next_outside(p))
		count += part_is_attachment(p);
	*out = arena_array(a, count, sizeof **out);
	size_t n = 0;
	for (const struct part *p = root; p; p = part_next_outside(p)) {
		if (!part_is_attachment(p))
			continue;
		struct span name = part_filename(a, p);
		(*out)[n++] = (struct attachment){ .part = p,
			.filename = name.ptr ? name : default_name(p),
			.section = part_number(a, p),
			.size = decoded_size(p) };
	}
	return count;
}
