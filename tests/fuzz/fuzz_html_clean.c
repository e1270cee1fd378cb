/* Cleaned HTML is stable under cleaning, bounded, and has no element that runs or loads. */
#include "tests/fuzz/fuzz.h"

#include "webui/mail/html_clean.h"
#include "webui/mail/html_token.h"

static void check_token(const struct html_token *token)
{
	static const char *const never[] = { "script", "style", "svg", "math", "iframe", "object",
		"embed", "link", "meta", "base", "form", "input", "textarea", "title", "template" };
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		ASSERT(strcmp(token->name, never[i]) != 0);
	for (size_t i = 0; token->kind == HTML_START && i < token->n_attrs; i++) {
		const struct html_attr *attr = &token->attrs[i];
		ASSERT(!span_istarts(span_of(attr->name), SPAN("on")));
		ASSERT(span_ifind_span(attr->value, SPAN("javascript:")) == SPAN_NPOS ||
			(strcmp(attr->name, "href") != 0 && strcmp(attr->name, "src") != 0) ||
			span_istarts(attr->value, SPAN("http")) ||
			span_istarts(attr->value, SPAN("mailto:")) ||
			span_istarts(attr->value, SPAN("tel:")));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	arena_init(&a, 65536);
	struct html_clean_options options = { 0 };
	struct html_clean_stats stats;
	struct span once = html_clean(&a, span_make(data, size), &options, &stats).markup;
	struct span twice = html_clean(&a, once, &options, &stats).markup;
	ASSERT(span_eq(once, twice));

	struct html_tokens tokens;
	struct html_token *token = arena_zalloc(&a, sizeof *token);
	html_tokens_init(&tokens, &a, once);
	while (html_token_next(&tokens, token)) {
		if (token->kind != HTML_TEXT)
			check_token(token);
	}
	arena_done(&a);
	return 0;
}
