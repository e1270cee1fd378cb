/* DNS answers that are given in advance. */
#include "mailcore/net/dns_given.h"

#include "mailcore/base/map.h"
#include "mailcore/base/vec.h"

#define ALIASES_MAX 16

struct given_rrs {
	struct dns_rr *items;
	size_t len, cap;
};
struct given_name {
	struct given_rrs rrs;
	struct {
		unsigned *items;
		size_t len, cap;
	} failures; /* types */
};

struct dns_given {
	struct arena arena;
	struct map names; /* by wire form */
};

struct dns_given *dns_given_new(void)
{
	struct dns_given *g = heap_zalloc(sizeof *g);

	arena_init(&g->arena, 4096);
	map_init(&g->names);
	return g;
}

void dns_given_free(struct dns_given *g)
{
	if (!g)
		return;
	map_done(&g->names);
	arena_done(&g->arena);
	heap_free(g);
}

static struct span key_of(const struct dns_name *name)
{
	return span_make(name->bytes, name->len);
}

static struct given_name *find_or_add(struct dns_given *g, struct span name)
{
	struct dns_name wire;

	if (!dns_name_parse(name, &wire))
		return NULL;
	struct given_name *found = map_get(&g->names, key_of(&wire));
	if (!found) {
		found = arena_zalloc(&g->arena, sizeof *found);
		(void)map_put(&g->names, key_of(&wire), found); /* it was not there */
	}
	return found;
}

bool dns_given_add_name(struct dns_given *g, struct span name)
{
	return find_or_add(g, name) != NULL;
}

static bool has_target(enum dns_type type)
{
	return type == DNS_CNAME || type == DNS_MX || type == DNS_NS || type == DNS_PTR ||
		type == DNS_SRV;
}

/* As a record off the wire has it: lower case, no final dot; the root is empty. */
static bool normalise(struct arena *a, struct span target, struct span *out)
{
	struct str text = str_in(a, 4 * DNS_NAME_MAX);
	struct dns_name wire;

	if (target.len > 0) {
		if (!dns_name_parse(target, &wire))
			return false;
		dns_name_add(&text, &wire);
	}
	*out = str_span(&text);
	return true;
}

bool dns_given_add(struct dns_given *g, struct span name, const struct dns_rr *rr)
{
	struct given_name *n = find_or_add(g, name);
	struct dns_rr copy = *rr;

	if (!n)
		return false;
	if (!has_target(rr->type))
		copy.text = arena_span(&g->arena, rr->text);
	else if (!normalise(&g->arena, rr->text, &copy.text))
		return false;
	VEC_PUSH(&g->arena, &n->rrs, copy);
	return true;
}

bool dns_given_fail(struct dns_given *g, struct span name, unsigned type)
{
	struct given_name *n = find_or_add(g, name);

	if (n)
		VEC_PUSH(&g->arena, &n->failures, type);
	return n != NULL;
}

/* --- asking ----------------------------------------------------------------------------------- */

static bool fails(const struct given_name *n, enum dns_type type)
{
	for (size_t i = 0; i < n->failures.len; i++) {
		if (n->failures.items[i] == type || n->failures.items[i] == DNS_GIVEN_ANY)
			return true;
	}
	return false;
}

static void collect(
	struct arena *a, const struct given_name *n, enum dns_type type, struct dns_answer *out)
{
	out->items = arena_array(a, n->rrs.len, sizeof *out->items);
	for (size_t i = 0; i < n->rrs.len; i++) {
		if (n->rrs.items[i].type == type && out->len < DNS_RECORDS_MAX)
			out->items[out->len++] = n->rrs.items[i];
	}
}

static const struct dns_rr *alias_of(const struct given_name *n)
{
	for (size_t i = 0; i < n->rrs.len; i++) {
		if (n->rrs.items[i].type == DNS_CNAME)
			return &n->rrs.items[i];
	}
	return NULL;
}

enum rc dns_given_query(const struct dns_given *g, struct arena *a, const struct dns_name *name,
	enum dns_type type, struct dns_answer *out, bool *nxdomain)
{
	struct dns_answer answer = { .ttl = 60 };
	struct dns_name at = *name;

	for (unsigned hops = 0; hops <= ALIASES_MAX; hops++) {
		const struct given_name *n = map_get(&g->names, key_of(&at));
		if (nxdomain)
			*nxdomain = !n;
		if (!n)
			return RC_NOT_FOUND;
		collect(a, n, type, &answer);
		if (answer.len > 0) {
			*out = answer;
			return RC_OK;
		}
		const struct dns_rr *alias = alias_of(n);
		if (!alias)
			return fails(n, type) ? RC_TEMP : RC_NOT_FOUND;
		if (!dns_name_parse(alias->text.len > 0 ? alias->text : SPAN("."), &at))
			return RC_TEMP;
		answer.cname = alias->text;
	}
	return RC_TEMP; /* a circle */
}
