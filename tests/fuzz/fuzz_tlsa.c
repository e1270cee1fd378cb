/* A TLSA record is usable or not; what is usable lies within the record. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/net/dane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlsa t;

	if (!tlsa_parse(span_make(data, size), &t))
		return 0;
	ASSERT(t.usage == 2 || t.usage == 3);
	ASSERT(t.data.len == size - 3 && t.data.ptr == (const char *)data + 3);
	return 0;
}
