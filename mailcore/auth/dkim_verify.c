/* Verifying DKIM signatures. */
#include "mailcore/auth/canon.h"
#include "mailcore/auth/dkim.h"
#include "mailcore/auth/key_record.h"
#include "mailcore/auth/signature.h"
#include "mailcore/auth/signed_fields.h"

/* A body hash that one or more signatures ask for. */
struct wanted_hash {
	struct body_hash body;
	unsigned char hash[DKIM_HASH_SIZE];
};

struct candidate {
	struct signature signature;
	struct wanted_hash *body; /* NULL: cannot pass any more */
	enum auth_result result;  /* when it cannot */
	struct span reason;
};

struct dkim_verifier {
	struct signed_fields fields;
	struct candidate *items;
	size_t len;
	struct wanted_hash bodies[DKIM_SIGNATURES_MAX];
	size_t n_bodies;
	bool one_from;
	size_t head_len;
};

/* --- the beginning --- */

static struct wanted_hash *want_body(struct dkim_verifier *v, const struct signature *s)
{
	for (size_t i = 0; i < v->n_bodies; i++) {
		struct body_hash *h = &v->bodies[i].body;
		if (h->relaxed == s->body_relaxed && h->limit == s->body_limit)
			return &v->bodies[i];
	}
	ASSERT(v->n_bodies < DKIM_SIGNATURES_MAX);
	struct wanted_hash *wanted = &v->bodies[v->n_bodies++];
	body_hash_init(&wanted->body, s->body_relaxed, s->body_limit);
	return wanted;
}

static void refuse(struct candidate *c, enum auth_result result, const char *reason)
{
	c->result = result;
	c->reason = span_of(reason);
}

static void look_at(struct dkim_verifier *v, struct arena *a, const struct header_field *field)
{
	struct candidate *c = &v->items[v->len++];

	if (v->len > DKIM_SIGNATURES_MAX) {
		refuse(c, AUTH_POLICY, "not evaluated: there are too many signatures");
		return;
	}
	if (!signature_parse(a, SIGNATURE_DKIM, field, &c->signature, &c->reason))
		c->result = AUTH_PERMERROR;
	else if (!v->one_from)
		refuse(c, AUTH_FAIL, "the message does not have exactly one From field");
	else
		c->body = want_body(v, &c->signature);
}

/* More fields than we index: all signatures are left alone. */
static void look_at_none(struct dkim_verifier *v, size_t count)
{
	for (; v->len < count; v->len++)
		refuse(&v->items[v->len], AUTH_POLICY,
			"not evaluated: there are too many header fields");
}

struct dkim_verifier *dkim_verify_begin(struct arena *a, struct span head)
{
	struct dkim_verifier *v = arena_zalloc(a, sizeof *v);
	struct cur c = cur_of(head);
	struct header_field field;
	enum rc rc = signed_fields_init(a, head, &v->fields);
	size_t count = header_count(head, SPAN("DKIM-Signature"));

	if (count > SIGNED_FIELDS_MAX)
		count = SIGNED_FIELDS_MAX;
	v->items = arena_array(a, count, sizeof *v->items);
	v->head_len = head.len;
	if (rc != RC_OK) {
		look_at_none(v, count);
		return v;
	}
	v->one_from = signed_fields_count(&v->fields, SPAN("From")) == 1;
	while (header_next_named(&c, SPAN("DKIM-Signature"), &field))
		look_at(v, a, &field);
	return v;
}

void dkim_verify_body(struct dkim_verifier *v, struct span bytes)
{
	for (size_t i = 0; i < v->n_bodies; i++)
		body_hash_add(&v->bodies[i].body, bytes);
}

/* --- the end --- */

void dkim_verify_abort(struct dkim_verifier *v)
{
	for (size_t i = 0; i < v->n_bodies; i++)
		body_hash_done(&v->bodies[i].body);
	v->n_bodies = 0;
}

/* What the signature's value was made of: the fields, then its own without b=. */
static void hash_head(struct dkim_verifier *v, const struct signature *s, struct str *scratch,
	unsigned char out[DKIM_HASH_SIZE])
{
	str_clear(scratch);
	signed_fields_add(&v->fields, scratch, s->names, s->field.whole, s->head_relaxed);
	canon_signature_add(scratch, &s->field, s->hole, s->head_relaxed);
	ASSERT(str_ok(scratch));
	ASSERT(EVP_Digest(scratch->ptr, scratch->len, out, NULL, EVP_sha256(), NULL) == 1);
}

/* The body, once the header has been found right. */
static void judge_body(struct candidate *c)
{
	const struct signature *s = &c->signature;
	const struct body_hash *body = &c->body->body;

	if (memcmp(c->body->hash, s->body_hash, DKIM_HASH_SIZE) != 0)
		refuse(c, AUTH_FAIL, "the body has been changed");
	else if (s->body_limit != UINT64_MAX && s->body_limit > body->len)
		refuse(c, AUTH_FAIL, "the body is shorter than what was signed");
	else if (s->body_limit < body->len)
		refuse(c, AUTH_POLICY, "only the beginning of the body is signed (l=)");
	else
		c->result = AUTH_PASS;
}

static void judge(struct dkim_verifier *v, struct candidate *c, struct resolver *r, struct ctx *ctx,
	int64_t now_s, struct str *scratch, bool *testing)
{
	unsigned char hash[DKIM_HASH_SIZE];

	*testing = false;
	if (!c->body)
		return;
	if (!signature_in_time(&c->signature, now_s, &c->reason)) {
		c->result = AUTH_FAIL;
		return;
	}
	hash_head(v, &c->signature, scratch, hash);
	c->result = key_check(r, ctx, &c->signature, hash, testing, &c->reason);
	if (c->result == AUTH_PASS)
		judge_body(c);
	if (c->result == AUTH_FAIL && *testing)
		c->result = AUTH_NEUTRAL;
}

static struct dkim_result describe(const struct candidate *c, bool testing)
{
	const struct signature *s = &c->signature;

	return (struct dkim_result){
		.result = c->result,
		.domain = s->domain,
		.selector = s->selector,
		.identity = s->identity,
		.algorithm = s->algorithm_name,
		.b = span_sub(s->b, 0, 8),
		.reason = c->result == AUTH_PASS ? SPAN("") : c->reason,
		.testing = testing,
	};
}

/* Each name brings its field once: the canonical form of all of them at the most. */
static struct str make_scratch(const struct dkim_verifier *v, struct arena *a)
{
	return str_in(a, v->head_len + 2 * v->fields.len + 2);
}

void dkim_verify_end(struct dkim_verifier *v, struct resolver *r, struct ctx *ctx, int64_t now_s,
	struct dkim_results *out)
{
	struct str scratch = make_scratch(v, ctx->arena);

	for (size_t i = 0; i < v->n_bodies; i++)
		body_hash_end(&v->bodies[i].body, v->bodies[i].hash);
	*out = (struct dkim_results){ .items =
					      arena_array(ctx->arena, v->len, sizeof *out->items) };
	for (; out->len < v->len; out->len++) {
		bool testing;
		judge(v, &v->items[out->len], r, ctx, now_s, &scratch, &testing);
		out->items[out->len] = describe(&v->items[out->len], testing);
	}
	dkim_verify_abort(v);
}
