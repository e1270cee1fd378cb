/*
 * DMARC: the tree walk, the policy, and whether a proven domain belongs to the author's.
 *
 * A walk that DNS did not answer leaves things unknown: then the result is temperror, unless what
 * is known is enough for pass.
 */
#include "mailcore/auth/dmarc.h"

#include "mailcore/auth/domain_name.h"
#include "mailcore/base/str.h"

#define WALK_LABELS 7 /* longer names jump to their last seven labels: 8 questions at most */

struct found {
	struct span domain;
	struct dmarc_record record;
};

/* RFC 9989 §4.10 */
struct walk {
	struct span start;
	struct found found[WALK_LABELS + 1]; /* from the longest name to the shortest */
	size_t len;
	bool incomplete; /* DNS did not answer */
	struct span org; /* not valid when incomplete */
};

struct check {
	struct resolver *resolver;
	struct ctx *ctx;
	const struct dmarc_query *query;
	struct walk author;
};

/* --- the walk --------------------------------------------------------------------------------- */

/* RC_OK: the only DMARC record there. Several are none. */
static enum rc find_record(struct check *c, struct span domain, struct dmarc_record *out)
{
	struct span name = arena_printf(c->ctx->arena, "_dmarc." SPAN_FMT, SPAN_ARG(domain));
	struct dns_answer answer;
	size_t records = 0;

	enum rc rc = resolver_query(c->resolver, c->ctx, name, DNS_TXT, &answer, NULL);
	if (rc != RC_OK)
		return rc == RC_INVALID ? RC_NOT_FOUND : rc;
	for (size_t i = 0; i < answer.len; i++) {
		struct dmarc_record record;
		if (dmarc_record_parse(answer.items[i].text, &record) != RC_OK)
			continue;
		if (records++ == 0)
			*out = record;
	}
	return records == 1 ? RC_OK : RC_NOT_FOUND;
}

/* §4.10.2: psd=n names the organisation; psd=y above the start, the name one label below it;
 * otherwise it is the shortest name that has a record. */
static struct span choose_org(const struct walk *w)
{
	for (size_t i = 0; i < w->len; i++) {
		const struct found *f = &w->found[i];
		if (f->record.psd == 'n')
			return f->domain;
		if (f->record.psd == 'y' && !span_eq(f->domain, w->start))
			return domain_name_last(w->start, domain_name_labels(f->domain) + 1);
	}
	return w->len > 0 ? w->found[w->len - 1].domain : w->start;
}

static void walk_up(struct check *c, struct span start, struct walk *out)
{
	size_t labels = domain_name_labels(start);

	*out = (struct walk){ .start = start };
	for (struct span at = start;; at = domain_name_last(start, labels)) {
		struct dmarc_record record;
		enum rc rc = find_record(c, at, &record);
		if (rc == RC_OK)
			out->found[out->len++] = (struct found){ at, record };
		else if (rc != RC_NOT_FOUND)
			out->incomplete = true;
		bool stop = out->incomplete || (rc == RC_OK && record.psd != 'u');
		if (stop || labels == 1)
			break;
		labels = labels - 1 < WALK_LABELS ? labels - 1 : WALK_LABELS;
	}
	out->org = choose_org(out);
}

/* --- the policy ------------------------------------------------------------------------------- */

/* §4.10.1: the author's own record, the organisation's, that of the public suffix above it. NULL:
 * none. */
static const struct found *choose_policy(const struct walk *w)
{
	const struct found *suffix = NULL;

	if (w->len > 0 && span_eq(w->found[0].domain, w->start))
		return &w->found[0];
	for (size_t i = 0; i < w->len; i++) {
		if (span_eq(w->found[i].domain, w->org))
			return &w->found[i];
		if (w->found[i].record.psd == 'y')
			suffix = &w->found[i];
	}
	return suffix;
}

/* NXDOMAIN, as RFC 8020 understands it (§3.2.13). Without an answer a name is taken to be there. */
static bool does_not_exist(struct check *c, struct span name)
{
	struct dns_answer answer;
	bool nxdomain = false;

	return resolver_query(c->resolver, c->ctx, name, DNS_TXT, &answer, &nxdomain) ==
		RC_NOT_FOUND &&
		nxdomain;
}

static enum dmarc_policy policy_for_author(struct check *c, const struct found *f)
{
	const struct dmarc_record *r = &f->record;

	if (span_eq(f->domain, c->author.start))
		return r->policy;
	if (r->np_policy != r->sub_policy && does_not_exist(c, c->author.start))
		return r->np_policy;
	return r->sub_policy;
}

/* §4.7, t=y: one step milder. */
static enum dmarc_policy soften(enum dmarc_policy policy)
{
	return policy == DMARC_REJECT ? DMARC_QUARANTINE : DMARC_POLICY_NONE;
}

/* --- alignment -------------------------------------------------------------------------------- */

enum alignment { NOT_ALIGNED, ALIGNED, UNKNOWN };

/* §4.4: the same name, or when relaxed of the same organisation. */
static enum alignment align(struct check *c, struct span text, bool strict)
{
	struct span name;
	struct walk walk;

	if (!domain_name_ascii(c->ctx->arena, text, &name))
		return NOT_ALIGNED;
	if (span_eq(name, c->author.start))
		return ALIGNED;
	if (strict)
		return NOT_ALIGNED;
	if (c->author.incomplete)
		return UNKNOWN;
	/* Its organisation is itself or above it. */
	if (!domain_name_is_below(name, c->author.org))
		return NOT_ALIGNED;
	walk_up(c, name, &walk);
	if (walk.incomplete)
		return UNKNOWN;
	return span_eq(walk.org, c->author.org) ? ALIGNED : NOT_ALIGNED;
}

static enum alignment align_dkim(struct check *c, bool strict)
{
	enum alignment best = c->query->dkim_temperror ? UNKNOWN : NOT_ALIGNED;

	for (size_t i = 0; i < c->query->n_dkim_domains; i++) {
		enum alignment one = align(c, c->query->dkim_domains[i], strict);
		if (one == ALIGNED)
			return ALIGNED;
		best = one == UNKNOWN ? UNKNOWN : best;
	}
	return best;
}

static enum alignment align_spf(struct check *c, bool strict)
{
	if (c->query->spf_domain.len > 0)
		return align(c, c->query->spf_domain, strict);
	return c->query->spf_temperror ? UNKNOWN : NOT_ALIGNED;
}

/* --- the whole -------------------------------------------------------------------------------- */

static void judge(struct check *c, const struct dmarc_record *record, struct dmarc_result *out)
{
	enum alignment dkim = align_dkim(c, record->strict_dkim);
	enum alignment spf = dkim == ALIGNED ? NOT_ALIGNED : align_spf(c, record->strict_spf);

	if (dkim == ALIGNED || spf == ALIGNED) {
		out->result = AUTH_PASS;
		out->aligned_by = dkim == ALIGNED ? SPAN("dkim") : SPAN("spf");
	} else if (dkim == UNKNOWN || spf == UNKNOWN) {
		out->result = AUTH_TEMPERROR;
		out->reason = SPAN("DNS did not answer, so it is not known who sent this");
	} else {
		out->result = AUTH_FAIL;
		out->disposition = record->testing ? soften(out->policy) : out->policy;
		out->reason = arena_printf(c->ctx->arena,
			"neither SPF nor a DKIM signature proves that it comes from " SPAN_FMT,
			SPAN_ARG(c->author.start));
	}
}

static void check(struct check *c, struct dmarc_result *out)
{
	const struct found *policy = choose_policy(&c->author);

	out->author_domain = c->author.start;
	out->org_domain = c->author.incomplete ? SPAN("") : c->author.org;
	bool own = policy && span_eq(policy->domain, c->author.start);
	if (c->author.incomplete && !own) {
		out->result = AUTH_TEMPERROR;
		out->reason = SPAN("DNS did not answer about the author's policy");
		return;
	}
	if (!policy || policy->record.policy == DMARC_NO_POLICY)
		return;
	out->record_domain = policy->domain;
	out->policy = policy_for_author(c, policy);
	judge(c, &policy->record, out);
}

void dmarc_check(struct resolver *r, struct ctx *ctx, const struct dmarc_query *query,
	struct dmarc_result *out)
{
	struct check *c = arena_zalloc(ctx->arena, sizeof *c);
	struct span author;

	*out = (struct dmarc_result){ .result = AUTH_NONE,
		.disposition = DMARC_POLICY_NONE,
		.author_domain = SPAN(""),
		.record_domain = SPAN(""),
		.org_domain = SPAN(""),
		.aligned_by = SPAN(""),
		.reason = SPAN("") };
	*c = (struct check){ .resolver = r, .ctx = ctx, .query = query };
	if (!domain_name_ascii(ctx->arena, query->author_domain, &author)) {
		out->result = AUTH_PERMERROR;
		out->reason = SPAN("the author has no domain");
		return;
	}
	walk_up(c, author, &c->author);
	check(c, out);
}
