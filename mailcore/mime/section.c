/* Finding parts: reading order, IMAP section numbers and specifiers. */
#include "mailcore/mime/part.h"

#include "mailcore/base/str.h"

bool part_is(const struct part *p, struct span type, struct span subtype)
{
	return span_eq(p->type, type) && span_eq(p->subtype, subtype);
}

static const struct part *after(const struct part *p)
{
	while (p && !p->next)
		p = p->parent;
	return p ? p->next : NULL;
}

const struct part *part_next(const struct part *p)
{
	return p->children ? p->children : after(p);
}

const struct part *part_next_outside(const struct part *p)
{
	return p->kind == PART_MULTIPART ? p->children : after(p);
}

/* In a message (the root, or an embedded one) number 1 of what is no multipart is its own body. */
static const struct part *find_in_message(const struct part *message, uint32_t number)
{
	if (message->kind != PART_MULTIPART)
		return number == 1 ? message : NULL;
	const struct part *p = message->children;
	while (p && p->index != number)
		p = p->next;
	return p;
}

static const struct part *find_in_part(const struct part *p, uint32_t number)
{
	switch (p->kind) {
	case PART_MULTIPART:
	case PART_MESSAGE:
		return find_in_message(p->kind == PART_MESSAGE ? p->children : p, number);
	case PART_LEAF:
		break;
	}
	return NULL;
}

const struct part *part_find(const struct part *root, const uint32_t *path, size_t n)
{
	const struct part *p = root;

	for (size_t i = 0; i < n && p; i++)
		p = i == 0 ? find_in_message(p, path[i]) : find_in_part(p, path[i]);
	return p;
}

bool part_section(const struct part *root, const uint32_t *path, size_t n, enum section_kind kind,
	struct span *out)
{
	const struct part *p = part_find(root, path, n);
	if (!p)
		return false;
	/* HEADER and TEXT are of a message: the whole one, or the one that the part embeds. */
	const struct part *message = n == 0 ? p : p->kind == PART_MESSAGE ? p->children : NULL;

	switch (kind) {
	case SECTION_ALL:
		*out = p->body;
		if (n == 0)
			*out = span_make(p->header.ptr, p->header.len + p->body.len);
		return true;
	case SECTION_HEADER:
	case SECTION_TEXT:
		if (!message)
			return false;
		*out = kind == SECTION_HEADER ? message->header : message->body;
		return true;
	case SECTION_MIME:
		*out = p->header;
		return n > 0;
	}
	return false;
}

struct span part_number(struct arena *a, const struct part *p)
{
	/* A number for each level, and one more for each embedded message that is no multipart. */
	uint32_t numbers[2 * (PART_DEPTH_MAX + 1)];
	size_t n = 0;

	for (; p; p = p->parent) {
		bool is_message = !p->parent || p->parent->kind == PART_MESSAGE;
		if (!is_message)
			numbers[n++] = p->index;
		else if (p->kind != PART_MULTIPART)
			numbers[n++] = 1;
	}
	struct str text = str_in(a, 12 * sizeof numbers / sizeof numbers[0]);
	while (n-- > 0) {
		str_add_u64(&text, numbers[n]);
		if (n > 0)
			str_add_c(&text, '.');
	}
	return str_span(&text);
}
