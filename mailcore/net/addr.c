/* Network addresses: text, socket form, networks. */
#include "mailcore/net/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define ADDR_TEXT_MAX INET6_ADDRSTRLEN

static size_t addr_size(const struct addr *a)
{
	return a->family == AF_INET ? 4 : a->family == AF_INET6 ? 16 : 0;
}

/* ::ffff:192.0.2.1 is 192.0.2.1 to everybody who decides something about it. */
static void unmap(struct addr *a)
{
	static const uint8_t prefix[12] = { [10] = 0xFF, [11] = 0xFF };

	if (a->family != AF_INET6 || memcmp(a->bytes, prefix, sizeof prefix) != 0)
		return;
	memmove(a->bytes, a->bytes + 12, 4);
	memset(a->bytes + 4, 0, 12);
	a->family = AF_INET;
}

void addr_from_bytes(int family, const void *bytes, struct addr *out)
{
	*out = (struct addr){ .family = family };
	memcpy(out->bytes, bytes, addr_size(out));
	unmap(out);
}

void addr_from_sockaddr(const struct sockaddr *sa, struct addr *out)
{
	*out = (struct addr){ .family = AF_UNSPEC };

	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof in);
		addr_from_bytes(AF_INET, &in.sin_addr, out);
		out->port = ntohs(in.sin_port);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, sa, sizeof in6);
		addr_from_bytes(AF_INET6, &in6.sin6_addr, out);
		out->port = ntohs(in6.sin6_port);
	}
}

socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof *out);
	if (a->family == AF_INET) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(a->port) };
		memcpy(&in.sin_addr, a->bytes, 4);
		memcpy(out, &in, sizeof in);
		return sizeof in;
	}
	if (a->family == AF_INET6) {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };
		memcpy(&in6.sin6_addr, a->bytes, 16);
		memcpy(out, &in6, sizeof in6);
		return sizeof in6;
	}
	return 0;
}

bool addr_parse(struct span text, struct addr *out)
{
	char buf[ADDR_TEXT_MAX];
	struct addr a = { .family = span_find(text, ':') == SPAN_NPOS ? AF_INET : AF_INET6 };

	if (text.len == 0 || text.len >= sizeof buf || span_find(text, '\0') != SPAN_NPOS)
		return false;
	memcpy(buf, text.ptr, text.len);
	buf[text.len] = '\0';
	if (inet_pton(a.family, buf, a.bytes) != 1)
		return false;
	unmap(&a);
	*out = a;
	return true;
}

/* What stands behind the address: nothing, or ":port". */
static bool parse_port(struct span text, uint16_t default_port, uint16_t *out)
{
	uint64_t port = default_port;

	if (text.len > 0 && (text.ptr[0] != ':' || !span_u64(span_from(text, 1), 65535, &port)))
		return false;
	*out = (uint16_t)port;
	return true;
}

bool addr_parse_port(struct span text, uint16_t default_port, struct addr *out)
{
	struct span host = text, rest = SPAN_NONE;
	bool bracket = span_starts(text, SPAN("["));
	struct addr a;

	if (bracket) {
		size_t end = span_find(text, ']');
		if (end == SPAN_NPOS)
			return false;
		host = span_sub(text, 1, end - 1);
		rest = span_from(text, end + 1);
	} else if (span_find(text, ':') == span_rfind(text, ':')) {
		/* Two colons and no brackets: a bare IPv6 address, which cannot carry a port. */
		size_t colon = span_find(text, ':');
		host = span_sub(text, 0, colon == SPAN_NPOS ? text.len : colon);
		rest = span_from(text, host.len);
	}
	if (!addr_parse(host, &a) || (bracket && span_find(host, ':') == SPAN_NPOS) ||
		!parse_port(rest, default_port, &a.port))
		return false;
	*out = a;
	return true;
}

void addr_add(struct str *out, const struct addr *a)
{
	char buf[ADDR_TEXT_MAX];

	if (addr_size(a) && inet_ntop(a->family, a->bytes, buf, sizeof buf))
		str_add_cstr(out, buf);
	else
		str_add_cstr(out, "unknown");
}

void addr_add_literal(struct str *out, const struct addr *a)
{
	str_add_cstr(out, a->family == AF_INET6 ? "[IPv6:" : "[");
	addr_add(out, a);
	str_add_c(out, ']');
}

bool addr_parse_literal(struct span text, struct addr *out)
{
	struct addr a;

	if (text.len < 2 || !span_starts(text, SPAN("[")) || !span_ends(text, SPAN("]")))
		return false;
	struct span inside = span_sub(text, 1, text.len - 2);
	bool six = span_istarts(inside, SPAN("IPv6:"));
	struct span bare = six ? span_from(inside, 5) : inside;
	if (!addr_parse(bare, &a) || six != (span_find(bare, ':') != SPAN_NPOS))
		return false;
	*out = a;
	return true;
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, addr_size(a)) == 0;
}

bool addr_is_loopback(const struct addr *a)
{
	static const uint8_t six[16] = { [15] = 1 };

	if (a->family == AF_INET)
		return a->bytes[0] == 127;
	return a->family == AF_INET6 && memcmp(a->bytes, six, sizeof six) == 0;
}

bool net_parse(struct span text, struct net *out)
{
	size_t slash = span_find(text, '/');
	struct net n = { .bits = 0 };

	if (!addr_parse(span_sub(text, 0, slash == SPAN_NPOS ? text.len : slash), &n.addr))
		return false;
	uint64_t width = addr_size(&n.addr) * 8;
	uint64_t bits = width;
	bool mapped = n.addr.family == AF_INET && span_find(text, ':') != SPAN_NPOS;
	if (slash != SPAN_NPOS) {
		if (!span_u64(span_from(text, slash + 1), mapped ? 128 : width, &bits))
			return false;
		/* ::ffff:192.0.2.0/120 counts its bits as IPv6 does. */
		if (mapped && bits < 96)
			return false;
		bits -= mapped ? 96 : 0;
	}
	n.bits = (uint8_t)bits;
	*out = n;
	return true;
}

bool net_has(const struct net *n, const struct addr *a)
{
	size_t whole = n->bits / 8;
	unsigned part = n->bits % 8;

	if (n->addr.family != a->family || memcmp(n->addr.bytes, a->bytes, whole) != 0)
		return false;
	if (part == 0)
		return true;
	uint8_t mask = (uint8_t)(0xFF << (8 - part));
	return (n->addr.bytes[whole] & mask) == (a->bytes[whole] & mask);
}

bool net_list_parse(struct span text, struct net_list *out)
{
	struct net_list list = { .len = 0 };
	struct span rest = span_trim(text), part;

	if (rest.len == 0)
		rest = SPAN_NONE;
	while (span_split(&rest, ',', &part)) {
		if (list.len == sizeof list.nets / sizeof list.nets[0] ||
			!net_parse(span_trim(part), &list.nets[list.len]))
			return false;
		list.len++;
	}
	*out = list;
	return true;
}

bool net_list_has(const struct net_list *list, const struct addr *a)
{
	for (size_t i = 0; i < list->len; i++) {
		if (net_has(&list->nets[i], a))
			return true;
	}
	return false;
}
