/* The records of a domain that is described by the request: as a zone, or compared with DNS. */
#include "backend/cli/dns_lines.h"

#include <cjson/cJSON.h>

#include "backend/dns/check.h"
#include "backend/dns/domain_records.h"
#include "backend/dns/zone.h"
#include "mailcore/base/json.h"

#define ADDRESSES_MAX 16
#define KEYS_MAX      16
#define TEXT_MAX      ((size_t)4 << 20)

static struct span member(const cJSON *object, const char *name)
{
	return span_of(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name)));
}

static const cJSON *list_of(const struct check *c, const char *name)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive((const cJSON *)c->request, name);
	return cJSON_IsArray(list) ? list->child : NULL;
}

static void read_ask(const struct check *c, struct records_ask *out)
{
	struct arena *a = c->ctx->arena;
	struct addr *addresses = arena_array(a, ADDRESSES_MAX, sizeof *addresses);
	struct record_key *keys = arena_array(a, KEYS_MAX, sizeof *keys);

	*out = (struct records_ask){ .domain = check_text(c, "domain"),
		.hostname = check_text(c, "hostname"),
		.addresses = addresses,
		.keys = keys,
		.mta_sts_mode = SPAN("testing") };
	for (const cJSON *it = list_of(c, "addresses"); it && out->n_addresses < ADDRESSES_MAX;
		it = it->next) {
		if (addr_parse(span_of(cJSON_GetStringValue(it)), &addresses[out->n_addresses]))
			out->n_addresses++;
	}
	for (const cJSON *it = list_of(c, "keys"); it && out->n_keys < KEYS_MAX; it = it->next)
		keys[out->n_keys++] = (struct record_key){ member(it, "selector"),
			member(it, "algorithm"), member(it, "p") };
}

static uint16_t port_of(const struct check *c, const char *name, uint16_t otherwise)
{
	const cJSON *port = cJSON_GetObjectItemCaseSensitive((const cJSON *)c->request, name);
	bool good = cJSON_IsNumber(port) && port->valueint > 0 && port->valueint <= UINT16_MAX;
	return good ? (uint16_t)port->valueint : otherwise;
}

cJSON *op_zone(const struct check *c)
{
	struct arena *a = c->ctx->arena;
	struct str text = str_in(a, TEXT_MAX);
	enum zone_format format = ZONE_BIND;
	struct records records;
	struct records_ask ask;

	read_ask(c, &ask);
	struct span name = check_text(c, "format");
	if (name.len > 0 && !zone_format_parse(name, &format))
		return check_error("A format is bind, csv or terraform.");
	records_wanted(a, &ask, &records);
	zone_add(&text, ask.domain, &records, format);
	cJSON *out = cJSON_CreateObject();
	cJSON_AddStringToObject(out, "zone", str_cstr(&text));
	return out;
}

cJSON *op_dns(const struct check *c)
{
	struct arena *a = c->ctx->arena;
	struct check_options options = { .dns_port = port_of(c, "dns_port", 53),
		.host = { .smtp_port = port_of(c, "smtp_port", 0),
			.lists = check_text(c, "lists").ptr } };
	struct str text = str_in(a, TEXT_MAX);
	struct records records;
	struct records_ask ask;

	read_ask(c, &ask);
	records_wanted(a, &ask, &records);
	records_check(c->resolver, c->ctx, &ask, &options, &records);
	json_write(a, domain_records_json(a, ask.domain, &records, c->ctx->now_us), &text);
	return cJSON_ParseWithLength(str_cstr(&text), text.len);
}
