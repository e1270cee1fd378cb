/* The records of one of our domains, and their JSON. */
#include "backend/dns/domain_records.h"

#include <ifaddrs.h>
#include <net/if.h>

#include "backend/accounts/dkim_service.h"
#include "backend/dns/check.h"
#include "backend/dns/mta_sts.h"
#include "mailcore/base/json.h"

#define ADDRESSES_MAX 16

static bool is_public(const struct addr *a)
{
	bool link_local =
		a->family == AF_INET6 && a->bytes[0] == 0xFE && (a->bytes[1] & 0xC0) == 0x80;
	return a->family != AF_UNSPEC && !addr_is_loopback(a) && !link_local;
}

/* Without a configured list: what the network interfaces have. */
static size_t interface_addresses(struct addr *out)
{
	struct ifaddrs *all = NULL;
	size_t n = 0;

	if (getifaddrs(&all) != 0)
		return 0;
	for (const struct ifaddrs *it = all; it && n < ADDRESSES_MAX; it = it->ifa_next) {
		struct addr addr = { 0 };
		if (it->ifa_addr && (it->ifa_flags & IFF_UP))
			addr_from_sockaddr(it->ifa_addr, &addr);
		addr.port = 0;
		if (is_public(&addr))
			out[n++] = addr;
	}
	freeifaddrs(all);
	return n;
}

static size_t own_addresses(const char *configured, struct addr *out)
{
	struct span rest = span_of(configured), part;
	size_t n = 0;

	while (n < ADDRESSES_MAX && span_split(&rest, ',', &part)) {
		if (addr_parse(span_trim(part), &out[n]))
			n++;
	}
	return n > 0 ? n : interface_addresses(out);
}

static void ask_keys(struct arena *a, const struct dkim_keys *keys, struct records_ask *ask)
{
	struct record_key *wanted = arena_array(a, keys->len + 1, sizeof *wanted);

	for (size_t i = 0; i < keys->len; i++) {
		const struct dkim_key *key = &keys->items[i];
		if (!span_eq(key->state, SPAN("retired")))
			wanted[ask->n_keys++] = (struct record_key){ key->selector, key->algorithm,
				key->public_key };
	}
	ask->keys = wanted;
}

static enum rc make_ask(const struct services *s, struct ctx *ctx, struct span name,
	struct domain *out_domain, struct records_ask *out, struct err *err)
{
	struct dkim_keys keys;

	enum rc rc = domain_get(s, ctx, name, out_domain, err);
	if (rc == RC_OK)
		rc = dkim_list(s, ctx, out_domain->name, &keys, err);
	if (rc != RC_OK)
		return rc;
	struct addr *addresses = arena_array(ctx->arena, ADDRESSES_MAX, sizeof *addresses);
	*out = (struct records_ask){ .domain = out_domain->name,
		.hostname = span_of(s->hostname),
		.addresses = addresses,
		.n_addresses = own_addresses(s->addresses, addresses),
		.mta_sts_mode = MTA_STS_MODE };
	ask_keys(ctx->arena, &keys, out);
	return RC_OK;
}

enum rc domain_records(const struct services *s, struct ctx *ctx, struct span name,
	struct domain *out_domain, struct records *out, struct err *err)
{
	struct records_ask ask;

	enum rc rc = make_ask(s, ctx, name, out_domain, &ask, err);
	if (rc == RC_OK)
		records_wanted(ctx->arena, &ask, out);
	return rc;
}

enum rc domain_records_check(const struct services *s, struct ctx *ctx, struct span name,
	struct domain *out_domain, struct records *out, struct err *err)
{
	struct records_ask ask;

	enum rc rc = make_ask(s, ctx, name, out_domain, &ask, err);
	if (rc != RC_OK)
		return rc;
	records_wanted(ctx->arena, &ask, out);
	records_check(s->resolver, ctx, &ask, out);
	return RC_OK;
}

static struct cJSON *record_json(struct arena *a, const struct record *r)
{
	struct cJSON *out = json_object(a), *found = json_array(a);

	json_add_cstr(a, out, "purpose", r->purpose);
	json_add_text(a, out, "name", r->name);
	json_add_cstr(a, out, "type", r->type);
	json_add_i64(a, out, "ttl", r->ttl);
	json_add_text(a, out, "value", r->value);
	json_add_cstr(a, out, "need", record_need_name(r->need));
	json_add_cstr(a, out, "why", r->why);
	json_add_cstr(a, out, "status", record_status_name(r->status));
	for (size_t i = 0; i < r->n_found; i++)
		json_push_text(a, found, r->found[i]);
	json_add(a, out, "found", found);
	json_add_text(a, out, "hint", r->hint);
	return out;
}

struct cJSON *domain_records_json(
	struct arena *a, struct span domain, const struct records *records, int64_t checked_at_us)
{
	struct cJSON *root = json_object(a), *list = json_array(a);

	json_add_text(a, root, "domain", domain);
	json_add_time(a, root, "checked_at", checked_at_us);
	for (size_t i = 0; i < records->len; i++)
		json_push(list, record_json(a, &records->items[i]));
	json_add(a, root, "records", list);
	return root;
}
