/* mailcore/net/mx: where mail goes, from zones given in advance. REQUIREMENTS 13. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/net/dns_given.h"
#include "mailcore/net/mx.h"

#define PORT 25

static struct arena arena;
static struct ctx ctx;

/* "name TYPE [preference] value", one a line; FAIL: no answer about the name. */
static void add_record(struct dns_given *g, struct span line)
{
	struct span name, type, value = SPAN_NONE, preference = SPAN_NONE;
	struct dns_rr rr = { .ttl = 60 };
	uint64_t number = 0;

	assert_true(span_split(&line, ' ', &name) && span_split(&line, ' ', &type));
	if (span_eq(type, SPAN("FAIL"))) {
		assert_true(dns_given_fail(g, name, DNS_GIVEN_ANY));
		return;
	}
	if (span_eq(type, SPAN("NAME"))) {
		assert_true(dns_given_add_name(g, name));
		return;
	}
	if (span_eq(type, SPAN("MX"))) {
		assert_true(span_split(&line, ' ', &preference));
		assert_true(span_u64(preference, 65535, &number));
		rr.priority = (uint16_t)number;
	}
	(void)span_split(&line, ' ', &value);
	rr.text = value;
	rr.type = span_eq(type, SPAN("MX"))    ? DNS_MX
		: span_eq(type, SPAN("CNAME")) ? DNS_CNAME
		: span_eq(type, SPAN("A"))     ? DNS_A
					       : DNS_AAAA;
	if (rr.type == DNS_A || rr.type == DNS_AAAA)
		assert_true(addr_parse(value, &rr.addr));
	assert_true(dns_given_add(g, name, &rr));
}

static struct dns_given *zone_of(const char *text)
{
	struct dns_given *g = dns_given_new();
	struct span rest = span_of(text), line;

	while (span_split(&rest, '\n', &line)) {
		if (line.len > 0)
			add_record(g, line);
	}
	return g;
}

static const char zone[] =
	"sorted.test MX 20 b.test\nsorted.test MX 10 a.test\nsorted.test MX 30 c.test\n"
	"a.test A 192.0.2.1\nb.test A 192.0.2.2\nc.test A 192.0.2.3\nc.test AAAA 2001:db8::3\n"
	"implicit.test A 192.0.2.9\nimplicit.test AAAA 2001:db8::9\n"
	"null.test MX 0 .\n"
	"nullish.test MX 0 .\nnullish.test MX 10 a.test\n"
	"nothing.test NAME\n"
	"broken.test FAIL\n"
	"halfbroken.test MX 10 broken.test\nhalfbroken.test MX 20 b.test\n"
	"allbroken.test MX 10 broken.test\n"
	"dangling.test MX 10 absent.test\n"
	"alias.test CNAME sorted.test\n"
	"backup.test MX 10 a.test\nbackup.test MX 20 mx.self.test\nbackup.test MX 30 c.test\n"
	"backupaddr.test MX 10 a.test\nbackupaddr.test MX 20 vanity.test\n"
	"backupaddr.test MX 20 b.test\nbackupaddr.test MX 30 c.test\n"
	"vanity.test A 198.51.100.7\n"
	"mx.self.test A 198.51.100.7\n"
	"loop.test MX 10 MX.Self.test\nloop.test MX 20 a.test\n"
	"loopaddr.test A 198.51.100.7\n"
	"otherport.test A 198.51.100.8\n"
	"many.test MX 10 m1.test\nmany.test MX 20 c.test\n"
	"m1.test A 192.0.2.11\nm1.test A 192.0.2.12\nm1.test A 192.0.2.13\nm1.test A 192.0.2.14\n"
	"m1.test A 192.0.2.15\nm1.test A 192.0.2.16\n"
	"turns.test A 192.0.2.1\nturns.test A 192.0.2.2\nturns.test A 192.0.2.3\n"
	"turns.test AAAA 2001:db8::1\nturns.test AAAA 2001:db8::2\nturns.test AAAA 2001:db8::3\n";

static const struct mx_case {
	const char *domain;
	enum rc rc;
	const char *result; /* the addresses, or the status */
} cases[] = {
	{ "sorted.test", RC_OK, "192.0.2.1 192.0.2.2 2001:db8::3 192.0.2.3" },
	{ "SORTED.test", RC_OK, "192.0.2.1 192.0.2.2 2001:db8::3 192.0.2.3" },
	{ "alias.test", RC_OK, "192.0.2.1 192.0.2.2 2001:db8::3 192.0.2.3" },
	{ "implicit.test", RC_OK, "2001:db8::9 192.0.2.9" },
	{ "null.test", RC_NOT_FOUND, "5.1.10" },
	{ "nullish.test", RC_OK, "192.0.2.1" },
	{ "absent.test", RC_NOT_FOUND, "5.1.2" },
	{ "nothing.test", RC_NOT_FOUND, "5.4.4" },
	{ "dangling.test", RC_NOT_FOUND, "5.4.4" },
	{ "broken.test", RC_TEMP, "4.4.3" },
	{ "halfbroken.test", RC_OK, "192.0.2.2" },
	{ "allbroken.test", RC_TEMP, "4.4.3" },
	{ "backup.test", RC_OK, "192.0.2.1" },
	{ "backupaddr.test", RC_OK, "192.0.2.1" },
	{ "loop.test", RC_CONFLICT, "5.4.6" },
	{ "loopaddr.test", RC_CONFLICT, "5.4.6" },
	{ "otherport.test", RC_OK, "198.51.100.8" },
	{ "many.test", RC_OK, "192.0.2.11 192.0.2.12 192.0.2.13 192.0.2.14 2001:db8::3" },
	{ "turns.test", RC_OK, "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 2001:db8::3" },
	{ "[192.0.2.77]", RC_OK, "192.0.2.77" },
	{ "[IPv6:2001:db8::7]", RC_OK, "2001:db8::7" },
	{ "[198.51.100.7]", RC_CONFLICT, "5.4.6" },
	{ "[nonsense]", RC_INVALID, "5.1.2" },
	{ "a..b", RC_INVALID, "5.1.2" },
};

static struct mx_self make_self(struct span *name, struct addr addrs[2])
{
	*name = SPAN("mx.self.test");
	assert_true(addr_parse(SPAN("198.51.100.7"), &addrs[0]));
	assert_true(addr_parse_port(SPAN("198.51.100.8:2525"), 0, &addrs[1]));
	return (struct mx_self){ .names = name, .n_names = 1, .addrs = addrs, .n_addrs = 2 };
}

static const char *text_of(const struct mx_list *list)
{
	struct str s = str_in(&arena, 1000);

	for (size_t i = 0; i < list->len; i++) {
		if (i > 0)
			str_add_c(&s, ' ');
		addr_add(&s, &list->items[i].addr);
		assert_int_equal(list->items[i].addr.port, PORT);
	}
	return str_cstr(&s);
}

static void test_table(void **state)
{
	struct dns_given *g = zone_of(zone);
	struct resolver *r = resolver_open_given(g);
	struct span name;
	struct addr addrs[2];
	struct mx_self self = make_self(&name, addrs);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct mx_list list = { 0 };
		struct mx_failure failure;
		enum rc rc =
			mx_resolve(r, &ctx, span_of(cases[i].domain), PORT, &self, &list, &failure);
		const char *result =
			rc == RC_OK ? text_of(&list) : arena_cstr(&arena, failure.status);
		if (rc != cases[i].rc || strcmp(result, cases[i].result) != 0)
			fail_msg("%s: rc %d, %s", cases[i].domain, rc, result);
		if (rc != RC_OK)
			assert_true(span_ends(failure.text, SPAN(".")));
	}
	resolver_close(r);
	dns_given_free(g);
}

/* Each of three equals comes first at some time; the one with another preference never. */
static void test_random_among_equals(void **state)
{
	struct dns_given *g =
		zone_of("d.test MX 10 a.test\nd.test MX 10 b.test\nd.test MX 10 c.test\n"
			"d.test MX 20 z.test\nz.test A 192.0.2.9\n"
			"a.test A 192.0.2.1\nb.test A 192.0.2.2\nc.test A 192.0.2.3\n");
	struct resolver *r = resolver_open_given(g);
	unsigned first[10] = { 0 };

	for (int i = 0; i < 300; i++) {
		struct mx_list list;
		struct mx_failure failure;
		assert_int_equal(
			mx_resolve(r, &ctx, SPAN("d.test"), PORT, NULL, &list, &failure), RC_OK);
		first[list.items[0].addr.bytes[3]]++;
		assert_int_equal(list.items[3].addr.bytes[3], 9);
	}
	assert_true(first[1] > 0 && first[2] > 0 && first[3] > 0);
	resolver_close(r);
	dns_given_free(g);
}

static void test_one_host(void **state)
{
	struct dns_given *g = zone_of(zone);
	struct resolver *r = resolver_open_given(g);
	struct mx_list list;
	struct mx_failure failure;

	/* No MX is looked for, and we may relay through ourselves under another name. */
	assert_int_equal(
		mx_resolve_host(r, &ctx, SPAN("vanity.test"), PORT, &list, &failure), RC_OK);
	assert_string_equal(text_of(&list), "198.51.100.7");
	assert_int_equal(mx_resolve_host(r, &ctx, SPAN("192.0.2.4"), PORT, &list, &failure), RC_OK);
	assert_string_equal(text_of(&list), "192.0.2.4");
	assert_int_equal(
		mx_resolve_host(r, &ctx, SPAN("broken.test"), PORT, &list, &failure), RC_TEMP);
	resolver_close(r);
	dns_given_free(g);
}

static int set_up(void **state)
{
	arena_init(&arena, 4096);
	ctx = (struct ctx){ .arena = &arena, .deadline_ms = INT64_MAX };
	return 0;
}

static int tear_down(void **state)
{
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_random_among_equals),
		cmocka_unit_test(test_one_host),
	};
	return cmocka_run_group_tests_name("mx", tests, set_up, tear_down);
}
