/*
 * Where a domain's mail goes; see mx.h.
 *
 * Hosts are looked up in the order in which they would be used, one preference after the other, until
 * enough addresses are known: the twentieth MX of a domain is rarely worth a question.
 */
#include "mailcore/net/mx.h"

#include <stdlib.h>

#include "mailcore/base/random.h"

#define ENOUGH_ADDRESSES 16
#define LEVEL_ADDRESSES  20 /* of one family and preference */
#define NAME_SHOWN_MAX   255

struct host {
	struct span name;
	uint16_t preference;
	uint64_t order; /* random, among equals */
};

struct search {
	struct resolver *resolver;
	struct ctx *ctx;
	const struct mx_self *self; /* NULL: not looked for */
	uint16_t port;
	struct mx_failure *failure;
	struct host hosts[MX_HOSTS_MAX];
	size_t n_hosts;
	struct mx_addr found[ENOUGH_ADDRESSES + 2 * LEVEL_ADDRESSES];
	size_t n_found;
	bool trouble; /* some question had no answer */
	bool secure;  /* the answer about MX was */
};

static enum rc fail(struct search *s, enum rc rc, const char *status, const char *before,
	struct span name, const char *after)
{
	s->failure->status = span_of(status);
	s->failure->text = arena_printf(s->ctx->arena, "%s" SPAN_FMT "%s", before,
		SPAN_ARG(span_sub(name, 0, NAME_SHOWN_MAX)), after);
	return rc;
}

static enum rc fail_temp(struct search *s, struct span name)
{
	return fail(s, RC_TEMP, "4.4.3", "DNS gave no answer about ", name, ".");
}

/* --- ourselves -------------------------------------------------------------------------------- */

static bool is_own_name(const struct search *s, struct span name)
{
	for (size_t i = 0; s->self && i < s->self->n_names; i++) {
		if (span_ieq(s->self->names[i], name))
			return true;
	}
	return false;
}

static bool is_own_addr(const struct search *s, const struct addr *a)
{
	for (size_t i = 0; s->self && i < s->self->n_addrs; i++) {
		const struct addr *own = &s->self->addrs[i];
		if (addr_eq(own, a) && (own->port == 0 || own->port == s->port))
			return true;
	}
	return false;
}

/* --- addresses of hosts ----------------------------------------------------------------------- */

/* Of one family. False: it leads to ourselves. */
static bool add_addrs(struct search *s, const struct host *host, enum dns_type type,
	struct mx_addr *out, size_t *n)
{
	struct dns_answer answer;
	enum rc rc = resolver_query(s->resolver, s->ctx, host->name, type, &answer, NULL);

	s->trouble = s->trouble || rc == RC_TEMP;
	if (rc != RC_OK)
		return true;
	for (size_t i = 0; i < answer.len && *n < LEVEL_ADDRESSES; i++) {
		struct addr a = answer.items[i].addr;
		if (is_own_addr(s, &a))
			return false;
		a.port = s->port;
		out[(*n)++] = (struct mx_addr){ .host = host->name,
			.addr = a,
			.preference = host->preference,
			.secure = s->secure && answer.authentic,
			.canonical = answer.cname };
	}
	return true;
}

/* The addresses of hosts of one preference, the two families by turns. False: ourselves. */
static bool add_level(struct search *s, const struct host *hosts, size_t n_hosts)
{
	struct mx_addr six[LEVEL_ADDRESSES], four[LEVEL_ADDRESSES];
	size_t n_six = 0, n_four = 0;

	for (size_t i = 0; i < n_hosts; i++) {
		if (is_own_name(s, hosts[i].name) ||
			!add_addrs(s, &hosts[i], DNS_AAAA, six, &n_six) ||
			!add_addrs(s, &hosts[i], DNS_A, four, &n_four))
			return false;
	}
	for (size_t i = 0; i < n_six || i < n_four; i++) {
		if (i < n_six)
			s->found[s->n_found++] = six[i];
		if (i < n_four)
			s->found[s->n_found++] = four[i];
	}
	return true;
}

/* RFC 5321 §5.1: our own preference and all that is preferred less are left out. */
static bool add_levels(struct search *s)
{
	for (size_t i = 0; i < s->n_hosts && s->n_found < ENOUGH_ADDRESSES;) {
		size_t n = 1;
		while (i + n < s->n_hosts && s->hosts[i + n].preference == s->hosts[i].preference)
			n++;
		if (!add_level(s, s->hosts + i, n))
			return true;
		i += n;
	}
	return false;
}

/* The first five; the last gives way when one family would be missing. */
static void choose(const struct search *s, struct mx_list *out)
{
	*out = (struct mx_list){ 0 };
	for (size_t i = 0; i < s->n_found && out->len < MX_ADDRESSES_MAX; i++)
		out->items[out->len++] = s->found[i];

	int family = out->items[0].addr.family;
	for (size_t i = 1; i < out->len; i++) {
		if (out->items[i].addr.family != family)
			return;
	}
	for (size_t i = out->len; i < s->n_found; i++) {
		if (s->found[i].addr.family != family) {
			out->items[out->len - 1] = s->found[i];
			return;
		}
	}
}

static enum rc find_addresses(struct search *s, struct span domain, struct mx_list *out)
{
	bool self = add_levels(s);

	if (s->n_found > 0) {
		choose(s, out);
		return RC_OK;
	}
	if (self)
		return fail(s, RC_CONFLICT, "5.4.6", "Mail for ", domain,
			" leads back to this server, which does not know the domain.");
	if (s->trouble)
		return fail_temp(s, domain);
	return fail(s, RC_NOT_FOUND, "5.4.4", "No mail server of ", domain, " has an address.");
}

/* --- hosts ------------------------------------------------------------------------------------ */

static int compare_hosts(const void *a, const void *b)
{
	const struct host *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void note_hosts(struct search *s, const struct dns_answer *answer)
{
	struct host *all = arena_array(s->ctx->arena, answer->len, sizeof *all);
	size_t n = 0;

	for (size_t i = 0; i < answer->len; i++) {
		if (answer->items[i].text.len > 0) /* a null MX beside others means nothing */
			all[n++] = (struct host){ .name = answer->items[i].text,
				.preference = answer->items[i].priority,
				.order = random_u64() };
	}
	qsort(all, n, sizeof *all, compare_hosts);
	s->n_hosts = n < MX_HOSTS_MAX ? n : MX_HOSTS_MAX;
	memcpy(s->hosts, all, s->n_hosts * sizeof *all);
}

static void note_host(struct search *s, struct span name)
{
	s->hosts[0] = (struct host){ .name = name };
	s->n_hosts = 1;
}

/* RFC 5321 §5.1 */
static enum rc find_hosts(struct search *s, struct span domain)
{
	struct dns_answer answer;
	bool nxdomain = false;

	enum rc rc = resolver_query(s->resolver, s->ctx, domain, DNS_MX, &answer, &nxdomain);
	if (rc == RC_TEMP)
		return fail_temp(s, domain);
	if (rc == RC_NOT_FOUND && nxdomain)
		return fail(s, RC_NOT_FOUND, "5.1.2", "The domain ", domain, " does not exist.");
	if (rc == RC_NOT_FOUND) {
		note_host(s, domain); /* the domain itself takes its mail */
		return RC_OK;
	}
	if (rc != RC_OK)
		return fail(s, RC_INVALID, "5.1.2", "What stands after the @ is no domain name",
			SPAN(""), ".");
	s->secure = answer.authentic;
	note_hosts(s, &answer);
	if (s->n_hosts == 0) /* RFC 7505 */
		return fail(s, RC_NOT_FOUND, "5.1.10", "The domain ", domain,
			" says that it takes no mail.");
	return RC_OK;
}

static enum rc use_literal(struct search *s, struct span literal, struct mx_list *out)
{
	struct addr a;

	if (!addr_parse_literal(literal, &a))
		return fail(s, RC_INVALID, "5.1.2", "What stands after the @ is no address literal",
			SPAN(""), ".");
	if (is_own_addr(s, &a))
		return fail(s, RC_CONFLICT, "5.4.6", "Mail for ", literal,
			" leads back to this server.");
	a.port = s->port;
	*out = (struct mx_list){ .len = 1 };
	out->items[0] = (struct mx_addr){ .host = literal, .addr = a };
	return RC_OK;
}

/* --- the two questions ------------------------------------------------------------------------ */

static struct search *search_new(
	struct resolver *r, struct ctx *ctx, uint16_t port, struct mx_failure *failure)
{
	struct search *s = arena_zalloc(ctx->arena, sizeof *s);

	s->resolver = r;
	s->ctx = ctx;
	s->port = port;
	s->failure = failure;
	s->secure = true; /* without MX records the addresses alone decide */
	*failure = (struct mx_failure){ 0 };
	return s;
}

enum rc mx_resolve(struct resolver *r, struct ctx *ctx, struct span domain, uint16_t port,
	const struct mx_self *self, struct mx_list *out, struct mx_failure *failure)
{
	struct search *s = search_new(r, ctx, port, failure);

	s->self = self;
	if (span_starts(domain, SPAN("[")))
		return use_literal(s, domain, out);
	enum rc rc = find_hosts(s, domain);
	return rc == RC_OK ? find_addresses(s, domain, out) : rc;
}

enum rc mx_resolve_host(struct resolver *r, struct ctx *ctx, struct span host, uint16_t port,
	struct mx_list *out, struct mx_failure *failure)
{
	struct search *s = search_new(r, ctx, port, failure);
	struct addr a;

	if (addr_parse(host, &a)) {
		a.port = port;
		*out = (struct mx_list){ .len = 1 };
		out->items[0] = (struct mx_addr){ .host = host, .addr = a };
		return RC_OK;
	}
	note_host(s, host);
	return find_addresses(s, host, out);
}
