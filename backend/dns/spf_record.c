/* Reading and amending an SPF record. */
#include "backend/dns/spf_record.h"

#define VERSION SPAN("v=spf1")

bool spf_is_record(struct span text)
{
	return span_istarts(text, VERSION) &&
		(text.len == VERSION.len || text.ptr[VERSION.len] == ' ');
}

/* ------------------------------------------------------------------------ terms */

static bool bits_parse(struct span text, uint64_t max, uint8_t *out)
{
	uint64_t bits;
	if (!span_u64(text, max, &bits))
		return false;
	*out = (uint8_t)bits;
	return true;
}

/* RFC 7208: dual-cidr-length = [ "/" ip4-cidr ] [ "//" ip6-cidr ]; cut off *text. */
static bool dual_cidr_cut(struct span *text, struct spf_term *term)
{
	term->bits4 = 32;
	term->bits6 = 128;
	size_t slash = span_find(*text, '/');
	if (slash == SPAN_NPOS)
		return true;
	struct span cidr = span_from(*text, slash);
	*text = span_sub(*text, 0, slash);
	size_t pair = span_find_span(cidr, SPAN("//"));
	if (pair != SPAN_NPOS && !bits_parse(span_from(cidr, pair + 2), 128, &term->bits6))
		return false;
	struct span four = span_sub(cidr, 0, pair);
	return four.len == 0 || bits_parse(span_from(four, 1), 32, &term->bits4);
}

static bool take_domain(struct span value, struct spf_term *term)
{
	if (span_find(value, '%') != SPAN_NPOS)
		term->mechanism = SPF_OPAQUE;
	if (value.len > 0 && value.ptr[value.len - 1] == '.')
		value.len--;
	term->domain = value;
	return value.len <= 253;
}

static bool take_ip(struct span value, int family, struct spf_term *term)
{
	return net_parse(value, &term->net) && term->net.addr.family == family;
}

static bool take_value(struct span name, bool has_value, struct span value, struct spf_term *term)
{
	if (span_ieq(name, SPAN("ip4")) || span_ieq(name, SPAN("ip6"))) {
		term->mechanism = SPF_IP;
		return has_value && take_ip(value, name.ptr[2] == '4' ? AF_INET : AF_INET6, term);
	}
	if (span_ieq(name, SPAN("include"))) {
		term->mechanism = SPF_INCLUDE;
		return value.len > 0 && take_domain(value, term);
	}
	if (span_ieq(name, SPAN("a")) || span_ieq(name, SPAN("mx"))) {
		term->mechanism = name.len == 1 ? SPF_A : SPF_MX;
		return !(has_value && value.len == 0) && take_domain(value, term);
	}
	term->mechanism = SPF_OPAQUE;
	if (span_ieq(name, SPAN("exists")))
		return value.len > 0;
	return span_ieq(name, SPAN("ptr")) && !(has_value && value.len == 0);
}

/* RFC 7208: directive = [ qualifier ] mechanism */
static bool directive_parse(struct span word, struct spf_term *out)
{
	*out = (struct spf_term){ .qualifier = '+' };
	if (span_find(SPAN("+-~?"), word.ptr[0]) != SPAN_NPOS) {
		out->qualifier = word.ptr[0];
		word = span_from(word, 1);
	}
	if (span_ieq(word, SPAN("all"))) {
		out->mechanism = SPF_ALL;
		return true;
	}
	size_t colon = span_find(word, ':');
	struct span name = span_sub(word, 0, colon), value = SPAN("");
	if (colon != SPAN_NPOS)
		value = span_from(word, colon + 1);
	bool by_name = span_istarts(word, SPAN("a")) || span_istarts(word, SPAN("mx"));
	if (by_name && !dual_cidr_cut(colon == SPAN_NPOS ? &name : &value, out))
		return false;
	return take_value(name, colon != SPAN_NPOS, value, out);
}

/* RFC 7208: modifier = name "=" macro-string; *is: a modifier at all. */
static bool modifier_parse(struct span word, struct spf_record *out, bool *is)
{
	size_t eq = span_find(word, '=');
	*is = eq != SPAN_NPOS && eq < span_find(word, ':') && eq < span_find(word, '/');
	if (!*is || !span_ieq(span_sub(word, 0, eq), SPAN("redirect")))
		return *is && ascii_is_alpha(word.ptr[0]);
	if (out->redirect.len > 0 || eq + 1 == word.len)
		return false;
	out->redirect = span_from(word, eq + 1);
	return true;
}

bool spf_record_parse(struct span text, struct spf_record *out)
{
	if (!spf_is_record(text) || text.len > SPF_RECORD_MAX)
		return false;
	*out = (struct spf_record){ 0 };
	struct span rest = span_from(text, VERSION.len), word;
	while (span_split(&rest, ' ', &word)) {
		bool is_modifier;
		if (word.len == 0)
			continue;
		if (modifier_parse(word, out, &is_modifier))
			continue;
		if (is_modifier || out->len == SPF_TERMS_MAX ||
			!directive_parse(word, &out->terms[out->len]))
			return false;
		out->len++;
	}
	return true;
}

/* ------------------------------------------------------------------------ meaning */

bool spf_term_has(const struct spf_term *term, const struct addr *listed, const struct addr *ours)
{
	struct net net = { *listed, listed->family == AF_INET ? term->bits4 : term->bits6 };
	return net_has(&net, ours);
}

struct span spf_record_add(struct arena *a, struct span text, const struct addr *address)
{
	struct str out = str_in(a, text.len + 64);
	str_add(&out, span_sub(text, 0, VERSION.len));
	str_add_cstr(&out, address->family == AF_INET ? " ip4:" : " ip6:");
	addr_add(&out, address);
	str_add(&out, span_from(text, VERSION.len));
	return str_span(&out);
}
