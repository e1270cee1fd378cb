/* backend/dns: the wanted records and their renderings. */
#include "tests/unit/cmocka_all.h"

#include "backend/dns/zone.h"

static struct records ask(struct arena *a, const char *hostname)
{
	static char p[393];
	memset(p, 'A', 392);
	struct addr addresses[2];
	assert_true(addr_parse(SPAN("192.0.2.25"), &addresses[0]));
	assert_true(addr_parse(SPAN("2001:db8::25"), &addresses[1]));
	struct record_key key = { SPAN("ms2026a"), SPAN("rsa"), span_of(p) };
	struct records out;
	records_wanted(a,
		&(struct records_ask){ .domain = SPAN("example.test"),
			.hostname = span_of(hostname),
			.addresses = addresses,
			.n_addresses = 2,
			.keys = &key,
			.n_keys = 1 },
		&out);
	return out;
}

static const struct record *find(const struct records *all, const char *purpose)
{
	for (size_t i = 0; i < all->len; i++) {
		if (span_eq(span_of(all->items[i].purpose), span_of(purpose)))
			return &all->items[i];
	}
	return NULL;
}

static void values(void **state)
{
	struct arena a;
	arena_init(&a, 4096);
	struct records all = ask(&a, "mail.example.test");
	assert_true(span_eq(find(&all, "mx")->value, SPAN("10 mail.example.test.")));
	assert_true(span_eq(find(&all, "mx")->label, SPAN("@")));
	assert_true(span_eq(
		find(&all, "spf")->value, SPAN("v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 mx ~all")));
	assert_true(span_eq(find(&all, "dkim")->label, SPAN("ms2026a._domainkey")));
	assert_true(span_eq(find(&all, "ptr")->name, SPAN("25.2.0.192.in-addr.arpa")));
	assert_int_equal(find(&all, "ptr")->label.len, 0);
	assert_true(span_eq(find(&all, "a")->label, SPAN("mail")));
	all = ask(&a, "mx.elsewhere.test");
	assert_int_equal(find(&all, "a")->label.len, 0);
	arena_done(&a);
}

static void bind_splits_long_txt(void **state)
{
	struct arena a;
	arena_init(&a, 4096);
	struct records all = ask(&a, "mail.example.test");
	struct str out = str_in(&a, 65536);
	zone_add(&out, SPAN("example.test"), &all, ZONE_BIND);
	assert_true(str_ok(&out));
	assert_true(span_find_span(str_span(&out), SPAN("AAA\" \"AAA")) != SPAN_NPOS);
	struct span rest = str_span(&out), line;
	while (span_split(&rest, '\n', &line)) {
		struct span quoted = line;
		size_t start = span_find(quoted, '"');
		if (start == SPAN_NPOS || line.ptr[0] == ';')
			continue;
		size_t end = span_find(span_from(quoted, start + 1), '"');
		assert_true(end <= 255);
	}
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(bind_splits_long_txt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
