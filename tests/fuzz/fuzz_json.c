/* What the JSON reader accepts is written and accepted again, and then stays as it is. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct cJSON *value, *again;

	arena_init(&a, 4096);
	if (json_parse(&a, span_make(data, size), &value, NULL)) {
		struct str once = str_in(&a, 16 * size + 4096),
			   twice = str_in(&a, 16 * size + 4096);
		json_write(&a, value, &once);
		ASSERT(str_ok(&once));
		ASSERT(json_parse(&a, str_span(&once), &again, NULL));
		ASSERT(json_kind(value) == json_kind(again) && json_len(value) == json_len(again));
		json_write(&a, again, &twice);
		ASSERT(span_eq(str_span(&once), str_span(&twice)));
	}
	arena_done(&a);
	return 0;
}
