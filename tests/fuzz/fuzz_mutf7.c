/* A name that can be read has one spelling; a pattern matches in any text without harm. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/utf8.h"
#include "mailcore/imap/syntax/mailbox_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span wire = span_make(data, size < 4096 ? size : 4096);
	struct str name, back;

	str_init(&name, 65536);
	str_init(&back, 65536);
	if (mutf7_decode(wire, &name)) {
		ASSERT(utf8_valid(str_span(&name)));
		mutf7_encode(str_span(&name), &back);
		ASSERT(span_eq(str_span(&back), wire));
	}
	str_clear(&back);
	mutf7_encode(wire, &back);
	str_clear(&name);
	ASSERT(mutf7_decode(str_span(&back), &name));
	str_clear(&name);
	if (mailbox_name_parse(wire, true, &name))
		ASSERT(name.len <= MAILBOX_NAME_MAX &&
			list_pattern_match(SPAN("*"), str_span(&name)));
	size_t half = wire.len / 2;
	(void)list_pattern_match(span_sub(wire, 0, half), span_from(wire, half));
	str_done(&name);
	str_done(&back);
	return 0;
}
