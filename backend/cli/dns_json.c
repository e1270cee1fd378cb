/* The "dns" of a `check lines` request. */
#include "backend/cli/dns_json.h"

#include <cjson/cJSON.h>
#include <string.h>

#define TEXT_MAX ((size_t)1 << 20)

static const struct {
	const char *name;
	enum dns_type type;
} types[] = {
	{ "A", DNS_A },
	{ "AAAA", DNS_AAAA },
	{ "CNAME", DNS_CNAME },
	{ "MX", DNS_MX },
	{ "NS", DNS_NS },
	{ "PTR", DNS_PTR },
	{ "TXT", DNS_TXT },
	{ "SPF", DNS_TXT },
};

static bool type_parse(const char *name, enum dns_type *out)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (strcmp(name, types[i].name) == 0) {
			*out = types[i].type;
			return true;
		}
	}
	return false;
}

static const char *string_of(const cJSON *item)
{
	return cJSON_GetStringValue(item);
}

static bool is_failure(const char *word)
{
	return word && (strcmp(word, "TIMEOUT") == 0 || strcmp(word, "SERVFAIL") == 0);
}

/* A string, or strings in a list. */
static bool join(const cJSON *value, struct str *out)
{
	if (string_of(value)) {
		str_add_cstr(out, string_of(value));
		return str_ok(out);
	}
	if (!cJSON_IsArray(value))
		return false;
	for (const cJSON *part = value->child; part; part = part->next) {
		if (!string_of(part))
			return false;
		str_add_cstr(out, string_of(part));
	}
	return str_ok(out);
}

static bool read_data(enum dns_type type, const cJSON *value, struct str *text, struct dns_rr *out)
{
	*out = (struct dns_rr){ .type = type, .ttl = 60 };
	if (type == DNS_MX) {
		if (!cJSON_IsNumber(value) || value->valueint < 0 || value->valueint > UINT16_MAX)
			return false;
		out->priority = (uint16_t)value->valueint;
		value = value->next;
	}
	if (!join(value, text))
		return false;
	out->text = str_span(text);
	if (type == DNS_A || type == DNS_AAAA)
		return addr_parse(out->text, &out->addr);
	if (type != DNS_TXT && span_eq(out->text, SPAN(".")))
		out->text = SPAN(""); /* the root, as in a null MX */
	return true;
}

/* An IPv4-mapped address in AAAA reads as IPv4: then the name has no data for IPv6. */
static bool add_data(
	struct dns_given *zone, struct span name, enum dns_type type, const cJSON *data)
{
	struct dns_rr rr;
	struct str text;

	if (is_failure(string_of(data)))
		return dns_given_fail(zone, name, type);
	if (type == DNS_TXT && string_of(data) && strcmp(string_of(data), "NONE") == 0)
		return dns_given_add_name(zone, name);
	str_init(&text, TEXT_MAX);
	bool ok = read_data(type, data, &text, &rr);
	if (ok && type == DNS_AAAA && rr.addr.family != AF_INET6)
		ok = dns_given_add_name(zone, name);
	else if (ok)
		ok = dns_given_add(zone, name, &rr);
	str_done(&text);
	return ok;
}

static bool add_record(
	struct dns_given *zone, struct span name, const cJSON *record, bool spf_is_txt)
{
	const cJSON *kind = cJSON_IsArray(record) ? record->child : NULL;
	enum dns_type type;

	if (!string_of(kind))
		return false;
	if (is_failure(string_of(kind)))
		return dns_given_fail(zone, name, DNS_GIVEN_ANY);
	if (!type_parse(string_of(kind), &type) ||
		(!spf_is_txt && strcmp(string_of(kind), "SPF") == 0))
		return dns_given_add_name(zone, name);
	return kind->next && add_data(zone, name, type, kind->next);
}

static bool has_txt(const cJSON *records)
{
	for (const cJSON *r = records->child; r; r = r->next) {
		const char *kind = cJSON_IsArray(r) ? string_of(r->child) : NULL;
		if (kind && strcmp(kind, "TXT") == 0)
			return true;
	}
	return false;
}

static bool add_name(struct dns_given *zone, const cJSON *records)
{
	struct span name = span_of(records->string);
	bool spf_is_txt = !has_txt(records);

	/* What cannot be a domain name is never asked for. */
	if (!dns_given_add_name(zone, name))
		return true;
	for (const cJSON *r = records->child; r; r = r->next) {
		if (!add_record(zone, name, r, spf_is_txt))
			return false;
	}
	return true;
}

struct dns_given *dns_given_from_json(const struct cJSON *json, const char **out_problem)
{
	struct dns_given *zone = dns_given_new();
	bool ok = !json || cJSON_IsObject(json);

	for (const cJSON *name = ok && json ? json->child : NULL; name && ok; name = name->next)
		ok = cJSON_IsArray(name) && add_name(zone, name);
	if (ok)
		return zone;
	dns_given_free(zone);
	*out_problem = "The request's \"dns\" has a record that cannot be read.";
	return NULL;
}
