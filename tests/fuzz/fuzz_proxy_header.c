/* PROXY protocol headers: never read beyond the input, never claim more than there is, and a
 * prefix of an accepted header is waited for. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/net/proxy_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header h = { .len = 0 }, part;
	struct span in = span_make(data, size);
	enum proxy_result result = proxy_header_parse(in, &h);

	if (result != PROXY_OK && result != PROXY_LOCAL)
		return 0;
	ASSERT(h.len > 0 && h.len <= size && h.len <= PROXY_HEADER_MAX);
	for (size_t len = 0; len < h.len; len++)
		ASSERT(proxy_header_parse(span_sub(in, 0, len), &part) == PROXY_WAIT);
	return 0;
}
