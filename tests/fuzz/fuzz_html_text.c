/* Text out of HTML is valid UTF-8, folded, and never much longer than its source. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/utf8.h"
#include "mailcore/mime/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text;
	str_init(&text, 3 * size + 8);
	html_text_add(&text, span_make(data, size), SIZE_MAX);
	ASSERT(str_ok(&text));
	ASSERT(utf8_valid(str_span(&text)));
	ASSERT(span_find_span(str_span(&text), SPAN("  ")) == SPAN_NPOS);
	ASSERT(span_find_span(str_span(&text), SPAN("\n\n")) == SPAN_NPOS);
	str_done(&text);
	return 0;
}
