/* SPF records and macros: what parses can be expanded, and stays within its limits. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/auth/spf_macro.h"
#include "mailcore/auth/spf_policy.h"

static void expand(struct arena *a, struct span text)
{
	struct spf_macro_values values = { .local = SPAN("joe.x-y"),
		.origin = SPAN("a.example"),
		.domain = SPAN("b.example"),
		.helo = SPAN("mx.example"),
		.validated = SPAN("unknown"),
		.ip = { .family = AF_INET6, .bytes = { 0x20, 1, 0xd, 0xb8 } } };
	struct str out = str_in(a, SPF_EXPANDED_MAX);

	spf_macro_expand(&values, text, &out);
	ASSERT(out.len <= SPF_EXPANDED_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make(data, size), bad;
	struct spf_policy policy;
	struct arena a;

	arena_init(&a, 4096);
	if (spf_policy_parse(&a, text, &policy, &bad)) {
		ASSERT(spf_policy_is_record(text) && policy.len <= SPF_DIRECTIVES_MAX);
		for (size_t i = 0; i < policy.len; i++) {
			const struct spf_directive *d = &policy.items[i];
			ASSERT(d->bits4 <= 32 && d->bits6 <= 128 && d->text.len > 0);
			expand(&a, d->target);
		}
		if (policy.redirect.ptr)
			expand(&a, policy.redirect);
	} else {
		ASSERT(bad.ptr >= text.ptr && bad.ptr + bad.len <= text.ptr + text.len);
	}
	if (spf_macro_string_valid(text, true))
		expand(&a, text);
	ASSERT(!spf_domain_spec_valid(text) || spf_macro_string_valid(text, false));
	arena_done(&a);
	return 0;
}
