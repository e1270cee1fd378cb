/* CSV as customers upload it. */
#include "backend/accounts/csv.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct csv csv;
	struct csv_row row;

	arena_init(&a, 65536);
	csv_begin(&csv, span_make(data, size));
	while (csv_next(&csv, &a, &row) != CSV_END)
		;
	arena_done(&a);
	return 0;
}
