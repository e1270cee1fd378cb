/* CSRF tokens. */
#include "backend/http/csrf.h"

#include "mailcore/base/base64.h"
#include "mailcore/base/random.h"

struct span csrf_mask(struct arena *a, const unsigned char token[CSRF_BYTES])
{
	unsigned char both[2 * CSRF_BYTES];
	struct str out = str_in(a, 100);

	random_bytes(both, CSRF_BYTES);
	for (size_t i = 0; i < CSRF_BYTES; i++)
		both[CSRF_BYTES + i] = token[i] ^ both[i];
	base64url_add(&out, span_make(both, sizeof both));
	return str_span(&out);
}

bool csrf_is_right(struct span masked, const unsigned char token[CSRF_BYTES])
{
	struct arena a;
	unsigned char different = 0;

	if (masked.len != 86)
		return false;
	arena_init(&a, 256);
	struct str both = str_in(&a, 100);
	bool decoded = base64url_decode(masked, &both) && both.len == 2UL * CSRF_BYTES;
	for (size_t i = 0; decoded && i < CSRF_BYTES; i++)
		different |= (unsigned char)(both.ptr[i] ^ both.ptr[CSRF_BYTES + i] ^ token[i]);
	arena_done(&a);
	return decoded && different == 0;
}
