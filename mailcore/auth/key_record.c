/* Key records, keys, and the check of a signature's value. */
#include "mailcore/auth/key_record.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "mailcore/auth/tag_list.h"
#include "mailcore/base/base64.h"

#define KEY_BYTES_MAX   2048
#define KEY_RECORDS_MAX 4 /* looked at */

static bool bad(struct span *reason, const char *sentence)
{
	*reason = span_of(sentence);
	return false;
}

/* --- the record --- */

static bool take_version(const struct tag_list *tags)
{
	const struct tag *v = tag_list_find(tags, SPAN("v"));
	return !v || (v == &tags->items[0] && span_eq(v->value, SPAN("DKIM1")));
}

static bool take_algorithm(const struct tag_list *tags, struct key_record *out)
{
	struct span k = tag_list_value(tags, SPAN("k"));

	out->algorithm = span_ieq(k, SPAN("ed25519")) ? SIGNATURE_ED25519 : SIGNATURE_RSA;
	return !k.ptr || span_ieq(k, SPAN("rsa")) || span_ieq(k, SPAN("ed25519"));
}

/* An absent list has everything. */
static bool allows(struct span list, struct span word)
{
	return !list.ptr || tag_has_item(list, word);
}

bool key_record_parse(
	struct arena *a, struct span text, struct key_record *out, struct span *reason)
{
	struct tag_list tags;

	*out = (struct key_record){ 0 };
	if (!tag_list_parse(text, &tags))
		return bad(reason, "the key record cannot be read");
	if (!take_version(&tags))
		return bad(reason, "the version of the key record is unknown");
	if (!take_algorithm(&tags, out))
		return bad(reason, "the key is of an unknown kind");
	const struct tag *p = tag_list_find(&tags, SPAN("p"));
	struct span services = tag_list_value(&tags, SPAN("s"));
	struct span flags = tag_list_value(&tags, SPAN("t"));
	if (!p)
		return bad(reason, "the key record has no key");
	out->p = tag_without_space(a, p->value);
	out->for_sha256 = allows(tag_list_value(&tags, SPAN("h")), SPAN("sha256"));
	out->for_email = allows(services, SPAN("email")) || allows(services, SPAN("*"));
	out->testing = tag_has_item(flags, SPAN("y"));
	out->same_identity = tag_has_item(flags, SPAN("s"));
	return true;
}

/* --- the key --- */

/* RSA: SubjectPublicKeyInfo as everybody publishes it, or the RSAPublicKey of the RFC's text. */
static EVP_PKEY *open_rsa(struct span der)
{
	const unsigned char *p = (const unsigned char *)der.ptr;
	const unsigned char *end = p + der.len;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)der.len);

	if (!key) {
		p = (const unsigned char *)der.ptr;
		key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)der.len);
	}
	if (key && (p != end || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

static EVP_PKEY *open_bytes(enum signature_algorithm algorithm, struct span bytes)
{
	if (algorithm == SIGNATURE_RSA)
		return open_rsa(bytes);
	return EVP_PKEY_new_raw_public_key(
		EVP_PKEY_ED25519, NULL, (const unsigned char *)bytes.ptr, bytes.len);
}

EVP_PKEY *key_record_open(struct arena *a, const struct key_record *record, struct span *reason)
{
	struct str bytes = str_in(a, KEY_BYTES_MAX);
	EVP_PKEY *key = NULL;

	if (base64_decode(record->p, &bytes) && str_ok(&bytes))
		key = open_bytes(record->algorithm, str_span(&bytes));
	if (!key) {
		(void)bad(reason, "the key cannot be read");
		return NULL;
	}
	int bits = EVP_PKEY_get_bits(key);
	if (record->algorithm == SIGNATURE_RSA && (bits < KEY_BITS_MIN || bits > KEY_BITS_MAX)) {
		(void)bad(reason,
			bits < KEY_BITS_MIN ? "the key is too short (RFC 8301)"
					    : "the key is too long");
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

static bool rsa_verify(EVP_PKEY *key, const unsigned char hash[DKIM_HASH_SIZE], struct span value)
{
	EVP_PKEY_CTX *p = EVP_PKEY_CTX_new(key, NULL);

	ASSERT(p);
	bool ok = EVP_PKEY_verify_init(p) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PADDING) == 1 &&
		EVP_PKEY_CTX_set_signature_md(p, EVP_sha256()) == 1 &&
		EVP_PKEY_verify(
			p, (const unsigned char *)value.ptr, value.len, hash, DKIM_HASH_SIZE) == 1;
	EVP_PKEY_CTX_free(p);
	return ok;
}

/* RFC 8463 §3: the message of the signature is the hash. */
static bool ed25519_verify(
	EVP_PKEY *key, const unsigned char hash[DKIM_HASH_SIZE], struct span value)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	ASSERT(md);
	bool ok = EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestVerify(
			md, (const unsigned char *)value.ptr, value.len, hash, DKIM_HASH_SIZE) == 1;
	EVP_MD_CTX_free(md);
	return ok;
}

bool key_verify(EVP_PKEY *key, enum signature_algorithm algorithm,
	const unsigned char hash[DKIM_HASH_SIZE], struct span value)
{
	return algorithm == SIGNATURE_RSA ? rsa_verify(key, hash, value)
					  : ed25519_verify(key, hash, value);
}

/* --- from DNS --- */

/* May this key have made this signature at all? */
static bool record_suits(
	const struct key_record *record, const struct signature *s, struct span *reason)
{
	if (record->p.len == 0)
		return bad(reason, "the key has been revoked");
	if (record->algorithm != s->algorithm)
		return bad(reason, "the key is of another kind than the signature");
	if (!record->for_sha256)
		return bad(reason, "the key does not allow SHA-256");
	if (!record->for_email)
		return bad(reason, "the key is not for mail");
	if (record->same_identity && !span_ieq(signature_identity_domain(s), s->domain))
		return bad(reason, "the key does not sign for subdomains");
	return true;
}

static enum auth_result check_record(struct ctx *ctx, struct span text, const struct signature *s,
	const unsigned char hash[DKIM_HASH_SIZE], bool *testing, struct span *reason)
{
	struct key_record record;

	*testing = false;
	if (!key_record_parse(ctx->arena, text, &record, reason))
		return AUTH_PERMERROR;
	*testing = record.testing;
	if (!record_suits(&record, s, reason))
		return AUTH_PERMERROR;
	EVP_PKEY *key = key_record_open(ctx->arena, &record, reason);
	if (!key)
		return AUTH_PERMERROR;
	bool ok = key_verify(key, s->algorithm, hash, s->value);
	EVP_PKEY_free(key);
	if (!ok)
		(void)bad(reason, "the signature does not fit the header");
	return ok ? AUTH_PASS : AUTH_FAIL;
}

static enum rc ask(
	struct resolver *r, struct ctx *ctx, const struct signature *s, struct dns_answer *out)
{
	struct span name = arena_printf(ctx->arena, SPAN_FMT "._domainkey." SPAN_FMT,
		SPAN_ARG(s->selector_ascii), SPAN_ARG(s->domain_ascii));
	return resolver_query(r, ctx, name, DNS_TXT, out, NULL);
}

enum auth_result key_check(struct resolver *r, struct ctx *ctx, const struct signature *s,
	const unsigned char hash[DKIM_HASH_SIZE], bool *testing, struct span *reason)
{
	struct dns_answer answer;
	enum auth_result best = AUTH_PERMERROR;

	*testing = false;
	enum rc rc = ask(r, ctx, s, &answer);
	if (rc != RC_OK) {
		(void)bad(reason, rc == RC_TEMP ? "DNS does not answer" : "there is no key in DNS");
		return rc == RC_TEMP ? AUTH_TEMPERROR : AUTH_PERMERROR;
	}
	for (size_t i = 0; i < answer.len && i < KEY_RECORDS_MAX; i++) {
		struct span why;
		bool test;
		enum auth_result result =
			check_record(ctx, answer.items[i].text, s, hash, &test, &why);
		if (i > 0 && result != AUTH_PASS && (result != AUTH_FAIL || best == AUTH_FAIL))
			continue;
		best = result;
		*testing = test;
		*reason = result == AUTH_PASS ? SPAN("") : why;
		if (result == AUTH_PASS)
			break;
	}
	ERR_clear_error(); /* what does not fit would be taken for trouble of this thread's TLS */
	return best;
}
