/* Headers on their way in: what must go has gone, and only whole fields have. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/deliver/head.h"
#include "mailcore/mime/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span message = span_make(data, size);
	struct span head = span_sub(message, 0, header_block_len(message));
	struct err err = { 0 };
	struct arena a;

	arena_init(&a, 4096);
	for (int submission = 0; submission < 2; submission++) {
		struct str out = str_in(&a, head.len);
		head_add_cleaned(&a, &out, head, "mx.test", submission);
		ASSERT(str_ok(&out) && out.len <= head.len);
		ASSERT(header_count(str_span(&out), SPAN("Return-Path")) == 0);
		ASSERT(!submission || header_count(str_span(&out), SPAN("Bcc")) == 0);
		ASSERT(header_count(str_span(&out), SPAN("Received")) ==
			header_count(head, SPAN("Received")));
	}
	if (head_check(head, &err) != RC_OK)
		ASSERT(err.field[0] == '5');
	arena_done(&a);
	return 0;
}
