/* A body in pieces has the hash of the whole; the first byte says how large pieces are. */
#include "tests/fuzz/fuzz.h"

#include "mailcore/auth/canon.h"

static uint64_t run(struct span body, bool relaxed, uint64_t limit, size_t step,
	unsigned char out[DKIM_HASH_SIZE])
{
	struct body_hash h;

	body_hash_init(&h, relaxed, limit);
	for (size_t at = 0; at < body.len; at += step)
		body_hash_add(&h, span_sub(body, at, step));
	body_hash_end(&h, out);
	body_hash_done(&h);
	return h.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char whole[DKIM_HASH_SIZE], pieces[DKIM_HASH_SIZE];

	if (size == 0)
		return 0;
	struct span body = span_make(data + 1, size - 1);
	for (int relaxed = 0; relaxed < 2; relaxed++) {
		for (uint64_t limit = 3; limit != 0; limit = limit == 3 ? UINT64_MAX : 0) {
			uint64_t len = run(body, relaxed, limit, body.len + 1, whole);
			ASSERT(len == run(body, relaxed, limit, 1 + data[0] % 17, pieces));
			ASSERT(memcmp(whole, pieces, sizeof whole) == 0);
			ASSERT(len <= body.len + 2);
		}
	}
	return 0;
}
