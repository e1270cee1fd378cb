/* All methods over one message. */
#include "mailcore/auth/verify.h"

#include "mailcore/auth/domain_name.h"
#include "mailcore/auth/signature.h"
#include "mailcore/base/clock.h"
#include "mailcore/mime/header.h"

struct auth_check {
	struct resolver *resolver;
	const struct auth_query *query;
	struct span head;
	struct dkim_verifier *dkim; /* NULL: no signature */
	struct arc_verifier *arc;   /* NULL: no chain */
};

/* --- asking in advance ------------------------------------------------------------------------ */

static void prefetch_txt(
	struct resolver *r, struct arena *a, const char *prefix, struct span domain)
{
	struct span name;

	if (domain_name_ascii(a, domain, &name) && domain_name_labels(name) > 1)
		resolver_prefetch(
			r, arena_printf(a, "%s" SPAN_FMT, prefix, SPAN_ARG(name)), DNS_TXT);
}

void auth_prefetch(struct resolver *r, struct arena *a, const struct auth_query *query)
{
	size_t at = span_rfind(query->mail_from, '@');
	struct span reverse = resolver_reverse_name(a, &query->ip);

	if (reverse.len > 0)
		resolver_prefetch(r, reverse, DNS_PTR);
	if (at != SPAN_NPOS)
		prefetch_txt(r, a, "", span_from(query->mail_from, at + 1));
	prefetch_txt(r, a, "", query->helo);
}

static void prefetch_policy(struct resolver *r, struct arena *a, struct span head)
{
	struct span author;

	if (dmarc_author_domain(a, head, &author) == RC_OK)
		prefetch_txt(r, a, "_dmarc.", author);
}

/* As many as will be looked at. */
static void prefetch_keys(struct resolver *r, struct arena *a, struct span head)
{
	struct cur c = cur_of(head);
	struct header_field field;
	struct signature signature;
	struct span reason;

	for (int i = 0; i < DKIM_SIGNATURES_MAX; i++) {
		if (!header_next_named(&c, SPAN("DKIM-Signature"), &field))
			return;
		if (signature_parse(a, SIGNATURE_DKIM, &field, &signature, &reason))
			resolver_prefetch(r,
				arena_printf(a, SPAN_FMT "._domainkey." SPAN_FMT,
					SPAN_ARG(signature.selector), SPAN_ARG(signature.domain)),
				DNS_TXT);
	}
}

/* --- the message ------------------------------------------------------------------------------ */

struct auth_check *auth_begin(
	struct resolver *r, struct arena *a, const struct auth_query *query, struct span head)
{
	struct auth_check *c = arena_zalloc(a, sizeof *c);

	c->resolver = r;
	c->query = query;
	c->head = head;
	auth_prefetch(r, a, query);
	prefetch_policy(r, a, head);
	if (header_count(head, SPAN("DKIM-Signature")) > 0) {
		prefetch_keys(r, a, head);
		c->dkim = dkim_verify_begin(a, head);
	}
	if (header_count(head, SPAN("ARC-Seal")) > 0)
		c->arc = arc_verify_begin(a, head);
	return c;
}

bool auth_wants_body(const struct auth_check *c)
{
	return c->dkim || c->arc;
}

void auth_body(struct auth_check *c, struct span bytes)
{
	if (c->dkim)
		dkim_verify_body(c->dkim, bytes);
	if (c->arc)
		arc_verify_body(c->arc, bytes);
}

static void check_spf(const struct auth_check *c, struct ctx *ctx, struct auth_verdicts *out)
{
	struct spf_query query = {
		.ip = c->query->ip, .helo = c->query->helo, .receiver = span_of(c->query->hostname)
	};

	spf_check(c->resolver, ctx, &query, &out->helo);
	out->spf = out->helo;
	if (c->query->mail_from.len == 0)
		return;
	query.mail_from = c->query->mail_from;
	spf_check(c->resolver, ctx, &query, &out->spf);
}

static void check_dmarc(const struct auth_check *c, struct ctx *ctx, struct auth_verdicts *out)
{
	const struct dkim_results *dkim = &out->dkim;
	struct span *passed = arena_array(ctx->arena, dkim->len + 1, sizeof *passed);
	struct dmarc_query query = { .spf_temperror = out->spf.result == AUTH_TEMPERROR,
		.spf_domain = out->spf.result == AUTH_PASS ? out->spf.domain : SPAN(""),
		.dkim_domains = passed };

	for (size_t i = 0; i < dkim->len; i++) {
		if (dkim->items[i].result == AUTH_PASS)
			passed[query.n_dkim_domains++] = dkim->items[i].domain;
		if (dkim->items[i].result == AUTH_TEMPERROR)
			query.dkim_temperror = true;
	}
	if (dmarc_author_domain(ctx->arena, c->head, &query.author_domain) != RC_OK)
		query.author_domain = SPAN(""); /* permerror */
	dmarc_check(c->resolver, ctx, &query, &out->dmarc);
}

void auth_end(struct auth_check *c, struct ctx *ctx, struct auth_verdicts *out)
{
	*out = (struct auth_verdicts){ .arc = { .result = AUTH_NONE,
					       .sealer = SPAN(""),
					       .auth_results = SPAN(""),
					       .reason = SPAN("") } };
	if (c->dkim)
		dkim_verify_end(c->dkim, c->resolver, ctx, ctx->now_us / USEC_PER_SEC, &out->dkim);
	if (c->arc)
		arc_verify_end(c->arc, c->resolver, ctx, &out->arc);
	iprev_check(c->resolver, ctx, &c->query->ip, &out->iprev);
	check_spf(c, ctx, out);
	check_dmarc(c, ctx, out);
}
