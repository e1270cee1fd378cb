/* What a domain's zone does contain. */
#include "backend/dns/check.h"

#include "backend/dns/closer.h"
#include "backend/dns/health.h"
#include "backend/dns/judge.h"
#include "backend/dns/judge_more.h"
#include "backend/dns/sides.h"
#include "mailcore/auth/spf.h"
#include "mailcore/auth/spf_policy.h"
#include "mailcore/base/clock.h"

#define CHECK_MS      20000 /* all questions together */
#define RESERVE_MS    5000  /* left of the caller's time, to answer */
#define MX_MAX        10
#define ADDRESSES_MAX 32

struct check {
	struct resolver *resolver;
	struct ctx ctx; /* with a nearer deadline */
	const struct records_ask *ask;
	const struct sides *sides;
	struct spf_tree tree; /* of the domain's SPF record */
	size_t side; /* whose answers are judged; what it has no opinion of is the resolver's */
};

/* Without a record of that type out->cname still tells of an alias. */
static enum rc query(struct check *c, struct span name, enum dns_type type, struct dns_answer *out)
{
	struct dns_answer seen = { 0 };
	enum rc rc = RC_TEMP;

	if (c->side != SIDE_RESOLVER)
		rc = sides_answer(c->sides, c->side, name, type, out);
	if (rc != RC_TEMP)
		return rc;
	if (c->side == SIDE_RESOLVER)
		(void)sides_answer(c->sides, SIDE_RESOLVER, name, type, &seen);
	else
		seen.cname = out->cname;
	*out = (struct dns_answer){ 0 };
	rc = resolver_query(c->resolver, &c->ctx, name, type, out, NULL);
	if (rc != RC_OK)
		out->cname = seen.cname;
	return rc;
}

static struct closer closer_of(struct check *c)
{
	return (struct closer){ c->resolver, &c->ctx, c->ask };
}

/* ------------------------------------------------------------------------ SPF for our addresses */

static enum spf_trouble trouble_of(const struct spf_result *result)
{
	switch (result->result) {
	case AUTH_TEMPERROR:
		return SPF_UNANSWERED;
	case AUTH_PERMERROR:
		return result->lookups > SPF_LOOKUPS_MAX ? SPF_TOO_MANY : SPF_BROKEN;
	case AUTH_NONE:
	case AUTH_PASS:
	case AUTH_FAIL:
	case AUTH_SOFTFAIL:
	case AUTH_NEUTRAL:
	case AUTH_POLICY:
		break;
	}
	return SPF_FINE;
}

/* As a receiver would, for each of our addresses. */
static void check_spf(struct check *c, struct record *r, const struct dns_answer *answer)
{
	struct spf_cover cover = { 0 };
	struct spf_query ask = { .helo = c->ask->hostname,
		.mail_from = arena_printf(
			c->ctx.arena, "postmaster@" SPAN_FMT, SPAN_ARG(c->ask->domain)) };
	struct span text = judge_spf_text(answer);

	for (size_t i = 0; text.ptr && i < c->ask->n_addresses && i < ADDRESSES_MAX; i++) {
		struct spf_result result;
		ask.ip = c->ask->addresses[i];
		ask.record = text;
		spf_check(c->resolver, &c->ctx, &ask, &result);
		cover.passing |= (uint32_t)(result.result == AUTH_PASS) << i;
		enum spf_trouble trouble = trouble_of(&result);
		if (trouble > cover.trouble) {
			cover.trouble = trouble;
			cover.reason = result.reason;
		}
	}
	struct closer closer = closer_of(c);
	closer_spf_tree(&closer, text, &c->tree);
	if (c->tree.lookups > SPF_LOOKUPS_MAX)
		cover.trouble = SPF_TOO_MANY;
	judge_spf(c->ctx.arena, r, c->ask, answer, &cover);
}

/* ------------------------------------------------------------------------ MX */

static bool is_ours(const struct check *c, const struct addr *addr)
{
	bool ours = false;
	for (size_t i = 0; i < c->ask->n_addresses; i++)
		ours |= addr_eq(&c->ask->addresses[i], addr);
	return ours;
}

/* A mail server that has another name for us. Without an answer: not known to be ours. */
static bool leads_to_us(struct check *c, struct span name)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	bool leads = false;

	for (size_t t = 0; t < 2 && name.len > 0; t++) {
		struct dns_answer answer;
		enum rc rc = query(c, name, types[t], &answer);
		for (size_t i = 0; rc == RC_OK && i < answer.len; i++)
			leads |= is_ours(c, &answer.items[i].addr);
	}
	return leads;
}

static void check_mx(struct check *c, struct record *r, const struct dns_answer *answer)
{
	bool *is_ours = arena_array(c->ctx.arena, answer->len, sizeof *is_ours);

	for (size_t i = 0; i < answer->len && i < MX_MAX; i++)
		is_ours[i] = !span_ieq(answer->items[i].text, c->ask->hostname) &&
			leads_to_us(c, answer->items[i].text);
	judge_mx(c->ctx.arena, r, c->ask, answer, is_ours);
	struct closer closer = closer_of(c);
	closer_mx(&closer, r, answer);
}

/* ------------------------------------------------------------------------ all */

/* As it would stand in a zone file; TXT without quotes. */
static struct span found_text(struct arena *a, const struct dns_rr *rr)
{
	struct str text = str_in(a, 64);

	switch (rr->type) {
	case DNS_A:
	case DNS_AAAA:
		addr_add(&text, &rr->addr);
		return str_span(&text);
	case DNS_MX:
		return arena_printf(a, "%u " SPAN_FMT ".", rr->priority, SPAN_ARG(rr->text));
	case DNS_SRV:
		return arena_printf(a, "%u %u %u " SPAN_FMT ".", rr->priority, rr->weight, rr->port,
			SPAN_ARG(rr->text));
	case DNS_PTR:
		return arena_printf(a, SPAN_FMT ".", SPAN_ARG(rr->text));
	case DNS_CAA:
		return caa_text(a, rr->text);
	case DNS_TLSA:
		return tlsa_text(a, rr->text);
	default:
		return rr->text;
	}
}

/* The domain's own name has TXT records for many purposes. */
static bool concerns(const struct record *r, const struct dns_rr *rr)
{
	return !span_eq(span_of(r->purpose), SPAN("spf")) || spf_policy_is_record(rr->text);
}

static void fill_found(struct arena *a, struct record *r, const struct dns_answer *answer)
{
	r->found = arena_array(a, CHECK_FOUND_MAX, sizeof *r->found);
	for (size_t i = 0; i < answer->len && r->n_found < CHECK_FOUND_MAX; i++) {
		if (concerns(r, &answer->items[i]))
			r->found[r->n_found++] = printable(a, found_text(a, &answer->items[i]));
	}
}

static void check_dmarc(struct check *c, struct record *r, const struct dns_answer *answer)
{
	struct closer closer = closer_of(c);

	judge_dmarc(c->ctx.arena, r, answer);
	closer_dmarc(&closer, r, answer);
}

static void judge_answer(struct check *c, struct record *r, const struct dns_answer *answer)
{
	struct arena *a = c->ctx.arena;
	struct span purpose = span_of(r->purpose);

	if (c->ask->takes_no_mail)
		judge_lockdown(a, r, answer);
	else if (span_eq(purpose, SPAN("caa")))
		judge_caa(a, r, answer);
	else if (span_eq(purpose, SPAN("tlsa")))
		judge_tlsa(a, r, answer);
	else if (r->why_id == WHY_DMARC_REPORT)
		judge_consent(a, r, answer);
	else if (span_eq(purpose, SPAN("mx")))
		check_mx(c, r, answer);
	else if (span_eq(purpose, SPAN("spf")))
		check_spf(c, r, answer);
	else if (span_eq(purpose, SPAN("dkim")))
		judge_dkim(a, r, answer);
	else if (span_eq(purpose, SPAN("dmarc")))
		check_dmarc(c, r, answer);
	else if (span_eq(purpose, SPAN("a")) || span_eq(purpose, SPAN("aaaa")))
		judge_address(a, r, c->ask, answer);
	else if (span_eq(purpose, SPAN("ptr")))
		judge_ptr(a, r, c->ask, answer);
	else if (span_eq(span_of(r->type), SPAN("SRV")))
		judge_srv(a, r, answer);
	else if (span_eq(purpose, SPAN("mta-sts")))
		judge_mta_sts(a, r, answer);
	else if (span_eq(purpose, SPAN("tls-rpt")))
		judge_tls_rpt(a, r, answer);
}

static bool type_of(const struct record *r, enum dns_type *out)
{
	static const struct {
		const char *name;
		enum dns_type type;
	} types[] = { { "A", DNS_A }, { "AAAA", DNS_AAAA }, { "MX", DNS_MX }, { "TXT", DNS_TXT },
		{ "PTR", DNS_PTR }, { "SRV", DNS_SRV }, { "CAA", DNS_CAA }, { "TLSA", DNS_TLSA } };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (span_eq(span_of(r->type), span_of(types[i].name))) {
			*out = types[i].type;
			return true;
		}
	}
	return false;
}

/* A CNAME to our host, or addresses of ours: both are right. */
static void check_alias(struct check *c, struct record *r)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	struct dns_answer answer[2];
	enum rc rc[2];
	bool leads = false;

	for (size_t t = 0; t < 2; t++) {
		rc[t] = query(c, r->name, types[t], &answer[t]);
		leads |= span_ieq(answer[t].cname, c->ask->hostname);
		for (size_t i = 0; i < answer[t].len; i++)
			leads |= is_ours(c, &answer[t].items[i].addr);
	}
	if (leads || (rc[0] != RC_TEMP && rc[1] != RC_TEMP)) {
		const struct dns_answer *any = answer[0].len > 0 ? &answer[0] : &answer[1];
		fill_found(c->ctx.arena, r, any);
		judge_alias(c->ctx.arena, r, any, leads);
	} else {
		judge_silence(c->ctx.arena, r, RC_TEMP);
	}
}

/* The key as receivers see it through the name, and where the name leads. */
static void check_key_alias(struct check *c, struct record *r)
{
	struct dns_answer text, alias;

	enum rc rc = query(c, r->name, DNS_TXT, &text);
	enum rc alias_rc = query(c, r->name, DNS_CNAME, &alias);
	if (rc == RC_OK)
		fill_found(c->ctx.arena, r, &text);
	judge_key_alias(c->ctx.arena, r, rc, &text,
		alias_rc == RC_OK && alias.len > 0 ? alias.items[0].text : SPAN_NONE);
}

static void check_record(struct check *c, struct record *r)
{
	struct dns_answer answer;
	enum dns_type type;

	if (span_eq(span_of(r->type), SPAN("CNAME")) &&
		span_eq(span_of(r->purpose), SPAN("dkim"))) {
		check_key_alias(c, r);
		return;
	}
	if (span_eq(span_of(r->type), SPAN("CNAME"))) {
		check_alias(c, r);
		return;
	}
	if (!type_of(r, &type))
		return; /* stays unknown */
	enum rc rc = query(c, r->name, type, &answer);
	if (rc == RC_OK && answer.len > 0) {
		fill_found(c->ctx.arena, r, &answer);
		judge_answer(c, r, &answer);
	} else {
		judge_silence(c->ctx.arena, r, rc == RC_OK ? RC_NOT_FOUND : rc);
	}
	struct closer closer = closer_of(c);
	if (r->status == RECORD_MISSING && answer.cname.len > 0)
		r->hint = arena_printf(c->ctx.arena,
			"The name is an alias of " SPAN_FMT ", and there is no %s record there.",
			SPAN_ARG(answer.cname), r->type);
	else if (r->status == RECORD_MISSING)
		closer_missing(&closer, r);
}

/* ------------------------------------------------------------------------ side by side */

/* What one server's answers come to. */
static struct record judged_by(struct check *c, const struct record *plain, size_t side)
{
	struct record r = *plain;

	c->side = side;
	check_record(c, &r);
	c->side = SIDE_RESOLVER;
	return r;
}

static void check_sides(struct check *c, struct record *r)
{
	const struct record plain = *r;
	struct judged_sides judged = { .by_resolver = judged_by(c, &plain, SIDE_RESOLVER) };

	for (size_t i = 0; i < c->sides->n_servers; i++) {
		if (!sides_knows(c->sides, i, &plain))
			continue;
		judged.by_server[judged.len] = sides_agree(c->sides, i, &plain)
			? judged.by_resolver
			: judged_by(c, &plain, i);
		judged.servers[judged.len++] = c->sides->servers[i];
	}
	judged.forget_s = sides_forget_s(c->sides, &plain);
	judge_sides(c->ctx.arena, &judged, r);
	r->servers = sides_json(c->sides, &plain);
}

void records_check(struct resolver *resolver, struct ctx *ctx, const struct records_ask *ask,
	const struct check_options *options, struct records *records)
{
	struct check c = { .resolver = resolver, .ctx = *ctx, .ask = ask, .side = SIDE_RESOLVER };
	int64_t soon = clock_mono_ms() + CHECK_MS;
	struct authority authority;
	struct sides sides;

	c.ctx.deadline_ms -= RESERVE_MS;
	if (c.ctx.deadline_ms > soon)
		c.ctx.deadline_ms = soon;
	authority_find(resolver, &c.ctx, ask->domain, options->dns_port, &authority);
	sides_ask(resolver, &c.ctx, &authority, records, &sides);
	c.sides = &sides;
	for (size_t i = 0; i < records->len; i++)
		check_sides(&c, &records->items[i]);
	health_check(&c.ctx, &sides, ask, &c.tree, records);
	struct closer closer = closer_of(&c);
	host_checks(&closer, &options->host, records, HEALTH_CHECKS_MAX);
}
