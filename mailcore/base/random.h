/* Randomness from the kernel, and ids made of it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "mailcore/base/str.h"

/* Never fails, never blocks after boot. */
void random_bytes(void *out, size_t len);
uint64_t random_u64(void);
/* Uniform in 0 .. below-1. */
uint64_t random_below(uint64_t below);

/* A UUID version 7 (RFC 9562): time-ordered, 74 random bits. Used for blobs and deliveries. */
struct uuid {
	unsigned char bytes[16];
};
struct uuid uuid_make(int64_t now_us);
bool uuid_eq(struct uuid a, struct uuid b);
/* 36 characters, lower case. */
void uuid_add(struct str *out, struct uuid id);
bool uuid_parse(struct span text, struct uuid *out);

/* Text of `bytes` random bytes in base64url: 18 bytes give 24 characters, 144 bits. */
void random_add_token(struct str *out, size_t bytes);
