/* A zone for tests. */
#include "tests/unit/auth/zone.h"

static bool parse_type(struct span word, enum dns_type *out)
{
	static const struct {
		struct span name;
		enum dns_type type;
	} types[] = { { SPAN("A"), DNS_A }, { SPAN("AAAA"), DNS_AAAA },
		{ SPAN("CNAME"), DNS_CNAME }, { SPAN("MX"), DNS_MX }, { SPAN("PTR"), DNS_PTR },
		{ SPAN("TXT"), DNS_TXT } };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (span_eq(word, types[i].name)) {
			*out = types[i].type;
			return true;
		}
	}
	return false;
}

static bool add_line(struct dns_given *zone, struct span line)
{
	struct span rest = line, name, kind, priority;
	struct dns_rr rr = { .ttl = 60 };
	uint64_t n = 0;

	if (!span_split(&rest, ' ', &name) || !span_split(&rest, ' ', &kind))
		return false;
	if (span_eq(kind, SPAN("NAME")))
		return dns_given_add_name(zone, name);
	if (span_eq(kind, SPAN("FAIL")))
		return dns_given_fail(zone, name, DNS_GIVEN_ANY);
	if (!parse_type(kind, &rr.type))
		return false;
	if (rr.type == DNS_MX &&
		(!span_split(&rest, ' ', &priority) || !span_u64(priority, UINT16_MAX, &n)))
		return false;
	rr.priority = (uint16_t)n;
	rr.text = rest;
	if ((rr.type == DNS_A || rr.type == DNS_AAAA) && !addr_parse(rest, &rr.addr))
		return false;
	return dns_given_add(zone, name, &rr);
}

struct dns_given *zone_of(const char *lines)
{
	struct dns_given *zone = dns_given_new();
	struct span rest = span_of(lines), line;

	while (span_split(&rest, '\n', &line))
		ASSERT(line.len == 0 || add_line(zone, line));
	return zone;
}
