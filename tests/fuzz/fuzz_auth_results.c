/* Authentication-Results: reading what others wrote; and what peers say can not forge our own. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/auth/auth_results.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make(data, size), result;
	struct auth_query query = { .helo = text, .mail_from = text };
	struct auth_verdicts verdicts = { .helo = { .from_helo = true, .domain = text },
		.dmarc = { .result = AUTH_FAIL, .reason = text, .author_domain = text } };
	struct arena a;

	arena_init(&a, 4096);
	if (auth_results_find(&a, text, SPAN("dmarc"), &result))
		ASSERT(result.len > 0 && result.len < size);
	struct str out = str_in(&a, AUTH_RESULTS_MAX);
	verdicts.iprev.name = text;
	auth_results_add(&out, "mx.test", &query, &verdicts);
	ASSERT(str_ok(&out));
	for (size_t i = 0; i < out.len; i++)
		ASSERT(out.ptr[i] >= ' ' && out.ptr[i] < 0x7f);
	ASSERT(auth_results_find(&a, str_span(&out), SPAN("dmarc"), &result));
	ASSERT(span_eq(result, SPAN("fail")));
	ASSERT(!auth_results_find(&a, str_span(&out), SPAN("arc"), &result));
	arena_done(&a);
	return 0;
}
