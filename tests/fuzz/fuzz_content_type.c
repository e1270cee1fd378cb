/* Content-Type and Content-Disposition: limits hold; what is read can be written and read again. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/build.h"
#include "mailcore/mime/content_type.h"

static void check_params(const struct mime_params *params)
{
	ASSERT(params->len <= MIME_PARAM_MAX);
	for (size_t i = 0; i < params->len; i++) {
		const struct mime_param *p = &params->items[i];
		ASSERT(p->name.len > 0);
		ASSERT(p->value.len <= 3 * MIME_PARAM_VALUE_MAX || utf8_valid(p->value) == false);
		ASSERT(span_find(p->value, '\n') == SPAN_NPOS);
		ASSERT(span_find(p->value, '\0') == SPAN_NPOS);
		ASSERT(span_eq(mime_param_find(params, p->name), p->value));
	}
}

/* A value that may be written is the same when it is read again. */
static void check_written(struct arena *a, struct span value)
{
	const struct build_param param = { "filename", value };
	struct str out = str_in(a, (size_t)1 << 22);
	struct disposition back;

	if (value.len > 3000 ||
		header_write_params(&out, "X", SPAN("attachment"), &param, 1) != RC_OK)
		return;
	ASSERT(utf8_is_ascii(str_span(&out)));
	ASSERT(disposition_parse(a, span_from(str_span(&out), 2), &back));
	ASSERT(span_eq(mime_param_find(&back.params, SPAN("filename")), value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make(data, size);
	struct content_type type;
	struct disposition disposition;
	struct arena a;

	arena_init(&a, 4096);
	if (content_type_parse(&a, input, &type)) {
		ASSERT(type.type.len > 0 && type.subtype.len > 0);
		check_params(&type.params);
	}
	if (disposition_parse(&a, input, &disposition)) {
		check_params(&disposition.params);
		for (size_t i = 0; i < disposition.params.len; i++)
			check_written(&a, disposition.params.items[i].value);
	}
	check_written(&a, input);
	arena_done(&a);
	return 0;
}
