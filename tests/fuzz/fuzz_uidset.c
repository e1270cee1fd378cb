/* What unpacks is ascending and packs to the same bytes; union and look-up agree with it. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/store/uidset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct uidset set;

	arena_init(&a, 4096);
	if (uidset_unpack(&a, span_make(data, size), &set)) {
		struct str packed = str_in(&a, size + 1);
		struct uidset twice[] = { set, set };
		uidset_pack(&packed, &set);
		ASSERT(span_eq(str_span(&packed), span_make(data, size)));
		for (size_t i = 0; i < set.len; i++) {
			ASSERT(uidset_has(&set, set.ranges[i].first));
			ASSERT(uidset_has(&set, set.ranges[i].last));
		}
		struct uidset both = uidset_union(&a, twice, 2);
		ASSERT(uidset_count(&both) == uidset_count(&set));
	}
	arena_done(&a);
	return 0;
}
