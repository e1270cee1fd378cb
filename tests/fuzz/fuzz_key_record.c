/* Key records and the keys in them; whatever opens can be asked. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/auth/key_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char hash[DKIM_HASH_SIZE] = "a hash of thirty-two bytes here";
	struct key_record record;
	struct span reason = SPAN_NONE;
	struct arena a;

	arena_init(&a, 4096);
	if (!key_record_parse(&a, span_make(data, size), &record, &reason)) {
		ASSERT(reason.len > 0);
		arena_done(&a);
		return 0;
	}
	EVP_PKEY *key = key_record_open(&a, &record, &reason);
	if (key) {
		char value[64] = { 0 };
		ASSERT(!key_verify(key, record.algorithm, hash, span_make(value, sizeof value)));
		EVP_PKEY_free(key);
	} else {
		ASSERT(reason.len > 0);
	}
	arena_done(&a);
	return 0;
}
