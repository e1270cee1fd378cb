/* mailcore/net/rates: buckets of addresses and of their networks. */
#include "tests/unit/cmocka_all.h"

#include <pthread.h>

#include "mailcore/net/rates.h"

enum { MAIL, STRIKE, FREE };

static const struct rate_rule RULES[] = {
	[MAIL] = { 3, 1000 },
	[STRIKE] = { 10, 60000 },
	[FREE] = { 0, 1000 },
};

static struct addr of(const char *text)
{
	struct addr a;
	assert_true(addr_parse(span_of(text), &a));
	return a;
}

static size_t takes(struct rates *r, unsigned kind, const char *peer, size_t tries, int64_t now_ms)
{
	struct addr a = of(peer);
	size_t n = 0;

	for (size_t i = 0; i < tries; i++)
		n += rates_take(r, kind, &a, now_ms);
	return n;
}

static void an_address_has_a_burst_and_gets_it_back(void **state)
{
	struct rates *r = rates_new(RULES, 3);

	assert_int_equal(takes(r, MAIL, "192.0.2.1", 5, 5000), 3);
	assert_int_equal(takes(r, MAIL, "192.0.2.1", 5, 5999), 0);
	assert_int_equal(takes(r, MAIL, "192.0.2.1", 5, 6000), 1);
	assert_int_equal(takes(r, MAIL, "192.0.2.1", 5, 60000), 3);
	assert_int_equal(takes(r, MAIL, "192.0.2.2", 5, 60000), 3);
	assert_int_equal(takes(r, FREE, "192.0.2.1", 1000, 60000), 1000);
	rates_free(r);
}

/* /24 and /64: four times as much for all in it. */
static void a_network_has_more(void **state)
{
	static const char *const nets[2][3] = {
		{ "192.0.2.%u", "192.0.2.99", "192.0.3.99" },
		{ "2001:db8::1:%u", "2001:db8::ffff:9", "2001:db8:0:1::9" },
	};

	for (size_t i = 0; i < 2; i++) {
		struct rates *r = rates_new(RULES, 3);
		size_t n = 0;
		for (unsigned host = 1; host <= 10; host++) {
			char text[64];
			snprintf(text, sizeof text, i ? "2001:db8::1:%u" : "192.0.2.%u", host);
			n += takes(r, MAIL, text, 3, 1000);
		}
		assert_int_equal(n, 12);
		assert_int_equal(takes(r, MAIL, nets[i][1], 3, 1000), 0);
		assert_int_equal(takes(r, MAIL, nets[i][2], 3, 1000), 3);
		rates_free(r);
	}
}

static void what_is_used_can_be_seen(void **state)
{
	struct rates *r = rates_new(RULES, 3);
	struct addr a = of("198.51.100.7");

	assert_int_equal(rates_used(r, STRIKE, &a, 1000), 0);
	assert_int_equal(takes(r, STRIKE, "198.51.100.7", 4, 1000), 4);
	assert_int_equal(rates_used(r, STRIKE, &a, 1000), 4);
	assert_int_equal(rates_used(r, STRIKE, &a, 61000), 3);
	assert_int_equal(rates_used(r, STRIKE, &a, 1000 + 5 * 60000), 0);
	rates_free(r);
}

/* Memory is fixed: a million addresses are forgotten, not kept. */
static void many_addresses_do_no_harm(void **state)
{
	struct rates *r = rates_new(RULES, 3);

	for (uint32_t i = 0; i < 300000; i++) {
		uint8_t bytes[4] = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };
		struct addr a;
		addr_from_bytes(AF_INET, bytes, &a);
		(void)rates_take(r, MAIL, &a, 1000 + i);
	}
	assert_int_equal(takes(r, MAIL, "192.0.2.1", 5, 400000), 3);
	rates_free(r);
}

struct crowd {
	struct rates *r;
	size_t taken;
};

static void *take_many(void *arg)
{
	struct crowd *c = arg;
	c->taken = takes(c->r, MAIL, "203.0.113.1", 1000, 1000);
	return NULL;
}

static void threads_share_a_bucket(void **state)
{
	struct crowd crowd[4];
	pthread_t threads[4];
	struct rates *r = rates_new(RULES, 3);
	size_t taken = 0;

	for (size_t i = 0; i < 4; i++) {
		crowd[i] = (struct crowd){ r, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, take_many, &crowd[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		taken += crowd[i].taken;
	}
	assert_int_equal(taken, 3);
	rates_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_a_burst_and_gets_it_back),
		cmocka_unit_test(a_network_has_more),
		cmocka_unit_test(what_is_used_can_be_seen),
		cmocka_unit_test(many_addresses_do_no_harm),
		cmocka_unit_test(threads_share_a_bucket),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
