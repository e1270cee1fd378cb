/* A closer look at what was judged already. */
#include "backend/dns/closer.h"

#include "backend/dns/judge.h"
#include "mailcore/auth/dmarc.h"
#include "mailcore/auth/spf_policy.h"

#define MX_MAX      10
#define REPORTS_MAX 5
#define DEPTH_MAX   10

static enum rc ask_for(
	const struct closer *c, struct span name, enum dns_type type, struct dns_answer *out)
{
	*out = (struct dns_answer){ 0 };
	return resolver_query(c->resolver, c->ctx, name, type, out, NULL);
}

static void set(struct record *r, enum record_status status, struct span hint)
{
	r->status = status;
	r->hint = hint;
}

static bool is_at_or_below(struct span name, struct span domain)
{
	return span_ieq(name, domain) ||
		(name.len > domain.len + 1 && span_iends(name, domain) &&
			name.ptr[name.len - domain.len - 1] == '.');
}

/* ------------------------------------------------------------------------ MX */

enum target { TARGET_FINE, TARGET_ADDRESS, TARGET_NO_DOT, TARGET_ALIAS, TARGET_NOWHERE };

static enum target look_at_target(const struct closer *c, struct span name)
{
	struct span host = c->ask->hostname;
	struct dns_answer a, aaaa;
	struct addr addr;

	if (addr_parse(name, &addr))
		return TARGET_ADDRESS;
	if (name.len > host.len && span_istarts(name, host) && name.ptr[host.len] == '.' &&
		is_at_or_below(name, c->ask->domain))
		return TARGET_NO_DOT;
	enum rc rc = ask_for(c, name, DNS_A, &a), rc6 = ask_for(c, name, DNS_AAAA, &aaaa);
	if (a.cname.len > 0 || aaaa.cname.len > 0)
		return TARGET_ALIAS;
	bool nowhere = rc == RC_NOT_FOUND && rc6 == RC_NOT_FOUND && !span_ieq(name, host);
	return nowhere ? TARGET_NOWHERE : TARGET_FINE;
}

static const char *target_hint(enum target target)
{
	switch (target) {
	case TARGET_FINE:
		break;
	case TARGET_ADDRESS:
		return "is an address, and an MX record must have a name. Put the mail server's name "
		       "there.";
	case TARGET_NO_DOT:
		return "ends with your own domain, because the final dot was missing. Write the "
		       "mail server's name with a dot at its end.";
	case TARGET_ALIAS:
		return "is an alias (CNAME), which other servers need not accept. Name the server "
		       "that it leads to.";
	case TARGET_NOWHERE:
		return "has no address, so mail for it waits in vain. Remove that MX record or "
		       "correct the name.";
	}
	return NULL;
}

void closer_mx(const struct closer *c, struct record *r, const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->len && i < MX_MAX; i++) {
		struct span name = answer->items[i].text;
		if (name.len == 0 && answer->len > 1) {
			set(r, RECORD_WRONG,
				SPAN("One MX record says that the domain takes no mail (\".\"), others "
				     "name servers. Remove the one with the dot."));
			return;
		}
		const char *hint = name.len > 0 ? target_hint(look_at_target(c, name)) : NULL;
		if (!hint)
			continue;
		set(r, RECORD_WRONG,
			arena_printf(c->ctx->arena, "The mail server " SPAN_FMT " %s",
				SPAN_ARG(printable(c->ctx->arena, name)), hint));
		return;
	}
}

/* ------------------------------------------------------------------------ DMARC reports */

static struct span organisation(const struct closer *c, struct span domain)
{
	struct dmarc_query query = { .author_domain = domain };
	struct dmarc_result result;

	dmarc_check(c->resolver, c->ctx, &query, &result);
	return result.result == AUTH_TEMPERROR ? SPAN_NONE : result.org_domain;
}

static bool has_consent(const struct dns_answer *answer)
{
	bool has = false;
	for (size_t i = 0; i < answer->len; i++)
		has |= span_starts(answer->items[i].text, SPAN("v=DMARC1"));
	return has;
}

/* Does the other side say that it wants these reports? Without an answer it may. */
static bool lacks_consent(const struct closer *c, struct span other)
{
	struct dns_answer answer;
	struct span name = arena_printf(c->ctx->arena, SPAN_FMT "._report._dmarc." SPAN_FMT,
		SPAN_ARG(c->ask->domain), SPAN_ARG(other));
	struct span here = organisation(c, c->ask->domain), there = organisation(c, other);

	if (here.len == 0 || there.len == 0 || span_ieq(here, there))
		return false;
	enum rc rc = ask_for(c, name, DNS_TXT, &answer);
	return rc == RC_NOT_FOUND || (rc == RC_OK && !has_consent(&answer));
}

/* "mailto:a@b.test!10m": b.test; false: something else. */
static bool report_domain(struct span uri, struct span *out)
{
	size_t at = span_rfind(uri, '@');

	if (!span_istarts(uri, SPAN("mailto:")) || at == SPAN_NPOS)
		return false;
	*out = span_from(uri, at + 1);
	size_t size = span_find(*out, '!');
	*out = size == SPAN_NPOS ? *out : span_sub(*out, 0, size);
	return out->len > 0;
}

static void look_at_reports(const struct closer *c, struct record *r, struct span rua)
{
	struct span uri, domain;

	for (int i = 0; i < REPORTS_MAX && span_split(&rua, ',', &uri); i++) {
		uri = span_trim(uri);
		if (!report_domain(uri, &domain)) {
			set(r, RECORD_MALFORMED,
				arena_printf(c->ctx->arena,
					"rua= must have addresses such as mailto:postmaster@" SPAN_FMT
					".",
					SPAN_ARG(c->ask->domain)));
			return;
		}
		if (is_at_or_below(domain, c->ask->domain) || !lacks_consent(c, domain))
			continue;
		set(r, RECORD_WRONG,
			arena_printf(c->ctx->arena,
				"Reports go to " SPAN_FMT
				", which has not agreed to it, so they are "
				"not sent. It needs the TXT record " SPAN_FMT
				"._report._dmarc." SPAN_FMT " with the value v=DMARC1.",
				SPAN_ARG(printable(c->ctx->arena, domain)),
				SPAN_ARG(c->ask->domain),
				SPAN_ARG(printable(c->ctx->arena, domain))));
		return;
	}
}

void closer_dmarc(const struct closer *c, struct record *r, const struct dns_answer *answer)
{
	struct dmarc_record record;

	for (size_t i = 0; r->status == RECORD_OK && i < answer->len; i++) {
		if (dmarc_record_parse(answer->items[i].text, &record) == RC_OK)
			look_at_reports(c, r, record.rua);
	}
}

/* ------------------------------------------------------------------------ missing */

/* Is there a record of the wanted kind under the name? */
static bool stands_at(const struct closer *c, const struct record *r, struct span name)
{
	struct span kind = span_sub(r->value, 0, 6); /* "v=DKIM", "v=spf1" */
	bool text = span_eq(span_of(r->type), SPAN("TXT"));
	struct dns_answer answer;
	bool stands = false;

	if (ask_for(c, name, text ? DNS_TXT : DNS_MX, &answer) != RC_OK)
		return false;
	for (size_t i = 0; i < answer.len; i++)
		stands |= !text || span_istarts(answer.items[i].text, kind);
	return stands;
}

void closer_missing(const struct closer *c, struct record *r)
{
	struct arena *a = c->ctx->arena;
	struct span domain = c->ask->domain;
	bool text = span_eq(span_of(r->type), SPAN("TXT"));

	if ((!text && !span_eq(span_of(r->type), SPAN("MX"))) || !is_at_or_below(r->name, domain))
		return;
	struct span doubled =
		arena_printf(a, SPAN_FMT "." SPAN_FMT, SPAN_ARG(r->name), SPAN_ARG(domain));
	if (stands_at(c, r, doubled))
		r->hint = arena_printf(a,
			"The record stands under " SPAN_FMT
			": whoever keeps the zone adds the domain to each name. Enter only \"" SPAN_FMT
			"\" as its name.",
			SPAN_ARG(doubled), SPAN_ARG(r->label));
	else if (text && !span_ieq(r->name, domain) && stands_at(c, r, domain))
		r->hint = arena_printf(a,
			"The record stands under the domain's own name. Move it to " SPAN_FMT ".",
			SPAN_ARG(r->name));
}

/* ------------------------------------------------------------------------ SPF */

static void tree_add(const struct closer *c, struct spf_tree *out, unsigned depth, struct span text,
	unsigned lookups)
{
	if (out->len < SPF_TREE_LINES)
		out->lines[out->len++] = arena_printf(c->ctx->arena, "%*s" SPAN_FMT " (%u)",
			(int)(2 * depth), "", SPAN_ARG(printable(c->ctx->arena, text)), lookups);
}

static bool needs_lookup(enum spf_kind kind)
{
	switch (kind) {
	case SPF_MECH_INCLUDE:
	case SPF_MECH_A:
	case SPF_MECH_MX:
	case SPF_MECH_PTR:
	case SPF_MECH_EXISTS:
		return true;
	case SPF_MECH_ALL:
	case SPF_MECH_IP4:
	case SPF_MECH_IP6:
		break;
	}
	return false;
}

static void walk(const struct closer *c, struct span text, unsigned depth, struct spf_tree *out);

/* The record that is included; names with macros depend on the sender and are only counted. */
static void walk_into(
	const struct closer *c, struct span name, unsigned depth, struct spf_tree *out)
{
	struct dns_answer answer;

	if (depth >= DEPTH_MAX || out->len >= SPF_TREE_LINES || span_find(name, '%') != SPAN_NPOS ||
		ask_for(c, name, DNS_TXT, &answer) != RC_OK)
		return;
	struct span text = judge_spf_text(&answer);
	if (text.len > 0)
		walk(c, text, depth + 1, out);
}

static void walk(const struct closer *c, struct span text, unsigned depth, struct spf_tree *out)
{
	struct spf_policy policy;
	struct span bad;

	if (!spf_policy_parse(c->ctx->arena, text, &policy, &bad))
		return;
	for (size_t i = 0; i < policy.len && out->len < SPF_TREE_LINES; i++) {
		const struct spf_directive *d = &policy.items[i];
		if (!needs_lookup(d->kind))
			continue;
		out->lookups++;
		tree_add(c, out, depth, d->text, out->lookups);
		if (d->kind == SPF_MECH_INCLUDE)
			walk_into(c, d->target, depth, out);
	}
	if (policy.redirect.ptr && out->len < SPF_TREE_LINES) {
		out->lookups++;
		tree_add(c, out, depth,
			arena_printf(
				c->ctx->arena, "redirect=" SPAN_FMT, SPAN_ARG(policy.redirect)),
			out->lookups);
		walk_into(c, policy.redirect, depth, out);
	}
}

void closer_spf_tree(const struct closer *c, struct span text, struct spf_tree *out)
{
	*out = (struct spf_tree){ .len = 0 };
	walk(c, text, 0, out);
}
