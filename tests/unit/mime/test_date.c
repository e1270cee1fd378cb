/* mailcore/mime: dates of header fields. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/mime/date.h"

static struct arena arena;

static void dates_are_read(void **state)
{
	static const struct {
		const char *value;
		int64_t utc_s; /* -1: refused */
		int zone;
	} cases[] = {
		{ "Fri, 21 Nov 1997 09:55:06 -0600", 880127706, -360 },
		{ "Thu, 1 Jan 1970 00:00:00 +0000", 0, 0 },
		{ "1 Jan 1970 01:00:00 +0100", 0, 60 },
		{ " Sun , 22 Nov 2026\r\n 18:30:00 +0530 (IST (Kolkata))", 1795352400, 330 },
		{ "22 November 2026 18:30 +0000", 1795372200, 0 },
		{ "Sun, 22 Nov 2026 18:30:00 GMT", 1795372200, 0 },
		{ "Sun, 22 Nov 2026 18:30:00 EST", 1795390200, -300 },
		{ "Sun, 22 Nov 2026 18:30:00 PDT", 1795397400, -420 },
		{ "Sun, 22 Nov 2026 18:30:00 Z", 1795372200, 0 },
		{ "Sun, 22 Nov 2026 18:30:00 -0000", 1795372200, 0 },
		{ "Sun, 22 Nov 2026 18:30:00 XYZ", 1795372200, 0 },
		{ "Sun, 22 Nov 2026 18:30:00", 1795372200, 0 },
		{ "22 Nov 2026", 1795305600, 0 },
		{ "Sun, 22 Nov 26 18:30:00 +0000", 1795372200, 0 },
		{ "1 Jan 70 00:00:00 +0000", 0, 0 },
		{ "1 Jan 49 00:00:00 +0000", 2493072000, 0 },
		{ "1 Jan 070 00:00:00 +0000", 0, 0 },
		{ "1 Jan 126 00:00:00 +0000", 1767225600, 0 },
		{ "Sun Nov 22 18:30:00 2026", 1795372200, 0 },
		{ "Sun Nov 22 18:30:00 2026 +0100", 1795368600, 60 },
		{ "Sun Nov 22 18:30:00 CST 2026", 1795393800, -360 },
		{ "22-Nov-2026 18:30:00 +0000", 1795372200, 0 },
		{ "Sun, 22 Nov 2026 18:30:00 -08:00", 1795401000, -480 },
		{ "Sun, 22 Nov 2026 06:30:00 PM +0000", 1795372200, 0 },
		{ "Sun, 22 Nov 2026 18:30:00.123 +0000", 1795372200, 0 },
		{ "(c) 22 (d) Nov (e) 2026 (f) 18:30:00 (g) +0000 (h)", 1795372200, 0 },
		{ "29 Feb 2024 00:00:00 +0000", 1709164800, 0 },
		{ "Sat, 31 Dec 2016 23:59:60 +0000", 1483228800, 0 },
		{ "Sun, 22 Nov 2026 18:30:00 +9999", 1795372200, 0 },
		{ "Sun, 22 Nov 2026 18:30:00 +01", 1795372200, 0 },
		{ "Sun, 22 Nov 2026 18:30:00 +0100 +0200", 1795368600, 60 },
		{ "!! 22 Nov ** 2026 @ 18:30:00", 1795372200, 0 },
		{ "29 Feb 2023 00:00:00 +0000", -1, 0 },
		{ "31 Jun 2024 00:00:00 +0000", -1, 0 },
		{ "32 Jan 2024 00:00:00 +0000", -1, 0 },
		{ "0 Jan 2024 00:00:00 +0000", -1, 0 },
		{ "1 Jan 2024 24:00:00 +0000", -1, 0 },
		{ "1 Jan 2024 12:60:00 +0000", -1, 0 },
		{ "1 Jan 2024 12:00:61 +0000", -1, 0 },
		{ "1 Jan 2024 12:00:00:00 +0000", -1, 0 },
		{ "1 Jan 0999 12:00:00 +0000", -1, 0 },
		{ "1 Jan 99999 12:00:00 +0000", -1, 0 },
		{ "1 Foo 2024 12:00:00 +0000", -1, 0 },
		{ "Jan 2024", -1, 0 },
		{ "", -1, 0 },
		{ "((((", -1, 0 },
		{ "yesterday", -1, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct date d = { 77, 77 };
		bool ok = date_parse(span_of(cases[i].value), &d);
		if (ok != (cases[i].utc_s != -1))
			fail_msg("%s", cases[i].value);
		if (ok && (d.utc_s != cases[i].utc_s || d.zone_minutes != cases[i].zone))
			fail_msg("%s: %lld %d", cases[i].value, (long long)d.utc_s, d.zone_minutes);
		if (!ok)
			assert_int_equal(d.utc_s, 77);
	}
}

static void dates_are_written(void **state)
{
	static const struct {
		int64_t utc_s;
		int zone;
		const char *rfc5322;
		const char *imap;
	} cases[] = {
		{ 0, 0, "Thu, 1 Jan 1970 00:00:00 +0000", " 1-Jan-1970 00:00:00 +0000" },
		{ -1, 0, "Wed, 31 Dec 1969 23:59:59 +0000", "31-Dec-1969 23:59:59 +0000" },
		{ 1795372200, 60, "Sun, 22 Nov 2026 19:30:00 +0100", "22-Nov-2026 19:30:00 +0100" },
		{ 1795372200, -210, "Sun, 22 Nov 2026 15:00:00 -0330",
			"22-Nov-2026 15:00:00 -0330" },
		{ 1709164799, 0, "Wed, 28 Feb 2024 23:59:59 +0000", "28-Feb-2024 23:59:59 +0000" },
		{ 1735689599, 0, "Tue, 31 Dec 2024 23:59:59 +0000", "31-Dec-2024 23:59:59 +0000" },
		{ INT64_MAX / 2, 0, "Fri, 31 Dec 9999 23:59:59 +0000",
			"31-Dec-9999 23:59:59 +0000" },
		{ INT64_MIN / 2, 0, "Mon, 1 Jan 1900 00:00:00 +0000",
			" 1-Jan-1900 00:00:00 +0000" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str out = str_in(&arena, 100);
		date_add(&out, cases[i].utc_s, cases[i].zone);
		assert_string_equal(str_cstr(&out), cases[i].rfc5322);
		str_clear(&out);
		date_add_imap(&out, cases[i].utc_s, cases[i].zone);
		assert_string_equal(str_cstr(&out), cases[i].imap);
	}
}

/* Every 10 days and some seconds through all years that can be written. */
static void dates_round_trip(void **state)
{
	for (int64_t s = -2208988800; s < 253402300800; s += 10 * 86400 + 12345) {
		struct str out = str_in(&arena, 100);
		struct date d;
		date_add(&out, s, (int)(s % 700));
		if (s < -2208988800 + 86400 || s > 253402300800 - 86400)
			continue; /* clamped by the zone */
		assert_true(date_parse(str_span(&out), &d));
		assert_int_equal(d.utc_s, s);
		assert_int_equal(d.zone_minutes, (int)(s % 700));
		arena_reset(&arena);
	}
}

static void a_clock_on_the_wall(void **state)
{
	static const struct {
		const char *text;
		int64_t want; /* -1: refused */
	} cases[] = {
		{ "1970-01-01T00:00", 0 },
		{ "2026-11-22T18:30", 1795372200 },
		{ "2026-11-22T18:30:15", 1795372215 },
		{ "2028-02-29T00:00", 1835395200 },
		{ "2027-02-29T00:00", -1 },
		{ "2026-13-01T00:00", -1 },
		{ "2026-00-10T00:00", -1 },
		{ "2026-11-22 18:30", -1 },
		{ "2026-11-22T24:00", -1 },
		{ "2026-11-22T18:60", -1 },
		{ "2026-11-22T18:30Z", -1 },
		{ "2026-11-22T18:30:", -1 },
		{ "2026-11-22T18:30:60", -1 },
		{ "26-11-22T18:30", -1 },
		{ "+026-11-22T18:30", -1 },
		{ "tomorrow", -1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t got = -1;
		bool ok = date_parse_wall(span_of(cases[i].text), &got);
		if (ok != (cases[i].want >= 0) || got != cases[i].want)
			fail_msg("%s: %lld", cases[i].text, (long long)got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_read),
		cmocka_unit_test(dates_are_written),
		cmocka_unit_test(dates_round_trip),
		cmocka_unit_test(a_clock_on_the_wall),
	};
	arena_init(&arena, 4096);
	int failed = cmocka_run_group_tests_name("mime_date", tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
