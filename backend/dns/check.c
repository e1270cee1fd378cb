/* What a domain's zone does contain. */
#include "backend/dns/check.h"

#include "backend/dns/judge.h"
#include "backend/dns/spf_record.h"
#include "mailcore/base/clock.h"

#define CHECK_MS      20000 /* all questions together */
#define RESERVE_MS    5000  /* left of the caller's time, to answer */
#define MX_MAX        10
#define SPF_LOOKUPS   10 /* RFC 7208 section 4.6.4 */
#define ADDRESSES_MAX 32

struct check {
	struct resolver *resolver;
	struct ctx ctx; /* with a nearer deadline */
	const struct records_ask *ask;
};

static enum rc query(struct check *c, struct span name, enum dns_type type, struct dns_answer *out)
{
	*out = (struct dns_answer){ 0 };
	return resolver_query(c->resolver, &c->ctx, name, type, out, NULL);
}

static uint32_t mask_all(const struct check *c)
{
	size_t n = c->ask->n_addresses < ADDRESSES_MAX ? c->ask->n_addresses : ADDRESSES_MAX;
	return (uint32_t)((UINT64_C(1) << n) - 1);
}

/* ------------------------------------------------------------------------ SPF for our addresses */

struct spf_walk {
	struct check *check;
	unsigned lookups;
	enum spf_trouble trouble;
};

static void trouble(struct spf_walk *w, enum spf_trouble trouble)
{
	if (w->trouble < trouble)
		w->trouble = trouble;
}

static bool spend_lookup(struct spf_walk *w)
{
	if (w->lookups++ < SPF_LOOKUPS)
		return true;
	trouble(w, SPF_TOO_MANY);
	return false;
}

/* Which of our addresses are among (or in the networks of) those of `name`. */
static uint32_t match_name(struct spf_walk *w, const struct spf_term *term, struct span name)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	struct check *c = w->check;
	uint32_t hit = 0;

	for (size_t t = 0; t < 2; t++) {
		struct dns_answer answer;
		enum rc rc = query(c, name, types[t], &answer);
		if (rc == RC_TEMP)
			trouble(w, SPF_UNANSWERED);
		for (size_t i = 0; rc == RC_OK && i < answer.len; i++) {
			for (size_t k = 0; k < c->ask->n_addresses && k < ADDRESSES_MAX; k++)
				hit |= (uint32_t)spf_term_has(
					       term, &answer.items[i].addr, &c->ask->addresses[k])
					<< k;
		}
	}
	return hit;
}

static uint32_t match_mx(struct spf_walk *w, const struct spf_term *term, struct span name)
{
	struct dns_answer answer;
	uint32_t hit = 0;
	enum rc rc = query(w->check, name, DNS_MX, &answer);

	if (rc == RC_TEMP)
		trouble(w, SPF_UNANSWERED);
	for (size_t i = 0; rc == RC_OK && i < answer.len && i < MX_MAX; i++)
		hit |= match_name(w, term, answer.items[i].text);
	return hit;
}

static uint32_t match_net(const struct check *c, const struct net *net)
{
	uint32_t hit = 0;
	for (size_t k = 0; k < c->ask->n_addresses && k < ADDRESSES_MAX; k++)
		hit |= (uint32_t)net_has(net, &c->ask->addresses[k]) << k;
	return hit;
}

static uint32_t evaluate(
	struct spf_walk *w, const struct spf_record *record, struct span domain, uint32_t open);

/* The record of an include or redirect. Each costs a look-up, so this ends. */
static uint32_t evaluate_other(struct spf_walk *w, struct span domain, uint32_t open)
{
	struct dns_answer answer;
	enum rc rc = query(w->check, domain, DNS_TXT, &answer);

	if (rc == RC_TEMP) {
		trouble(w, SPF_UNANSWERED);
		return 0;
	}
	struct span text = rc == RC_OK ? judge_spf_text(&answer) : SPAN_NONE;
	struct spf_record *record = arena_alloc(w->check->ctx.arena, sizeof *record);
	if (!text.ptr || !spf_record_parse(text, record)) {
		trouble(w, SPF_BROKEN);
		return 0;
	}
	return evaluate(w, record, domain, open);
}

static uint32_t match(
	struct spf_walk *w, const struct spf_term *term, struct span domain, uint32_t open)
{
	struct span name = term->domain.len > 0 ? term->domain : domain;

	switch (term->mechanism) {
	case SPF_ALL:
		return open;
	case SPF_IP:
		return match_net(w->check, &term->net);
	case SPF_A:
		return spend_lookup(w) ? match_name(w, term, name) : 0;
	case SPF_MX:
		return spend_lookup(w) ? match_mx(w, term, name) : 0;
	case SPF_INCLUDE:
		return spend_lookup(w) ? evaluate_other(w, name, open) : 0;
	case SPF_OPAQUE:
		(void)spend_lookup(w); /* what it says depends on the message: it covers nobody */
		return 0;
	}
	return 0;
}

/* Those of `open` (our addresses, as bits) that pass: for each the first match decides. */
static uint32_t evaluate(
	struct spf_walk *w, const struct spf_record *record, struct span domain, uint32_t open)
{
	uint32_t passing = 0;
	bool has_all = false;

	for (size_t i = 0; i < record->len && open && w->trouble < SPF_TOO_MANY; i++) {
		const struct spf_term *term = &record->terms[i];
		uint32_t hit = match(w, term, domain, open) & open;
		if (term->qualifier == '+')
			passing |= hit;
		has_all |= term->mechanism == SPF_ALL;
		open &= ~hit;
	}
	if (record->redirect.len > 0 && !has_all && open && spend_lookup(w))
		passing |= evaluate_other(w, record->redirect, open);
	return passing;
}

static void check_spf(struct check *c, struct record *r, const struct dns_answer *answer)
{
	struct spf_walk w = { .check = c };
	struct spf_cover cover = { 0 };
	struct spf_record *record = arena_alloc(c->ctx.arena, sizeof *record);
	struct span text = judge_spf_text(answer);

	if (text.ptr && spf_record_parse(text, record))
		cover.passing = evaluate(&w, record, c->ask->domain, mask_all(c));
	cover.trouble = w.trouble;
	judge_spf(c->ctx.arena, r, c->ask, answer, &cover);
}

/* ------------------------------------------------------------------------ MX */

/* A mail server that has another name for us. Without an answer: not known to be ours. */
static bool leads_to_us(struct check *c, struct span name)
{
	struct spf_walk w = { .check = c };
	struct spf_term exact = { .bits4 = 32, .bits6 = 128 };
	return name.len > 0 && match_name(&w, &exact, name) != 0;
}

static void check_mx(struct check *c, struct record *r, const struct dns_answer *answer)
{
	bool *is_ours = arena_array(c->ctx.arena, answer->len, sizeof *is_ours);

	for (size_t i = 0; i < answer->len && i < MX_MAX; i++)
		is_ours[i] = !span_ieq(answer->items[i].text, c->ask->hostname) &&
			leads_to_us(c, answer->items[i].text);
	judge_mx(c->ctx.arena, r, c->ask, answer, is_ours);
}

/* ------------------------------------------------------------------------ all */

static struct span printable(struct arena *a, struct span text)
{
	struct str out = str_in(a, CHECK_FOUND_TEXT_MAX + 8);

	for (size_t i = 0; i < text.len && i < CHECK_FOUND_TEXT_MAX; i++)
		str_add_c(&out, text.ptr[i] >= ' ' && text.ptr[i] <= '~' ? text.ptr[i] : '?');
	if (text.len > CHECK_FOUND_TEXT_MAX)
		str_add_cstr(&out, "...");
	return str_span(&out);
}

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
	default:
		return rr->text;
	}
}

/* The domain's own name has TXT records for many purposes. */
static bool concerns(const struct record *r, const struct dns_rr *rr)
{
	return !span_eq(span_of(r->purpose), SPAN("spf")) || spf_is_record(rr->text);
}

static void fill_found(struct arena *a, struct record *r, const struct dns_answer *answer)
{
	r->found = arena_array(a, CHECK_FOUND_MAX, sizeof *r->found);
	for (size_t i = 0; i < answer->len && r->n_found < CHECK_FOUND_MAX; i++) {
		if (concerns(r, &answer->items[i]))
			r->found[r->n_found++] = printable(a, found_text(a, &answer->items[i]));
	}
}

static void judge_answer(struct check *c, struct record *r, const struct dns_answer *answer)
{
	struct arena *a = c->ctx.arena;
	struct span purpose = span_of(r->purpose);

	if (span_eq(purpose, SPAN("mx")))
		check_mx(c, r, answer);
	else if (span_eq(purpose, SPAN("spf")))
		check_spf(c, r, answer);
	else if (span_eq(purpose, SPAN("dkim")))
		judge_dkim(a, r, answer);
	else if (span_eq(purpose, SPAN("dmarc")))
		judge_dmarc(a, r, answer);
	else if (span_eq(purpose, SPAN("a")) || span_eq(purpose, SPAN("aaaa")))
		judge_address(a, r, c->ask, answer);
	else if (span_eq(purpose, SPAN("ptr")))
		judge_ptr(a, r, c->ask, answer);
	else if (span_eq(purpose, SPAN("srv")))
		judge_srv(a, r, answer);
}

static bool type_of(const struct record *r, enum dns_type *out)
{
	static const struct {
		const char *name;
		enum dns_type type;
	} types[] = { { "A", DNS_A }, { "AAAA", DNS_AAAA }, { "MX", DNS_MX }, { "TXT", DNS_TXT },
		{ "PTR", DNS_PTR }, { "SRV", DNS_SRV } };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (span_eq(span_of(r->type), span_of(types[i].name))) {
			*out = types[i].type;
			return true;
		}
	}
	return false;
}

static void check_record(struct check *c, struct record *r)
{
	struct dns_answer answer;
	enum dns_type type;

	if (!type_of(r, &type))
		return; /* stays unknown */
	enum rc rc = query(c, r->name, type, &answer);
	if (rc == RC_OK && answer.len > 0) {
		fill_found(c->ctx.arena, r, &answer);
		judge_answer(c, r, &answer);
	} else {
		judge_silence(c->ctx.arena, r, rc == RC_OK ? RC_NOT_FOUND : rc);
	}
}

void records_check(struct resolver *resolver, struct ctx *ctx, const struct records_ask *ask,
	struct records *records)
{
	struct check c = { .resolver = resolver, .ctx = *ctx, .ask = ask };
	int64_t soon = clock_mono_ms() + CHECK_MS;

	c.ctx.deadline_ms -= RESERVE_MS;
	if (c.ctx.deadline_ms > soon)
		c.ctx.deadline_ms = soon;
	for (size_t i = 0; i < records->len; i++)
		check_record(&c, &records->items[i]);
}
