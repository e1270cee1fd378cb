/* backend/dns/watch, backend/accounts/dkim_service: what is believed after a look, and which key
 * signs. */
#include "tests/unit/cmocka_all.h"

#include "backend/dns/watch.h"
#include "mailcore/base/clock.h"

static void a_good_record_is_doubted_slowly(void **state)
{
	static const struct {
		enum record_status known, seen;
		bool asked;
		int64_t doubts;
		enum record_status believed;
		int64_t doubts_after;
	} table[] = {
		{ RECORD_UNKNOWN, RECORD_MISSING, false, 0, RECORD_MISSING, 0 },
		{ RECORD_UNKNOWN, RECORD_ERROR, false, 0, RECORD_ERROR, 0 },
		{ RECORD_MISSING, RECORD_OK, false, 0, RECORD_OK, 0 },
		{ RECORD_ERROR, RECORD_OK, false, 0, RECORD_OK, 0 },
		{ RECORD_OK, RECORD_OK, false, 2, RECORD_OK, 0 },
		{ RECORD_OK, RECORD_MISSING, false, 0, RECORD_OK, 1 },
		{ RECORD_OK, RECORD_MISSING, false, 1, RECORD_MISSING, 0 },
		{ RECORD_OK, RECORD_MISSING, true, 0, RECORD_MISSING, 0 },
		{ RECORD_OK, RECORD_ERROR, false, 2, RECORD_OK, 2 },
		{ RECORD_WRONG, RECORD_ERROR, false, 0, RECORD_WRONG, 0 },
		{ RECORD_OK, RECORD_ERROR, true, 0, RECORD_OK, 0 },
		{ RECORD_OK, RECORD_UNKNOWN, false, 1, RECORD_OK, 1 },
		{ RECORD_UNKNOWN, RECORD_ERROR, true, 0, RECORD_ERROR, 0 },
		{ RECORD_WRONG, RECORD_MULTIPLE, false, 0, RECORD_MULTIPLE, 0 },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		int64_t doubts = table[i].doubts;
		enum record_status believed =
			watch_settle(table[i].known, table[i].seen, table[i].asked, &doubts);
		if (believed != table[i].believed || doubts != table[i].doubts_after)
			fail_msg("case %zu: %s, %lld doubts", i, record_status_name(believed),
				(long long)doubts);
	}
}

#define HOUR (3600 * USEC_PER_SEC)
#define DAY  (24 * HOUR)

/* Up to three keys "algorithm state age-in-hours seen"; wanted: the states that follow. */
static void keys_go_on_by_what_dns_shows(void **state)
{
	static const struct {
		struct {
			const char *algorithm, *state;
			int64_t age_us;
			bool in_dns;
			const char *next;
		} keys[3];
	} table[] = {
		{ { { "rsa", "pending", 0, false, "pending" } } },
		{ { { "rsa", "pending", 0, true, "active" } } },
		{ { { "rsa", "pending", 0, true, "published" },
			{ "rsa", "active", DAY, true, "active" } } },
		{ { { "rsa", "pending", 0, true, "active" },
			{ "ed25519", "active", DAY, true, "active" } } },
		{ { { "rsa", "published", HOUR / 2, true, "published" },
			{ "rsa", "active", DAY, true, "active" } } },
		{ { { "rsa", "published", HOUR, true, "active" },
			{ "rsa", "active", DAY, true, "retiring" } } },
		{ { { "rsa", "published", HOUR, false, "published" },
			{ "rsa", "active", DAY, true, "active" } } },
		{ { { "rsa", "published", HOUR, true, "active" },
			{ "rsa", "retiring", DAY, true, "retiring" } } },
		{ { { "rsa", "active", HOUR, true, "active" },
			{ "rsa", "retiring", 6 * DAY, true, "retiring" },
			{ "rsa", "retired", 9 * DAY, true, "retired" } } },
		{ { { "rsa", "active", 8 * DAY, false, "active" },
			{ "rsa", "retiring", 7 * DAY, true, "retired" } } },
	};
	int64_t now_us = 100 * DAY;

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct dkim_key items[3];
		struct dkim_keys keys = { items, 0 };
		for (size_t k = 0; k < 3 && table[i].keys[k].state; k++)
			items[keys.len++] =
				(struct dkim_key){ .algorithm = span_of(table[i].keys[k].algorithm),
					.state = span_of(table[i].keys[k].state),
					.changed_at_us = now_us - table[i].keys[k].age_us,
					.in_dns = table[i].keys[k].in_dns };
		for (size_t k = 0; k < keys.len; k++) {
			struct span next = dkim_next_state(&keys, k, now_us);
			if (!span_eq(next, span_of(table[i].keys[k].next)))
				fail_msg("case %zu key %zu: " SPAN_FMT, i, k, SPAN_ARG(next));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_record_is_doubted_slowly),
		cmocka_unit_test(keys_go_on_by_what_dns_shows),
	};
	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
