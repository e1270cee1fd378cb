/*
 * The second factor of a log-in. Secrets are sealed and bound to their owner; recovery codes are
 * kept as a MAC. A code is used up by moving last_step, which only one of two can do.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/random.h"
#include "mailcore/keys/keys_impl.h"
#include "sql/second_factor.h"

#define SECRET_SIZE   20 /* as long as the hash, RFC 4226 section 4 */
#define STEP_S        30
#define TOLERANCE     1  /* steps that a clock may be off */
#define RECOVERY_SIZE 10 /* random bytes: 16 characters of base32 */
#define CODE_MAX      40

/* ------------------------------------------------------------------------ codes */

uint32_t totp_code(struct span secret, int64_t step)
{
	unsigned char counter[8], mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	for (int i = 0; i < 8; i++)
		counter[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
	ASSERT(HMAC(EVP_sha1(), secret.ptr, (int)secret.len, counter, sizeof counter, mac, &len));
	unsigned at = mac[len - 1] & 15;
	uint32_t n = (uint32_t)(mac[at] & 127) << 24 | (uint32_t)mac[at + 1] << 16 |
		(uint32_t)mac[at + 2] << 8 | mac[at + 3];
	return n % 1000000;
}

/* RFC 4648 section 6; whole groups of five bytes. */
static void base32_add(struct str *out, const unsigned char *bytes, size_t len, bool upper)
{
	const char *alphabet =
		upper ? "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" : "abcdefghijklmnopqrstuvwxyz234567";
	uint32_t bits = 0;
	unsigned n = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | bytes[i];
		for (n += 8; n >= 5; n -= 5)
			str_add_c(out, alphabet[bits >> (n - 5) & 31]);
	}
}

/* As people type it: without blanks and hyphens, small letters. */
static struct span plain(struct arena *a, struct span code)
{
	char *text = arena_alloc(a, code.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < code.len; i++) {
		if (code.ptr[i] != ' ' && code.ptr[i] != '-')
			text[n++] = ascii_lower(code.ptr[i]);
	}
	return span_make(text, n);
}

static struct span bound_to(struct arena *a, enum keys_subject subject, int64_t id)
{
	return arena_printf(
		a, "totp/%s/%lld", subject == KEYS_MAILBOX ? "mailbox" : "account", (long long)id);
}

static struct arg owner(enum keys_subject subject, enum keys_subject wanted, int64_t id)
{
	return A_I64(subject == wanted ? id : 0);
}

#define OWNER_ARGS(subject, id) owner(subject, KEYS_ACCOUNT, id), owner(subject, KEYS_MAILBOX, id)

/* ------------------------------------------------------------------------ making */

enum rc keys_make_totp(struct keys *k, struct ctx *ctx, enum keys_subject subject, int64_t id,
	struct span *out_secret)
{
	unsigned char secret[SECRET_SIZE];
	struct str text = str_in(ctx->arena, 64);

	random_bytes(secret, sizeof secret);
	base32_add(&text, secret, sizeof secret, true);
	struct span sealed = secret_seal(
		k, ctx->arena, bound_to(ctx->arena, subject, id), span_make(secret, sizeof secret));
	explicit_bzero(secret, sizeof secret);
	enum rc rc = db_exec(
		ctx, &SQL_SECOND_FACTOR_DROP_UNCONFIRMED, ARGS(OWNER_ARGS(subject, id)), NULL);
	if (rc == RC_OK)
		rc = db_exec(ctx, &SQL_SECOND_FACTOR_INSERT,
			ARGS(OWNER_ARGS(subject, id), A_BYTES(sealed)), NULL);
	if (rc == RC_OK)
		*out_secret = str_span(&text);
	return rc;
}

static struct span make_recovery(struct arena *a)
{
	unsigned char bytes[RECOVERY_SIZE];
	struct str text = str_in(a, 32), out = str_in(a, 32);

	random_bytes(bytes, sizeof bytes);
	base32_add(&text, bytes, sizeof bytes, false);
	for (size_t i = 0; i < text.len; i++) {
		if (i > 0 && i % 4 == 0)
			str_add_c(&out, '-');
		str_add_c(&out, text.ptr[i]);
	}
	return str_span(&out);
}

enum rc keys_make_recovery(
	struct keys *k, struct ctx *ctx, int64_t factor_id, struct span out[KEYS_RECOVERY_CODES])
{
	struct span hashes[KEYS_RECOVERY_CODES];

	for (size_t i = 0; i < KEYS_RECOVERY_CODES; i++) {
		struct str hash = str_in(ctx->arena, 128);
		out[i] = make_recovery(ctx->arena);
		mac_hash_add(k, plain(ctx->arena, out[i]), &hash);
		hashes[i] = str_span(&hash);
	}
	return db_exec(ctx, &SQL_SECOND_FACTOR_ADD_RECOVERY,
		ARGS(A_I64(factor_id), A_ARRAY(ARG_TEXTS, hashes, KEYS_RECOVERY_CODES)), NULL);
}

/* ------------------------------------------------------------------------ asking */

enum rc keys_find_totp(struct keys *k, struct ctx *ctx, enum keys_subject subject, int64_t id)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct pooled *p = NULL;
	struct ctx own = pool_take(k, ctx, &p);
	enum rc rc = db_query(&own, &SQL_SECOND_FACTOR_IS_ON, ARGS(OWNER_ARGS(subject, id)), &rows);

	pool_give(k, p);
	return rc == RC_OK && rows_len(rows) == 0 ? RC_NOT_FOUND : rc;
}

/* Which step has this code, of those that may be; 0: none. All are computed, whatever matches. */
static int64_t step_of(struct span secret, struct span code)
{
	int64_t now = clock_now_us() / USEC_PER_SEC / STEP_S, found = 0;
	uint64_t number;

	if (code.len != TOTP_DIGITS || !span_u64(code, 999999, &number))
		return 0;
	for (int64_t step = now - TOLERANCE; step <= now + TOLERANCE; step++) {
		if (totp_code(secret, step) == number)
			found = step;
	}
	return found;
}

static enum rc verify(
	struct keys *k, struct ctx *own, enum keys_subject subject, int64_t id, struct span code)
{
	AUTO(rows_close) struct rows *rows = NULL;
	struct span secret;
	int64_t changed = 0;
	enum rc rc = db_query(own, &SQL_SECOND_FACTOR_SECRET, ARGS(OWNER_ARGS(subject, id)), &rows);

	if (rc != RC_OK || rows_len(rows) == 0)
		return rc == RC_OK ? RC_DENIED : rc;
	int64_t factor_id = row_i64(rows, 0, 0);
	if (!secret_unseal(k, own->arena, bound_to(own->arena, subject, id), row_bytes(rows, 0, 1),
		    &secret))
		return RC_DENIED;
	int64_t step = step_of(secret, code);
	if (step > 0) {
		rc = db_exec(own, &SQL_SECOND_FACTOR_TAKE_STEP, ARGS(A_I64(factor_id), A_I64(step)),
			&changed);
	} else {
		struct str hash = str_in(own->arena, 128);
		mac_hash_add(k, code, &hash);
		rc = db_exec(own, &SQL_SECOND_FACTOR_TAKE_RECOVERY,
			ARGS(A_I64(factor_id), A_TEXT(str_span(&hash))), &changed);
	}
	return rc == RC_OK && changed == 0 ? RC_DENIED : rc;
}

enum rc keys_verify_totp(
	struct keys *k, struct ctx *ctx, enum keys_subject subject, int64_t id, struct span code)
{
	struct pooled *p = NULL;

	code = plain(ctx->arena, code);
	if (code.len == 0 || code.len > CODE_MAX)
		return RC_DENIED;
	struct ctx own = pool_take(k, ctx, &p);
	enum rc rc = verify(k, &own, subject, id, code);
	pool_give(k, p);
	return rc;
}
