/*
 * Verifying and making password hashes.
 *
 * A verified password is remembered for an hour as a MAC over credential id, stored hash and
 * password, under a key of this process. The stored hash is read at every log-in, so a password
 * changed by another role or node takes effect at once, whatever is remembered.
 *
 * What is not remembered, after a restart say, is compared with the sealed SCRAM verifier first: a
 * millisecond instead of Argon2's thirty. Only what fits neither is wrong, and costs both.
 */
#include <crypt.h>
#include <sodium.h>
#include <time.h>

#include "mailcore/base/base64.h"
#include "mailcore/base/clock.h"
#include "mailcore/keys/hash_format.h"
#include "mailcore/keys/keys_impl.h"

#define REMEMBER_MS (3600 * MSEC_PER_SEC)
#define WAYS        4

/* ------------------------------------------------------------------------ what was verified */

static void cache_mac(
	struct keys *k, const struct credential *c, struct span password, unsigned char out[16])
{
	crypto_generichash_state h;
	uint64_t lens[] = { (uint64_t)c->credential_id, c->hash.len, password.len };
	crypto_generichash_init(&h, k->cache_key, KEY_SIZE, 16);
	crypto_generichash_update(&h, (const unsigned char *)lens, sizeof lens);
	crypto_generichash_update(&h, (const unsigned char *)c->hash.ptr, c->hash.len);
	crypto_generichash_update(&h, (const unsigned char *)password.ptr, password.len);
	crypto_generichash_final(&h, out, 16);
}

static struct verified *cache_place(struct keys *k, const unsigned char mac[16])
{
	uint32_t n;
	memcpy(&n, mac, sizeof n);
	return &k->verified[n % (VERIFIED_N / WAYS) * WAYS];
}

static bool cache_has(struct keys *k, const unsigned char mac[16])
{
	bool found = false;
	int64_t now = clock_mono_ms();
	pthread_mutex_lock(&k->cache_lock);
	const struct verified *v = cache_place(k, mac);
	for (int i = 0; i < WAYS; i++)
		found = found || (v[i].until_ms > now && sodium_memcmp(v[i].mac, mac, 16) == 0);
	pthread_mutex_unlock(&k->cache_lock);
	return found;
}

static void cache_add(struct keys *k, const struct verified *what)
{
	pthread_mutex_lock(&k->cache_lock);
	struct verified *v = cache_place(k, what->mac);
	struct verified *oldest = v;
	for (int i = 1; i < WAYS; i++)
		if (v[i].until_ms < oldest->until_ms)
			oldest = &v[i];
	*oldest = *what;
	oldest->until_ms = clock_mono_ms() + REMEMBER_MS;
	pthread_mutex_unlock(&k->cache_lock);
}

void keys_forget(struct keys *k, enum keys_subject subject, int64_t id)
{
	pthread_mutex_lock(&k->cache_lock);
	for (size_t i = 0; i < VERIFIED_N; i++)
		if (k->verified[i].id == id && k->verified[i].subject == subject)
			k->verified[i] = (struct verified){ 0 };
	pthread_mutex_unlock(&k->cache_lock);
}

/* ------------------------------------------------------------------------ bounded hashing */

static bool hash_begin(struct keys *k, const struct ctx *ctx)
{
	int64_t deadline_ms = ctx->deadline_ms ? ctx->deadline_ms : clock_mono_ms() + 30000;
	struct timespec until = { .tv_sec = deadline_ms / 1000,
		.tv_nsec = deadline_ms % 1000 * 1000000 };
	bool in_time = true;
	pthread_mutex_lock(&k->hash_lock);
	while (k->hash_left == 0 && in_time)
		in_time = pthread_cond_timedwait(&k->hash_free, &k->hash_lock, &until) == 0;
	bool mine = k->hash_left > 0;
	if (mine)
		k->hash_left--;
	pthread_mutex_unlock(&k->hash_lock);
	return mine;
}

static void hash_end(struct keys *k)
{
	pthread_mutex_lock(&k->hash_lock);
	k->hash_left++;
	pthread_cond_signal(&k->hash_free);
	pthread_mutex_unlock(&k->hash_lock);
}

static bool crypt_matches(const char *password, const char *hash)
{
	struct crypt_data *data = heap_zalloc(sizeof *data);
	const char *made = crypt_rn(password, hash, data, sizeof *data);
	bool ok = made && strlen(made) == strlen(hash) &&
		sodium_memcmp(made, hash, strlen(hash)) == 0;
	explicit_bzero(data, sizeof *data);
	heap_free(data);
	return ok;
}

static bool hash_matches(
	struct arena *a, enum hash_kind kind, const char *hash, struct span password)
{
	if (kind == HASH_ARGON2)
		return crypto_pwhash_str_verify(hash, password.ptr, password.len) == 0;
	char *text = arena_cstr(a, password);
	bool ok = strlen(text) == password.len && crypt_matches(text, hash);
	explicit_bzero(text, password.len);
	return ok;
}

/* Costs tens of milliseconds and 19 MiB. */
static enum rc slow_verify(struct keys *k, struct ctx *ctx, enum hash_kind kind, const char *hash,
	struct span password)
{
	if (!hash_begin(k, ctx))
		return RC_TEMP;
	bool ok = hash_matches(ctx->arena, kind, hash, password);
	hash_end(k);
	return ok ? RC_OK : RC_DENIED;
}

/*
 * The same, remembered. Those who waited for their turn look first whether another connection of the same mailbox
 * has done it: a thousand that come back at once cost one run.
 */
static enum rc slow_verify_once(struct keys *k, struct ctx *ctx, enum hash_kind kind,
	const char *hash, struct span password, const struct verified *what, bool *out_known)
{
	if (!hash_begin(k, ctx))
		return RC_TEMP;
	*out_known = cache_has(k, what->mac);
	bool ok = *out_known || hash_matches(ctx->arena, kind, hash, password);
	if (ok && !*out_known)
		cache_add(k, what);
	hash_end(k);
	return ok ? RC_OK : RC_DENIED;
}

/* What a wrong password of somebody who exists costs. */
static enum rc waste_time(struct keys *k, struct ctx *ctx, struct span password)
{
	ASSERT(!scram_fits(k, ctx->arena, 0, SPAN(""), password));
	enum rc rc = slow_verify(k, ctx, HASH_ARGON2, k->dummy_hash, password);
	return rc == RC_TEMP ? RC_TEMP : RC_DENIED;
}

/* ------------------------------------------------------------------------ app passwords */

void mac_hash_add(struct keys *k, struct span password, struct str *out)
{
	unsigned char mac[32];
	crypto_generichash(mac, sizeof mac, (const unsigned char *)password.ptr, password.len,
		k->mac_key, KEY_SIZE);
	str_add_cstr(out, "$mac$");
	base64_add(out, span_make(mac, sizeof mac));
}

static bool is_app_password(
	struct keys *k, struct ctx *ctx, const struct credential *c, struct span password)
{
	struct str text = str_in(ctx->arena, 128);
	mac_hash_add(k, password, &text);
	return c->is_app_password && c->hash.len == text.len &&
		sodium_memcmp(c->hash.ptr, text.ptr, text.len) == 0;
}

/* ------------------------------------------------------------------------ verifying */

/* Crypt strings of other systems become ours at the first log-in. */
static void after_success(struct keys *k, struct ctx *ctx, const struct credential *c,
	enum hash_kind kind, enum keys_subject subject, int64_t id, struct span password)
{
	struct pooled *p = NULL;
	struct ctx own = pool_take(k, ctx, &p);
	credential_note_use(&own, c->credential_id);
	struct str hash = str_in(ctx->arena, HASH_TEXT_MAX);
	if (kind == HASH_CRYPT && keys_hash_password(k, password, &hash) == RC_OK)
		credential_rehash(&own, c->credential_id, str_span(&hash), c->hash);
	if (subject == KEYS_MAILBOX && c->scram.len == 0)
		credential_set_scram(
			&own, c->credential_id, keys_scram_verifier(k, ctx->arena, id, password));
	pool_give(k, p);
}

static enum rc verify_password(struct keys *k, struct ctx *ctx, enum keys_subject subject,
	int64_t id, const struct credential *c, struct span password)
{
	struct verified what = { .id = id, .subject = subject };
	enum hash_kind kind;
	cache_mac(k, c, password, what.mac);
	if (cache_has(k, what.mac))
		return RC_OK;
	if (!hash_format_parse(c->hash, &kind) || kind == HASH_MAC)
		return waste_time(k, ctx, password);
	bool known = false;
	enum rc rc = RC_OK;
	if (scram_fits(k, ctx->arena, id, c->scram, password))
		cache_add(k, &what);
	else
		rc = slow_verify_once(
			k, ctx, kind, arena_cstr(ctx->arena, c->hash), password, &what, &known);
	if (rc == RC_OK && !known)
		after_success(k, ctx, c, kind, subject, id, password);
	return rc;
}

static enum rc verify(struct keys *k, struct ctx *ctx, enum keys_subject subject, int64_t id,
	struct span password, bool is_mail)
{
	struct credential *list = NULL;
	size_t n = 0;
	struct pooled *p = NULL;
	struct ctx own = pool_take(k, ctx, &p);
	enum rc rc = credential_list(&own, subject, id, &list, &n);
	pool_give(k, p);
	if (rc != RC_OK)
		return rc;
	if (password.len == 0 || password.len > KEYS_PASSWORD_MAX)
		return waste_time(k, ctx, SPAN("too long or empty"));
	const struct credential *own_password = NULL;
	for (size_t i = 0; i < n; i++) {
		if (is_app_password(k, ctx, &list[i], password)) {
			after_success(k, ctx, &list[i], HASH_MAC, subject, id, password);
			return RC_OK;
		}
		if (!list[i].is_app_password && !(is_mail && list[i].has_factor))
			own_password = &list[i];
	}
	return own_password ? verify_password(k, ctx, subject, id, own_password, password)
			    : waste_time(k, ctx, password);
}

enum rc keys_verify(struct keys *k, struct ctx *ctx, enum keys_subject subject, int64_t id,
	struct span password)
{
	return verify(k, ctx, subject, id, password, false);
}

enum rc keys_verify_mail(struct keys *k, struct ctx *ctx, int64_t mailbox_id, struct span password)
{
	return verify(k, ctx, KEYS_MAILBOX, mailbox_id, password, true);
}

enum rc keys_hash_password(struct keys *k, struct span password, struct str *out)
{
	char hash[crypto_pwhash_STRBYTES];
	if (password.len == 0 || password.len > KEYS_PASSWORD_MAX)
		return RC_INVALID;
	if (!hash_begin(k, &(struct ctx){ 0 }))
		return RC_TEMP;
	bool ok = crypto_pwhash_str(hash, password.ptr, password.len, HASH_PASSES,
			  (size_t)HASH_KIB * 1024) == 0;
	hash_end(k);
	if (!ok)
		return RC_TEMP;
	str_add_cstr(out, hash);
	return RC_OK;
}

enum rc keys_hash_app_password(struct keys *k, struct span password, struct str *out)
{
	if (password.len < 16 || password.len > KEYS_PASSWORD_MAX)
		return RC_INVALID;
	mac_hash_add(k, password, out);
	return RC_OK;
}

bool keys_accepts_hash(struct span hash, struct span *out)
{
	enum hash_kind kind;
	struct span text = hash_format_strip(hash);
	if (!hash_format_parse(text, &kind) || kind == HASH_MAC)
		return false;
	*out = text;
	return true;
}

enum rc keys_store_password(struct keys *k, struct ctx *ctx, enum keys_subject subject, int64_t id,
	struct span hash, struct span password)
{
	struct span scram = subject == KEYS_MAILBOX
		? keys_scram_verifier(k, ctx->arena, id, password)
		: SPAN_NONE;
	enum rc rc = credential_replace(ctx, subject, id, hash, scram);
	keys_forget(k, subject, id);
	return rc;
}
