/* backend/dns/news: which changes are worth a mail, and what it says. */
#include "tests/unit/cmocka_all.h"

#include "backend/dns/news.h"

static struct record mx = { .purpose = "mx",
	.type = "MX",
	.name = { "example.test", 12 },
	.need = NEED_REQUIRED,
	.hint = { "Mail goes elsewhere.", 20 } };
static struct record zone = { .purpose = "delegation",
	.type = "CHECK",
	.name = { "example.test", 12 },
	.need = NEED_RECOMMENDED };
static struct record extra = { .purpose = "srv",
	.type = "SRV",
	.name = { "_imaps._tcp.example.test", 24 },
	.need = NEED_OPTIONAL };

static void what_is_told(void **state)
{
	static const struct {
		const char *key, *purpose, *before, *after;
		bool open, told;
		const char *subject, *text;
	} table[] = {
		{ "MX example.test", "mx", "ok", "wrong", true, true, "look at",
			"Mail goes elsewhere." },
		{ "MX example.test", "mx", "ok", "missing", true, true, "look at",
			"was ok, is missing" },
		{ "MX example.test", "mx", "unknown", "missing", true, false, NULL, NULL },
		{ "MX example.test", "mx", "ok", "error", true, false, NULL, NULL },
		{ "MX example.test", "mx", "ok", "unknown", true, false, NULL, NULL },
		{ "MX example.test", "mx", "missing", "ok", true, false, NULL, NULL },
		{ "MX example.test", "mx", "missing", "ok", false, true, "all records are right",
			"is ok" },
		{ "SRV _imaps._tcp.example.test", "srv", "ok", "wrong", false, false, NULL, NULL },
		{ "CHECK delegation example.test", "delegation", "[\"ns1.old\"]", "[\"ns1.new\"]",
			false, true, "look at", "ns1.new" },
	};
	struct record items[] = { mx, extra };
	struct records records = { .items = items, .len = 2, .checks = &zone, .n_checks = 1 };

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct dns_change change = { .key = span_of(table[i].key),
			.purpose = span_of(table[i].purpose),
			.before = span_of(table[i].before),
			.after = span_of(table[i].after) };
		struct dns_changes changes = { &change, 1 };
		struct span subject, text;
		struct arena arena;
		arena_init(&arena, 4096);
		bool told = news_make(&arena, SPAN("example.test"), &records, &changes,
			table[i].open, &subject, &text);
		if (told != table[i].told)
			fail_msg("case %zu: %d", i, told);
		if (told &&
			(span_find_span(subject, span_of(table[i].subject)) == SPAN_NPOS ||
				span_find_span(text, span_of(table[i].text)) == SPAN_NPOS))
			fail_msg("case %zu: " SPAN_FMT, i, SPAN_ARG(text));
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_told) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
