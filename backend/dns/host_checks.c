/* The mail server behind a domain. */
#include "backend/dns/host_checks.h"

#include "backend/dns/judge.h"
#include "backend/dns/smtp_probe.h"
#include "mailcore/base/clock.h"

#define PROBE_MS   3000
#define PROBES_MS  5000 /* all together: somebody may be waiting */
#define PROBES_MAX 4
#define LISTS_MAX  16
#define FOUND_MAX  16
#define PRIVATE_NETS                                                                                  \
	"127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,100.64.0.0/10,0.0.0.0/8," \
	"::1,fc00::/7,fe80::/10"

struct host {
	const struct closer *c;
	const struct host_ask *ask;
	struct records *records;
	size_t max;
	size_t probes;
	int64_t probes_end_ms;
};

static struct record *add(struct host *h, const char *purpose, struct span name)
{
	if (h->records->n_checks >= h->max)
		return NULL;
	struct record *r = &h->records->checks[h->records->n_checks++];
	*r = (struct record){ .purpose = purpose,
		.name = name,
		.type = "CHECK",
		.need = NEED_RECOMMENDED,
		.status = RECORD_OK,
		.why = "",
		.hint = SPAN(""),
		.found = arena_array(h->c->ctx->arena, FOUND_MAX, sizeof *r->found) };
	return r;
}

static void set(struct record *r, enum record_status status, struct span hint)
{
	r->status = status;
	r->hint = hint;
}

static void note(struct record *r, struct span text)
{
	if (r->n_found < FOUND_MAX)
		r->found[r->n_found++] = text;
}

static struct span addr_text(struct arena *a, const struct addr *addr)
{
	struct str text = str_in(a, 64);
	addr_add(&text, addr);
	return str_span(&text);
}

static enum rc ask_for(struct host *h, struct span name, enum dns_type type, struct dns_answer *out)
{
	*out = (struct dns_answer){ 0 };
	return resolver_query(h->c->resolver, h->c->ctx, name, type, out, NULL);
}

/* ------------------------------------------------------------------------ there and back */

static enum rc leads_to(struct host *h, struct span name, const struct addr *addr)
{
	struct dns_answer answer;
	enum rc rc = ask_for(h, name, addr->family == AF_INET6 ? DNS_AAAA : DNS_A, &answer);

	for (size_t i = 0; rc == RC_OK && i < answer.len; i++) {
		if (addr_eq(&answer.items[i].addr, addr))
			return RC_OK;
	}
	return rc == RC_OK ? RC_NOT_FOUND : rc;
}

/* That there is no name at all, the PTR record's own judgement says. */
static void check_reverse(struct host *h, const struct addr *addr)
{
	struct arena *a = h->c->ctx->arena;
	struct dns_answer names = { 0 };
	struct span text = addr_text(a, addr);
	enum rc rc = resolver_reverse(h->c->resolver, h->c->ctx, addr, &names), back = RC_NOT_FOUND;

	if (rc != RC_OK)
		return;
	struct record *r = add(h, "reverse", text);
	if (!r)
		return;
	for (size_t i = 0; i < names.len && i < 4; i++) {
		enum rc leads = leads_to(h, names.items[i].text, addr);
		note(r, printable(a, names.items[i].text));
		back = leads == RC_OK || (leads == RC_TEMP && back != RC_OK) ? leads : back;
	}
	if (back == RC_TEMP)
		set(r, RECORD_UNKNOWN, SPAN("DNS did not answer."));
	else if (back != RC_OK)
		set(r, RECORD_WRONG,
			arena_printf(a,
				"The name of " SPAN_FMT
				" does not lead back to it. Give that name this address; many "
				"servers refuse mail otherwise.",
				SPAN_ARG(text)));
}

/* ------------------------------------------------------------------------ port 25 */

static void judge_probe(struct host *h, struct record *r, const struct probe *probe)
{
	struct arena *a = h->c->ctx->arena;

	if (probe->greeting.len > 0)
		note(r, probe->greeting);
	if (probe->tls.len > 0)
		note(r, probe->tls);
	switch (probe->state) {
	case PROBE_FINE:
		break;
	case PROBE_UNHEARD:
		set(r, RECORD_UNKNOWN,
			SPAN("The server could not be asked from here. That says nothing about it: many "
			     "networks stop connections to port 25."));
		break;
	case PROBE_NOT_SMTP:
		set(r, RECORD_WRONG,
			SPAN("It does not greet as a mail server does (220), so no mail can be "
			     "delivered to it."));
		break;
	case PROBE_NO_TLS:
		set(r, RECORD_WRONG,
			SPAN("It does not encrypt (STARTTLS), so mail to it can be read on the way."));
		break;
	case PROBE_CERTIFICATE:
		set(r, RECORD_WRONG,
			arena_printf(a,
				"Its certificate does not hold for this name (" SPAN_FMT
				"). Senders that insist on one will not deliver.",
				SPAN_ARG(probe->tls)));
		break;
	}
}

static bool may_knock(struct host *h, const struct addr *addr)
{
	struct net_list private_nets;
	bool ours = false;

	for (size_t i = 0; i < h->c->ask->n_addresses; i++)
		ours |= addr_eq(&h->c->ask->addresses[i], addr);
	bool parsed = net_list_parse(SPAN(PRIVATE_NETS), &private_nets);
	ASSERT(parsed);
	return ours || !net_list_has(&private_nets, addr);
}

static void probe_one(struct host *h, struct span name, struct addr addr)
{
	struct arena *a = h->c->ctx->arena;
	struct probe probe;

	int64_t left_ms = h->probes_end_ms - clock_mono_ms();
	if (h->probes == PROBES_MAX || left_ms <= 0 || !may_knock(h, &addr))
		return;
	h->probes++;
	struct record *r = add(h, "mail-server",
		arena_printf(
			a, SPAN_FMT "/" SPAN_FMT, SPAN_ARG(name), SPAN_ARG(addr_text(a, &addr))));
	if (!r)
		return;
	addr.port = h->ask->smtp_port;
	smtp_probe(h->c->ctx, &addr, name, h->c->ask->hostname,
		left_ms < PROBE_MS ? left_ms : PROBE_MS, &probe);
	judge_probe(h, r, &probe);
}

static void check_servers(struct host *h)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	struct dns_answer mx, found;

	if (h->ask->smtp_port == 0 || ask_for(h, h->c->ask->domain, DNS_MX, &mx) != RC_OK)
		return;
	h->probes_end_ms = clock_mono_ms() + PROBES_MS;
	for (size_t i = 0; i < mx.len; i++) {
		for (size_t t = 0; t < 2 && mx.items[i].text.len > 0; t++) {
			enum rc rc = ask_for(h, mx.items[i].text, types[t], &found);
			for (size_t k = 0; rc == RC_OK && k < found.len; k++)
				probe_one(h, mx.items[i].text, found.items[k].addr);
		}
	}
}

/* ------------------------------------------------------------------------ block lists */

/* "25.2.0.192.bl.example.org" */
static struct span list_name(struct arena *a, const struct addr *addr, struct span list)
{
	struct span name = resolver_reverse_name(a, addr);
	size_t tail = addr->family == AF_INET6 ? sizeof "ip6.arpa" - 1 : sizeof "in-addr.arpa" - 1;

	return arena_printf(
		a, SPAN_FMT SPAN_FMT, SPAN_ARG(span_sub(name, 0, name.len - tail)), SPAN_ARG(list));
}

/* 127.255.255.x: the list does not talk to our resolver; outside 127.0.0.0/8 it is none any more. */
static enum record_status read_listing(enum rc rc, const struct dns_answer *answer)
{
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RECORD_OK : RECORD_UNKNOWN;
	const uint8_t *b = answer->items[0].addr.bytes;
	bool refused = b[0] == 127 && b[1] == 255 && b[2] == 255;
	return b[0] == 127 && !refused ? RECORD_WRONG : RECORD_UNKNOWN;
}

static void check_list(struct host *h, struct span list)
{
	struct arena *a = h->c->ctx->arena;
	struct record *r = add(h, "blocklist", list);

	for (size_t i = 0; r && i < h->c->ask->n_addresses && i < FOUND_MAX; i++) {
		struct dns_answer answer;
		struct span text = addr_text(a, &h->c->ask->addresses[i]);
		enum rc rc =
			ask_for(h, list_name(a, &h->c->ask->addresses[i], list), DNS_A, &answer);
		enum record_status said = read_listing(rc, &answer);
		const char *word = said == RECORD_WRONG ? "listed" : "no answer that counts";
		note(r,
			arena_printf(a, SPAN_FMT ": %s", SPAN_ARG(text),
				said == RECORD_OK ? "not listed" : word));
		if (said == RECORD_WRONG)
			set(r, said,
				arena_printf(a,
					SPAN_FMT
					" is listed by " SPAN_FMT
					", so many servers refuse its mail. The server's operator has to "
					"find the cause, end it, and ask the list for removal.",
					SPAN_ARG(text), SPAN_ARG(list)));
		else if (said == RECORD_UNKNOWN && r->status == RECORD_OK)
			set(r, said, SPAN("The list does not answer this resolver."));
	}
}

static void check_lists(struct host *h)
{
	struct span rest = span_of(h->ask->lists ? h->ask->lists : ""), one;

	for (int i = 0; i < LISTS_MAX && span_split(&rest, ',', &one); i++) {
		size_t equals = span_find(one, '=');
		struct span points = equals == SPAN_NPOS ? SPAN("1") : span_from(one, equals + 1);
		struct span zone = span_trim(equals == SPAN_NPOS ? one : span_sub(one, 0, equals));
		bool against = !span_starts(span_trim(points), SPAN("-"));
		if (zone.len > 0 && against)
			check_list(h, zone);
	}
}

void host_checks(
	const struct closer *c, const struct host_ask *ask, struct records *records, size_t max)
{
	struct host h = { .c = c, .ask = ask, .records = records, .max = max };

	for (size_t i = 0; i < c->ask->n_addresses; i++)
		check_reverse(&h, &c->ask->addresses[i]);
	check_lists(&h);
	check_servers(&h);
}
