/* Randomness from the kernel, and ids made of it. */
#include "mailcore/base/random.h"

#include <string.h>
#include <sys/random.h>

#include "mailcore/base/base64.h"

void random_bytes(void *out, size_t len)
{
	char *p = out;

	while (len > 0) {
		ssize_t got = getrandom(p, len > 256 ? 256 : len, 0);
		if (got <= 0)
			continue; /* EINTR; anything else cannot happen once the pool is ready */
		p += got;
		len -= (size_t)got;
	}
}

uint64_t random_u64(void)
{
	uint64_t n;
	random_bytes(&n, sizeof n);
	return n;
}

uint64_t random_below(uint64_t below)
{
	ASSERT(below > 0);
	uint64_t limit = UINT64_MAX - UINT64_MAX % below;
	uint64_t n;
	do {
		n = random_u64();
	} while (n >= limit);
	return n % below;
}

struct uuid uuid_make(int64_t now_us)
{
	struct uuid id;
	uint64_t ms = (uint64_t)now_us / 1000;

	random_bytes(id.bytes, sizeof id.bytes);
	for (int i = 0; i < 6; i++)
		id.bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
	id.bytes[6] = (unsigned char)(0x70 | (id.bytes[6] & 0x0F));
	id.bytes[8] = (unsigned char)(0x80 | (id.bytes[8] & 0x3F));
	return id;
}

bool uuid_eq(struct uuid a, struct uuid b)
{
	return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

void uuid_add(struct str *out, struct uuid id)
{
	static const size_t cuts[] = { 4, 2, 2, 2, 6 };
	size_t at = 0;

	for (size_t i = 0; i < 5; i++) {
		if (i > 0)
			str_add_c(out, '-');
		hex_add(out, span_make(id.bytes + at, cuts[i]));
		at += cuts[i];
	}
}

bool uuid_parse(struct span text, struct uuid *out)
{
	struct uuid id;
	size_t digits = 0;

	if (text.len != 36)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash != (text.ptr[i] == '-'))
			return false;
		if (dash)
			continue;
		int d = ascii_hex(text.ptr[i]);
		if (d < 0)
			return false;
		unsigned char *byte = &id.bytes[digits / 2];
		*byte = (unsigned char)(digits % 2 ? *byte | d : d << 4);
		digits++;
	}
	*out = id;
	return true;
}

void random_add_token(struct str *out, size_t bytes)
{
	unsigned char raw[64];
	ASSERT(bytes <= sizeof raw);
	random_bytes(raw, bytes);
	base64url_add(out, span_make(raw, bytes));
	explicit_bzero(raw, sizeof raw);
}
