/* An answer over HTTP: more bytes behind a whole one change nothing. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/smtpclient/https_get.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_make(data, size);
	struct http_answer whole, more;
	struct arena a;

	arena_init(&a, 4096);
	if (http_answer_parse(&a, in, &whole) == RC_OK) {
		struct str longer = str_in(&a, size + 10);
		str_add(&longer, in);
		str_add_cstr(&longer, "HTTP/1.1");
		ASSERT(http_answer_parse(&a, str_span(&longer), &more) == RC_OK);
		ASSERT(more.status == whole.status && span_eq(more.body, whole.body));
		ASSERT(whole.status <= 599 && whole.body.len <= size);
	}
	arena_done(&a);
	return 0;
}
