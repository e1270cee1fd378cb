/*
 * Public keys in DNS (RFC 6376 §3.6.1, 8301, 8463): the record at SELECTOR._domainkey.DOMAIN.
 *
 * Limits: RSA keys of KEY_BITS_MIN to KEY_BITS_MAX bits.
 */
#pragma once

#include <openssl/evp.h>

#include "mailcore/auth/results.h"
#include "mailcore/auth/signature.h"
#include "mailcore/base/ctx.h"
#include "mailcore/base/span.h"
#include "mailcore/net/resolver.h"

#define KEY_BITS_MIN 1024
#define KEY_BITS_MAX 8192

struct key_record {
	enum signature_algorithm algorithm;
	struct span p; /* base64 without white space; empty: revoked */
	bool for_sha256, for_email;
	bool testing;       /* t=y */
	bool same_identity; /* t=s: i= may not be below d= */
};

/* False: no key record that we know how to read; *reason in plain words. */
bool key_record_parse(
	struct arena *a, struct span text, struct key_record *out, struct span *reason);
/* The key itself; NULL with *reason when it is none, too short, or too long. EVP_PKEY_free. */
EVP_PKEY *key_record_open(struct arena *a, const struct key_record *record, struct span *reason);

/* Is value the signature of this hash? */
bool key_verify(EVP_PKEY *key, enum signature_algorithm algorithm,
	const unsigned char hash[DKIM_HASH_SIZE], struct span value);

/*
 * Asks for the signature's key and checks it against the hash: AUTH_PASS, AUTH_FAIL,
 * AUTH_PERMERROR (no key that could have made it) or AUTH_TEMPERROR (DNS). Several key records:
 * one that verifies is enough (§6.1.2). *testing: the key says t=y.
 */
enum auth_result key_check(struct resolver *r, struct ctx *ctx, const struct signature *s,
	const unsigned char hash[DKIM_HASH_SIZE], bool *testing, struct span *reason);
