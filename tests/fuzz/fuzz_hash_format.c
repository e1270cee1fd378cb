/* A hash that is accepted is short, printable, and accepted again. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/rc.h"
#include "mailcore/keys/hash_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum hash_kind kind;
	struct span text = hash_format_strip(span_make(data, size));

	if (!hash_format_parse(text, &kind))
		return 0;
	ASSERT(text.len <= HASH_TEXT_MAX && text.ptr[0] == '$');
	for (size_t i = 0; i < text.len; i++)
		ASSERT(text.ptr[i] > ' ' && text.ptr[i] < 0x7f);
	ASSERT(hash_format_parse(text, &kind));
	return 0;
}
