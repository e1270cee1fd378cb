/* Making a segment: see search_build.h. */
#include "mailcore/store/search_build.h"

#include <zstd.h>

#include "mailcore/mime/header.h"
#include "mailcore/mime/part.h"
#include "mailcore/mime/search_text.h"
#include "mailcore/mime/text.h"
#include "mailcore/store/uidset.h"

#define LEVEL 3

struct search_build *search_build_new(void)
{
	struct search_build *b = heap_zalloc(sizeof *b);

	b->head = words_new();
	b->body = words_new();
	return b;
}

void search_build_free(struct search_build *b)
{
	if (!b)
		return;
	words_free(b->head);
	words_free(b->body);
	heap_free(b);
}

size_t search_build_size(const struct search_build *b)
{
	return words_size(b->head) + words_size(b->body);
}

/* ------------------------------------------------------------------ messages */

static void add_fields(struct words *w, uint32_t doc, struct span block)
{
	struct search_fields walk;
	struct span folded;
	struct arena a;

	arena_init(&a, 4096);
	search_fields_begin(&walk, block);
	while (search_fields_next(&a, &walk, &folded)) {
		words_add(w, doc, folded);
		arena_reset(&a);
	}
	arena_done(&a);
}

static void add_text(struct words *w, uint32_t doc, const struct part *p)
{
	struct str text;
	struct arena a;

	str_init(&text, MIME_PART_TEXT_MAX(p));
	arena_init(&a, 65536);
	mime_part_text_add(&text, p);
	words_add(w, doc, search_fold(&a, str_span(&text)));
	arena_done(&a);
	str_done(&text);
}

/* Octets that mime_part_text_add and the header walk would look at. */
static size_t size_of_text(const struct part *root, struct span message)
{
	size_t size = header_block_len(message);

	for (const struct part *p = root; p; p = part_next(p)) {
		bool text = p->kind == PART_LEAF && span_eq(p->type, SPAN("text"));
		size += p->header.len + (text ? p->body.len : 0);
	}
	return size;
}

void search_build_message(
	struct search_build *b, struct arena *a, uint32_t uid, const struct message_bytes *bytes)
{
	uint32_t doc = (uint32_t)b->n;
	const struct part *root = bytes->unreadable ? NULL : mime_parse(a, bytes->bytes);

	b->uids[b->n++] = uid;
	if (!root || size_of_text(root, bytes->bytes) > SEARCH_MESSAGE_TEXT) {
		words_add_unindexed(b->head, doc);
		words_add_unindexed(b->body, doc);
		return;
	}
	add_fields(b->head, doc, bytes->bytes);
	for (const struct part *p = root; p; p = part_next(p)) {
		if (p != root)
			add_fields(b->head, doc, p->header);
		add_text(b->body, doc, p);
	}
}

/* ------------------------------------------------------------------ older segments */

bool search_build_segment(struct search_build *b, struct arena *a,
	const struct search_segment *segment, const uint32_t *live, size_t n_live)
{
	uint32_t *to = arena_array(a, segment->n, sizeof *to);
	size_t k = 0;

	for (size_t i = 0; i < segment->n; i++) {
		while (k < n_live && live[k] < segment->uids[i])
			k++;
		bool is_live = k < n_live && live[k] == segment->uids[i];
		to[i] = is_live ? (uint32_t)b->n : WORDS_NO_DOC;
		if (is_live)
			b->uids[b->n++] = segment->uids[i];
	}
	return words_add_stream(b->head, segment->head, to, segment->n) &&
		words_add_stream(b->body, segment->body, to, segment->n);
}

/* ------------------------------------------------------------------ packing */

static bool pack_stream(const struct words *w, struct arena *a, struct span *out, size_t *out_size)
{
	struct str stream;

	str_init(&stream, WORDS_STREAM_MAX);
	words_write(w, &stream);
	size_t room = ZSTD_compressBound(stream.len);
	char *bytes = arena_alloc(a, room);
	size_t len = ZSTD_compress(bytes, room, stream.ptr, stream.len, LEVEL);
	bool ok = str_ok(&stream) && !ZSTD_isError(len);
	*out = span_make(bytes, ok ? len : 0);
	*out_size = stream.len;
	str_done(&stream);
	return ok;
}

bool search_build_pack(const struct search_build *b, struct arena *a, struct search_packed *out)
{
	struct uidset set = uidset_of(a, b->uids, b->n);
	struct str uids = str_in(a, 8 * WORDS_DOCS_MAX + 1);

	uidset_pack(&uids, &set);
	out->uids = str_span(&uids);
	return str_ok(&uids) && pack_stream(b->head, a, &out->head, &out->head_size) &&
		pack_stream(b->body, a, &out->body, &out->body_size);
}
