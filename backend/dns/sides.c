/* What each of a zone's own servers says of the wanted records, and what the resolver says. */
#include "backend/dns/sides.h"

#include "backend/dns/judge.h"
#include "mailcore/base/json.h"

#define ASK_MS        3000
#define RAW_MAX       4000
#define TYPES_MAX     3
#define CODE_NXDOMAIN 3

struct side_question {
	struct span name;
	enum dns_type type;
	struct span reply; /* empty: none */
	enum direct_outcome outcome;
	int64_t ms;
};

/* ------------------------------------------------------------------------ questions */

/* What has to be asked for a record. */
static size_t types_of(const struct record *r, enum dns_type out[TYPES_MAX])
{
	static const struct {
		const char *name;
		enum dns_type type;
	} types[] = { { "A", DNS_A }, { "AAAA", DNS_AAAA }, { "MX", DNS_MX }, { "TXT", DNS_TXT },
		{ "PTR", DNS_PTR }, { "SRV", DNS_SRV }, { "CAA", DNS_CAA }, { "TLSA", DNS_TLSA } };

	if (span_eq(span_of(r->type), SPAN("CNAME"))) {
		bool key = span_eq(span_of(r->purpose), SPAN("dkim"));
		out[0] = key ? DNS_TXT : DNS_A;
		out[1] = key ? DNS_CNAME : DNS_AAAA;
		return 2;
	}
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		out[0] = types[i].type;
		if (span_eq(span_of(r->type), span_of(types[i].name)))
			return 1;
	}
	return 0;
}

static bool is_within(struct span name, struct span zone)
{
	return span_ieq(name, zone) ||
		(name.len > zone.len + 1 && span_iends(name, zone) &&
			name.ptr[name.len - zone.len - 1] == '.');
}

static void collect(const struct records *records, struct sides *out)
{
	enum dns_type types[TYPES_MAX];

	for (size_t i = 0; i < records->len; i++) {
		size_t n = types_of(&records->items[i], types);
		for (size_t t = 0; t < n; t++)
			out->questions[out->n_each++] =
				(struct side_question){ .name = records->items[i].name,
					.type = types[t] };
	}
}

/* The resolver's are the last block. */
static struct side_question *block(const struct sides *s, size_t side)
{
	return s->questions + (side == SIDE_RESOLVER ? s->n_servers : side) * s->n_each;
}

static void ask_resolver(struct sides *s)
{
	struct side_question *q = block(s, SIDE_RESOLVER);

	for (size_t i = 0; i < s->n_each; i++) {
		resolver_forget(s->resolver, q[i].name, q[i].type);
		resolver_prefetch(s->resolver, q[i].name, q[i].type);
	}
}

static void take_resolver(struct sides *s)
{
	struct side_question *q = block(s, SIDE_RESOLVER);

	for (size_t i = 0; i < s->n_each; i++) {
		enum rc rc =
			resolver_message(s->resolver, s->ctx, q[i].name, q[i].type, &q[i].reply);
		q[i].outcome = rc == RC_OK || rc == RC_NOT_FOUND ? DIRECT_REPLIED : DIRECT_SILENT;
	}
}

static void ask_servers(struct sides *s)
{
	struct arena *a = s->ctx->arena;
	size_t most = s->n_servers * s->n_each + 2, n = 0;
	struct dns_direct *asked = arena_array(a, most, sizeof *asked);
	struct side_question **of = arena_array(a, most, sizeof *of);

	s->soa = asked;
	for (; n < 2; n++) {
		asked[n] = (struct dns_direct){ .type = DNS_SOA, .unchecked = n == 1 };
		if (!dns_name_parse(s->authority->zone, &asked[n].name))
			return;
	}
	for (size_t i = 0; i < s->n_servers; i++) {
		struct side_question *q = block(s, i);
		for (size_t k = 0; k < s->n_each; k++) {
			asked[n] = (struct dns_direct){ .server = s->servers[i]->addr,
				.type = q[k].type };
			if (!is_within(q[k].name, s->authority->zone) ||
				!dns_name_parse(q[k].name, &asked[n].name))
				continue;
			of[n++] = &q[k];
		}
	}
	dns_direct_ask(s->ctx, resolver_servers(s->resolver), asked, n, ASK_MS);
	for (size_t i = 2; i < n; i++) {
		of[i]->reply = asked[i].reply;
		of[i]->outcome = asked[i].outcome;
		of[i]->ms = asked[i].ms;
	}
}

void sides_ask(struct resolver *r, struct ctx *ctx, const struct authority *authority,
	const struct records *records, struct sides *out)
{
	struct sides all = { .ctx = ctx, .resolver = r, .authority = authority };

	for (size_t i = 0; i < authority->n_servers; i++) {
		if (authority->servers[i].state == SERVER_OK)
			all.servers[all.n_servers++] = &authority->servers[i];
	}
	all.questions = arena_array(ctx->arena,
		(all.n_servers + 1) * (records->len * TYPES_MAX + 1), sizeof *all.questions);
	collect(records, &all);
	for (size_t i = 1; i <= all.n_servers; i++) {
		for (size_t k = 0; k < all.n_each; k++)
			all.questions[i * all.n_each + k] = all.questions[k];
	}
	ask_resolver(&all);
	if (authority->zone.len > 0 && resolver_servers(r))
		ask_servers(&all);
	take_resolver(&all);
	*out = all;
}

/* ------------------------------------------------------------------------ opinions */

static const struct side_question *find(
	const struct sides *s, size_t side, struct span name, enum dns_type type)
{
	const struct side_question *q = block(s, side);

	for (size_t i = 0; i < s->n_each; i++) {
		if (q[i].type == type && span_ieq(q[i].name, name))
			return &q[i];
	}
	return NULL;
}

/* An answer, or the word of a server that has the zone. */
static bool is_final(const struct dns_sections *said, enum rc rc, const struct dns_answer *answer)
{
	return said->authoritative && (rc == RC_OK || answer->cname.len == 0);
}

enum rc sides_answer(const struct sides *s, size_t server, struct span name, enum dns_type type,
	struct dns_answer *out)
{
	const struct side_question *q = find(s, server, name, type);
	struct arena *a = s->ctx->arena;
	struct dns_sections said;
	struct dns_reply reply;
	struct dns_name wire;

	*out = (struct dns_answer){ 0 };
	if (!q || q->reply.len == 0 || !dns_name_parse(name, &wire) ||
		!dns_sections_parse(a, q->reply, &said))
		return RC_TEMP;
	enum rc rc = dns_reply_parse(a, q->reply, &wire, type, &reply);
	if (rc == RC_TEMP)
		return RC_TEMP;
	if (server != SIDE_RESOLVER && !is_final(&said, rc, &reply.answer)) {
		out->cname = said.authoritative ? reply.answer.cname : SPAN_NONE;
		return RC_TEMP;
	}
	*out = reply.answer;
	return rc;
}

static bool same_rr(const struct dns_rr *a, const struct dns_rr *b)
{
	bool address = a->addr.family != AF_UNSPEC || b->addr.family != AF_UNSPEC;
	return span_eq(a->text, b->text) && a->priority == b->priority && a->port == b->port &&
		(!address || addr_eq(&a->addr, &b->addr));
}

static bool covers(const struct dns_answer *a, const struct dns_answer *b)
{
	for (size_t i = 0; i < a->len; i++) {
		bool there = false;
		for (size_t k = 0; k < b->len; k++)
			there |= same_rr(&a->items[i], &b->items[k]);
		if (!there)
			return false;
	}
	return true;
}

bool sides_agree(const struct sides *s, size_t server, const struct record *r)
{
	enum dns_type types[TYPES_MAX];
	size_t n = types_of(r, types);

	for (size_t t = 0; t < n; t++) {
		struct dns_answer mine, other;
		enum rc rc = sides_answer(s, server, r->name, types[t], &mine);
		enum rc their = sides_answer(s, SIDE_RESOLVER, r->name, types[t], &other);
		if (rc == RC_TEMP && (mine.cname.len == 0 || their != RC_TEMP))
			continue;
		if (rc != their || rc == RC_TEMP || !covers(&mine, &other) ||
			!covers(&other, &mine))
			return false;
	}
	return true;
}

bool sides_knows(const struct sides *s, size_t server, const struct record *r)
{
	enum dns_type types[TYPES_MAX];
	size_t n = types_of(r, types);
	bool knows = n > 0;

	for (size_t t = 0; t < n; t++) {
		struct dns_answer answer;
		knows &= sides_answer(s, server, r->name, types[t], &answer) != RC_TEMP ||
			answer.cname.len > 0;
	}
	return knows;
}

int64_t sides_forget_s(const struct sides *s, const struct record *r)
{
	enum dns_type types[TYPES_MAX];
	size_t n = types_of(r, types);
	int64_t most = 0;

	for (size_t t = 0; t < n; t++) {
		struct dns_answer answer;
		enum rc rc = sides_answer(s, SIDE_RESOLVER, r->name, types[t], &answer);
		if (rc != RC_TEMP && answer.ttl > most && answer.ttl < UINT32_MAX)
			most = answer.ttl;
	}
	return most;
}

/* ------------------------------------------------------------------------ for the eye */

struct span server_text(struct arena *a, const struct authority_server *server)
{
	struct str text = str_in(a, 512);

	str_addf(&text, SPAN_FMT " (", SPAN_ARG(server->name));
	addr_add(&text, &server->addr);
	str_add_c(&text, ')');
	return str_span(&text);
}

static const char *code_name(unsigned code)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
		"REFUSED" };
	return code < sizeof names / sizeof names[0] ? names[code] : "other";
}

static void add_data(struct arena *a, struct str *out, const struct dns_rr *rr)
{
	switch ((int)rr->type) {
	case DNS_A:
		str_add_cstr(out, "A ");
		addr_add(out, &rr->addr);
		return;
	case DNS_AAAA:
		str_add_cstr(out, "AAAA ");
		addr_add(out, &rr->addr);
		return;
	case DNS_MX:
		str_addf(out, "MX %u " SPAN_FMT ".", rr->priority, SPAN_ARG(rr->text));
		return;
	case DNS_SRV:
		str_addf(out, "SRV %u %u %u " SPAN_FMT ".", rr->priority, rr->weight, rr->port,
			SPAN_ARG(rr->text));
		return;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		str_addf(out, "%s " SPAN_FMT ".",
			rr->type == DNS_NS            ? "NS"
				: rr->type == DNS_PTR ? "PTR"
						      : "CNAME",
			SPAN_ARG(rr->text));
		return;
	case DNS_SOA:
		str_addf(out, "SOA " SPAN_FMT ". serial %u", SPAN_ARG(rr->text), rr->serial);
		return;
	case DNS_TXT:
		str_addf(out, "TXT \"" SPAN_FMT "\"", SPAN_ARG(printable(a, rr->text)));
		return;
	default: /* RFC 3597 */
		str_addf(out, "TYPE%d \\# %zu", (int)rr->type, rr->text.len);
		return;
	}
}

struct span message_text(struct arena *a, struct span message)
{
	static const char *const sections[] = { "answer", "authority", "additional" };
	struct str out = str_in(a, 2 * RAW_MAX);
	struct dns_sections said;

	if (!dns_sections_parse(a, message, &said))
		return message.len > 0 ? SPAN("malformed") : SPAN("");
	str_addf(&out, "%s%s%s%s%s", code_name(said.code), said.authoritative ? " aa" : "",
		said.truncated ? " tc" : "", said.recursive ? " ra" : "",
		said.authentic ? " ad" : "");
	for (size_t i = 0; i < said.len && out.len < RAW_MAX; i++) {
		const struct dns_line *line = &said.lines[i];
		str_addf(&out, "\n%s: " SPAN_FMT ". %u ", sections[line->section],
			SPAN_ARG(line->owner), line->rr.ttl);
		add_data(a, &out, &line->rr);
	}
	return str_span(&out);
}

static const char *said_word(const struct side_question *q, struct arena *a)
{
	struct dns_sections said;

	if (q->outcome != DIRECT_REPLIED)
		return q->outcome == DIRECT_UNREACHABLE ? "unreachable" : "silent";
	return dns_sections_parse(a, q->reply, &said) ? code_name(said.code) : "malformed";
}

static struct cJSON *side_json(const struct sides *s, size_t side, const struct side_question *q)
{
	struct arena *a = s->ctx->arena;
	struct cJSON *o = json_object(a);
	struct str address = str_in(a, 64);
	struct dns_answer answer;
	bool own = side != SIDE_RESOLVER;

	if (own)
		addr_add(&address, &s->servers[side]->addr);
	json_add_text(a, o, "server", own ? s->servers[side]->name : SPAN("resolver"));
	json_add_text(
		a, o, "address", own ? str_span(&address) : span_of(resolver_servers(s->resolver)));
	json_add_cstr(a, o, "said", said_word(q, a));
	if (sides_answer(s, side, q->name, q->type, &answer) != RC_TEMP)
		json_add_i64(a, o, "ttl", answer.ttl == UINT32_MAX ? 0 : answer.ttl);
	if (own)
		json_add_i64(a, o, "ms", q->ms);
	json_add_time(a, o, "at", s->ctx->now_us);
	json_add_text(a, o, "raw", message_text(a, q->reply));
	return o;
}

struct cJSON *sides_json(const struct sides *s, const struct record *r)
{
	struct cJSON *list = json_array(s->ctx->arena);
	enum dns_type types[TYPES_MAX];
	size_t n = types_of(r, types);

	if (!resolver_servers(s->resolver))
		return list;
	for (size_t t = 0; t < n; t++) {
		json_push(list,
			side_json(s, SIDE_RESOLVER, find(s, SIDE_RESOLVER, r->name, types[t])));
		for (size_t i = 0; i < s->n_servers; i++) {
			if (is_within(r->name, s->authority->zone))
				json_push(list, side_json(s, i, find(s, i, r->name, types[t])));
		}
	}
	return list;
}
