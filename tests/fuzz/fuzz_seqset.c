/* Runs are ascending, disjoint and inside the folder, and agree with the numbers written. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/imap/syntax/seqset.h"

static void check(const struct index_runs *runs, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < runs->len; i++) {
		ASSERT(runs->items[i].from < runs->items[i].to && runs->items[i].to <= n);
		ASSERT(i == 0 || runs->items[i - 1].to < runs->items[i].from);
		ASSERT(index_runs_has(runs, runs->items[i].from));
		ASSERT(!index_runs_has(runs, runs->items[i].to));
		count += runs->items[i].to - runs->items[i].from;
	}
	ASSERT(count == runs->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t uids[] = { 1, 2, 3, 10, 11, 500, 4294967294u };
	const size_t n = sizeof uids / sizeof uids[0];
	struct cur in = cur_of(span_make(data, size));
	struct arena a;
	struct seqset set;
	struct index_runs runs;

	arena_init(&a, 4096);
	if (seqset_parse(&in, &a, &set)) {
		if (seqset_resolve_numbers(&set, n, &a, &runs))
			check(&runs, n);
		seqset_resolve_uids(&set, uids, n, &a, &runs);
		check(&runs, n);
		seqset_resolve_uids(&set, uids, 0, &a, &runs);
		ASSERT(runs.count == 0);
	}
	arena_done(&a);
	return 0;
}
