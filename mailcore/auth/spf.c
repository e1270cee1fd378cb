/*
 * SPF: check_host (RFC 7208 §4).
 *
 * include and redirect call check_host again; each costs one of the ten look-ups, so that the
 * depth is bounded by them. What DNS failed to answer is temperror, whatever else was found.
 */
#include "mailcore/auth/spf.h"

#include "mailcore/auth/domain_name.h"
#include "mailcore/auth/spf_macro.h"
#include "mailcore/auth/spf_policy.h"
#include "mailcore/base/clock.h"

#define VOIDS_MAX 2
#define NAMES_MAX 10 /* of one MX or PTR answer */
#define TIME_MS   20000

struct eval {
	struct resolver *resolver;
	struct ctx ctx; /* with a deadline of our own */
	struct spf_macro_values values;
	unsigned lookups, voids;
	bool asked_names;             /* names were looked for */
	struct span names[NAMES_MAX]; /* of the client, validated */
	size_t n_names;
	struct span reason;
	struct span record; /* of the first domain, when it is given */
};

/* What check_host says, and which term said it. */
struct verdict {
	enum auth_result result;
	struct span mechanism;
	struct span exp; /* domain-spec of the policy that failed; ptr is NULL when it has none */
	struct span domain; /* of that policy */
};

static void check_host(struct eval *e, struct span domain, struct verdict *out);

/* --- asking ----------------------------------------------------------------------------------- */

static enum auth_result trouble(struct eval *e, enum auth_result result, struct span reason)
{
	if (e->reason.len == 0)
		e->reason = reason;
	return result;
}

static enum auth_result no_answer(struct eval *e, struct span name)
{
	return trouble(e, AUTH_TEMPERROR,
		arena_printf(e->ctx.arena, "DNS did not answer about " SPAN_FMT, SPAN_ARG(name)));
}

/* For names that come from records and messages: a backslash in them is a backslash, while DNS
 * gives its names escaped. */
static struct span escape(struct arena *a, struct span name)
{
	if (span_find(name, '\\') == SPAN_NPOS)
		return name;
	struct str out = str_in(a, 2 * name.len);
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '\\')
			str_add_c(&out, '\\');
		str_add_c(&out, name.ptr[i]);
	}
	return str_span(&out);
}

/* RC_NOT_FOUND for names that cannot be asked about, too. */
static enum rc ask(struct eval *e, struct span name, enum dns_type type, struct dns_answer *out)
{
	enum rc rc = resolver_query(e->resolver, &e->ctx, name, type, out, NULL);
	return rc == RC_INVALID ? RC_NOT_FOUND : rc;
}

/* §4.6.4; AUTH_NONE: go on. */
static enum auth_result count_lookup(struct eval *e)
{
	if (++e->lookups <= SPF_LOOKUPS_MAX)
		return AUTH_NONE;
	return trouble(e, AUTH_PERMERROR, SPAN("The record needs more than 10 DNS look-ups"));
}

/* AUTH_NONE: go on, answer->len may be 0. */
static enum auth_result ask_counted(
	struct eval *e, struct span name, enum dns_type type, struct dns_answer *out)
{
	*out = (struct dns_answer){ 0 };
	enum rc rc = ask(e, name, type, out);
	if (rc == RC_OK)
		return AUTH_NONE;
	if (rc != RC_NOT_FOUND)
		return no_answer(e, name);
	if (++e->voids <= VOIDS_MAX)
		return AUTH_NONE;
	return trouble(
		e, AUTH_PERMERROR, SPAN("More than 2 names in the record have nothing in DNS"));
}

static enum dns_type address_type(const struct eval *e)
{
	return e->values.ip.family == AF_INET6 ? DNS_AAAA : DNS_A;
}

/* --- names of the client (§5.5, §7.3) --------------------------------------------------------- */

static bool leads_back(struct eval *e, struct span name)
{
	struct dns_answer answer;

	if (ask(e, name, address_type(e), &answer) != RC_OK)
		return false;
	for (size_t i = 0; i < answer.len; i++) {
		if (addr_eq(&answer.items[i].addr, &e->values.ip))
			return true;
	}
	return false;
}

/* An error while looking for them means fewer names, never an error of the whole. */
static void find_names(struct eval *e)
{
	struct dns_answer answer;

	if (e->asked_names)
		return;
	e->asked_names = true;
	enum rc rc = resolver_reverse(e->resolver, &e->ctx, &e->values.ip, &answer);
	if (rc == RC_NOT_FOUND)
		e->voids++; /* counted; what comes next may be too much */
	if (rc != RC_OK)
		return;
	for (size_t i = 0; i < answer.len && i < NAMES_MAX; i++) {
		if (leads_back(e, answer.items[i].text))
			e->names[e->n_names++] = answer.items[i].text;
	}
}

/* %{p}: the domain itself, a name below it, any name; else "unknown". */
static struct span best_name(const struct eval *e, struct span domain)
{
	struct span best = SPAN_NONE;

	for (size_t i = 0; i < e->n_names; i++) {
		if (span_ieq(e->names[i], domain))
			return e->names[i];
		if (!best.ptr ||
			(!domain_name_is_below(best, domain) &&
				domain_name_is_below(e->names[i], domain)))
			best = e->names[i];
	}
	return best.ptr ? best : SPAN("unknown");
}

/* --- domain-specs ----------------------------------------------------------------------------- */

/* §7.3: from the left, label by label, until it fits. */
static struct span shorten(struct span name)
{
	while (name.len > DOMAIN_NAME_MAX) {
		size_t dot = span_find(name, '.');
		name = span_from(name, dot == SPAN_NPOS ? name.len : dot + 1);
	}
	return name;
}

static struct span expand(struct eval *e, struct span text, struct span domain)
{
	struct str out = str_in(e->ctx.arena, SPF_EXPANDED_MAX);

	if (spf_macro_uses(text, 'p')) {
		find_names(e);
		e->values.validated = best_name(e, domain);
	}
	e->values.domain = domain;
	spf_macro_expand(&e->values, text, &out);
	return str_ok(&out) ? str_span(&out) : SPAN("");
}

/* The name that a term is about. */
static struct span target_of(struct eval *e, struct span target, struct span domain)
{
	if (target.len == 0)
		return domain;
	struct span name = expand(e, target, domain);
	if (span_ends(name, SPAN(".")))
		name.len--;
	return shorten(name);
}

/* --- mechanisms ------------------------------------------------------------------------------- */

/* Each says AUTH_PASS: it matches; AUTH_NONE: it does not; or which error there is. */

static bool same_network(const struct addr *ip, const uint8_t *bytes, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(ip->bytes, bytes, whole) != 0)
		return false;
	return rest == 0 || (ip->bytes[whole] ^ bytes[whole]) >> (8 - rest) == 0;
}

static enum auth_result match_ip(const struct eval *e, const struct spf_directive *d)
{
	bool ip6 = d->kind == SPF_MECH_IP6;

	if (e->values.ip.family != (ip6 ? AF_INET6 : AF_INET))
		return AUTH_NONE;
	return same_network(&e->values.ip, d->ip, ip6 ? d->bits6 : d->bits4) ? AUTH_PASS
									     : AUTH_NONE;
}

static enum auth_result match_addresses(
	struct eval *e, const struct spf_directive *d, struct span name)
{
	struct dns_answer answer;
	unsigned bits = e->values.ip.family == AF_INET6 ? d->bits6 : d->bits4;

	enum auth_result said = ask_counted(e, name, address_type(e), &answer);
	for (size_t i = 0; said == AUTH_NONE && i < answer.len; i++) {
		if (answer.items[i].addr.family == e->values.ip.family &&
			same_network(&e->values.ip, answer.items[i].addr.bytes, bits))
			return AUTH_PASS;
	}
	return said;
}

static enum auth_result match_mx(struct eval *e, const struct spf_directive *d, struct span name)
{
	struct dns_answer answer;

	enum auth_result said = ask_counted(e, name, DNS_MX, &answer);
	if (answer.len > NAMES_MAX)
		return trouble(e, AUTH_PERMERROR,
			arena_printf(e->ctx.arena, SPAN_FMT " has more than 10 MX records",
				SPAN_ARG(name)));
	for (size_t i = 0; said == AUTH_NONE && i < answer.len; i++) {
		if (answer.items[i].text.len > 0) /* a null MX names nobody */
			said = match_addresses(e, d, answer.items[i].text);
	}
	return said;
}

static enum auth_result match_ptr(struct eval *e, struct span name)
{
	find_names(e);
	for (size_t i = 0; i < e->n_names; i++) {
		struct span wanted;
		if (domain_name_ascii(e->ctx.arena, name, &wanted) &&
			domain_name_is_below(e->names[i], wanted))
			return AUTH_PASS;
	}
	return AUTH_NONE;
}

/* An A record whatever the client's address is (§5.7). */
static enum auth_result match_exists(struct eval *e, struct span name)
{
	struct dns_answer answer;

	enum auth_result said = ask_counted(e, name, DNS_A, &answer);
	return said == AUTH_NONE && answer.len > 0 ? AUTH_PASS : said;
}

/* §5.2 */
static enum auth_result match_include(struct eval *e, struct span name)
{
	struct verdict inner;

	check_host(e, name, &inner);
	switch (inner.result) {
	case AUTH_PASS:
		return AUTH_PASS;
	case AUTH_FAIL:
	case AUTH_SOFTFAIL:
	case AUTH_NEUTRAL:
		return AUTH_NONE;
	case AUTH_TEMPERROR:
		return AUTH_TEMPERROR;
	case AUTH_NONE:
	case AUTH_POLICY:
	case AUTH_PERMERROR:
		break;
	}
	return trouble(e, AUTH_PERMERROR,
		arena_printf(e->ctx.arena, "The included " SPAN_FMT " has no SPF record",
			SPAN_ARG(name)));
}

static enum auth_result match(struct eval *e, const struct spf_directive *d, struct span domain)
{
	if (d->kind == SPF_MECH_ALL)
		return AUTH_PASS;
	if (d->kind == SPF_MECH_IP4 || d->kind == SPF_MECH_IP6)
		return match_ip(e, d);
	enum auth_result said = count_lookup(e);
	if (said != AUTH_NONE)
		return said;
	struct span target = target_of(e, d->target, domain);
	struct span name = escape(e->ctx.arena, target);
	switch (d->kind) {
	case SPF_MECH_INCLUDE:
		return match_include(e, target);
	case SPF_MECH_A:
		return match_addresses(e, d, name);
	case SPF_MECH_MX:
		return match_mx(e, d, name);
	case SPF_MECH_PTR:
		return match_ptr(e, target);
	case SPF_MECH_EXISTS:
		return match_exists(e, name);
	case SPF_MECH_ALL:
	case SPF_MECH_IP4:
	case SPF_MECH_IP6:
		break;
	}
	return AUTH_NONE;
}

/* --- check_host ------------------------------------------------------------------------------- */

/* AUTH_NONE with text.ptr NULL: there is no record. */
static enum auth_result find_record(struct eval *e, struct span domain, struct span *text)
{
	struct dns_answer answer = { 0 };

	*text = e->record;
	e->record = SPAN_NONE;
	if (text->len > 0)
		return AUTH_NONE;
	*text = SPAN_NONE;
	enum rc rc = ask(e, escape(e->ctx.arena, domain), DNS_TXT, &answer);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? AUTH_NONE : no_answer(e, domain);
	for (size_t i = 0; i < answer.len; i++) {
		if (!spf_policy_is_record(answer.items[i].text))
			continue;
		if (text->ptr)
			return trouble(e, AUTH_PERMERROR,
				arena_printf(e->ctx.arena, SPAN_FMT " has more than one SPF record",
					SPAN_ARG(domain)));
		*text = answer.items[i].text;
	}
	return AUTH_NONE;
}

/* §6.1 */
static void follow_redirect(
	struct eval *e, const struct spf_policy *policy, struct span domain, struct verdict *out)
{
	out->result = count_lookup(e);
	if (out->result != AUTH_NONE)
		return;
	struct span target = target_of(e, policy->redirect, domain);
	check_host(e, target, out);
	if (out->result == AUTH_NONE)
		out->result = trouble(e, AUTH_PERMERROR,
			arena_printf(e->ctx.arena,
				"The record leads to " SPAN_FMT ", which has none",
				SPAN_ARG(target)));
}

static void evaluate(
	struct eval *e, const struct spf_policy *policy, struct span domain, struct verdict *out)
{
	for (size_t i = 0; i < policy->len; i++) {
		const struct spf_directive *d = &policy->items[i];
		enum auth_result said = match(e, d, domain);
		if (said == AUTH_NONE)
			continue;
		out->result = said == AUTH_PASS ? d->result : said;
		out->mechanism = d->text;
		out->exp = policy->exp;
		out->domain = domain;
		return;
	}
	if (policy->redirect.ptr)
		follow_redirect(e, policy, domain, out);
	else
		out->result = AUTH_NEUTRAL;
}

/* §4.3: one label, or an address literal, is nobody's domain. */
static bool is_domain(struct arena *a, struct span text, struct span *out)
{
	return domain_name_ascii(a, text, out) && domain_name_labels(*out) > 1 &&
		out->ptr[0] != '[';
}

/* What somebody has written into a record, for people: at most 100 characters. */
static struct span shown(struct arena *a, struct span text)
{
	struct str out = str_in(a, 100);

	for (size_t i = 0; i < text.len && i < 100; i++)
		str_add_c(&out, text.ptr[i] >= ' ' && text.ptr[i] < 0x7f ? text.ptr[i] : '?');
	return str_span(&out);
}

static void check_host(struct eval *e, struct span name, struct verdict *out)
{
	struct span domain, text, bad;
	struct spf_policy policy;

	*out = (struct verdict){ .result = AUTH_NONE };
	if (!is_domain(e->ctx.arena, name, &domain))
		return;
	out->result = find_record(e, domain, &text);
	if (!text.ptr || out->result != AUTH_NONE)
		return;
	if (spf_policy_parse(e->ctx.arena, text, &policy, &bad))
		evaluate(e, &policy, domain, out);
	else
		out->result = trouble(e, AUTH_PERMERROR,
			arena_printf(e->ctx.arena,
				"The SPF record of " SPAN_FMT " is malformed at \"" SPAN_FMT "\"",
				SPAN_ARG(domain), SPAN_ARG(shown(e->ctx.arena, bad))));
}

/* --- the whole -------------------------------------------------------------------------------- */

/* §6.2: whatever goes wrong here, there is no explanation, and the result stays. */
static struct span explain(struct eval *e, const struct verdict *v)
{
	struct dns_answer answer;
	struct str out = str_in(e->ctx.arena, SPF_EXPANDED_MAX);

	if (v->result != AUTH_FAIL || !v->exp.ptr)
		return SPAN("");
	struct span name = escape(e->ctx.arena, target_of(e, v->exp, v->domain));
	if (ask(e, name, DNS_TXT, &answer) != RC_OK || answer.len != 1)
		return SPAN("");
	struct span text = answer.items[0].text;
	if (!spf_macro_string_valid(text, true))
		return SPAN("");
	struct span expanded = expand(e, text, v->domain);
	for (size_t i = 0; i < expanded.len; i++) /* what came from the message may be anything */
		str_add_c(&out,
			expanded.ptr[i] >= ' ' && expanded.ptr[i] < 0x7f ? expanded.ptr[i] : '?');
	return str_span(&out);
}

/* §4.3: a sender without a local part is postmaster. */
static void set_sender(struct spf_macro_values *values, const struct spf_query *query)
{
	size_t at = span_rfind(query->mail_from, '@');

	values->local = SPAN("postmaster");
	values->origin = query->helo;
	if (query->mail_from.len == 0)
		return;
	values->origin = query->mail_from;
	if (at == SPAN_NPOS)
		return;
	values->origin = span_from(query->mail_from, at + 1);
	if (at > 0)
		values->local = span_sub(query->mail_from, 0, at);
}

void spf_check(
	struct resolver *r, struct ctx *ctx, const struct spf_query *query, struct spf_result *out)
{
	int64_t until_ms = clock_mono_ms() + TIME_MS;
	struct eval *e = arena_zalloc(ctx->arena, sizeof *e);
	struct verdict v;

	e->resolver = r;
	e->ctx = *ctx;
	e->ctx.deadline_ms = ctx->deadline_ms < until_ms ? ctx->deadline_ms : until_ms;
	e->values = (struct spf_macro_values){ .ip = query->ip,
		.helo = query->helo,
		.receiver = query->receiver,
		.now_s = ctx->now_us / USEC_PER_SEC };
	set_sender(&e->values, query);
	e->record = query->record;
	check_host(e, e->values.origin, &v);
	*out = (struct spf_result){ .result = v.result,
		.domain = e->values.origin,
		.from_helo = query->mail_from.len == 0,
		.mechanism = v.mechanism,
		.lookups = e->lookups,
		.void_lookups = e->voids,
		.explanation = explain(e, &v),
		.reason = v.result == AUTH_TEMPERROR || v.result == AUTH_PERMERROR ? e->reason
										   : SPAN("") };
}
