/* Keys and signatures for tests of DKIM and ARC. */
#pragma once

#include <openssl/evp.h>

#include "mailcore/auth/dkim.h"

struct test_key {
	EVP_PKEY *pkey;
	bool rsa;
};

struct test_key test_key_rsa(unsigned bits);
struct test_key test_key_ed25519(void);
void test_key_done(struct test_key *k);
/* "k=...; p=..." as in DNS. */
struct span test_key_record(struct arena *a, const struct test_key *k);
/* What stands behind struct dkim_signer: arg is the test_key. */
enum rc test_key_sign(
	void *arg, struct ctx *ctx, struct span selector, struct span data, struct str *out);
