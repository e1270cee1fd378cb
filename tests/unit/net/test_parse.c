/* mailcore/net/http_head, proxy_header, addr: tables. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "mailcore/net/addr.h"
#include "mailcore/net/http_head.h"
#include "mailcore/net/proxy_header.h"

#define BYTES(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
#define H "Host: a\r\n"

static void heads(void **state)
{
	static const struct {
		struct span in;
		enum http_result result;
		uint64_t length;
		bool chunked;
	} cases[] = {
		{ BYTES("GET / HTTP/1.1\r\n" H "\r\n"), HTTP_OK },
		{ BYTES("GET / HTTP/1.0\r\n\r\n"), HTTP_OK },
		{ BYTES("POST /x HTTP/1.1\r\n" H "Content-Length: 12\r\n\r\n"), HTTP_OK, 12 },
		{ BYTES("POST /x HTTP/1.1\r\n" H "transfer-encoding:\tChunked \r\n\r\n"), HTTP_OK,
			0, true },
		{ BYTES("GET / HTTP/1.1\r\n" H "X: \xC3\xA4\t;\r\nEmpty:\r\n\r\n"), HTTP_OK },
		{ BYTES("GET / HTTP/1.1\r\n" H "\r\nrest"), HTTP_OK },
		{ BYTES("GET / HTTP/1.1\r\n" H), HTTP_WAIT },
		{ BYTES("GET / HTTP/1.1\r\n" H "\r"), HTTP_WAIT },
		{ BYTES(""), HTTP_WAIT },
		/* line ends */
		{ BYTES("GET / HTTP/1.1\n" H "\r\n"), HTTP_BAD },
		{ BYTES("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"), HTTP_BAD },
		{ BYTES("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"), HTTP_BAD },
		{ BYTES("GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n"), HTTP_BAD },
		{ BYTES("GET / HTTP/1.1\r\n" H " folded\r\n\r\n"), HTTP_BAD },
		{ BYTES("GET / HTTP/1.1\r\n" H "\tfolded\r\n\r\n"), HTTP_BAD },
		{ BYTES("\r\nGET / HTTP/1.1\r\n" H "\r\n"), HTTP_BAD },
		/* the request line */
		{ BYTES("GET /\r\n\r\n"), HTTP_BAD },
		{ BYTES("GET  / HTTP/1.1\r\n" H "\r\n"), HTTP_BAD },
		{ BYTES("GET / HTTP/1.1 \r\n" H "\r\n"), HTTP_BAD },
		{ BYTES("GET /\x80 HTTP/1.1\r\n" H "\r\n"), HTTP_BAD },
		{ BYTES("GET / HTTP/2.0\r\n" H "\r\n"), HTTP_BAD },
		{ BYTES("GET / http/1.1\r\n" H "\r\n"), HTTP_BAD },
		{ BYTES("G@T / HTTP/1.1\r\n" H "\r\n"), HTTP_BAD },
		{ BYTES("CONNECT a:25 HTTP/1.1\r\n" H "\r\n"), HTTP_BAD },
		{ BYTES("EHLO example.org\r\n\r\n"), HTTP_BAD },
		/* fields */
		{ BYTES("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), HTTP_BAD },
		{ BYTES("GET / HTTP/1.1\r\n" H ": b\r\n\r\n"), HTTP_BAD },
		{ BYTES("GET / HTTP/1.1\r\n" H "b\r\n\r\n"), HTTP_BAD },
		{ BYTES("GET / HTTP/1.1\r\n\r\n"), HTTP_BAD },
		{ BYTES("GET / HTTP/1.1\r\n" H H "\r\n"), HTTP_BAD },
		/* lengths */
		{ BYTES("POST / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"),
			HTTP_BAD },
		{ BYTES("POST / HTTP/1.1\r\n" H "Content-Length: 1, 1\r\n\r\n"), HTTP_BAD },
		{ BYTES("POST / HTTP/1.1\r\n" H "Content-Length: +1\r\n\r\n"), HTTP_BAD },
		{ BYTES("POST / HTTP/1.1\r\n" H "Content-Length: 0x1\r\n\r\n"), HTTP_BAD },
		{ BYTES("POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n"), HTTP_BAD },
		{ BYTES("POST / HTTP/1.1\r\n" H "Content-Length: 9007199254740993\r\n\r\n"),
			HTTP_BAD },
		{ BYTES("POST / HTTP/1.1\r\n" H
			"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
			HTTP_BAD },
		{ BYTES("POST / HTTP/1.1\r\n" H
			"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
			HTTP_BAD },
		{ BYTES("POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n"),
			HTTP_BAD },
		{ BYTES("POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n"), HTTP_BAD },
		{ BYTES("POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n"), HTTP_BAD },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct http_head head = { 0 };
		size_t scanned = 0;
		enum http_result result = http_head_check(cases[i].in, &scanned, &head);
		if (result != cases[i].result)
			print_message("case %zu\n", i);
		assert_int_equal(result, cases[i].result);
		assert_int_equal(head.length, cases[i].length);
		assert_int_equal(head.chunked, cases[i].chunked);
	}
}

/* Whatever the pieces it arrives in, a head is judged alike. */
static void heads_in_pieces(void **state)
{
	static const struct span in =
		BYTES("POST /x HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc");
	struct http_head head;
	size_t scanned = 0;

	for (size_t n = 0; n < in.len - 3; n++)
		assert_int_equal(http_head_check(span_sub(in, 0, n), &scanned, &head), HTTP_WAIT);
	assert_int_equal(http_head_check(span_sub(in, 0, in.len - 3), &scanned, &head), HTTP_OK);
	assert_int_equal(head.len, in.len - 3);
	assert_int_equal(head.length, 3);
}

static size_t make_head(char *out, size_t cap, int fields)
{
	size_t len = (size_t)snprintf(out, cap, "GET / HTTP/1.1\r\n" H);

	for (int i = 1; i < fields; i++)
		len += (size_t)snprintf(out + len, cap - len, "X: y\r\n");
	return len + (size_t)snprintf(out + len, cap - len, "\r\n");
}

static void heads_have_limits(void **state)
{
	static char text[HTTP_HEAD_MAX + 100];
	struct http_head head;
	size_t scanned = 0, len = 0;

	memset(text, 'a', sizeof text);
	assert_int_equal(
		http_head_check(span_make(text, HTTP_HEAD_MAX - 1), &scanned, &head), HTTP_WAIT);
	assert_int_equal(
		http_head_check(span_make(text, sizeof text), &scanned, &head), HTTP_TOO_LARGE);

	for (int fields = 200; fields <= 201; fields++) {
		len = make_head(text, sizeof text, fields);
		scanned = 0;
		assert_int_equal(http_head_check(span_make(text, len), &scanned, &head),
			fields == 200 ? HTTP_OK : HTTP_BAD);
	}
}

static void bodies(void **state)
{
	static const struct {
		struct span in;
		uint64_t length;
		bool chunked;
		enum http_result result;
		size_t used;
	} cases[] = {
		{ BYTES("GET"), 0, false, HTTP_OK, 0 },
		{ BYTES("abcGET"), 3, false, HTTP_OK, 3 },
		{ BYTES("ab"), 3, false, HTTP_WAIT, 2 },
		{ BYTES("0\r\n\r\nGET"), 0, true, HTTP_OK, 5 },
		{ BYTES("3\r\nabc\r\n0\r\n\r\nGET"), 0, true, HTTP_OK, 13 },
		{ BYTES("A\r\n0123456789\r\n00\r\n\r\n"), 0, true, HTTP_OK, 21 },
		{ BYTES("3\r\nabc\r\n"), 0, true, HTTP_WAIT, 8 },
		{ BYTES(""), 0, true, HTTP_WAIT, 0 },
		{ BYTES("\r\n"), 0, true, HTTP_BAD },
		{ BYTES("3;x=y\r\nabc\r\n0\r\n\r\n"), 0, true, HTTP_BAD },
		{ BYTES("3\nabc\r\n0\r\n\r\n"), 0, true, HTTP_BAD },
		{ BYTES("3\r\nabcd\r\n0\r\n\r\n"), 0, true, HTTP_BAD },
		{ BYTES("3\r\nabc\n0\r\n\r\n"), 0, true, HTTP_BAD },
		{ BYTES("-1\r\n"), 0, true, HTTP_BAD },
		{ BYTES("0x1\r\n"), 0, true, HTTP_BAD },
		{ BYTES("100000000\r\n"), 0, true, HTTP_BAD },
		{ BYTES("0\r\nX: y\r\n\r\n"), 0, true, HTTP_BAD },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct http_head head = { .length = cases[i].length, .chunked = cases[i].chunked };
		struct http_body whole, bytewise;
		size_t used = 0, at = 0;
		http_body_begin(&whole, &head);
		enum http_result result = http_body_take(&whole, cases[i].in, &used);
		if (result != cases[i].result)
			print_message("case %zu\n", i);
		assert_int_equal(result, cases[i].result);
		assert_int_equal(used, cases[i].used);

		http_body_begin(&bytewise, &head);
		result = http_body_take(&bytewise, span_sub(cases[i].in, 0, 0), &used);
		while (result == HTTP_WAIT && at < cases[i].in.len) {
			result = http_body_take(&bytewise, span_sub(cases[i].in, at, 1), &used);
			at++;
		}
		assert_int_equal(result, cases[i].result);
	}
}

static void proxy_headers(void **state)
{
#define V2 "\r\n\r\n\0\r\nQUIT\n"
	static const struct {
		struct span in;
		enum proxy_result result;
		const char *src, *dst;
		size_t len;
	} cases[] = {
		{ BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\r\nEHLO"), PROXY_OK,
			"192.0.2.1:56324", "198.51.100.2:25", 44 },
		{ BYTES("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n"), PROXY_OK,
			"2001:db8::1:1", "2001:db8::2:65535", 44 },
		{ BYTES("PROXY UNKNOWN\r\n"), PROXY_LOCAL, NULL, NULL, 15 },
		{ BYTES("PROXY UNKNOWN ffff::1 whatever\r\n"), PROXY_LOCAL, NULL, NULL, 32 },
		{ BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\r"), PROXY_WAIT },
		{ BYTES("PRO"), PROXY_WAIT },
		{ BYTES(""), PROXY_WAIT },
		{ BYTES("EHLO"), PROXY_MALFORMED },
		{ BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\n\r\n"), PROXY_MALFORMED },
		{ BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n"), PROXY_MALFORMED },
		{ BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 56324 25 x\r\n"), PROXY_MALFORMED },
		{ BYTES("PROXY TCP4  192.0.2.1 198.51.100.2 56324 25\r\n"), PROXY_MALFORMED },
		{ BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 065 25\r\n"), PROXY_MALFORMED },
		{ BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 65536 25\r\n"), PROXY_MALFORMED },
		{ BYTES("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n"), PROXY_MALFORMED },
		{ BYTES("PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n"), PROXY_MALFORMED },
		{ BYTES("PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n"), PROXY_MALFORMED },
		{ BYTES("PROXY UNKNOWN aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			"aaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
			PROXY_MALFORMED },
		{ BYTES(V2 "\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\4\0\x19"
			   "EHLO"),
			PROXY_OK, "192.0.2.1:56324", "198.51.100.2:25", 28 },
		{ BYTES(V2 "\x21\x21\0\x24"
			   "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
			   "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1\0\1\0\2"),
			PROXY_OK, "2001:db8::1:1", "192.0.2.1:2", 52 },
		/* TLVs are skipped */
		{ BYTES(V2 "\x21\x11\0\x10\xc0\0\2\1\xc6\x33\x64\2\xdc\4\0\x19\3\0\1x"), PROXY_OK,
			"192.0.2.1:56324", "198.51.100.2:25", 32 },
		{ BYTES(V2 "\x20\x00\0\0"), PROXY_LOCAL, NULL, NULL, 16 },
		{ BYTES(V2 "\x21\x11\0\x0c\xc0"), PROXY_WAIT },
		{ BYTES(V2 "\x21"), PROXY_WAIT },
		{ BYTES("\r\n\r\n"), PROXY_WAIT },
		{ BYTES("\r\n\r\nx"), PROXY_MALFORMED },
		{ BYTES(V2 "\x11\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\4\0\x19"), PROXY_MALFORMED },
		{ BYTES(V2 "\x22\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\4\0\x19"), PROXY_MALFORMED },
		{ BYTES(V2 "\x21\x12\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\4\0\x19"), PROXY_MALFORMED },
		{ BYTES(V2 "\x21\x11\0\x0b\xc0\0\2\1\xc6\x33\x64\2\xdc\4\0"), PROXY_MALFORMED },
		{ BYTES(V2 "\x21\x11\xff\xff\xc0"), PROXY_MALFORMED },
	};
	struct arena a;

	arena_init(&a, 256);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct proxy_header h = { .len = 0 };
		enum proxy_result result = proxy_header_parse(cases[i].in, &h);
		struct str src = str_in(&a, 100), dst = str_in(&a, 100);
		if (result != cases[i].result)
			print_message("case %zu\n", i);
		assert_int_equal(result, cases[i].result);
		assert_int_equal(h.len, cases[i].len);
		if (!cases[i].src)
			continue;
		addr_add(&src, &h.src);
		str_addf(&src, ":%d", h.src.port);
		addr_add(&dst, &h.dst);
		str_addf(&dst, ":%d", h.dst.port);
		assert_string_equal(str_cstr(&src), cases[i].src);
		assert_string_equal(str_cstr(&dst), cases[i].dst);
	}
	arena_done(&a);
}

static void addresses(void **state)
{
	static const struct {
		const char *text;
		const char *back; /* NULL: refused */
		int port;
	} cases[] = {
		{ "192.0.2.1", "[192.0.2.1]", 7 },
		{ "192.0.2.1:25", "[192.0.2.1]", 25 },
		{ "[2001:db8::1]:25", "[IPv6:2001:db8::1]", 25 },
		{ "[2001:db8::1]", "[IPv6:2001:db8::1]", 7 },
		{ "2001:db8::1", "[IPv6:2001:db8::1]", 7 },
		{ "::ffff:192.0.2.1", "[192.0.2.1]", 7 },
		{ "192.0.2.1:0", "[192.0.2.1]", 0 },
		{ "192.0.2.1:65536", NULL },
		{ "192.0.2.1:", NULL },
		{ "192.0.2.1:+5", NULL },
		{ "192.0.2.01", NULL },
		{ "192.0.2", NULL },
		{ "[192.0.2.1]:25", NULL },
		{ "[2001:db8::1]25", NULL },
		{ "[2001:db8::1", NULL },
		{ "", NULL },
		{ "host", NULL },
	};
	struct arena a;

	arena_init(&a, 256);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct addr addr, again;
		struct sockaddr_storage ss;
		struct str back = str_in(&a, 100);
		assert_int_equal(
			addr_parse_port(span_of(cases[i].text), 7, &addr), cases[i].back != NULL);
		if (!cases[i].back)
			continue;
		addr_add_literal(&back, &addr);
		assert_string_equal(str_cstr(&back), cases[i].back);
		assert_int_equal(addr.port, cases[i].port);
		assert_true(addr_to_sockaddr(&addr, &ss) > 0);
		addr_from_sockaddr((const struct sockaddr *)&ss, &again);
		assert_true(addr_eq(&addr, &again) && again.port == addr.port);
	}
	arena_done(&a);
}

static void networks(void **state)
{
	static const struct {
		const char *list;
		const char *addr; /* NULL: the list is malformed */
		bool has;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.0.1", true },
		{ "10.0.0.0/8", "11.0.0.1", false },
		{ "10.0.0.0/8", "::1", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.200", true },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "10.0.0.0/8, ::1/128", "::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "::ffff:192.0.2.0/120", "192.0.2.77", true },
		{ "192.0.2.0/24", "::ffff:192.0.2.77", true },
		{ "", "10.0.0.1", false },
		{ " ", "10.0.0.1", false },
		{ "10.0.0.0/33", NULL },
		{ "10.0.0.0/", NULL },
		{ "10.0.0.0/8,", NULL },
		{ ",10.0.0.0/8", NULL },
		{ "::ffff:192.0.2.0/90", NULL },
		{ "::/129", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct net_list list;
		struct addr addr;
		bool ok = net_list_parse(span_of(cases[i].list), &list);
		if (ok != (cases[i].addr != NULL))
			print_message("case %zu\n", i);
		assert_int_equal(ok, cases[i].addr != NULL);
		if (!ok)
			continue;
		assert_true(addr_parse(span_of(cases[i].addr), &addr));
		assert_int_equal(net_list_has(&list, &addr), cases[i].has);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads),
		cmocka_unit_test(heads_in_pieces),
		cmocka_unit_test(heads_have_limits),
		cmocka_unit_test(bodies),
		cmocka_unit_test(proxy_headers),
		cmocka_unit_test(addresses),
		cmocka_unit_test(networks),
	};
	return cmocka_run_group_tests_name("net_parse", tests, NULL, NULL);
}
