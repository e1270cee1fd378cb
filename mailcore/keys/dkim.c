/*
 * DKIM key pairs (RFC 6376, RFC 8463): made with OpenSSL, the private half sealed with
 * XChaCha20-Poly1305 and bound to its domain and selector, so that rows cannot be swapped.
 */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "mailcore/base/base64.h"
#include "mailcore/keys/keys_impl.h"
#include "sql/dkim_key.h"

#define RSA_BITS   2048
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE   crypto_aead_xchacha20poly1305_ietf_ABYTES

static void auto_pkey_free(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

/* ------------------------------------------------------------------------ sealing */

static struct span bound_to(struct arena *a, int64_t domain_id, struct span selector)
{
	return arena_printf(a, "dkim/%lld/" SPAN_FMT, (long long)domain_id, SPAN_ARG(selector));
}

struct span secret_seal(struct keys *k, struct arena *a, struct span ad, struct span secret)
{
	unsigned char *out = arena_alloc(a, NONCE_SIZE + secret.len + TAG_SIZE);
	randombytes_buf(out, NONCE_SIZE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_SIZE, NULL,
		(const unsigned char *)secret.ptr, secret.len, (const unsigned char *)ad.ptr,
		ad.len, NULL, out, k->seal_key);
	return span_make(out, NONCE_SIZE + secret.len + TAG_SIZE);
}

bool secret_unseal(
	struct keys *k, struct arena *a, struct span ad, struct span sealed, struct span *out)
{
	if (sealed.len < NONCE_SIZE + TAG_SIZE)
		return false;
	size_t len = sealed.len - NONCE_SIZE - TAG_SIZE;
	unsigned char *secret = arena_alloc(a, len);
	const unsigned char *in = (const unsigned char *)sealed.ptr;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(secret, NULL, NULL, in + NONCE_SIZE,
		    len + TAG_SIZE, (const unsigned char *)ad.ptr, ad.len, in, k->seal_key) != 0)
		return false;
	*out = span_make(secret, len);
	return true;
}

struct span keys_seal(struct keys *k, struct arena *a, struct span place, struct span secret)
{
	return secret_seal(k, a, place, secret);
}

bool keys_unseal(
	struct keys *k, struct arena *a, struct span place, struct span sealed, struct span *out)
{
	return secret_unseal(k, a, place, sealed, out);
}

/* ------------------------------------------------------------------------ making */

static EVP_PKEY *generate(bool rsa)
{
	return rsa ? EVP_RSA_gen(RSA_BITS) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

/* p=: SubjectPublicKeyInfo for RSA, the bare key for Ed25519. */
static bool public_text(EVP_PKEY *key, bool rsa, struct str *out)
{
	unsigned char raw[32];
	size_t len = sizeof raw;
	if (!rsa) {
		if (EVP_PKEY_get_raw_public_key(key, raw, &len) != 1)
			return false;
		base64_add(out, span_make(raw, len));
		return true;
	}
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	if (n > 0)
		base64_add(out, span_make(der, (size_t)n));
	OPENSSL_free(der);
	return n > 0;
}

static bool private_sealed(
	struct keys *k, struct arena *a, EVP_PKEY *key, struct span ad, struct span *out)
{
	unsigned char *der = NULL;
	int n = i2d_PrivateKey(key, &der);
	if (n <= 0)
		return false;
	*out = secret_seal(k, a, ad, span_make(der, (size_t)n));
	OPENSSL_clear_free(der, (size_t)n);
	return true;
}

enum rc keys_make_dkim(struct keys *k, struct ctx *ctx, int64_t domain_id, struct span selector,
	struct span algorithm, struct span state, struct dkim_public *out)
{
	bool rsa = span_eq(algorithm, SPAN("rsa"));
	if (!rsa && !span_eq(algorithm, SPAN("ed25519")))
		return RC_INVALID;
	AUTO(pkey_free) EVP_PKEY *key = generate(rsa);
	struct str p = str_in(ctx->arena, 4096);
	struct span sealed;
	if (!key || !public_text(key, rsa, &p) ||
		!private_sealed(
			k, ctx->arena, key, bound_to(ctx->arena, domain_id, selector), &sealed))
		return RC_TEMP;
	enum rc rc = db_exec(ctx, &SQL_DKIM_KEY_INSERT,
		ARGS(A_I64(domain_id), A_TEXT(selector), A_TEXT(algorithm), A_TEXT(state),
			A_TEXT(str_span(&p)), A_BYTES(sealed)),
		NULL);
	if (rc != RC_OK)
		return rc;
	*out = (struct dkim_public){ .selector = arena_span(ctx->arena, selector),
		.algorithm = arena_span(ctx->arena, algorithm),
		.p = str_span(&p),
		.state = arena_span(ctx->arena, state) };
	return RC_OK;
}

/* ------------------------------------------------------------------------ opening */

EVP_PKEY *dkim_unseal(struct keys *k, struct arena *a, int64_t domain_id, struct span selector,
	struct span sealed)
{
	struct span secret;

	if (!secret_unseal(k, a, bound_to(a, domain_id, selector), sealed, &secret))
		return NULL;
	const unsigned char *der = (const unsigned char *)secret.ptr;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &der, (long)secret.len);
	sodium_memzero((void *)(uintptr_t)secret.ptr, secret.len);
	return key;
}
