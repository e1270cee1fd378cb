/* mailcore/base/json: what the reader accepts, what the writer makes. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <time.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"

#define CASES(a) (sizeof(a) / sizeof((a)[0]))

static void reader(void **state)
{
	static const struct {
		struct span text;
		const char *again; /* as written back; NULL: refused */
	} cases[] = {
		{ SPAN("null"), "null" },
		{ SPAN(" true "), "true" },
		{ SPAN("[]"), "[]" },
		{ SPAN("{}"), "{}" },
		{ SPAN("{\"a\":[1,2,{\"b\":\"c\"}]}"), "{\"a\":[1,2,{\"b\":\"c\"}]}" },
		{ SPAN("\t\n\r [ 1 , 2 ] "), "[1,2]" },
		{ SPAN("\"\\u0041\\ud83d\\ude00\\/\\n\""), "\"A\xF0\x9F\x98\x80/\\n\"" },
		{ SPAN("-0"), "-0" },
		{ SPAN("1e3"), "1000" },
		{ SPAN("1E-2"), "0.01" },
		{ SPAN("[-0.00000000000000000000000000000000000000000000000000000000000000000001]"),
			"[-1e-68]" },
		{ SPAN("999999999999999"), "999999999999999" },
		{ SPAN("{\"a\":1,\"A\":2}"), "{\"a\":1,\"A\":2}" },
		/* trailing and missing things */
		{ SPAN(""), NULL },
		{ SPAN(" "), NULL },
		{ SPAN("1 2"), NULL },
		{ SPAN("{}x"), NULL },
		{ SPAN("[1,]"), NULL },
		{ SPAN("[,1]"), NULL },
		{ SPAN("[1 2]"), NULL },
		{ SPAN("{\"a\":1,}"), NULL },
		{ SPAN("{\"a\" 1}"), NULL },
		{ SPAN("{a:1}"), NULL },
		{ SPAN("{1:1}"), NULL },
		{ SPAN("[1"), NULL },
		{ SPAN("{\"a\":"), NULL },
		{ SPAN("\"a"), NULL },
		/* numbers */
		{ SPAN("01"), NULL },
		{ SPAN("-01"), NULL },
		{ SPAN("+1"), NULL },
		{ SPAN(".5"), NULL },
		{ SPAN("1."), NULL },
		{ SPAN("1e"), NULL },
		{ SPAN("1e+"), NULL },
		{ SPAN("-"), NULL },
		{ SPAN("0x10"), NULL },
		{ SPAN("NaN"), NULL },
		{ SPAN("1e999"), NULL },
		/* words */
		{ SPAN("True"), NULL },
		{ SPAN("nul"), NULL },
		{ SPAN("nulll"), NULL },
		/* text */
		{ SPAN("\"a\nb\""), NULL },
		{ SPAN("\"a\0b\""), NULL },
		{ SPAN("\"\\u0000\""), NULL },
		{ SPAN("\"\\ud800\""), NULL },
		{ SPAN("\"\\ud800\\u0041\""), NULL },
		{ SPAN("\"\\udc00\""), NULL },
		{ SPAN("\"\\u12g4\""), NULL },
		{ SPAN("\"\\x41\""), NULL },
		{ SPAN("\"\\"), NULL },
		{ SPAN("'a'"), NULL },
		{ SPAN("\"\xC3\""), NULL },
		{ SPAN("\"\xED\xA0\x80\""), NULL },
		{ SPAN("\xEF\xBB\xBF{}"), NULL },
		{ SPAN("\xA0"), NULL },
		{ SPAN("/**/1"), NULL },
		/* duplicates, escaped too */
		{ SPAN("{\"a\":1,\"a\":2}"), NULL },
		{ SPAN("{\"a\":1,\"\\u0061\":2}"), NULL },
		{ SPAN("[{\"x\":{\"a\":1,\"b\":1,\"a\":1}}]"), NULL },
	};
	struct arena a;

	arena_init(&a, 1024);
	for (size_t i = 0; i < CASES(cases); i++) {
		struct cJSON *v = NULL;
		struct str out = str_in(&a, 1000);
		bool ok = json_parse(&a, cases[i].text, &v, NULL);
		if (ok != (cases[i].again != NULL))
			fail_msg("case %zu: %s", i, cases[i].text.ptr);
		if (!ok)
			continue;
		json_write(&a, v, &out);
		assert_string_equal(str_cstr(&out), cases[i].again);
	}
	arena_done(&a);
}

static void reader_has_limits(void **state)
{
	struct arena a;
	struct cJSON *v;

	arena_init(&a, 4096);
	for (int depth = 1; depth < 100000; depth = depth < 40 ? depth + 1 : depth * 10) {
		struct str text = str_in(&a, 1000000);
		for (int i = 0; i < depth; i++)
			str_add_c(&text, '[');
		for (int i = 0; i < depth; i++)
			str_add_c(&text, ']');
		assert_int_equal(
			json_parse(&a, str_span(&text), &v, NULL), depth <= JSON_DEPTH_MAX + 1);
	}
	struct str many = str_in(&a, 1000000);
	str_add_cstr(&many, "[0");
	for (int i = 0; i < JSON_VALUES_MAX; i++)
		str_add_cstr(&many, ",0");
	str_add_c(&many, ']');
	assert_false(json_parse(&a, str_span(&many), &v, NULL));
	arena_done(&a);
}

/* Many members are checked by a map; and in linear time: twice as many take no four times. */
/* Processor time of this thread: other load on the machine does not count. */
static int64_t cpu_us(void)
{
	struct timespec ts;
	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts), 0);
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

static void many_members(void **state)
{
	struct arena a;
	struct cJSON *v;
	int64_t times[2];

	arena_init(&a, 4096);
	for (int round = 0; round < 2; round++) {
		struct str text = str_in(&a, 8000000);
		str_add_c(&text, '{');
		for (int i = 0; i < 20000 << round; i++)
			str_addf(&text, "\"k%d\":%d,", i, i);
		size_t len = text.len;
		str_add_cstr(&text, "\"k7\":0}");
		int64_t start = cpu_us();
		assert_false(json_parse(&a, str_span(&text), &v, NULL));
		text.len = len;
		str_add_cstr(&text, "\"last\":0}");
		assert_true(json_parse(&a, str_span(&text), &v, NULL));
		times[round] = cpu_us() - start;
	}
	assert_true(times[1] < 8 * times[0] + 50000);
	arena_done(&a);
}

static void reading(void **state)
{
	struct arena a;
	struct cJSON *v;
	int64_t n = 77;

	arena_init(&a, 1024);
	assert_true(json_parse(&a,
		SPAN("{\"t\":\"x\",\"n\":5,\"max\":9007199254740991,\"f\":1.5,\"big\":9007199254740993,\"b\":true,\"l\":[1,2,3]}"),
		&v, NULL));
	assert_int_equal(json_kind(v), JSON_OBJECT);
	assert_true(span_eq(json_text(json_get(v, "t")), SPAN("x")));
	assert_null(json_get(v, "T"));
	assert_true(json_i64(json_get(v, "n"), &n));
	assert_int_equal(n, 5);
	assert_true(json_i64(json_get(v, "max"), &n));
	assert_true(n == 9007199254740991);
	assert_true(json_i64(json_get(v, "n"), &n));
	assert_false(json_i64(json_get(v, "f"), &n));
	assert_false(json_i64(json_get(v, "big"), &n));
	assert_false(json_i64(json_get(v, "t"), &n));
	assert_int_equal(n, 5);
	assert_true(json_true(json_get(v, "b")));
	assert_int_equal(json_len(json_get(v, "l")), 3);
	assert_int_equal(json_text(json_get(v, "n")).len, 0);
	assert_null(json_get(NULL, "x"));
	arena_done(&a);
}

static void building(void **state)
{
	struct arena a;
	struct str out;

	arena_init(&a, 1024);
	struct cJSON *o = json_object(&a), *list = json_array(&a);
	json_add_text(&a, o, "text", SPAN("a\"\\\n\x01"));
	json_add_text(&a, o, "bad", SPAN("x\xFFy\0z"));
	json_add_i64(&a, o, "n", 9007199254740993);
	json_add_i64(&a, o, "m", INT64_MIN);
	json_add_bool(&a, o, "b", false);
	json_add_time(&a, o, "at", 1763836200123456);
	json_add_time(&a, o, "never", 0);
	json_push_text(&a, list, SPAN(""));
	json_add(&a, o, "list", list);
	out = str_in(&a, 1000);
	json_write(&a, o, &out);
	assert_string_equal(str_cstr(&out),
		"{\"text\":\"a\\\"\\\\\\n\\u0001\",\"bad\":\"x\xEF\xBF\xBDy\xEF\xBF\xBDz\","
		"\"n\":9007199254740993,\"m\":-9223372036854775808,\"b\":false,"
		"\"at\":\"2025-11-22T18:30:00.123Z\",\"never\":null,\"list\":[\"\"]}");
	arena_done(&a);
}

static void times(void **state)
{
	static const struct {
		const char *text;
		int64_t us; /* -1: refused */
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2025-11-22T18:30:00.123Z", 1763836200123000 },
		{ "2025-11-22t18:30:00z", 1763836200000000 },
		{ "2025-11-22T19:30:00+01:00", 1763836200000000 },
		{ "2025-11-22T12:00:00-06:30", 1763836200000000 },
		{ "2024-02-29T00:00:00Z", 1709164800000000 },
		{ "2023-02-29T00:00:00Z", -1 },
		{ "2025-13-01T00:00:00Z", -1 },
		{ "2025-11-22T24:00:00Z", -1 },
		{ "2025-11-22T18:30:00", -1 },
		{ "2025-11-22 18:30:00Z", -1 },
		{ "2025-11-22T18:30:00.Z", -1 },
		{ "2025-11-22T18:30:00Zx", -1 },
		{ "2025-11-2", -1 },
		{ "", -1 },
	};
	for (size_t i = 0; i < CASES(cases); i++) {
		int64_t us = -1;
		assert_int_equal(
			clock_parse_rfc3339(span_of(cases[i].text), &us), cases[i].us >= 0);
		assert_int_equal(us, cases[i].us);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader),
		cmocka_unit_test(reader_has_limits),
		cmocka_unit_test(many_members),
		cmocka_unit_test(reading),
		cmocka_unit_test(building),
		cmocka_unit_test(times),
	};
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
