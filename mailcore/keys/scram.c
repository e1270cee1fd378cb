/*
 * SCRAM-SHA-256 (RFC 5802, RFC 7677): verifiers and proofs.
 *
 * A verifier is cheaper to guess from than Argon2, so it is sealed like a private key, bound to its
 * mailbox. The salt comes from the mailbox's id and a key of ours, so that all passwords of a
 * mailbox share it (one exchange serves app passwords too); nobody has one as well, always the
 * same for the same name, so that names cannot be tried out.
 *
 * Passwords are taken as they are, in UTF-8; what SASLprep would change in them fails.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include "mailcore/keys/keys_impl.h"

struct verifier {
	unsigned char stored_key[KEYS_SCRAM_HASH];
	unsigned char server_key[KEYS_SCRAM_HASH];
};

void keys_scram_salt(struct keys *k, int64_t mailbox_id, struct span name,
	unsigned char out[static KEYS_SCRAM_SALT])
{
	crypto_generichash_state h;

	crypto_generichash_init(&h, k->scram_key, KEY_SIZE, KEYS_SCRAM_SALT);
	crypto_generichash_update(&h, (const unsigned char *)&mailbox_id, sizeof mailbox_id);
	if (mailbox_id == 0)
		crypto_generichash_update(&h, (const unsigned char *)name.ptr, name.len);
	crypto_generichash_final(&h, out, KEYS_SCRAM_SALT);
}

static void hmac(const unsigned char key[KEYS_SCRAM_HASH], struct span data,
	unsigned char out[KEYS_SCRAM_HASH])
{
	unsigned len = KEYS_SCRAM_HASH;

	ASSERT(HMAC(EVP_sha256(), key, KEYS_SCRAM_HASH, (const unsigned char *)data.ptr, data.len,
		out, &len));
}

static struct span bound_to(struct arena *a, int64_t mailbox_id)
{
	return arena_printf(a, "scram/%lld", (long long)mailbox_id);
}

static void make_verifier(
	struct keys *k, int64_t mailbox_id, struct span password, struct verifier *out)
{
	unsigned char salt[KEYS_SCRAM_SALT], salted[KEYS_SCRAM_HASH], client[KEYS_SCRAM_HASH];

	keys_scram_salt(k, mailbox_id, SPAN(""), salt);
	ASSERT(PKCS5_PBKDF2_HMAC(password.ptr, (int)password.len, salt, sizeof salt,
		       KEYS_SCRAM_ITERATIONS, EVP_sha256(), sizeof salted, salted) == 1);
	hmac(salted, SPAN("Client Key"), client);
	crypto_hash_sha256(out->stored_key, client, sizeof client);
	hmac(salted, SPAN("Server Key"), out->server_key);
	sodium_memzero(salted, sizeof salted);
	sodium_memzero(client, sizeof client);
}

struct span keys_scram_verifier(
	struct keys *k, struct arena *a, int64_t mailbox_id, struct span password)
{
	struct verifier v;

	if (password.len == 0 || password.len > KEYS_PASSWORD_MAX)
		return SPAN_NONE;
	make_verifier(k, mailbox_id, password, &v);
	struct span out = secret_seal(k, a, bound_to(a, mailbox_id), span_make(&v, sizeof v));
	sodium_memzero(&v, sizeof v);
	return out;
}

/* RFC 5802 section 3: ClientKey = ClientProof XOR ClientSignature; StoredKey = H(ClientKey). */
static bool proof_fits(
	const struct verifier *v, struct span message, const unsigned char proof[KEYS_SCRAM_HASH])
{
	unsigned char key[KEYS_SCRAM_HASH], stored[KEYS_SCRAM_HASH];

	hmac(v->stored_key, message, key);
	for (size_t i = 0; i < sizeof key; i++)
		key[i] ^= proof[i];
	crypto_hash_sha256(stored, key, sizeof key);
	return sodium_memcmp(stored, v->stored_key, sizeof stored) == 0;
}

static bool open_verifier(struct keys *k, struct arena *a, int64_t mailbox_id, struct span sealed,
	struct verifier *out)
{
	struct span plain;

	if (!secret_unseal(k, a, bound_to(a, mailbox_id), sealed, &plain) ||
		plain.len != sizeof *out)
		return false;
	memcpy(out, plain.ptr, sizeof *out);
	sodium_memzero((void *)(uintptr_t)plain.ptr, plain.len);
	return true;
}

bool scram_fits(struct keys *k, struct arena *a, int64_t mailbox_id, struct span sealed,
	struct span password)
{
	struct verifier made, stored;

	make_verifier(k, mailbox_id, password, &made);
	bool ok = sealed.len > 0 && open_verifier(k, a, mailbox_id, sealed, &stored) &&
		sodium_memcmp(&made, &stored, sizeof made) == 0;
	sodium_memzero(&made, sizeof made);
	sodium_memzero(&stored, sizeof stored);
	return ok;
}

enum rc keys_scram_verify(struct keys *k, struct ctx *ctx, int64_t mailbox_id, struct span message,
	const unsigned char proof[static KEYS_SCRAM_HASH],
	unsigned char out_signature[static KEYS_SCRAM_HASH])
{
	struct credential *list = NULL;
	size_t n = 0;
	struct pooled *p = NULL;
	struct ctx own = pool_take(k, ctx, &p);
	enum rc rc = credential_list(&own, KEYS_MAILBOX, mailbox_id, &list, &n);
	enum rc result = RC_DENIED;

	for (size_t i = 0; rc == RC_OK && result == RC_DENIED && i < n; i++) {
		struct verifier v;
		/* A mail program cannot be asked for a second factor: app passwords only. */
		if (!list[i].is_app_password && list[i].has_factor)
			continue;
		if (!open_verifier(k, ctx->arena, mailbox_id, list[i].scram, &v) ||
			!proof_fits(&v, message, proof))
			continue;
		hmac(v.server_key, message, out_signature);
		credential_note_use(&own, list[i].credential_id);
		result = RC_OK;
	}
	pool_give(k, p);
	return rc == RC_OK ? result : rc;
}
