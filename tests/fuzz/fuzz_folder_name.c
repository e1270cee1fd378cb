/* An accepted name is within its limits, its own canonical form, and so is each of its parents. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/store/folder_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct span name;

	arena_init(&a, 4096);
	if (folder_name_parse(&a, span_make(data, size), &name)) {
		ASSERT(name.len <= FOLDER_NAME_MAX);
		for (; name.len; name = folder_name_parent(name)) {
			struct span again;
			ASSERT(folder_name_parse(&a, name, &again) && span_eq(name, again));
		}
	}
	arena_done(&a);
	return 0;
}
