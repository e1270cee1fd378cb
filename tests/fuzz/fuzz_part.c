/* Any bytes give a valid tree, a valid BODYSTRUCTURE and sections that can be found. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/bodystructure.h"
#include "mailcore/mime/part.h"
#include "mailcore/mime/text.h"

static void check_ranges(const struct part *p, const struct part *root, struct span message)
{
	ASSERT(p->header.ptr == root->header.ptr + p->header_offset);
	ASSERT(p->body.ptr == p->header.ptr + p->header.len);
	ASSERT(p->body_offset == p->header_offset + p->header.len);
	ASSERT(p->body_offset + p->body.len <= message.len);
	ASSERT((p->kind == PART_LEAF) == (p->children == NULL));
	if (p->parent) {
		ASSERT(p->header_offset >= p->parent->body_offset);
		ASSERT(p->body_offset + p->body.len <=
			p->parent->body_offset + p->parent->body.len);
	}
	if (p->next)
		ASSERT(p->body_offset + p->body.len <= p->next->header_offset);
}

static void check_number(struct arena *a, const struct part *p, const struct part *root)
{
	uint32_t path[2 * PART_DEPTH_MAX + 4];
	size_t n = 0;
	struct span rest = part_number(a, p), word, section;
	uint64_t number;

	if (p->kind != PART_LEAF)
		return;
	while (span_split(&rest, '.', &word)) {
		ASSERT(span_u64(word, UINT32_MAX, &number));
		path[n++] = (uint32_t)number;
	}
	ASSERT(part_find(root, path, n) == p);
	ASSERT(part_section(root, path, n, SECTION_ALL, &section) && section.ptr == p->body.ptr);
}

/* Balanced, printable, no empty lists: see bodystructure.h. */
static void check_wire(struct span s)
{
	int depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		ASSERT(c >= ' ' && c <= '~');
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == '(')
			depth++;
		else if (!quoted && c == ')')
			ASSERT(--depth > 0 || i == s.len - 1);
		ASSERT(quoted || c != ')' || s.ptr[i - 1] != '(');
	}
	ASSERT(depth == 0 && !quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span message = span_make(data, size);
	struct attachment *list;
	struct arena a;

	arena_init(&a, 4096);
	const struct part *root = mime_parse(&a, message);
	for (const struct part *p = root; p; p = part_next(p)) {
		check_ranges(p, root, message);
		check_number(&a, p, root);
	}
	struct str out = str_in(&a, (size_t)256 << 20);
	bodystructure_add(&out, root, true);
	ASSERT(str_ok(&out));
	check_wire(str_span(&out));
	str_clear(&out);
	mime_preview_add(&out, root, PREVIEW_CHARS);
	mime_text_add(&out, root, 100000);
	ASSERT(utf8_valid(str_span(&out)));
	size_t n = mime_attachments(&a, root, &list);
	ASSERT(mime_has_attachment(root) == (n > 0));
	for (size_t i = 0; i < n; i++)
		ASSERT(list[i].filename.len > 0 && utf8_valid(list[i].filename));
	arena_done(&a);
	return 0;
}
