/* The records of one of our domains, and their JSON. */
#include "backend/dns/domain_records.h"

#include <ifaddrs.h>
#include <net/if.h>

#include "backend/accounts/dkim_service.h"
#include "backend/dns/check.h"
#include "backend/dns/host_cert.h"
#include "backend/dns/mta_sts.h"
#include "backend/dns/spf_merge.h"
#include "backend/dns/zone.h"
#include "mailcore/auth/spf.h"
#include "mailcore/base/clock.h"
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

/* RFC 8461 section 8.3: who knows the former policy is told of its end as long as it may be kept. */
static bool is_leaving_mta_sts(const struct ctx *ctx, const struct dns_setting *setting)
{
	return setting->mta_sts_at_us > 0 &&
		ctx->now_us - setting->mta_sts_at_us < MTA_STS_MAX_AGE_S * USEC_PER_SEC;
}

static void make_ask(const struct services *s, struct ctx *ctx, bool host_signed,
	const struct dkim_keys *keys, struct records_known *out)
{
	struct addr *addresses = arena_array(ctx->arena, ADDRESSES_MAX, sizeof *addresses);
	struct host_cert cert;

	host_cert_read(ctx->arena, s->tls_cert, &cert);
	out->ask = (struct records_ask){ .domain = out->domain.name,
		.hostname = span_of(s->hostname),
		.addresses = addresses,
		.n_addresses = own_addresses(s->addresses, addresses),
		.mta_sts_mode = out->setting.mta_sts,
		.mta_sts_leaving = is_leaving_mta_sts(ctx, &out->setting),
		.dmarc_policy = out->setting.dmarc_policy,
		.dmarc_reports = out->setting.dmarc_reports,
		.takes_no_mail = !out->setting.takes_mail,
		.dkim_delegated = out->setting.dkim_delegated,
		.ca = cert.ca,
		.tlsa = host_signed ? cert.tlsa : SPAN_NONE };
	ask_keys(ctx->arena, keys, &out->ask);
}

enum rc domain_records(const struct services *s, struct ctx *ctx, struct span name,
	bool host_signed, struct records_known *out, struct err *err)
{
	struct dkim_keys keys;

	enum rc rc = domain_get(s, ctx, name, &out->domain, err);
	if (rc == RC_OK)
		rc = dkim_list(s, ctx, out->domain.name, &keys, err);
	if (rc == RC_OK)
		rc = dns_setting_get(ctx, &out->domain, &out->setting);
	if (rc == RC_OK)
		make_ask(s, ctx, host_signed, &keys, out);
	return rc;
}

bool domain_host_signed(const struct services *s, struct ctx *ctx)
{
	struct dns_answer answer;

	return s->resolver &&
		resolver_query(s->resolver, ctx, span_of(s->hostname), DNS_A, &answer, NULL) ==
		RC_OK &&
		answer.authentic;
}

/* ------------------------------------------------------------------------ what is there already */

/* A record that is shown cut or with "?" for what cannot be shown must not be handed back. */
static bool is_whole(struct span found)
{
	return !span_ends(found, SPAN("...")) && span_find(found, '?') == SPAN_NPOS;
}

void domain_records_merge(struct arena *a, const struct records_ask *ask, struct records *records)
{
	for (size_t i = 0; i < records->len; i++) {
		struct record *r = &records->items[i];
		struct spf_merged merged;
		bool whole = r->n_found > 0;
		if (!span_eq(span_of(r->purpose), SPAN("spf")) || ask->takes_no_mail)
			continue;
		for (size_t k = 0; k < r->n_found; k++)
			whole &= is_whole(r->found[k]);
		if (r->status == RECORD_OK && whole && r->n_found == 1)
			r->value = r->found[0];
		else if (whole &&
			spf_merge(a, r->found, r->n_found, ask->addresses, ask->n_addresses,
				&merged)) {
			r->value = merged.text;
			if (merged.lookups > SPF_LOOKUPS_MAX)
				r->hint =
					SPAN("The record needs more than ten DNS look-ups, so "
					     "receivers give up. Remove includes that are not used "
					     "any more.");
		}
	}
}

/* A TXT value in the parts that a zone holds it in; other records have none. */
static struct cJSON *strings_json(struct arena *a, const struct record *r)
{
	struct cJSON *list = json_array(a);
	struct span rest = r->value;

	for (; span_eq(span_of(r->type), SPAN("TXT")) && rest.len > 0;
		rest = span_from(rest, ZONE_TXT_STRING_MAX))
		json_push_text(a, list, span_sub(rest, 0, ZONE_TXT_STRING_MAX));
	return list;
}

static struct cJSON *record_json(struct arena *a, const struct record *r)
{
	struct cJSON *out = json_object(a), *found = json_array(a);

	json_add_cstr(a, out, "purpose", r->purpose);
	json_add_text(a, out, "name", r->name);
	json_add_text(a, out, "label", r->label);
	json_add_cstr(a, out, "type", r->type);
	json_add_i64(a, out, "ttl", r->ttl);
	json_add_text(a, out, "value", r->value);
	json_add(a, out, "strings", strings_json(a, r));
	json_add_cstr(a, out, "need", record_need_name(r->need));
	json_add_cstr(a, out, "why", r->why);
	json_add_cstr(a, out, "depends", record_depends_text(r->depends));
	json_add_cstr(a, out, "status", record_status_name(r->status));
	for (size_t i = 0; i < r->n_found; i++)
		json_push_text(a, found, r->found[i]);
	json_add(a, out, "found", found);
	json_add_text(a, out, "hint", r->hint);
	if (r->forget_s > 0)
		json_add_i64(a, out, "forget_s", r->forget_s);
	if (r->servers)
		json_add(a, out, "servers", r->servers);
	return out;
}

/* Of the zone and the mail server as a whole. */
static struct cJSON *check_json(struct arena *a, const struct record *r)
{
	struct cJSON *out = json_object(a), *found = json_array(a);

	json_add_cstr(a, out, "purpose", r->purpose);
	json_add_text(a, out, "name", r->name);
	json_add_cstr(a, out, "need", record_need_name(r->need));
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
	struct cJSON *checks = json_array(a);
	for (size_t i = 0; i < records->n_checks; i++)
		json_push(checks, check_json(a, &records->checks[i]));
	json_add(a, root, "checks", checks);
	return root;
}
