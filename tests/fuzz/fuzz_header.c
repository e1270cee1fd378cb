/* Fields lie inside the block and are found again; unfolded values are one line; what the writer
 * writes is one field. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/build.h"
#include "mailcore/mime/header.h"

static void check_fields(struct arena *a, struct span block)
{
	struct cur c = cur_of(block);
	struct header_field field, found;
	struct span ids[8];

	while (header_next(&c, &field)) {
		ASSERT(field.name.len > 0 && field.whole.ptr >= block.ptr);
		ASSERT(field.value.ptr > field.name.ptr);
		ASSERT(field.value.ptr + field.value.len <= field.whole.ptr + field.whole.len);
		ASSERT(header_find(block, field.name, &found) &&
			found.whole.ptr <= field.whole.ptr);
		struct span line = header_unfold(a, field.value);
		ASSERT(span_find(line, '\n') == SPAN_NPOS && span_find(line, '\r') == SPAN_NPOS);
		ASSERT(span_find(line, '\0') == SPAN_NPOS);
		struct span text = header_text(a, field.value);
		ASSERT(utf8_valid(text) && span_find(text, '\n') == SPAN_NPOS);
		ASSERT(message_ids_parse(a, field.value, ids, 8) <= 8);
	}
}

/* Selected and remaining fields are all of them. */
static void check_selection(struct arena *a, struct span block)
{
	const struct span names[] = { SPAN("Subject"), SPAN("To") };
	struct str some = str_in(a, block.len + 100), rest = str_in(a, block.len + 100);
	struct cur c = cur_of(block), d;
	struct header_field field;
	size_t count = 0, selected = 0;

	while (header_next(&c, &field))
		count++;
	header_fields_add(&some, block, names, 2, false);
	header_fields_add(&rest, block, names, 2, true);
	ASSERT(str_ok(&some) && str_ok(&rest));
	for (d = cur_of(str_span(&some)); header_next(&d, &field);)
		selected++;
	for (d = cur_of(str_span(&rest)); header_next(&d, &field);)
		selected++;
	ASSERT(selected == count);
}

static void check_writer(struct arena *a, struct span text)
{
	struct str out = str_in(a, (size_t)1 << 22);
	struct header_field field;

	if (header_write_text(&out, "Subject", text) != RC_OK)
		return;
	struct cur c = cur_of(str_span(&out));
	ASSERT(utf8_is_ascii(str_span(&out)));
	ASSERT(header_next(&c, &field) && cur_done(&c));
	ASSERT(span_eq(field.name, SPAN("Subject")));
	struct span back = header_text(a, field.value);
	ASSERT(span_eq(back, span_trim(text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make(data, size);
	struct arena a;

	arena_init(&a, 4096);
	size_t len = header_block_len(input);
	ASSERT(len <= size);
	check_fields(&a, span_sub(input, 0, len));
	check_selection(&a, span_sub(input, 0, len));
	check_writer(&a, input);
	arena_done(&a);
	return 0;
}
