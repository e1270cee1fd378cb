/* DMARC records: a policy for everything, or none at all. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/auth/dmarc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dmarc_record r;

	if (dmarc_record_parse(span_make(data, size), &r) == RC_OK) {
		ASSERT((r.policy == DMARC_NO_POLICY) == (r.sub_policy == DMARC_NO_POLICY));
		ASSERT((r.policy == DMARC_NO_POLICY) == (r.np_policy == DMARC_NO_POLICY));
		ASSERT(r.psd == 'y' || r.psd == 'n' || r.psd == 'u');
	}
	return 0;
}
