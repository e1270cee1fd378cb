/* Keys and signatures for tests. */
#include "tests/unit/auth/signing.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "mailcore/base/base64.h"

struct test_key test_key_rsa(unsigned bits)
{
	struct test_key k = { .pkey = EVP_RSA_gen(bits), .rsa = true };
	ASSERT(k.pkey);
	return k;
}

struct test_key test_key_ed25519(void)
{
	struct test_key k = { .pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };
	ASSERT(k.pkey);
	return k;
}

void test_key_done(struct test_key *k)
{
	EVP_PKEY_free(k->pkey);
}

struct span test_key_record(struct arena *a, const struct test_key *k)
{
	struct str p = str_in(a, 4096);
	unsigned char raw[32], *der = NULL;
	size_t len = sizeof raw;

	if (k->rsa) {
		int n = i2d_PUBKEY(k->pkey, &der);
		base64_add(&p, span_make(der, (size_t)n));
		OPENSSL_free(der);
	} else {
		ASSERT(EVP_PKEY_get_raw_public_key(k->pkey, raw, &len) == 1);
		base64_add(&p, span_make(raw, len));
	}
	return arena_printf(
		a, "k=%s; p=" SPAN_FMT, k->rsa ? "rsa" : "ed25519", SPAN_ARG(str_span(&p)));
}

enum rc test_key_sign(
	void *arg, struct ctx *ctx, struct span selector, struct span data, struct str *out)
{
	struct test_key *k = arg;
	unsigned char hash[32], value[1024];
	size_t len = sizeof value;
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	ASSERT(EVP_Digest(data.ptr, data.len, hash, NULL, EVP_sha256(), NULL) == 1);
	struct span input = k->rsa ? data : span_make(hash, sizeof hash);
	ASSERT(EVP_DigestSignInit(md, NULL, k->rsa ? EVP_sha256() : NULL, NULL, k->pkey) == 1);
	ASSERT(EVP_DigestSign(md, value, &len, (const unsigned char *)input.ptr, input.len) == 1);
	EVP_MD_CTX_free(md);
	str_add(out, span_make(value, len));
	return RC_OK;
}
