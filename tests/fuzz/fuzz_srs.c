/* Rewritten senders: what comes back is an address, and what is rewritten comes back. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/deliver/srs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_make(data, size), out, back;
	struct arena a;

	arena_init(&a, 1024);
	if (srs_reverse(&a, SPAN("secret"), in, 0, &out) == RC_OK)
		ASSERT(span_find(out, '@') != SPAN_NPOS);
	if (srs_forward(&a, SPAN("secret"), in, SPAN("o.test"), 0, &out) == RC_OK) {
		struct span local = span_sub(out, 0, span_rfind(out, '@'));
		ASSERT(local.len <= 64);
		ASSERT(srs_reverse(&a, SPAN("secret"), local, 0, &back) == RC_OK);
	}
	arena_done(&a);
	return 0;
}
