/* SPF records: from text to terms. */
#include "mailcore/auth/spf_policy.h"

#include <arpa/inet.h>

#include "mailcore/auth/spf_macro.h"
#include "mailcore/base/vec.h"

#define VERSION SPAN("v=spf1")

struct terms {
	struct spf_directive *items;
	size_t len, cap;
};

enum takes { TAKES_NOTHING, TAKES_DOMAIN, MAY_TAKE_DOMAIN, TAKES_NETWORK };

static const struct mechanism {
	struct span name;
	enum spf_kind kind;
	enum takes takes;
	bool prefix; /* a dual-cidr-length may follow */
} mechanisms[] = {
	{ SPAN("all"), SPF_MECH_ALL, TAKES_NOTHING, false },
	{ SPAN("include"), SPF_MECH_INCLUDE, TAKES_DOMAIN, false },
	{ SPAN("a"), SPF_MECH_A, MAY_TAKE_DOMAIN, true },
	{ SPAN("mx"), SPF_MECH_MX, MAY_TAKE_DOMAIN, true },
	{ SPAN("ptr"), SPF_MECH_PTR, MAY_TAKE_DOMAIN, false },
	{ SPAN("ip4"), SPF_MECH_IP4, TAKES_NETWORK, false },
	{ SPAN("ip6"), SPF_MECH_IP6, TAKES_NETWORK, false },
	{ SPAN("exists"), SPF_MECH_EXISTS, TAKES_DOMAIN, false },
};

bool spf_policy_is_record(struct span text)
{
	return span_istarts(text, VERSION) &&
		(text.len == VERSION.len || text.ptr[VERSION.len] == ' ');
}

/* --- networks --------------------------------------------------------------------------------- */

/* "0" / %x31-39 0*2DIGIT, at most max */
static bool parse_bits(struct span digits, uint8_t max, uint8_t *out)
{
	uint64_t n;

	if (digits.len == 0 || (digits.len > 1 && digits.ptr[0] == '0') ||
		!span_u64(digits, max, &n))
		return false;
	*out = (uint8_t)n;
	return true;
}

/* Takes "/digits" off the end. False: it does not end so, nothing has changed. */
static bool cut_prefix(struct span *text, struct span *out_digits)
{
	size_t at = text->len;

	while (at > 0 && ascii_is_digit(text->ptr[at - 1]))
		at--;
	if (at == text->len || at == 0 || text->ptr[at - 1] != '/')
		return false;
	*out_digits = span_from(*text, at);
	*text = span_sub(*text, 0, at - 1);
	return true;
}

/* dual-cidr-length = [ "/" ip4 ] [ "//" ip6 ], from the end as a domain-spec may hold slashes. */
static bool cut_dual_prefix(struct span *text, struct spf_directive *d)
{
	struct span digits;

	if (!cut_prefix(text, &digits))
		return true;
	if (span_ends(*text, SPAN("/"))) {
		text->len--;
		if (!parse_bits(digits, 128, &d->bits6))
			return false;
		if (!cut_prefix(text, &digits))
			return true;
	}
	return parse_bits(digits, 32, &d->bits4);
}

static bool parse_ip(struct span text, int family, uint8_t out[16])
{
	char cstr[INET6_ADDRSTRLEN + 1];

	if (text.len == 0 || text.len >= sizeof cstr || memchr(text.ptr, 0, text.len))
		return false;
	memcpy(cstr, text.ptr, text.len);
	cstr[text.len] = '\0';
	return inet_pton(family, cstr, out) == 1;
}

static bool parse_network(struct span text, struct spf_directive *d)
{
	bool ip6 = d->kind == SPF_MECH_IP6;
	size_t slash = span_find(text, '/');

	if (slash != SPAN_NPOS) {
		struct span digits = span_from(text, slash + 1);
		if (!parse_bits(digits, ip6 ? 128 : 32, ip6 ? &d->bits6 : &d->bits4))
			return false;
		text = span_sub(text, 0, slash);
	}
	return parse_ip(text, ip6 ? AF_INET6 : AF_INET, d->ip);
}

/* --- terms ------------------------------------------------------------------------------------ */

/* What is behind the name: nothing, ":value", and for some "/bits". */
static bool parse_argument(const struct mechanism *m, struct span rest, struct spf_directive *d)
{
	if (m->prefix && !cut_dual_prefix(&rest, d))
		return false;
	if (rest.len == 0)
		return m->takes == TAKES_NOTHING || m->takes == MAY_TAKE_DOMAIN;
	if (rest.ptr[0] != ':' || m->takes == TAKES_NOTHING)
		return false;
	rest = span_from(rest, 1);
	if (m->takes == TAKES_NETWORK)
		return parse_network(rest, d);
	d->target = rest;
	return spf_domain_spec_valid(rest);
}

static bool parse_qualifier(char c, enum auth_result *out)
{
	switch (c) {
	case '+':
		*out = AUTH_PASS;
		return true;
	case '-':
		*out = AUTH_FAIL;
		return true;
	case '~':
		*out = AUTH_SOFTFAIL;
		return true;
	case '?':
		*out = AUTH_NEUTRAL;
		return true;
	default:
		return false;
	}
}

/* directive = [ qualifier ] mechanism */
static bool parse_directive(struct span term, struct spf_directive *out)
{
	struct spf_directive d = { .result = AUTH_PASS, .bits4 = 32, .bits6 = 128 };

	if (parse_qualifier(term.ptr[0], &d.result))
		term = span_from(term, 1);
	d.text = term;
	for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
		const struct mechanism *m = &mechanisms[i];
		struct span rest = span_from(term, m->name.len);
		bool ends = rest.len == 0 || rest.ptr[0] == ':' || rest.ptr[0] == '/';
		if (!ends || !span_istarts(term, m->name))
			continue;
		d.kind = m->kind;
		*out = d;
		return parse_argument(m, rest, out);
	}
	return false;
}

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ) */
static bool is_modifier_name(struct span name)
{
	if (name.len == 0 || !ascii_is_alpha(name.ptr[0]))
		return false;
	for (size_t i = 1; i < name.len; i++) {
		char c = name.ptr[i];
		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '-' && c != '_' && c != '.')
			return false;
	}
	return true;
}

static bool set_once(struct span *where, struct span value)
{
	if (where->ptr || !spf_domain_spec_valid(value))
		return false;
	*where = value;
	return true;
}

static bool parse_modifier(struct span name, struct span value, struct spf_policy *policy)
{
	if (span_ieq(name, SPAN("redirect")))
		return set_once(&policy->redirect, value);
	if (span_ieq(name, SPAN("exp")))
		return set_once(&policy->exp, value);
	return spf_macro_string_valid(value, true); /* unknown ones are ignored */
}

/* A modifier has its "=" right behind a name; no mechanism can look so. */
static bool parse_term(
	struct arena *a, struct span term, struct terms *terms, struct spf_policy *policy)
{
	size_t equals = span_find(term, '=');
	struct spf_directive d;

	if (equals != SPAN_NPOS && is_modifier_name(span_sub(term, 0, equals)))
		return parse_modifier(
			span_sub(term, 0, equals), span_from(term, equals + 1), policy);
	if (terms->len == SPF_DIRECTIVES_MAX || !parse_directive(term, &d))
		return false;
	VEC_PUSH(a, terms, d);
	return true;
}

bool spf_policy_parse(
	struct arena *a, struct span text, struct spf_policy *out, struct span *out_bad)
{
	struct spf_policy policy = { 0 };
	struct terms terms = { 0 };
	struct span rest = span_from(text, VERSION.len), term;

	*out_bad = text;
	if (text.len > SPF_RECORD_BYTES || !spf_policy_is_record(text))
		return false;
	while (span_split(&rest, ' ', &term)) {
		*out_bad = term;
		if (term.len > 0 && !parse_term(a, term, &terms, &policy))
			return false;
	}
	policy.items = terms.items;
	policy.len = terms.len;
	*out = policy;
	return true;
}
