/* Signature fields. */
#include "mailcore/auth/signature.h"

#include "mailcore/auth/domain_name.h"
#include "mailcore/auth/tag_list.h"
#include "mailcore/base/base64.h"

#define SIGNATURE_BYTES_MAX 1024 /* RSA of 8,192 bits */
#define INSTANCE_MAX        1024 /* above the 50 sets that are valid */

static bool bad(struct span *reason, const char *sentence)
{
	*reason = span_of(sentence);
	return false;
}

struct span signature_identity_domain(const struct signature *s)
{
	size_t at = span_rfind(s->identity, '@');
	return at == SPAN_NPOS ? s->domain : span_from(s->identity, at + 1);
}

/* Letters of any script (RFC 8616), digits, hyphen, underscore, dots. */
static bool is_name_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_' || c == '.' ||
		(unsigned char)c >= 0x80;
}

static bool is_domain(struct arena *a, struct span s, struct span *out_ascii)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_name_char(s.ptr[i]))
			return false;
	}
	return s.len > 0 && s.ptr[s.len - 1] != '.' && domain_name_ascii(a, s, out_ascii);
}

/* --- one tag after the other --- */

static bool take_algorithm(struct signature *s, struct span *reason)
{
	if (span_ieq(s->algorithm_name, SPAN("rsa-sha256")))
		s->algorithm = SIGNATURE_RSA;
	else if (span_ieq(s->algorithm_name, SPAN("ed25519-sha256")))
		s->algorithm = SIGNATURE_ED25519;
	else if (span_ieq(s->algorithm_name, SPAN("rsa-sha1")))
		return bad(reason, "SHA-1 is no longer accepted (RFC 8301)");
	else
		return bad(reason, "the algorithm is missing or unknown");
	return true;
}

static bool take_canonicalization(struct span value, bool *relaxed)
{
	if (!span_ieq(value, SPAN("simple")) && !span_ieq(value, SPAN("relaxed")))
		return false;
	*relaxed = span_ieq(value, SPAN("relaxed"));
	return true;
}

/* c= header [ "/" body ] */
static bool take_canonicalizations(const struct tag_list *tags, struct signature *s)
{
	struct span rest = tag_list_value(tags, SPAN("c"));
	struct span head;

	if (!rest.ptr)
		return true;
	if (!tag_next_item(&rest, '/', &head) || !take_canonicalization(head, &s->head_relaxed))
		return false;
	return !rest.ptr || take_canonicalization(span_trim(rest), &s->body_relaxed);
}

static bool take_hash(struct arena *a, const struct tag_list *tags, struct signature *s)
{
	struct str bytes = str_in(a, DKIM_HASH_SIZE);
	struct span text = tag_without_space(a, tag_list_value(tags, SPAN("bh")));

	if (!base64_decode(text, &bytes) || !str_ok(&bytes) || bytes.len != DKIM_HASH_SIZE)
		return false;
	memcpy(s->body_hash, bytes.ptr, DKIM_HASH_SIZE);
	return true;
}

static bool take_value(struct arena *a, struct signature *s)
{
	struct str bytes = str_in(a, SIGNATURE_BYTES_MAX);

	if (!base64_decode(s->b, &bytes) || !str_ok(&bytes) || bytes.len == 0)
		return false;
	s->value = str_span(&bytes);
	return true;
}

/* Decimal digits; absent leaves *out alone. */
static bool take_number(const struct tag_list *tags, struct span name, uint64_t max, uint64_t *out)
{
	struct span value = tag_list_value(tags, name);
	return !value.ptr || span_u64(value, max, out);
}

static bool take_times(const struct tag_list *tags, struct signature *s)
{
	uint64_t made = UINT64_MAX, expires = UINT64_MAX;

	/* §3.5: numbers of 12 digits must be understood; what is later is never. */
	if (!take_number(tags, SPAN("t"), INT64_MAX, &made) ||
		!take_number(tags, SPAN("x"), INT64_MAX, &expires))
		return false;
	s->made_at = made == UINT64_MAX ? -1 : (int64_t)made;
	s->expires_at = expires == UINT64_MAX ? -1 : (int64_t)expires;
	return s->made_at < 0 || s->expires_at < 0 || s->expires_at > s->made_at;
}

static bool take_names(struct signature *s, struct span *reason)
{
	struct span rest = s->names, name;
	size_t count = 0;

	if (s->names.len == 0)
		return bad(reason, "it does not say which fields are signed");
	while (tag_next_item(&rest, ':', &name)) {
		if (name.len == 0 || ++count > SIGNED_NAMES_MAX)
			return bad(reason, "the list of signed fields cannot be read");
	}
	if (!tag_has_item(s->names, SPAN("from")))
		return bad(reason, "the From field is not signed");
	return true;
}

static bool take_identity(
	struct arena *a, const struct tag_list *tags, struct signature *s, struct span *reason)
{
	struct span below;

	s->identity = tag_list_value(tags, SPAN("i"));
	if (s->identity.ptr && span_rfind(s->identity, '@') == SPAN_NPOS)
		return bad(reason, "i= is no address");
	if (!domain_name_ascii(a, signature_identity_domain(s), &below) ||
		!domain_name_is_below(below, s->domain_ascii))
		return bad(reason, "i= is outside of the signing domain");
	return true;
}

static bool take_instance(const struct tag_list *tags, struct signature *s)
{
	uint64_t n;

	if (!span_u64(tag_list_value(tags, SPAN("i")), INSTANCE_MAX, &n) || n == 0)
		return false;
	s->instance = (unsigned)n;
	return true;
}

/* --- what each kind must have --- */

/* Where the key is, and the signature itself: alike in all three. */
static bool take_common(
	struct arena *a, const struct tag_list *tags, struct signature *s, struct span *reason)
{
	if (!take_algorithm(s, reason))
		return false;
	if (!is_domain(a, s->domain, &s->domain_ascii))
		return bad(reason, "d= is missing or no domain");
	if (!is_domain(a, s->selector, &s->selector_ascii))
		return bad(reason, "s= is missing or no selector");
	if (!take_value(a, s))
		return bad(reason, "b= is missing or no base64");
	if (!take_times(tags, s))
		return bad(reason, "t= or x= is no time, or it expired before it was made");
	return true;
}

/* What DKIM-Signature and ARC-Message-Signature have. */
static bool take_message_tags(
	struct arena *a, const struct tag_list *tags, struct signature *s, struct span *reason)
{
	struct span query = tag_list_value(tags, SPAN("q"));

	s->names = tag_list_value(tags, SPAN("h"));
	if (!take_canonicalizations(tags, s))
		return bad(reason, "the canonicalization is unknown");
	if (!take_hash(a, tags, s))
		return bad(reason, "bh= is missing or no SHA-256 hash");
	if (!take_number(tags, SPAN("l"), UINT64_MAX - 1, &s->body_limit))
		return bad(reason, "l= is no number");
	if (query.ptr && !tag_has_item(query, SPAN("dns/txt")))
		return bad(reason, "the key is not in DNS");
	return take_names(s, reason);
}

static bool take_dkim(
	struct arena *a, const struct tag_list *tags, struct signature *s, struct span *reason)
{
	if (!span_eq(tag_list_value(tags, SPAN("v")), SPAN("1")))
		return bad(reason, "the version is missing or unknown");
	return take_common(a, tags, s, reason) && take_message_tags(a, tags, s, reason) &&
		take_identity(a, tags, s, reason);
}

/* RFC 8617 §4.1.2: no v=, i= is the instance, and seals are not signed. */
static bool take_arc_message(
	struct arena *a, const struct tag_list *tags, struct signature *s, struct span *reason)
{
	if (!take_common(a, tags, s, reason) || !take_message_tags(a, tags, s, reason))
		return false;
	if (tag_has_item(s->names, SPAN("arc-seal")))
		return bad(reason, "ARC-Message-Signature covers ARC-Seal");
	return take_instance(tags, s) || bad(reason, "the instance is missing or no number");
}

/* §4.1.3: h= and what belongs to bodies is forbidden. */
static bool take_arc_seal(
	struct arena *a, const struct tag_list *tags, struct signature *s, struct span *reason)
{
	s->head_relaxed = true;
	s->chain = tag_list_value(tags, SPAN("cv"));
	if (tag_list_find(tags, SPAN("h")) || tag_list_find(tags, SPAN("bh")))
		return bad(reason, "ARC-Seal has tags of a message signature");
	if (!take_common(a, tags, s, reason))
		return false;
	if (!span_ieq(s->chain, SPAN("none")) && !span_ieq(s->chain, SPAN("pass")) &&
		!span_ieq(s->chain, SPAN("fail")))
		return bad(reason, "cv= is missing or unknown");
	return take_instance(tags, s) || bad(reason, "the instance is missing or no number");
}

bool signature_parse(struct arena *a, enum signature_kind kind, const struct header_field *field,
	struct signature *out, struct span *reason)
{
	struct tag_list tags;

	*out = (struct signature){
		.field = *field, .body_limit = UINT64_MAX, .made_at = -1, .expires_at = -1
	};
	if (!tag_list_parse(field->value, &tags))
		return bad(reason, "its tags cannot be read");
	const struct tag *b = tag_list_find(&tags, SPAN("b"));
	out->hole = b ? b->room : SPAN_NONE;
	out->b = tag_without_space(a, b ? b->value : SPAN(""));
	out->domain = tag_list_value(&tags, SPAN("d"));
	out->selector = tag_list_value(&tags, SPAN("s"));
	out->algorithm_name = tag_list_value(&tags, SPAN("a"));
	switch (kind) {
	case SIGNATURE_DKIM:
		return take_dkim(a, &tags, out, reason);
	case SIGNATURE_ARC_MESSAGE:
		return take_arc_message(a, &tags, out, reason);
	case SIGNATURE_ARC_SEAL:
		return take_arc_seal(a, &tags, out, reason);
	}
	return false;
}

bool signature_in_time(const struct signature *s, int64_t now_s, struct span *reason)
{
	if (s->expires_at >= 0 && s->expires_at < now_s)
		return bad(reason, "the signature has expired");
	if (s->made_at >= 0 && s->made_at > now_s + SIGNATURE_FUTURE_S)
		return bad(reason, "the signature is from the future");
	return true;
}
