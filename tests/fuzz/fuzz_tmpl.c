/* Any template compiles or is refused; what compiles renders hostile data without markup of its own. */
#include "tests/fuzz/fuzz.h"

#include "webui/view/tmpl.h"

#define OUT_MAX (1u << 20)

static struct span no_words(struct span key)
{
	return span_eq(key, SPAN("w")) ? SPAN("a {x} b") : SPAN_NONE;
}

static struct span no_asset(struct span file)
{
	return SPAN_NONE;
}

static size_t count(struct span text, char c)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == c;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tmpl_names names = { no_words, no_asset };
	struct arena a;
	arena_init(&a, 4096);
	struct tmpl_source source = { SPAN("t"), span_make(data, size) };
	struct tmpl_set *set;
	if (tmpl_compile(&a, &source, 1, &names, &set, NULL) == RC_OK) {
		struct val *harmless = val_map(&a), *hostile = val_map(&a);
		val_set_cstr(harmless, "x", "v");
		val_set_cstr(hostile, "x", "<\">'");
		struct str plain = str_in(&a, OUT_MAX), out = str_in(&a, OUT_MAX);
		tmpl_render(tmpl_find(set, SPAN("t")), harmless, &plain, NULL);
		tmpl_render(tmpl_find(set, SPAN("t")), hostile, &out, NULL);
		if (str_ok(&out) && str_ok(&plain)) {
			ASSERT(count(str_span(&plain), '<') == count(str_span(&out), '<'));
			ASSERT(count(str_span(&plain), '"') == count(str_span(&out), '"'));
		}
	}
	arena_done(&a);
	return 0;
}
