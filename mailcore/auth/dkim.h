/*
 * DKIM (RFC 6376, 8301, 8463): verifying and making signatures.
 *
 * A verifier is given the header block, then the body in pieces of any size (memory or a spool
 * file), then asks DNS for the keys. Body hashes that several signatures share are computed once.
 *
 *   pass       the signature is right
 *   fail       body or header have changed, or it has expired
 *   policy     right, but we do not count it: l= is below the body's length; or not evaluated
 *   neutral    as fail, but the key is in testing mode (t=y)
 *   temperror  DNS does not answer
 *   permerror  the field or the key cannot be used: syntax, no key, revoked, rsa-sha1, too short
 *
 * Limits: DKIM_SIGNATURES_MAX signatures are looked at, the others count as AUTH_POLICY "not
 * evaluated"; keys of 1,024 to 8,192 bits; SIGNED_FIELDS_MAX header fields. Linear in the message,
 * nothing of it is kept.
 */
#pragma once

#include "mailcore/auth/results.h"
#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"
#include "mailcore/net/resolver.h"

#define DKIM_SIGNATURES_MAX 10

struct dkim_result {
	enum auth_result result;
	struct span domain, selector, identity; /* d=, s=, i= (empty when not given) */
	struct span algorithm;                  /* "rsa-sha256" */
	struct span b;                          /* first 8 characters, for header.b (RFC 6008) */
	struct span reason;                     /* plain words, when it is not pass */
	bool testing;                           /* t=y in the key record */
};
struct dkim_results {
	struct dkim_result *items; /* top to bottom */
	size_t len;
};

struct dkim_verifier;

/* head: the header block as received; borrowed until the end. Memory: a. */
struct dkim_verifier *dkim_verify_begin(struct arena *a, struct span head);
void dkim_verify_body(struct dkim_verifier *v, struct span bytes);
/* Asks for the keys. now_s: for x= and t=. Frees what is not the arena's; results are in
 * ctx->arena and refer to head. */
void dkim_verify_end(struct dkim_verifier *v, struct resolver *r, struct ctx *ctx, int64_t now_s,
	struct dkim_results *out);
/* Instead of the end, when there is none. */
void dkim_verify_abort(struct dkim_verifier *v);

/* --- signing --- */

#define DKIM_FIELD_MAX  ((size_t)96 << 10) /* a DKIM-Signature field of ours */
#define DKIM_SIGNED_MAX 1000               /* header fields that one signature covers */

/* Makes the raw signature over data (for RSA: PKCS#1 v1.5 with SHA-256 over it; Ed25519: over its
 * SHA-256, RFC 8463). keys_sign_dkim stands behind it. */
struct dkim_signer {
	enum rc (*sign)(void *arg, struct ctx *ctx, struct span selector, struct span data,
		struct str *out);
	void *arg;
	struct span domain; /* A-labels */
	struct span selector;
	struct span algorithm; /* "rsa" or "ed25519" */
};

/* The body's hash in its relaxed form: made once for all signers. */
struct dkim_body;
struct dkim_body *dkim_body_begin(struct arena *a);
void dkim_body_add(struct dkim_body *b, struct span bytes);
/* out: 32 bytes. Frees what is not the arena's. */
void dkim_body_end(struct dkim_body *b, unsigned char out[32]);
void dkim_body_abort(struct dkim_body *b);

/* Appends a DKIM-Signature field for the message of this head (ours, final) and body hash.
 * relaxed/relaxed, no l=, lines of 78 at most where names allow it; the fields of REQUIREMENTS 25
 * are oversigned. RC_LIMIT: more header fields than can be signed; RC_TEMP: the key could not be
 * used. */
MUST_CHECK enum rc dkim_sign(struct ctx *ctx, const struct dkim_signer *signer, struct span head,
	const unsigned char body_hash[32], int64_t now_s, struct str *out);

/* A signature with each key with which this domain (A-labels) signs now; none when it has none.
 * RC_LIMIT, RC_TEMP as above. */
struct keys;
MUST_CHECK enum rc dkim_sign_domain(struct keys *k, struct ctx *ctx, struct span domain,
	struct span head, const unsigned char body_hash[32], int64_t now_s, struct str *out);
