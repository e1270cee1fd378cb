/*
 * Signing with DKIM keys.
 *
 * A domain's keys are kept open for KEEP_MS, so that a submission costs no round trip; a rotation
 * takes effect within that time. Limits: DOMAINS_MAX domains.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/keys/dkim_choice.h"
#include "mailcore/keys/keys_impl.h"
#include "sql/dkim_key.h"

#define KEEP_MS       (30 * MSEC_PER_SEC)
#define DOMAINS_MAX   1024
#define SIGNATURE_MAX 1024

struct open_key {
	char *selector;
	bool rsa;
	EVP_PKEY *pkey;
};
struct dkim_set {
	int64_t until_ms;
	size_t len;
	struct open_key items[DKIM_SIGNING_MAX];
};

static void auto_pkey_free(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}
static void auto_md_free(EVP_MD_CTX **md)
{
	EVP_MD_CTX_free(*md);
}

/* ------------------------------------------------------------------------ what is kept */

static void set_free(struct dkim_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->len; i++) {
		EVP_PKEY_free(set->items[i].pkey);
		heap_free(set->items[i].selector);
	}
	heap_free(set);
}

void dkim_sets_done(struct keys *k)
{
	size_t pos = 0;
	struct span domain;
	void *set;

	while (map_next(&k->dkim_sets, &pos, &domain, &set))
		set_free(set);
	map_done(&k->dkim_sets);
}

/* Takes over set. Under the lock. */
static void keep(struct keys *k, struct span domain, struct dkim_set *set)
{
	if (k->dkim_sets.count >= DOMAINS_MAX) {
		dkim_sets_done(k);
		map_init(&k->dkim_sets);
	}
	set_free(map_put(&k->dkim_sets, domain, set));
}

/* NULL: not known, or too old. Under the lock. */
static const struct dkim_set *kept(struct keys *k, struct span domain)
{
	const struct dkim_set *set = map_get(&k->dkim_sets, domain);
	return set && set->until_ms > clock_mono_ms() ? set : NULL;
}

/* ------------------------------------------------------------------------ from the database */

static void open_row(struct keys *k, struct ctx *ctx, struct rows *rows, size_t row,
	struct span domain, struct dkim_set *set)
{
	struct span selector = row_text(rows, row, 1);
	struct open_key key = { .rsa = span_eq(row_text(rows, row, 2), SPAN("rsa")) };

	key.pkey = dkim_unseal(
		k, ctx->arena, row_i64(rows, row, 0), selector, row_bytes(rows, row, 4));
	if (!key.pkey) {
		log_error("dkim.key_unreadable", "domain=" SPAN_FMT " selector=" SPAN_FMT,
			SPAN_ARG(domain), SPAN_ARG(selector));
		return;
	}
	key.selector = heap_strdup(arena_cstr(ctx->arena, selector));
	set->items[set->len++] = key;
}

static struct dkim_set *open_rows(
	struct keys *k, struct ctx *ctx, struct rows *rows, struct span domain)
{
	size_t n = rows_len(rows), chosen[DKIM_SIGNING_MAX];
	struct dkim_candidate *candidates = arena_array(ctx->arena, n, sizeof *candidates);
	struct dkim_set *set = heap_zalloc(sizeof *set);

	for (size_t i = 0; i < n; i++)
		candidates[i] =
			(struct dkim_candidate){ row_text(rows, i, 2), row_text(rows, i, 3) };
	size_t count = dkim_choose(candidates, n, chosen);
	for (size_t i = 0; i < count; i++)
		open_row(k, ctx, rows, chosen[i], domain, set);
	set->until_ms = clock_mono_ms() + KEEP_MS;
	return set;
}

static enum rc load(struct keys *k, struct ctx *ctx, struct span domain, struct dkim_set **out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct pooled *pooled = NULL;
	struct ctx own = pool_take(k, ctx, &pooled);
	enum rc rc = db_query(&own, &SQL_DKIM_KEY_SIGNING, ARGS(A_TEXT(domain)), &rows);

	pool_give(k, pooled);
	if (rc == RC_OK)
		*out = open_rows(k, ctx, rows, domain);
	return rc;
}

/* With the lock held at RC_OK: the set is valid until it is given up. */
static enum rc find_set(
	struct keys *k, struct ctx *ctx, struct span domain, const struct dkim_set **out)
{
	struct dkim_set *loaded;

	pthread_mutex_lock(&k->dkim_lock);
	*out = kept(k, domain);
	if (*out)
		return RC_OK;
	pthread_mutex_unlock(&k->dkim_lock);
	enum rc rc = load(k, ctx, domain, &loaded);
	if (rc != RC_OK)
		return rc;
	pthread_mutex_lock(&k->dkim_lock);
	keep(k, domain, loaded);
	*out = loaded;
	return RC_OK;
}

enum rc keys_dkim_signing(struct keys *k, struct ctx *ctx, struct span domain,
	struct dkim_key_ref **out, size_t *out_len)
{
	const struct dkim_set *set;
	struct dkim_key_ref *refs = arena_array(ctx->arena, DKIM_SIGNING_MAX, sizeof *refs);

	enum rc rc = find_set(k, ctx, domain, &set);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < set->len; i++)
		refs[i] = (struct dkim_key_ref){
			.selector = span_of(arena_strdup(ctx->arena, set->items[i].selector)),
			.algorithm = set->items[i].rsa ? SPAN("rsa") : SPAN("ed25519"),
		};
	*out_len = set->len;
	pthread_mutex_unlock(&k->dkim_lock);
	*out = refs;
	return RC_OK;
}

/* ------------------------------------------------------------------------ signing */

static EVP_PKEY *take_key(const struct dkim_set *set, struct span selector, bool *out_rsa)
{
	for (size_t i = 0; i < set->len; i++) {
		const struct open_key *key = &set->items[i];
		if (span_eq(span_of(key->selector), selector) && EVP_PKEY_up_ref(key->pkey) == 1) {
			*out_rsa = key->rsa;
			return key->pkey;
		}
	}
	return NULL;
}

static enum rc sign(EVP_PKEY *key, bool rsa, struct span data, struct str *out)
{
	/* RFC 8463 section 3: Ed25519 signs the SHA-256 of the data */
	unsigned char hash[crypto_hash_sha256_BYTES], signature[SIGNATURE_MAX];
	size_t len = sizeof signature;
	AUTO(md_free) EVP_MD_CTX *md = EVP_MD_CTX_new();

	crypto_hash_sha256(hash, (const unsigned char *)data.ptr, data.len);
	struct span input = rsa ? data : span_make(hash, sizeof hash);
	if (!md || EVP_DigestSignInit(md, NULL, rsa ? EVP_sha256() : NULL, NULL, key) != 1 ||
		EVP_DigestSign(md, signature, &len, (const unsigned char *)input.ptr, input.len) !=
			1) {
		ERR_clear_error();
		return RC_TEMP;
	}
	str_add(out, span_make(signature, len));
	return RC_OK;
}

enum rc keys_sign_dkim(struct keys *k, struct ctx *ctx, struct span domain, struct span selector,
	struct span data, struct str *out)
{
	const struct dkim_set *set;
	bool rsa = false;

	enum rc rc = find_set(k, ctx, domain, &set);
	if (rc != RC_OK)
		return rc;
	AUTO(pkey_free) EVP_PKEY *key = take_key(set, selector, &rsa);
	pthread_mutex_unlock(&k->dkim_lock);
	return key ? sign(key, rsa, data, out) : RC_NOT_FOUND;
}
