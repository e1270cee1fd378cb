/* SPF records merged. */
#include "backend/dns/spf_merge.h"

#include <string.h>

#include "mailcore/auth/spf_policy.h"
#include "mailcore/base/str.h"

#define TERMS_MAX 200 /* more cannot be meant: receivers stop at ten look-ups and some kilobytes */

struct merge {
	struct str text;
	struct span terms[TERMS_MAX];
	size_t n_terms, lookups;
	struct span all; /* the mildest of the records */
};

static bool prefix_eq(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	if (memcmp(a, b, bytes) != 0)
		return false;
	return rest == 0 || ((a[bytes] ^ b[bytes]) >> (8 - rest)) == 0;
}

/* One of the record's own networks lets the address send, before anything else forbids it. */
static bool is_covered(const struct spf_policy *policy, const struct addr *address)
{
	bool v4 = address->family == AF_INET;

	for (size_t i = 0; i < policy->len; i++) {
		const struct spf_directive *d = &policy->items[i];
		bool fits = d->kind == (v4 ? SPF_MECH_IP4 : SPF_MECH_IP6) &&
			prefix_eq(d->ip, address->bytes, v4 ? d->bits4 : d->bits6);
		if (fits || d->kind == SPF_MECH_ALL)
			return d->result == AUTH_PASS;
	}
	return false;
}

static void add_own(struct merge *m, const struct spf_policy *policies, size_t n,
	const struct addr *addresses, size_t n_addresses)
{
	for (size_t i = 0; i < n_addresses; i++) {
		bool covered = false;
		for (size_t k = 0; k < n; k++)
			covered |= is_covered(&policies[k], &addresses[i]);
		if (covered && n == 1)
			continue;
		str_add_cstr(&m->text, addresses[i].family == AF_INET6 ? " ip6:" : " ip4:");
		addr_add(&m->text, &addresses[i]);
	}
}

static bool is_known(const struct merge *m, struct span term)
{
	for (size_t i = 0; i < m->n_terms; i++) {
		if (span_ieq(m->terms[i], term))
			return true;
	}
	return false;
}

static bool starts_with_word(struct span term, const char *word)
{
	struct span w = span_of(word), head = span_sub(term, 0, w.len);
	char next = term.len > w.len ? term.ptr[w.len] : ':';

	return span_ieq(head, w) && (next == ':' || next == '/' || next == '=');
}

/* RFC 7208 §4.6.4 */
static bool needs_lookup(struct span term)
{
	static const char *const words[] = { "include", "a", "mx", "ptr", "exists", "redirect" };
	bool qualified = term.len > 0 && strchr("+-~?", term.ptr[0]);
	struct span bare = span_from(term, qualified ? 1 : 0);

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (starts_with_word(bare, words[i]))
			return true;
	}
	return false;
}

static int mildness(struct span all)
{
	switch (all.len == 3 ? '+' : all.ptr[0]) {
	case '-':
		return 0;
	case '~':
		return 1;
	case '?':
		return 2;
	default:
		return 3;
	}
}

static bool is_all(struct span term)
{
	return span_ieq(term, SPAN("all")) ||
		(term.len == 4 && strchr("+-~?", term.ptr[0]) &&
			span_ieq(span_from(term, 1), SPAN("all")));
}

/* "all" is kept for the end; a redirect counts only without it. False: too many terms. */
static bool add_terms(struct merge *m, struct span text)
{
	struct span rest = text, term;

	(void)span_split(&rest, ' ', &term); /* the version */
	while (span_split(&rest, ' ', &term)) {
		if (term.len == 0 || is_known(m, term))
			continue;
		if (is_all(term)) {
			if (m->all.len == 0 || mildness(term) > mildness(m->all))
				m->all = term;
			continue;
		}
		if (m->n_terms == TERMS_MAX)
			return false;
		m->terms[m->n_terms++] = term;
		m->lookups += needs_lookup(term);
		str_add_c(&m->text, ' ');
		str_add(&m->text, term);
	}
	return true;
}

bool spf_merge(struct arena *a, const struct span *texts, size_t n, const struct addr *addresses,
	size_t n_addresses, struct spf_merged *out)
{
	struct spf_policy policies[SPF_MERGE_MAX];
	struct span good[SPF_MERGE_MAX], bad;
	struct merge *m = arena_alloc(a, sizeof *m);
	size_t n_good = 0;
	bool ok = true;

	*m = (struct merge){ .text = str_in(a, SPF_MERGED_MAX) };
	for (size_t i = 0; i < n && n_good < SPF_MERGE_MAX; i++) {
		if (spf_policy_parse(a, texts[i], &policies[n_good], &bad))
			good[n_good++] = texts[i];
	}
	str_add_cstr(&m->text, "v=spf1");
	add_own(m, policies, n_good, addresses, n_addresses);
	for (size_t i = 0; i < n_good; i++)
		ok = ok && add_terms(m, good[i]);
	if (m->all.len > 0) {
		str_add_c(&m->text, ' ');
		str_add(&m->text, m->all);
	}
	*out = (struct spf_merged){ str_span(&m->text), m->lookups };
	return ok && n_good > 0 && str_ok(&m->text);
}
