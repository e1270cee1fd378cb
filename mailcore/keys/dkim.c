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

#define RSA_BITS      2048
#define SIGNATURE_MAX 1024
#define NONCE_SIZE    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE      crypto_aead_xchacha20poly1305_ietf_ABYTES

static void auto_pkey_free(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}
static void auto_md_free(EVP_MD_CTX **md)
{
	EVP_MD_CTX_free(*md);
}

/* ------------------------------------------------------------------------ sealing */

static struct span bound_to(struct arena *a, int64_t domain_id, struct span selector)
{
	return arena_printf(a, "dkim/%lld/" SPAN_FMT, (long long)domain_id, SPAN_ARG(selector));
}

static struct span seal(struct keys *k, struct arena *a, struct span ad, struct span secret)
{
	unsigned char *out = arena_alloc(a, NONCE_SIZE + secret.len + TAG_SIZE);
	randombytes_buf(out, NONCE_SIZE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_SIZE, NULL,
		(const unsigned char *)secret.ptr, secret.len, (const unsigned char *)ad.ptr,
		ad.len, NULL, out, k->seal_key);
	return span_make(out, NONCE_SIZE + secret.len + TAG_SIZE);
}

static bool unseal(
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
	*out = seal(k, a, ad, span_make(der, (size_t)n));
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

/* ------------------------------------------------------------------------ signing */

/* The private key from its row; RC_NOT_FOUND, RC_TEMP (also: sealed with another key file). */
static enum rc load_key(struct keys *k, struct ctx *ctx, int64_t domain_id, struct span selector,
	EVP_PKEY **out, bool *out_rsa)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct pooled *pooled = NULL;
	struct ctx own = pool_take(k, ctx, &pooled);
	enum rc rc = db_query(
		&own, &SQL_DKIM_KEY_PRIVATE, ARGS(A_I64(domain_id), A_TEXT(selector)), &rows);
	pool_give(k, pooled);
	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0)
		return RC_NOT_FOUND;
	struct span secret;
	struct span ad = bound_to(ctx->arena, domain_id, selector);
	if (!unseal(k, ctx->arena, ad, row_bytes(rows, 0, 1), &secret))
		return RC_TEMP;
	const unsigned char *der = (const unsigned char *)secret.ptr;
	*out = d2i_AutoPrivateKey(NULL, &der, (long)secret.len);
	sodium_memzero((void *)(uintptr_t)secret.ptr, secret.len);
	*out_rsa = span_eq(row_text(rows, 0, 0), SPAN("rsa"));
	return *out ? RC_OK : RC_TEMP;
}

enum rc keys_sign_dkim(struct keys *k, struct ctx *ctx, int64_t domain_id, struct span selector,
	struct span data, struct str *out)
{
	AUTO(pkey_free) EVP_PKEY *key = NULL;
	bool rsa = false;
	enum rc rc = load_key(k, ctx, domain_id, selector, &key, &rsa);
	if (rc != RC_OK)
		return rc;
	/* RFC 8463 section 3: Ed25519 signs the SHA-256 of the data */
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(hash, (const unsigned char *)data.ptr, data.len);
	struct span input = rsa ? data : span_make(hash, sizeof hash);
	unsigned char signature[SIGNATURE_MAX];
	size_t len = sizeof signature;
	AUTO(md_free) EVP_MD_CTX *md = EVP_MD_CTX_new();
	if (!md || EVP_DigestSignInit(md, NULL, rsa ? EVP_sha256() : NULL, NULL, key) != 1 ||
		EVP_DigestSign(md, signature, &len, (const unsigned char *)input.ptr, input.len) !=
			1)
		return RC_TEMP;
	str_add(out, span_make(signature, len));
	return RC_OK;
}
