/*
 * Verifying ARC chains (RFC 8617 §5.2).
 *
 * Each seal covers all sets up to its own; the hash over them is made once, from the first set on,
 * and branches off for each seal.
 */
#include "mailcore/auth/arc.h"

#include "mailcore/auth/arc_set.h"
#include "mailcore/auth/key_record.h"
#include "mailcore/auth/signed_fields.h"
#include "mailcore/base/clock.h"

struct arc_verifier {
	struct arc_sets sets;
	struct signed_fields fields;
	struct body_hash body; /* of the newest message signature */
	bool sound;            /* nothing but signatures is left to be checked */
	struct span reason;
	size_t head_len;
};

static bool bad(struct span *reason, const char *sentence)
{
	*reason = span_of(sentence);
	return false;
}

static const struct arc_set *newest(const struct arc_verifier *v)
{
	return &v->sets.items[v->sets.len - 1];
}

static bool look_at(struct arc_verifier *v, struct arena *a, struct span head)
{
	if (!arc_sets_parse(a, head, &v->sets, &v->reason))
		return false;
	if (v->sets.len == 0)
		return false;
	if (signed_fields_init(a, head, &v->fields) != RC_OK)
		return bad(&v->reason, "there are too many header fields");
	if (signed_fields_count(&v->fields, SPAN("From")) != 1)
		return bad(&v->reason, "the message does not have exactly one From field");
	return true;
}

struct arc_verifier *arc_verify_begin(struct arena *a, struct span head)
{
	struct arc_verifier *v = arena_zalloc(a, sizeof *v);

	v->head_len = head.len;
	v->sound = look_at(v, a, head);
	if (v->sound) {
		const struct signature *s = &newest(v)->message;
		body_hash_init(&v->body, s->body_relaxed, s->body_limit);
	}
	return v;
}

void arc_verify_body(struct arc_verifier *v, struct span bytes)
{
	if (v->sound)
		body_hash_add(&v->body, bytes);
}

void arc_verify_abort(struct arc_verifier *v)
{
	body_hash_done(&v->body);
}

/* --- the newest message signature --- */

static bool body_is_right(struct arc_verifier *v, struct span *reason)
{
	const struct signature *s = &newest(v)->message;
	unsigned char hash[DKIM_HASH_SIZE];

	body_hash_end(&v->body, hash);
	if (memcmp(hash, s->body_hash, sizeof hash) != 0)
		return bad(reason, "the body has been changed since the newest set");
	if (s->body_limit != UINT64_MAX && s->body_limit != v->body.len)
		return bad(reason, "only a part of the body is signed (l=)");
	return true;
}

static enum auth_result check_message(struct arc_verifier *v, struct resolver *r, struct ctx *ctx,
	struct str *scratch, struct span *reason)
{
	const struct signature *s = &newest(v)->message;
	unsigned char hash[DKIM_HASH_SIZE];
	bool testing;

	if (!body_is_right(v, reason) || !signature_in_time(s, ctx->now_us / USEC_PER_SEC, reason))
		return AUTH_FAIL;
	signed_fields_add(&v->fields, scratch, s->names, s->field.whole, s->head_relaxed);
	canon_signature_add(scratch, &s->field, s->hole, s->head_relaxed);
	ASSERT(str_ok(scratch));
	ASSERT(EVP_Digest(scratch->ptr, scratch->len, hash, NULL, EVP_sha256(), NULL) == 1);
	return key_check(r, ctx, s, hash, &testing, reason);
}

/* --- the seals --- */

static void digest(EVP_MD_CTX *md, struct str *scratch)
{
	ASSERT(str_ok(scratch));
	ASSERT(EVP_DigestUpdate(md, scratch->ptr, scratch->len) == 1);
	str_clear(scratch);
}

/* The hash that each seal signs; §5.1.1: always relaxed, sets in order, its own seal without b=. */
static void hash_seals(
	struct arc_verifier *v, struct str *scratch, unsigned char (*out)[DKIM_HASH_SIZE])
{
	EVP_MD_CTX *chain = EVP_MD_CTX_new(), *one = EVP_MD_CTX_new();

	ASSERT(chain && one && EVP_DigestInit_ex(chain, EVP_sha256(), NULL) == 1);
	str_clear(scratch);
	for (unsigned i = 0; i < v->sets.len; i++) {
		const struct arc_set *set = &v->sets.items[i];
		canon_field_add(scratch, &set->results, true);
		canon_field_add(scratch, &set->message.field, true);
		digest(chain, scratch);
		ASSERT(EVP_MD_CTX_copy_ex(one, chain) == 1);
		canon_signature_add(scratch, &set->seal.field, set->seal.hole, true);
		digest(one, scratch);
		ASSERT(EVP_DigestFinal_ex(one, out[i], NULL) == 1);
		canon_field_add(scratch, &set->seal.field, true);
		digest(chain, scratch);
	}
	EVP_MD_CTX_free(one);
	EVP_MD_CTX_free(chain);
}

/* From the newest to the oldest: the first that is wrong decides. */
static enum auth_result check_seals(struct arc_verifier *v, struct resolver *r, struct ctx *ctx,
	struct str *scratch, struct span *reason)
{
	unsigned char hashes[ARC_SETS_MAX][DKIM_HASH_SIZE];

	hash_seals(v, scratch, hashes);
	for (unsigned i = v->sets.len; i > 0; i--) {
		bool testing;
		enum auth_result result = key_check(
			r, ctx, &v->sets.items[i - 1].seal, hashes[i - 1], &testing, reason);
		if (result != AUTH_PASS)
			return result;
	}
	return AUTH_PASS;
}

/* --- the end --- */

static enum auth_result check(
	struct arc_verifier *v, struct resolver *r, struct ctx *ctx, struct span *reason)
{
	struct str scratch = str_in(ctx->arena, v->head_len + 2 * v->fields.len + 2);

	enum auth_result result = check_message(v, r, ctx, &scratch, reason);
	if (result == AUTH_PASS)
		result = check_seals(v, r, ctx, &scratch, reason);
	/* RFC 8601 knows none, pass and fail for ARC. */
	return result == AUTH_PERMERROR ? AUTH_FAIL : result;
}

void arc_verify_end(
	struct arc_verifier *v, struct resolver *r, struct ctx *ctx, struct arc_result *out)
{
	*out = (struct arc_result){ .sets = v->sets.len, .reason = v->reason };
	if (v->sets.len > 0)
		out->result = AUTH_FAIL;
	if (v->sound) {
		out->sealer = newest(v)->seal.domain;
		out->auth_results = newest(v)->payload;
		out->result = check(v, r, ctx, &out->reason);
	}
	if (out->result == AUTH_PASS)
		out->reason = SPAN("");
	arc_verify_abort(v);
}
