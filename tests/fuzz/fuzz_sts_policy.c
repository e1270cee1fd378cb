/* MTA-STS: a policy lies within its text and names what it says; a record's id is one. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/smtpclient/sts_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_make(data, size), id;
	struct sts_policy p;

	if (sts_record_parse(in, &id))
		ASSERT(id.len > 0 && id.len <= STS_ID_MAX);
	if (!sts_policy_parse(in, &p))
		return 0;
	ASSERT(p.n_mx > 0 || p.mode == STS_NONE);
	ASSERT(p.max_age_s >= 0 && p.max_age_s <= STS_MAX_AGE_MAX_S);
	for (size_t i = 0; i < p.n_mx; i++) {
		ASSERT(p.mx[i].ptr >= in.ptr && p.mx[i].ptr + p.mx[i].len <= in.ptr + in.len);
		ASSERT(span_ends(p.mx[i], SPAN(".")) || sts_policy_names(&p, p.mx[i]));
	}
	return 0;
}
