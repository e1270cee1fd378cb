/* mailcore/base: spans, strings, arenas, base64, UTF-8, maps, ids, configuration, log text. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <unistd.h>

#include "mailcore/base/base64.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/config.h"
#include "mailcore/base/log.h"
#include "mailcore/base/map.h"
#include "mailcore/base/random.h"
#include "mailcore/base/utf8.h"
#include "mailcore/base/vec.h"

static void span_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool ok;
		uint64_t value;
	} cases[] = {
		{ "0", 10, true, 0 },
		{ "10", 10, true, 10 },
		{ "11", 10, false, 0 },
		{ "", 10, false, 0 },
		{ "-1", 10, false, 0 },
		{ "+1", 10, false, 0 },
		{ " 1", 10, false, 0 },
		{ "1x", 10, false, 0 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "99999999999999999999", UINT64_MAX, false, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t n = 77;
		assert_int_equal(span_u64(span_of(cases[i].text), cases[i].max, &n), cases[i].ok);
		assert_int_equal(n, cases[i].ok ? cases[i].value : 77);
	}
}

static void span_cutting(void **state)
{
	struct span rest = SPAN("a,,b"), part;
	assert_true(span_split(&rest, ',', &part) && span_eq(part, SPAN("a")));
	assert_true(span_split(&rest, ',', &part) && part.len == 0);
	assert_true(span_split(&rest, ',', &part) && span_eq(part, SPAN("b")));
	assert_false(span_split(&rest, ',', &part));
	assert_true(span_ieq(SPAN("MiXed"), SPAN("mixed")));
	assert_true(span_iends(SPAN("x.EXAMPLE"), SPAN(".example")));
	assert_int_equal(span_ifind_span(SPAN("Hello World"), SPAN("WORLD")), 6);
	assert_int_equal(span_find_pair(SPAN("a?b?\?="), '?', '='), 4);
	assert_int_equal(span_find_pair(SPAN("a?b?"), '?', '='), SPAN_NPOS);
	assert_int_equal(span_find_pair(SPAN(""), '?', '='), SPAN_NPOS);
	assert_int_equal(span_from(SPAN("abc"), 9).len, 0);
	assert_true(span_eq(span_trim(SPAN(" \t x y\r\n")), SPAN("x y")));
}

static void str_has_a_maximum(void **state)
{
	struct arena a;
	arena_init(&a, 256);
	struct str heap, in_arena = str_in(&a, 8);
	str_init(&heap, 8);
	struct str *both[] = { &heap, &in_arena };

	for (int i = 0; i < 2; i++) {
		str_add_cstr(both[i], "12345678");
		assert_true(str_ok(both[i]));
		assert_string_equal(str_cstr(both[i]), "12345678");
		str_add_c(both[i], '9');
		assert_false(str_ok(both[i]));
		assert_int_equal(both[i]->len, 8);
		str_clear(both[i]);
		str_addf(both[i], "%d", 1234);
		str_eat(both[i], 2);
		assert_true(span_eq(str_span(both[i]), SPAN("34")));
		str_addf(both[i], "%s", "too long now");
		assert_false(str_ok(both[i]));
	}
	str_done(&heap);
	arena_done(&a);
}

static void arena_keeps_and_grows(void **state)
{
	struct arena a;
	arena_init(&a, 128);
	struct {
		int *items;
		size_t len, cap;
	} v = { 0 };
	for (int i = 0; i < 10000; i++)
		VEC_PUSH(&a, &v, i);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(v.items[i], i);
	arena_reset(&a);
	assert_int_equal(arena_used(&a), 0);
	struct span copy = arena_span(&a, SPAN("kept"));
	assert_string_equal(copy.ptr, "kept");
	arena_done(&a);
}

static void base64_round_trip(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		const char *bytes;
	} cases[] = {
		{ "", true, "" },
		{ "Zg==", true, "f" },
		{ "Zm8=", true, "fo" },
		{ "Zm9v", true, "foo" },
		{ "Zg=", false, "" },
		{ "Zg", false, "" },
		{ "Zh==", false, "" }, /* stray bits */
		{ "Z===", false, "" },
		{ "Zm9v\n", false, "" },
		{ "Zm 9v", false, "" },
		{ "====", false, "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str out;
		str_init(&out, 100);
		assert_int_equal(base64_decode(span_of(cases[i].text), &out), cases[i].ok);
		if (cases[i].ok)
			assert_string_equal(str_cstr(&out), cases[i].bytes);
		str_clear(&out);
		if (cases[i].ok) {
			base64_add(&out, span_of(cases[i].bytes));
			assert_string_equal(str_cstr(&out), cases[i].text);
		}
		str_done(&out);
	}
}

static void utf8_cases(void **state)
{
	assert_true(utf8_valid(SPAN("aä€😀")));
	assert_false(utf8_valid(SPAN("\xC0\x80")));
	assert_false(utf8_valid(SPAN("\xED\xA0\x80")));
	assert_false(utf8_valid(SPAN("\xF4\x90\x80\x80")));
	assert_false(utf8_valid(SPAN("a\xE2\x82")));
	assert_int_equal(utf8_floor("a\xE2\x82\xAC", 3), 1);
	struct str out;
	str_init(&out, 100);
	utf8_add(&out, 0xE4);
	utf8_add(&out, 0x20AC);
	utf8_add(&out, 0x1F600);
	assert_string_equal(str_cstr(&out), "ä€😀");
	str_clear(&out);
	/* words of eight bytes must not hide what is in or behind them */
	assert_true(utf8_valid(SPAN("12345678\xC3\xA4 12345678")));
	assert_false(utf8_valid(SPAN("12345678123\xC3 5678")));
	assert_false(utf8_valid(SPAN("1234567812345678\xFF")));
	assert_true(utf8_is_ascii(SPAN("1234567812345678 x")));
	assert_false(utf8_is_ascii(SPAN("12345678123456\xA4 x")));
	utf8_add_valid(&out, SPAN("x\xFFy"));
	assert_string_equal(str_cstr(&out), "x\xEF\xBF\xBDy");
	str_done(&out);
}

static void map_survives_many(void **state)
{
	static int values[5000];
	struct map m;
	map_init(&m);
	for (int64_t i = 0; i < 5000; i++)
		assert_null(map_put(&m, map_key_i64(&i), &values[i]));
	for (int64_t i = 0; i < 5000; i += 2)
		assert_ptr_equal(map_del(&m, map_key_i64(&i)), &values[i]);
	for (int64_t i = 0; i < 5000; i++)
		assert_ptr_equal(map_get(&m, map_key_i64(&i)), i % 2 ? &values[i] : NULL);
	size_t pos = 0, seen = 0;
	struct span key;
	void *value;
	while (map_next(&m, &pos, &key, &value))
		seen++;
	assert_int_equal(seen, 2500);
	assert_int_equal(m.count, 2500);
	map_done(&m);
}

static void uuid_text(void **state)
{
	struct uuid a = uuid_make(clock_now_us()), b;
	struct str text;
	str_init(&text, 64);
	uuid_add(&text, a);
	assert_int_equal(text.len, 36);
	assert_true(uuid_parse(str_span(&text), &b) && uuid_eq(a, b));
	assert_false(uuid_parse(SPAN("not-a-uuid"), &b));
	str_done(&text);
}

static void log_text_escapes(void **state)
{
	struct arena a;
	arena_init(&a, 1024);
	assert_string_equal(
		log_text(&a, SPAN("a\r\n\"b\\\x7F\xFFü")), "\"a\\x0D\\x0A\\x22b\\x5C\\x7F\\xFFü\"");
	arena_done(&a);
}

static void config_values(void **state)
{
	static const char *const sets[] = { "mail.max_size = 1MiB", "dns.timeout=250ms",
		"sandbox = no", "hostname=mx.example.test" };
	struct config *c = NULL;
	struct err err;

	assert_int_equal(config_load(NULL, sets, 4, &c, &err), RC_OK);
	assert_int_equal(config_bytes(c, "mail.max_size"), 1 << 20);
	assert_int_equal(config_ms(c, "dns.timeout"), 250);
	assert_false(config_bool(c, "sandbox"));
	assert_string_equal(config_text(c, "hostname"), "mx.example.test");
	assert_int_equal(config_int(c, "delivery.port"), 25);
	assert_false(config_is_set(c, "delivery.port"));
	config_free(c);
}

static void config_refuses(void **state)
{
	static const struct {
		const char *set;
		const char *text;
	} cases[] = {
		{ "no.such=1", "--set: there is no key \"no.such\"." },
		{ "mail.max_size=big", "--set: mail.max_size must be a size such as 50MiB." },
		{ "mail.max_size=9999999999GiB",
			"--set: mail.max_size must be a size such as 50MiB." },
		{ "hostname", "--set: expected \"key = value\"." },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct config *c = NULL;
		struct err err;
		assert_int_equal(config_load(NULL, &cases[i].set, 1, &c, &err), RC_INVALID);
		assert_string_equal(err.text, cases[i].text);
		assert_null(c);
	}
}

static void config_template_loads(void **state)
{
	char path[] = "/tmp/mailstead-conf-XXXXXX";
	int fd = mkstemp(path);
	struct str text;
	str_init(&text, 64 * 1024);
	config_add_template(&text);
	assert_int_equal(write(fd, text.ptr, text.len), text.len);
	close(fd);
	struct config *c = NULL;
	struct err err;
	assert_int_equal(config_load(path, NULL, 0, &c, &err), RC_OK);
	assert_false(config_is_set(c, "hostname"));
	config_free(c);
	unlink(path);
	str_done(&text);
}

static void err_text_is_cut_at_a_character(void **state)
{
	struct err err;
	struct str text;
	str_init(&text, 1000);
	for (int i = 0; i < 200; i++)
		str_add_cstr(&text, "ä");
	assert_int_equal(err_set(&err, RC_LIMIT, "f", "x%s", str_cstr(&text)), RC_LIMIT);
	assert_true(utf8_valid(span_of(err.text)));
	str_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(span_numbers),
		cmocka_unit_test(span_cutting),
		cmocka_unit_test(str_has_a_maximum),
		cmocka_unit_test(arena_keeps_and_grows),
		cmocka_unit_test(base64_round_trip),
		cmocka_unit_test(utf8_cases),
		cmocka_unit_test(map_survives_many),
		cmocka_unit_test(uuid_text),
		cmocka_unit_test(log_text_escapes),
		cmocka_unit_test(config_values),
		cmocka_unit_test(config_refuses),
		cmocka_unit_test(config_template_loads),
		cmocka_unit_test(err_text_is_cut_at_a_character),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
