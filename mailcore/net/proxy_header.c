/* The PROXY protocol header, versions 1 and 2. */
#include "mailcore/net/proxy_header.h"

#include <string.h>

#include "mailcore/base/cur.h"

#define V1_MAX   107
#define V2_FIXED 16

static const struct span v1_start = { "PROXY ", 6 };
static const struct span v2_start = { "\r\n\r\n\0\r\nQUIT\n", 12 };

/* Could `in` still begin with `start`? */
static bool may_start(struct span in, struct span start)
{
	size_t len = in.len < start.len ? in.len : start.len;
	return memcmp(in.ptr, start.ptr, len) == 0;
}

/* One word of a version 1 line and the space behind it, which `last` lacks. */
static bool take_word(struct cur *in, bool last, struct span *out)
{
	const char *start = in->p;

	while (!cur_done(in) && *in->p != ' ')
		in->p++;
	*out = cur_since(in, start);
	return out->len > 0 && (last ? cur_done(in) : cur_take(in, ' '));
}

static bool take_port(struct span text, uint16_t *out)
{
	uint64_t port;

	if (!span_u64(text, 65535, &port) || (text.len > 1 && text.ptr[0] == '0'))
		return false;
	*out = (uint16_t)port;
	return true;
}

/* "TCP4" or "TCP6", two addresses of that family, two ports. */
static bool parse_v1_addresses(struct cur *in, struct proxy_header *out)
{
	bool six = span_starts(cur_rest(in), SPAN("TCP6 "));
	struct span family, src, dst, src_port, dst_port;

	if (!take_word(in, false, &family) || (!six && !span_eq(family, SPAN("TCP4"))) ||
		!take_word(in, false, &src) || !take_word(in, false, &dst) ||
		!take_word(in, false, &src_port) || !take_word(in, true, &dst_port))
		return false;
	bool colons = span_find(src, ':') != SPAN_NPOS && span_find(dst, ':') != SPAN_NPOS;
	bool no_colons = span_find(src, ':') == SPAN_NPOS && span_find(dst, ':') == SPAN_NPOS;
	return (six ? colons : no_colons) && addr_parse(src, &out->src) &&
		addr_parse(dst, &out->dst) && take_port(src_port, &out->src.port) &&
		take_port(dst_port, &out->dst.port);
}

static enum proxy_result parse_v1(struct span in, struct proxy_header *out)
{
	struct span head = span_sub(in, 0, V1_MAX);
	size_t end = span_find_span(head, SPAN("\r\n"));

	if (end == SPAN_NPOS)
		return head.len == V1_MAX ? PROXY_MALFORMED : PROXY_WAIT;
	struct cur line = cur_of(span_sub(in, v1_start.len, end - v1_start.len));
	struct proxy_header h = { .len = end + 2 };
	if (span_eq(cur_rest(&line), SPAN("UNKNOWN")) ||
		span_starts(cur_rest(&line), SPAN("UNKNOWN "))) {
		out->len = h.len;
		return PROXY_LOCAL;
	}
	if (!parse_v1_addresses(&line, &h))
		return PROXY_MALFORMED;
	*out = h;
	return PROXY_OK;
}

static uint16_t get_u16(const char *p)
{
	return (uint16_t)((uint8_t)p[0] << 8 | (uint8_t)p[1]);
}

/* src, dst, source port, destination port; size is of one address. */
static void copy_v2(const char *p, int family, size_t size, struct proxy_header *out)
{
	struct addr *both[2] = { &out->src, &out->dst };

	for (size_t i = 0; i < 2; i++) {
		addr_from_bytes(family, p + i * size, both[i]);
		both[i]->port = get_u16(p + 2 * size + 2 * i);
	}
}

static enum proxy_result parse_v2(struct span in, struct proxy_header *out)
{
	if (in.len < V2_FIXED)
		return PROXY_WAIT;
	uint8_t version = (uint8_t)in.ptr[12] >> 4, command = (uint8_t)in.ptr[12] & 15;
	uint8_t family = (uint8_t)in.ptr[13];
	size_t body = get_u16(in.ptr + 14);
	struct proxy_header h = { .len = V2_FIXED + body };

	if (version != 2 || command > 1 || h.len > PROXY_HEADER_MAX)
		return PROXY_MALFORMED;
	if (in.len < h.len)
		return PROXY_WAIT;
	if (command == 0 || family == 0) {
		out->len = h.len;
		return PROXY_LOCAL;
	}
	size_t size = family == 0x11 ? 4 : family == 0x21 ? 16 : 0; /* TCP over IPv4, IPv6 */
	if (size == 0 || body < 2 * size + 4)
		return PROXY_MALFORMED;
	copy_v2(in.ptr + V2_FIXED, size == 4 ? AF_INET : AF_INET6, size, &h);
	*out = h;
	return PROXY_OK;
}

enum proxy_result proxy_header_parse(struct span in, struct proxy_header *out)
{
	if (in.len == 0)
		return PROXY_WAIT;
	if (may_start(in, v1_start))
		return in.len < v1_start.len ? PROXY_WAIT : parse_v1(in, out);
	if (may_start(in, v2_start))
		return in.len < v2_start.len ? PROXY_WAIT : parse_v2(in, out);
	return PROXY_MALFORMED;
}
