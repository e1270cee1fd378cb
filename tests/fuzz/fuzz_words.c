/* Any stream can be looked into; what can be read whole says the same when it is written again. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/mime/search_text.h"
#include "mailcore/store/words.h"

#define DOCS 64

/* The first octet: how long the needle is that follows. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t found[DOCS], again[DOCS];
	uint32_t to[DOCS];
	struct words_needle needle;
	struct arena a;

	if (size < 1 || size < 1 + (size_t)data[0])
		return 0;
	struct span text = span_make(data + 1, data[0]);
	struct span stream = span_make(data + 1 + data[0], size - 1 - data[0]);
	arena_init(&a, 4096);
	words_needle_init(&needle, search_fold(&a, text));
	bool looked = words_look(stream, &needle, found, DOCS);
	for (uint32_t i = 0; i < DOCS; i++)
		to[i] = i;
	struct words *w = words_new();
	if (words_add_stream(w, stream, to, DOCS)) {
		struct str out = str_in(&a, 4 * size + 64);
		words_write(w, &out);
		ASSERT(str_ok(&out));
		ASSERT(words_look(str_span(&out), &needle, again, DOCS));
		/* "not indexed" counts in front only, and now it stands there */
		for (size_t i = 0; looked && i < DOCS; i++)
			ASSERT(again[i] >= found[i]);
	}
	words_free(w);
	arena_done(&a);
	return 0;
}
