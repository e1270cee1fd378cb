/* A domain's name servers: found from the parent, asked directly. */
#include "backend/dns/authority.h"

#include "mailcore/base/clock.h"

#define LABELS_MAX    10
#define PARENTS_MAX   4
#define CODE_REFUSED  5
#define CODE_NXDOMAIN 3

struct finder {
	struct resolver *resolver;
	struct ctx *ctx;
	uint16_t port;
	struct authority *out;
	struct names known; /* that the resolver tells of the zone */
	struct dns_line glue[AUTHORITY_SERVERS_MAX];
	size_t n_glue;
	bool heard_v4, heard_v6;
};

/* ------------------------------------------------------------------------ names */

static struct span bare(struct span name)
{
	return span_ends(name, SPAN(".")) ? span_sub(name, 0, name.len - 1) : name;
}

bool names_has(const struct names *names, struct span name)
{
	bool has = false;
	for (size_t i = 0; i < names->len; i++)
		has |= span_ieq(bare(names->items[i]), bare(name));
	return has;
}

static void names_add(struct names *names, struct span name)
{
	if (names->len < AUTHORITY_NAMES_MAX && name.len > 0 && !names_has(names, name))
		names->items[names->len++] = name;
}

static void names_add_answer(struct names *names, const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->len; i++)
		names_add(names, answer->items[i].text);
}

static struct span above(struct span name)
{
	size_t dot = span_find(name, '.');
	return dot == SPAN_NPOS ? SPAN("") : span_from(name, dot + 1);
}

/* ------------------------------------------------------------------------ the way up */

struct climb {
	struct span zone;   /* the nearest one with name servers, from the name on upwards */
	struct span broken; /* the lowest name about which the resolver has no answer */
	struct names servers;
	bool denied; /* the first name does not exist */
};

static void climb(struct finder *f, struct span name, struct climb *out)
{
	struct span start = name;

	*out = (struct climb){ 0 };
	for (int i = 0; i < LABELS_MAX && name.len > 0; i++, name = above(name)) {
		struct dns_answer answer = { 0 };
		bool nxdomain = false;
		resolver_forget(f->resolver, name, DNS_NS);
		enum rc rc = resolver_query(f->resolver, f->ctx, name, DNS_NS, &answer, &nxdomain);
		if (rc == RC_OK && answer.cname.len == 0) {
			out->zone = name;
			names_add_answer(&out->servers, &answer);
			return;
		}
		if (rc == RC_NOT_FOUND && nxdomain && name.ptr == start.ptr)
			out->denied = true;
		if (rc == RC_TEMP && out->broken.len == 0)
			out->broken = name;
	}
}

/* ------------------------------------------------------------------------ addresses */

static const enum dns_type address_types[] = { DNS_A, DNS_AAAA };

static void prefetch_addresses(struct finder *f, const struct names *names)
{
	for (size_t i = 0; i < names->len; i++) {
		resolver_prefetch(f->resolver, names->items[i], DNS_A);
		resolver_prefetch(f->resolver, names->items[i], DNS_AAAA);
	}
}

/* Up to max in all. Without an answer (RC_TEMP) nothing is said about the name. */
static size_t addresses_of(struct finder *f, struct span name, struct addr *out, size_t max,
	bool *out_homeless, bool *out_alias)
{
	size_t n = 0, denied = 0;

	for (size_t t = 0; t < 2; t++) {
		struct dns_answer answer = { 0 };
		enum rc rc =
			resolver_query(f->resolver, f->ctx, name, address_types[t], &answer, NULL);
		denied += rc == RC_NOT_FOUND;
		*out_alias |= rc == RC_OK && answer.cname.len > 0;
		for (size_t i = 0; rc == RC_OK && i < answer.len && n < max; i++) {
			out[n] = answer.items[i].addr;
			out[n++].port = f->port;
		}
	}
	*out_homeless = denied == 2;
	return n;
}

static void add_server(struct finder *f, struct span name, struct addr addr)
{
	struct authority *out = f->out;
	bool there = out->n_servers == AUTHORITY_SERVERS_MAX;

	addr.port = f->port;
	for (size_t i = 0; i < out->n_servers; i++)
		there |= addr_eq(&out->servers[i].addr, &addr);
	if (!there)
		out->servers[out->n_servers++] =
			(struct authority_server){ .name = name, .addr = addr };
}

static bool add_glue(struct finder *f, struct span name)
{
	bool any = false;
	for (size_t i = 0; i < f->n_glue; i++) {
		if (!span_ieq(f->glue[i].owner, name))
			continue;
		add_server(f, name, f->glue[i].rr.addr);
		any = true;
	}
	return any;
}

static void add_servers(struct finder *f, const struct names *names)
{
	struct addr found[AUTHORITY_SERVERS_MAX];

	prefetch_addresses(f, names);
	for (size_t i = 0; i < names->len; i++) {
		bool homeless = false, alias = false;
		bool glued = add_glue(f, names->items[i]);
		size_t n = addresses_of(
			f, names->items[i], found, AUTHORITY_SERVERS_MAX, &homeless, &alias);
		for (size_t k = 0; k < n; k++)
			add_server(f, names->items[i], found[k]);
		if (homeless && !glued)
			names_add(&f->out->homeless, names->items[i]);
		if (alias)
			names_add(&f->out->aliases, names->items[i]);
	}
}

/* ------------------------------------------------------------------------ questions */

static void hear(struct finder *f, const struct dns_direct *q)
{
	if (q->outcome != DIRECT_REPLIED)
		return;
	f->heard_v4 |= q->server.family == AF_INET;
	f->heard_v6 |= q->server.family == AF_INET6;
}

static bool ask_of(
	struct dns_direct *q, const struct addr *server, struct span name, enum dns_type type)
{
	*q = (struct dns_direct){ .server = *server, .type = type };
	return dns_name_parse(name, &q->name);
}

static bool reply_of(struct finder *f, const struct dns_direct *q, struct dns_sections *out)
{
	return q->outcome == DIRECT_REPLIED && dns_sections_parse(f->ctx->arena, q->reply, out);
}

/* ------------------------------------------------------------------------ the parent */

/* What one of the parent's servers says about the name. */
static enum authority_parent read_delegation(
	struct finder *f, const struct dns_sections *s, struct span name, struct names *out)
{
	enum authority_parent said = PARENT_UNKNOWN;

	if (s->code == CODE_NXDOMAIN && s->authoritative)
		return PARENT_DENIES;
	if (s->code == 0 && s->authoritative)
		said = PARENT_HOLDS;
	for (size_t i = 0; i < s->len && s->code == 0; i++) {
		const struct dns_line *line = &s->lines[i];
		if (line->rr.type != DNS_NS || !span_ieq(line->owner, name) ||
			line->section == DNS_ADDITIONAL)
			continue;
		names_add(out, line->rr.text);
		said = line->section == DNS_ANSWERS && s->authoritative ? PARENT_SHARED
									: PARENT_DELEGATES;
	}
	for (size_t i = 0; i < s->len && said == PARENT_DELEGATES; i++) {
		const struct dns_line *line = &s->lines[i];
		bool address = line->rr.type == DNS_A || line->rr.type == DNS_AAAA;
		if (address && line->section == DNS_ADDITIONAL && names_has(out, line->owner) &&
			f->n_glue < AUTHORITY_SERVERS_MAX)
			f->glue[f->n_glue++] = *line;
	}
	return said;
}

static bool has_type(const struct dns_sections *s, enum dns_type type)
{
	bool has = false;
	for (size_t i = 0; i < s->len; i++)
		has |= s->lines[i].section == DNS_ANSWERS && s->lines[i].rr.type == type;
	return has;
}

/* The first that says something counts; that a name does not exist, only when none says other. */
static void ask_parent(struct finder *f, struct span name, const struct names *servers)
{
	struct addr found[PARENTS_MAX];
	struct dns_direct asked[2 * PARENTS_MAX];
	size_t n = 0;

	prefetch_addresses(f, servers);
	for (size_t i = 0; i < servers->len && n < PARENTS_MAX; i++) {
		bool homeless = false, alias = false;
		n += addresses_of(
			f, servers->items[i], found + n, PARENTS_MAX - n, &homeless, &alias);
	}
	for (size_t i = 0; i < n; i++) {
		if (!ask_of(&asked[2 * i], &found[i], name, DNS_NS) ||
			!ask_of(&asked[2 * i + 1], &found[i], name, DNS_DS))
			return;
	}
	dns_direct_ask(f->ctx, resolver_servers(f->resolver), asked, 2 * n, AUTHORITY_WAIT_MS);
	for (size_t i = 0; i < 2 * n; i++) {
		enum authority_parent *at = &f->out->at_parent;
		struct dns_sections s;
		hear(f, &asked[i]);
		if (!reply_of(f, &asked[i], &s))
			continue;
		if (asked[i].type == DNS_DS)
			f->out->delegation_signed |= has_type(&s, DNS_DS);
		else if (*at == PARENT_UNKNOWN || *at == PARENT_DENIES)
			*at = read_delegation(f, &s, name, &f->out->delegated);
	}
}

/* ------------------------------------------------------------------------ the zone's servers */

static const enum dns_type zone_types[] = { DNS_SOA, DNS_NS, DNS_DNSKEY };
#define ZONE_TYPES (sizeof zone_types / sizeof zone_types[0])

static enum server_state state_of(
	struct finder *f, const struct dns_direct *q, uint32_t *out_serial)
{
	bool heard = q->server.family == AF_INET ? f->heard_v4 : f->heard_v6;
	struct dns_sections s = { 0 };

	if (q->outcome != DIRECT_REPLIED)
		return heard ? SERVER_SILENT : SERVER_UNHEARD;
	if (!reply_of(f, q, &s) || (s.code != 0 && s.code != CODE_NXDOMAIN))
		return s.code == CODE_REFUSED ? SERVER_REFUSING : SERVER_FAILING;
	for (size_t i = 0; i < s.len && s.authoritative; i++) {
		const struct dns_line *line = &s.lines[i];
		if (line->section != DNS_ANSWERS || line->rr.type != DNS_SOA ||
			!span_ieq(line->owner, f->out->zone))
			continue;
		*out_serial = line->rr.serial;
		return SERVER_OK;
	}
	return SERVER_LAME;
}

static void read_zone(struct finder *f, const struct dns_direct *ns, const struct dns_direct *key)
{
	struct dns_sections s;

	if (reply_of(f, ns, &s)) {
		for (size_t i = 0; i < s.len && s.authoritative; i++) {
			if (s.lines[i].section == DNS_ANSWERS && s.lines[i].rr.type == DNS_NS)
				names_add(&f->out->own, s.lines[i].rr.text);
		}
	}
	if (reply_of(f, key, &s))
		f->out->is_signed |= has_type(&s, DNS_DNSKEY);
}

static void ask_servers(struct finder *f)
{
	struct authority *out = f->out;
	struct dns_direct *asked =
		arena_array(f->ctx->arena, out->n_servers * ZONE_TYPES, sizeof *asked);
	size_t n = 0;

	for (size_t i = 0; i < out->n_servers; i++) {
		for (size_t t = 0; t < ZONE_TYPES; t++) {
			if (!ask_of(&asked[n++], &out->servers[i].addr, out->zone, zone_types[t]))
				return;
		}
	}
	dns_direct_ask(f->ctx, resolver_servers(f->resolver), asked, n, AUTHORITY_WAIT_MS);
	for (size_t i = 0; i < n; i++)
		hear(f, &asked[i]);
	for (size_t i = 0; i < out->n_servers; i++) {
		struct authority_server *server = &out->servers[i];
		const struct dns_direct *of = &asked[i * ZONE_TYPES];
		server->state = state_of(f, &of[0], &server->serial);
		server->ms = of[0].ms;
		if (server->state == SERVER_OK)
			read_zone(f, &of[1], &of[2]);
	}
}

/* ------------------------------------------------------------------------ all */

/* The zone that holds the domain, and the one above. */
static bool find_zone(struct finder *f, struct span domain, struct names *out_parents)
{
	struct authority *out = f->out;
	struct climb here, up;

	climb(f, domain, &here);
	if (here.zone.len == 0)
		return false;
	if (here.denied ||
		here.broken.len > 0) { /* the parent knows whether there is such a name */
		out->parent = here.zone;
		out->zone = here.denied ? domain : here.broken;
		*out_parents = here.servers;
		return true;
	}
	out->zone = here.zone;
	f->known = here.servers;
	climb(f, above(here.zone), &up);
	out->parent = up.zone;
	*out_parents = up.servers;
	return true;
}

/* No zone of its own, and yet its name is not denied: it is a part of the zone above. */
static void move_up(struct finder *f, const struct names *parents)
{
	f->out->zone = f->out->parent;
	f->out->parent = SPAN("");
	f->known = *parents;
}

void authority_find(struct resolver *r, struct ctx *ctx, struct span domain, uint16_t port,
	struct authority *out)
{
	struct finder f = { .resolver = r, .ctx = ctx, .port = port, .out = out };
	struct names parents = { .len = 0 };

	*out = (struct authority){ .n_servers = 0 };
	if (!resolver_servers(r) || !find_zone(&f, domain, &parents))
		return;
	ask_parent(&f, out->zone, &parents);
	if (out->at_parent == PARENT_DENIES)
		return;
	if (f.known.len == 0 && out->at_parent == PARENT_HOLDS)
		move_up(&f, &parents);
	add_servers(&f, &out->delegated);
	add_servers(&f, &f.known);
	ask_servers(&f);
}
