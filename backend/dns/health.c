/* A zone as a whole: is it there, who serves it, do they agree, is it signed. */
#include "backend/dns/health.h"

#include "mailcore/base/str.h"

#define HINT_MAX 4096
#define MINUTE_S 60
#define HOUR_S   3600

/* ------------------------------------------------------------------------ one record, many voices */

static unsigned badness(enum record_status status)
{
	switch (status) {
	case RECORD_OK:
		return 0;
	case RECORD_UNKNOWN:
	case RECORD_ERROR:
		return 1;
	case RECORD_MISSING:
		return 2;
	case RECORD_WRONG:
	case RECORD_MULTIPLE:
	case RECORD_MALFORMED:
		return 3;
	}
	return 0;
}

static void add_time(struct str *out, int64_t seconds)
{
	if (seconds < 2 * MINUTE_S)
		str_addf(out, "%lld seconds", (long long)seconds);
	else if (seconds < 2 * HOUR_S)
		str_addf(out, "%lld minutes", (long long)(seconds / MINUTE_S));
	else
		str_addf(out, "%lld hours", (long long)(seconds / HOUR_S));
}

/* All servers are of one mind, and the resolver still remembers something else. */
static void tell_caches(struct arena *a, const struct judged_sides *j, struct record *out)
{
	bool right = out->status == RECORD_OK;
	struct str hint = str_in(a, HINT_MAX);

	if (right == (j->by_resolver.status == RECORD_OK) || badness(j->by_resolver.status) == 1)
		return;
	str_add(&hint, out->hint);
	str_add_cstr(&hint,
		right ? "Right in the zone. Resolvers that remember what was there before may go on "
			"doing so for up to "
		      : " Some resolvers still remember the right value, for up to ");
	add_time(&hint, j->forget_s);
	str_add_c(&hint, '.');
	out->hint = str_span(&hint);
	out->forget_s = right ? j->forget_s : 0;
}

static void name_servers(struct arena *a, const struct judged_sides *j, bool right, struct str *out)
{
	bool first = true;
	for (size_t i = 0; i < j->len; i++) {
		if ((j->by_server[i].status == RECORD_OK) != right)
			continue;
		str_addf(out, "%s" SPAN_FMT, first ? "" : ", ",
			SPAN_ARG(server_text(a, j->servers[i])));
		first = false;
	}
}

static void tell_difference(struct arena *a, const struct judged_sides *j, struct record *out)
{
	struct str hint = str_in(a, HINT_MAX);

	str_add_cstr(&hint, "The domain's name servers do not agree: right at ");
	name_servers(a, j, true, &hint);
	str_add_cstr(&hint, ", not at ");
	name_servers(a, j, false, &hint);
	str_addf(&hint, ". Let all of them have the same zone. There: " SPAN_FMT,
		SPAN_ARG(out->hint));
	out->hint = str_span(&hint);
}

void judge_sides(struct arena *a, const struct judged_sides *judged, struct record *out)
{
	size_t right = 0;

	*out = judged->by_resolver;
	if (judged->len == 0)
		return;
	*out = judged->by_server[0];
	for (size_t i = 0; i < judged->len; i++) {
		right += judged->by_server[i].status == RECORD_OK;
		if (badness(judged->by_server[i].status) > badness(out->status))
			*out = judged->by_server[i];
	}
	if (right > 0 && right < judged->len)
		tell_difference(a, judged, out);
	else
		tell_caches(a, judged, out);
}

/* ------------------------------------------------------------------------ checks */

struct health {
	struct arena *arena;
	const struct sides *sides;
	const struct authority *authority;
	const struct records_ask *ask;
	struct records *records;
};

static struct record *add_check(struct health *h, const char *purpose, struct span name)
{
	struct record *r = &h->records->checks[h->records->n_checks++];
	*r = (struct record){ .purpose = purpose,
		.name = name,
		.type = "CHECK",
		.need = NEED_RECOMMENDED,
		.status = RECORD_OK,
		.why = "",
		.hint = SPAN(""),
		.found = arena_array(h->arena, 2 * AUTHORITY_SERVERS_MAX, sizeof *r->found) };
	return r;
}

static void set(struct record *r, enum record_status status, struct span hint)
{
	r->status = status;
	r->hint = hint;
}

static void check_domain(struct health *h)
{
	const struct authority *z = h->authority;
	struct record *r = add_check(h, "domain", h->ask->domain);

	r->need = NEED_REQUIRED;
	if (z->at_parent == PARENT_DENIES)
		set(r, RECORD_MISSING,
			arena_printf(h->arena,
				SPAN_FMT " does not exist in DNS: the servers of " SPAN_FMT
					 " do not know the name. Look at the registrar whether the "
					 "domain has expired, is on hold, or has no name servers.",
				SPAN_ARG(z->zone), SPAN_ARG(z->parent)));
	else if (z->zone.len == 0)
		set(r, RECORD_UNKNOWN, SPAN("Who serves the domain could not be found out."));
}

static struct span list_names(struct arena *a, const struct names *names)
{
	struct str out = str_in(a, 4096);
	for (size_t i = 0; i < names->len; i++)
		str_addf(&out, "%s" SPAN_FMT, i ? ", " : "", SPAN_ARG(names->items[i]));
	return str_span(&out);
}

/* Those of a that b has not. */
static struct names without(const struct names *a, const struct names *b)
{
	struct names out = { .len = 0 };
	for (size_t i = 0; i < a->len; i++) {
		if (!names_has(b, a->items[i]))
			out.items[out.len++] = a->items[i];
	}
	return out;
}

static void compare_sets(struct health *h, struct record *r)
{
	const struct authority *z = h->authority;
	struct names more = without(&z->delegated, &z->own), less = without(&z->own, &z->delegated);
	struct str hint = str_in(h->arena, HINT_MAX);

	if (z->own.len == 0 || z->delegated.len == 0 || more.len + less.len == 0)
		return;
	str_addf(&hint, "The zone and " SPAN_FMT " name different servers.", SPAN_ARG(z->parent));
	if (more.len > 0)
		str_addf(
			&hint, " Only there: " SPAN_FMT ".", SPAN_ARG(list_names(h->arena, &more)));
	if (less.len > 0)
		str_addf(&hint, " Only in the zone: " SPAN_FMT ".",
			SPAN_ARG(list_names(h->arena, &less)));
	str_add_cstr(&hint, " Make the NS records of the zone and the registrar's the same.");
	set(r, RECORD_WRONG, str_span(&hint));
}

static void insert_sorted(struct record *r, struct span name)
{
	size_t at = r->n_found++;
	for (; at > 0 && span_cmp(name, r->found[at - 1]) < 0; at--)
		r->found[at] = r->found[at - 1];
	r->found[at] = name;
}

static void check_delegation(struct health *h)
{
	const struct authority *z = h->authority;
	const struct names *set_of = z->delegated.len > 0 ? &z->delegated : &z->own;
	struct record *r = add_check(h, "delegation", z->zone);

	for (size_t i = 0; i < set_of->len; i++) /* in an order of our own: theirs turns */
		insert_sorted(r, set_of->items[i]);
	if (z->homeless.len > 0)
		set(r, RECORD_WRONG,
			arena_printf(h->arena,
				"A name server without an address is of no use: " SPAN_FMT
				". Correct its name, or give it an address.",
				SPAN_ARG(list_names(h->arena, &z->homeless))));
	else if (z->aliases.len > 0)
		set(r, RECORD_WRONG,
			arena_printf(h->arena,
				"A name server's name must not be an alias (CNAME): " SPAN_FMT ".",
				SPAN_ARG(list_names(h->arena, &z->aliases))));
	else if (z->at_parent == PARENT_UNKNOWN)
		set(r, RECORD_UNKNOWN,
			SPAN("The servers of the zone above cannot be reached from here, so nothing "
			     "is known about the delegation."));
	else
		compare_sets(h, r);
}

static const char *fault_of(enum server_state state)
{
	switch (state) {
	case SERVER_OK:
	case SERVER_UNHEARD:
		break;
	case SERVER_SILENT:
		return "does not answer";
	case SERVER_FAILING:
		return "answers with an error (SERVFAIL)";
	case SERVER_REFUSING:
		return "refuses to answer for this zone";
	case SERVER_LAME:
		return "does not have this zone";
	}
	return NULL;
}

static struct span server_line(struct arena *a, const struct authority_server *server)
{
	struct span who = server_text(a, server);
	const char *fault = fault_of(server->state);

	if (server->state == SERVER_OK)
		return arena_printf(a, SPAN_FMT ": serial %u, %lld ms", SPAN_ARG(who),
			server->serial, (long long)server->ms);
	return arena_printf(
		a, SPAN_FMT ": %s", SPAN_ARG(who), fault ? fault : "cannot be reached from here");
}

static void check_servers(struct health *h)
{
	const struct authority *z = h->authority;
	struct record *r = add_check(h, "servers", z->zone);
	struct str faults = str_in(h->arena, HINT_MAX);
	size_t right = 0, unheard = 0;

	for (size_t i = 0; i < z->n_servers; i++) {
		const struct authority_server *server = &z->servers[i];
		const char *fault = fault_of(server->state);
		right += server->state == SERVER_OK;
		unheard += server->state == SERVER_UNHEARD;
		if (fault)
			str_addf(&faults, SPAN_FMT " %s. ", SPAN_ARG(server_text(h->arena, server)),
				fault);
		r->found[r->n_found++] = server_line(h->arena, server);
	}
	if (faults.len > 0) {
		str_add_cstr(&faults,
			right > 0
				? "Mend this server or take it out of the delegation: while it is "
				  "there, some look-ups are slow or fail."
				: "So nobody can look anything up in this zone.");
		set(r, RECORD_WRONG, str_span(&faults));
	} else if (right == 0 || unheard == z->n_servers) {
		set(r, RECORD_UNKNOWN,
			SPAN("The domain's name servers cannot be reached from here, so only the "
			     "resolver's answers were looked at."));
	}
}

/* ------------------------------------------------------------------------ DNSSEC */

static bool soa_reply(const struct health *h, size_t i, struct dns_sections *out)
{
	const struct dns_direct *soa = h->sides->soa;
	return soa && soa[i].outcome == DIRECT_REPLIED &&
		dns_sections_parse(h->arena, soa[i].reply, out);
}

/* A resolver that checks refuses what it tells to who does not want it checked. */
static bool is_bogus(const struct health *h)
{
	struct dns_sections checked, plain;

	return soa_reply(h, 0, &checked) && soa_reply(h, 1, &plain) && checked.code == 2 &&
		plain.code == 0 && plain.len > 0;
}

static bool is_validated(const struct health *h)
{
	struct dns_sections checked;
	return soa_reply(h, 0, &checked) && checked.authentic;
}

static void check_dnssec(struct health *h)
{
	const struct authority *z = h->authority;
	struct record *r = add_check(h, "dnssec", z->zone);

	r->need = NEED_OPTIONAL;
	r->found[0] = z->is_signed ? SPAN("the zone is signed") : SPAN("the zone is not signed");
	r->found[1] = z->delegation_signed ? SPAN("the zone above has its DS record")
					   : SPAN("the zone above has no DS record");
	r->n_found = 2;
	if (is_bogus(h)) {
		r->need = NEED_REQUIRED;
		set(r, RECORD_WRONG,
			SPAN("The signatures of the zone are not right (DNSSEC), so resolvers that "
			     "check them refuse every answer and mail gets lost. Sign the zone "
			     "again, or have its DS record at the registrar corrected or removed."));
	} else if (z->delegation_signed && !z->is_signed && h->sides->n_servers > 0) {
		r->need = NEED_REQUIRED;
		set(r, RECORD_WRONG,
			SPAN("The registrar has a DS record, but the zone is not signed: resolvers "
			     "that check signatures refuse every answer. Sign the zone, or have the "
			     "DS record removed."));
	} else if (z->is_signed && !z->delegation_signed && z->at_parent == PARENT_DELEGATES) {
		set(r, RECORD_MISSING,
			SPAN("The zone is signed, but nobody can check it: the DS record is missing "
			     "at the registrar."));
	} else if (z->is_signed && !is_validated(h)) {
		set(r, RECORD_UNKNOWN,
			SPAN("The zone is signed. The resolver that we ask does not say whether its "
			     "signatures are right."));
	}
}

/* How far the ten look-ups are used up, and by what. The record itself is judged elsewhere. */
static void check_spf_tree(struct health *h, const struct spf_tree *tree)
{
	struct record *r = add_check(h, "spf-tree", h->ask->domain);

	r->need = NEED_OPTIONAL;
	r->found = arena_array(h->arena, SPF_TREE_LINES + 1, sizeof *r->found);
	r->found[r->n_found++] = arena_printf(h->arena, "%u of 10 look-ups", tree->lookups);
	for (size_t i = 0; i < tree->len; i++)
		r->found[r->n_found++] = tree->lines[i];
}

void health_check(struct ctx *ctx, const struct sides *sides, const struct records_ask *ask,
	const struct spf_tree *tree, struct records *records)
{
	struct health h = { ctx->arena, sides, sides->authority, ask, records };

	records->checks = arena_array(ctx->arena, HEALTH_CHECKS_MAX, sizeof *records->checks);
	records->n_checks = 0;
	check_domain(&h);
	check_spf_tree(&h, tree);
	if (sides->authority->zone.len == 0 || sides->authority->at_parent == PARENT_DENIES)
		return;
	check_delegation(&h);
	check_servers(&h);
	check_dnssec(&h);
}
