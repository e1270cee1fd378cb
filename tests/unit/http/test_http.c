/* backend/http without a server: decoding, fields, routes, hosts, CSRF, the API's table. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "backend/accounts/domain_service.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/api/routes.h"
#include "backend/http/csrf.h"
#include "backend/http/dispatch.h"
#include "mailcore/base/json.h"
#include "mailcore/base/random.h"

#define CASES(a) (sizeof(a) / sizeof((a)[0]))

static struct arena arena;
static struct ctx ctx = { .arena = &arena };

static int set_up(void **state)
{
	arena_init(&arena, 4096);
	return 0;
}

static int tear_down(void **state)
{
	arena_done(&arena);
	return 0;
}

/* ------------------------------------------------------------------------ params */

static void decoding(void **state)
{
	static const struct {
		struct span in;
		bool plus;
		const char *out; /* NULL: refused */
	} cases[] = {
		{ SPAN("abc"), false, "abc" },
		{ SPAN(""), false, "" },
		{ SPAN("a%20b+c"), false, "a b+c" },
		{ SPAN("a%20b+c"), true, "a b c" },
		{ SPAN("%C3%b6"), false, "\xC3\xB6" },
		{ SPAN("%2e%2E%2f"), false, "../" },
		{ SPAN("%0d%0a%09"), false, "\r\n\t" },
		{ SPAN("%"), false, NULL },
		{ SPAN("%4"), false, NULL },
		{ SPAN("%zz"), false, NULL },
		{ SPAN("%00"), false, NULL },
		{ SPAN("a\0b"), false, NULL },
		{ SPAN("%1b"), false, NULL },
		{ SPAN("%7f"), false, NULL },
		{ SPAN("%ff"), false, NULL },
		{ SPAN("%C3"), false, NULL },
		{ SPAN("%ED%A0%80"), false, NULL },
	};
	for (size_t i = 0; i < CASES(cases); i++) {
		struct span out = SPAN("untouched");
		bool ok = percent_decode(&arena, cases[i].in, cases[i].plus, &out);
		assert_int_equal(ok, cases[i].out != NULL);
		assert_string_equal(arena_cstr(&arena, out), ok ? cases[i].out : "untouched");
	}
}

static void forms(void **state)
{
	struct params p;

	assert_true(params_parse_form(&arena, SPAN("a=1&&b=x+y&a=2&c&=v"), &p));
	assert_int_equal(p.len, 5);
	assert_true(span_eq(params_get(&p, SPAN("a")), SPAN("1")));
	assert_true(span_eq(params_get(&p, SPAN("b")), SPAN("x y")));
	assert_int_equal(params_get(&p, SPAN("c")).len, 0);
	assert_true(span_eq(params_get(&p, SPAN("")), SPAN("v")));
	assert_false(params_parse_form(&arena, SPAN("a=%ff"), &p));

	struct str many = str_in(&arena, 10000);
	for (int i = 0; i < PARAMS_MAX; i++)
		str_add_cstr(&many, "a=1&");
	assert_true(params_parse_form(&arena, str_span(&many), &p));
	str_add_cstr(&many, "a=1");
	assert_false(params_parse_form(&arena, str_span(&many), &p));

	assert_true(params_parse_cookies(&arena, SPAN("a=b; c=d=e;;x; =y;z=\"q\""), &p));
	assert_int_equal(p.len, 3);
	assert_true(span_eq(params_get(&p, SPAN("c")), SPAN("d=e")));
	assert_true(span_eq(params_get(&p, SPAN("z")), SPAN("\"q\"")));
}

/* ------------------------------------------------------------------------ fields */

static const char *const colours[] = { "red", "blue", NULL };
static const struct field fields[] = {
	{ "name", FIELD_TEXT, FIELD_REQUIRED, .min = 2, .max = 5 },
	{ "note", FIELD_LINES, FIELD_NULLABLE, .max = 20 },
	{ "secret", FIELD_SECRET },
	{ "colour", FIELD_CHOICE, .choices = colours },
	{ "size", FIELD_INT, .min = 1, .max = 10 },
	{ "on", FIELD_BOOL },
	{ "list", FIELD_TEXTS, .min = 1, .max = 2 },
	{ "at", FIELD_TIME },
	{ 0 },
};

/* "field:code field:code" */
static const char *problems(const struct form *f)
{
	struct str out = str_in(&arena, 2000);

	for (size_t i = 0; i < f->n_errors; i++)
		str_addf(&out, "%s" SPAN_FMT ":%s", i ? " " : "", SPAN_ARG(f->errors[i].field),
			f->errors[i].code);
	return str_cstr(&out);
}

static void fields_of_json(void **state)
{
	static const struct {
		const char *body;
		const char *problems;
	} cases[] = {
		{ "{\"name\":\"abc\"}", "" },
		{ "{\"name\":\" ab \"}", "" },
		{ "{\"name\":\"\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\"}", "" },
		{ "{}", "name:required" },
		{ "{\"name\":\"\"}", "name:required" },
		{ "{\"name\":null}", "name:type" },
		{ "{\"name\":\"a\"}", "name:too_short" },
		{ "{\"name\":\"abcdef\"}", "name:too_long" },
		{ "{\"name\":\"a\\nb\"}", "name:invalid" },
		{ "{\"name\":5,\"nope\":1,\"colour\":\"green\",\"size\":11,\"on\":1}",
			"name:type nope:unknown colour:choice size:range on:type" },
		{ "{\"name\":\"abc\",\"note\":\"a\\nb\\tc\",\"size\":1,\"on\":false}", "" },
		{ "{\"name\":\"abc\",\"note\":null}", "" },
		{ "{\"name\":\"abc\",\"size\":1.5}", "size:type" },
		{ "{\"name\":\"abc\",\"size\":\"1\"}", "size:type" },
		{ "{\"name\":\"abc\",\"list\":[]}", "list:range" },
		{ "{\"name\":\"abc\",\"list\":[\"a\",\"b\",\"c\"]}", "list:range" },
		{ "{\"name\":\"abc\",\"list\":[\"a\",1]}", "list:type" },
		{ "{\"name\":\"abc\",\"list\":\"a\"}", "list:type" },
		{ "{\"name\":\"abc\",\"at\":\"2026-01-01T00:00:00Z\"}", "" },
		{ "{\"name\":\"abc\",\"at\":\"yesterday\"}", "at:invalid" },
		{ "[]", ":type" },
		{ "5", ":type" },
	};
	for (size_t i = 0; i < CASES(cases); i++) {
		struct cJSON *body;
		struct form f;
		assert_true(json_parse(&arena, span_of(cases[i].body), &body, NULL));
		fields_from_json(&ctx, fields, body, &f);
		assert_string_equal(problems(&f), cases[i].problems);
	}
}

static void fields_of_forms(void **state)
{
	static const struct {
		const char *body;
		bool lenient;
		const char *problems;
	} cases[] = {
		{ "name=abc&size=3&on=on&colour=blue", false, "" },
		{ "name=abc&csrf=xyz", false, "" },
		{ "name=abc&nope=1", false, "nope:unknown" },
		{ "name=abc&nope=1", true, "" },
		{ "name=abc&size=&colour=&at=", false, "" },
		{ "name=", false, "name:required" },
		{ "name=abc&name=abd", false, "name:invalid" },
		{ "name=abc&size=x", false, "size:type" },
		{ "name=abc&size=99999999999999999999999", false, "size:type" },
		{ "name=abc&size=-3", false, "size:range" },
		{ "name=abc&on=maybe", false, "on:type" },
		{ "name=abc&list=a%0d%0a%0d%0ab", false, "" },
		{ "name=abc&list=a&list=b", false, "" },
		{ "name=abc&list=a%0ab%0ac", false, "list:range" },
		{ "name=abc&at=2026-11-22", false, "" },
		{ "name=%ff", false, ":invalid" },
	};
	for (size_t i = 0; i < CASES(cases); i++) {
		struct form f;
		fields_from_form(&ctx, fields, span_of(cases[i].body), cases[i].lenient, &f);
		assert_string_equal(problems(&f), cases[i].problems);
	}
}

static void asking_fields(void **state)
{
	struct form f;

	fields_from_form(&ctx, fields, SPAN("name=%20abc%20&secret=%20x%20&list=a%0ab&on=1&note="),
		false, &f);
	assert_string_equal(problems(&f), "");
	assert_true(span_eq(form_text(&f, "name"), SPAN("abc")));
	assert_true(span_eq(form_text(&f, "secret"), SPAN(" x ")));
	assert_int_equal(form_get(&f, "list")->n_items, 2);
	assert_true(form_bool(&f, "on", false));
	assert_true(form_given(&f, "note") && form_text(&f, "note").len == 0);
	assert_false(form_given(&f, "size"));
	assert_int_equal(form_i64(&f, "size", 7), 7);
	form_add_error(&ctx, &f, SPAN("name"), "exists", SPAN("Taken."));
	assert_true(span_eq(form_error(&f, "name")->detail, SPAN("Taken.")));
	assert_null(form_error(&f, "size"));
}

/* ------------------------------------------------------------------------ routes */

static enum rc handle(struct req *r, struct reply *out, struct err *err)
{
	return RC_OK;
}

static void refuse(struct req *r, const struct problem *p, struct reply *out)
{
}

static const struct route rows[] = {
	{ METHOD_GET, "/", GUARD_PUBLIC, .handler = handle, .summary = "root" },
	{ METHOD_GET, "/a/{x}", GUARD_PUBLIC, .handler = handle, .summary = "param" },
	{ METHOD_POST, "/a/{x}", GUARD_PUBLIC, .handler = handle, .summary = "param post" },
	{ METHOD_GET, "/a/new", GUARD_PUBLIC, .handler = handle, .summary = "literal" },
	{ METHOD_GET, "/a/{x}/b", GUARD_PUBLIC, .handler = handle, .summary = "below" },
	{ METHOD_GET, "/f/{rest*}", GUARD_PUBLIC, .handler = handle, .summary = "rest" },
	{ METHOD_GET, "/f/{x}/end", GUARD_PUBLIC, .handler = handle, .summary = "not the rest" },
};
static const struct route_table table = { rows, CASES(rows), .refuse = refuse, .prefix = "/" };

static void finding_routes(void **state)
{
	static const struct {
		unsigned method;
		const char *path;
		const char *summary; /* NULL: none */
		unsigned allowed;    /* when none */
		const char *param;
	} cases[] = {
		{ METHOD_GET, "/", "root", 0, NULL },
		{ METHOD_GET, "/a/1", "param", 0, "1" },
		{ METHOD_POST, "/a/1", "param post", 0, "1" },
		{ METHOD_GET, "/a/new", "literal", 0, NULL },
		{ METHOD_POST, "/a/new", "param post", 0, "new" },
		{ METHOD_GET, "/a/x%2Fy", "param", 0, "x/y" },
		{ METHOD_GET, "/a/1/b", "below", 0, "1" },
		{ METHOD_GET, "/f/1/end", "not the rest", 0, "1" },
		{ METHOD_GET, "/f/1/2/3", "rest", 0, "1/2/3" },
		{ METHOD_GET, "/f/%C3%B6", "rest", 0, "\xC3\xB6" },
		{ METHOD_DELETE, "/a/1", NULL, METHOD_GET | METHOD_POST, NULL },
		{ METHOD_GET, "/a", NULL, 0, NULL },
		{ METHOD_GET, "/a/", NULL, 0, NULL },
		{ METHOD_GET, "/a//b", NULL, 0, NULL },
		{ METHOD_GET, "/a/1/", NULL, 0, NULL },
		{ METHOD_GET, "/A/1", NULL, 0, NULL },
		{ METHOD_GET, "/a/%ff", NULL, 0, NULL },
		{ METHOD_GET, "/f", NULL, 0, NULL },
		{ METHOD_GET, "a/1", NULL, 0, NULL },
		{ METHOD_GET, "", NULL, 0, NULL },
		{ METHOD_GET, "*", NULL, 0, NULL },
		{ METHOD_GET, "http://x/a/1", NULL, 0, NULL },
		{ METHOD_GET, "/f/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", NULL, 0, NULL },
		{ 0, "/a/1", NULL, METHOD_GET | METHOD_POST, NULL },
	};
	const struct route_table *const tables[] = { &table };
	struct router *router = router_new(tables, 1);

	for (size_t i = 0; i < CASES(cases); i++) {
		struct route_match m;
		router_find(router, &arena, cases[i].method, span_of(cases[i].path), &m);
		assert_ptr_equal(m.table, &table);
		assert_string_equal(m.route ? m.route->summary : "none",
			cases[i].summary ? cases[i].summary : "none");
		if (!m.route)
			assert_int_equal(m.allowed, cases[i].allowed);
		else if (cases[i].param)
			assert_true(span_eq(m.params.items[0].value, span_of(cases[i].param)));
	}
	router_free(router);
}

static void rows_without_guard_are_faulty(void **state)
{
	static const struct route faulty[] = {
		{ METHOD_GET, "/x", .handler = handle },
		{ METHOD_GET, "x", GUARD_PUBLIC, .handler = handle },
		{ METHOD_GET, "/x", GUARD_PUBLIC },
		{ 0, "/x", GUARD_PUBLIC, .handler = handle },
		{ METHOD_GET | METHOD_POST, "/x", GUARD_PUBLIC, .handler = handle },
		{ METHOD_GET, "/x", GUARD_PUBLIC, "domains:read", .handler = handle },
		{ METHOD_GET, "/x", GUARD_ACCOUNT, "domains", .handler = handle },
		{ METHOD_POST, "/x", GUARD_ACCOUNT, "domains:read", .handler = handle },
		{ METHOD_GET, "/x", GUARD_ACCOUNT, .fields = fields, .handler = handle },
	};
	for (size_t i = 0; i < CASES(faulty); i++)
		assert_non_null(route_fault(&faulty[i]));
	assert_null(route_fault(&rows[0]));
}

static void api_rows(void **state)
{
	for (size_t i = 0; i < api_routes.len; i++) {
		const struct route *route = &api_routes.routes[i];
		assert_null(route_fault(route));
		assert_non_null(route->summary);
		assert_true(span_starts(span_of(route->path), SPAN("/api/v1/")) ||
			strcmp(route->path, "/health") == 0 ||
			strcmp(route->path, "/metrics") == 0);
		if (route->guard != GUARD_PUBLIC)
			assert_non_null(route->scope);
		/* what changes something says what it takes */
		if (route->method == METHOD_POST || route->method == METHOD_PUT ||
			route->method == METHOD_PATCH)
			assert_non_null(route->fields);
		for (size_t k = 0; k < i; k++)
			assert_false(route->method == api_routes.routes[k].method &&
				strcmp(route->path, api_routes.routes[k].path) == 0);
	}
}

/* ------------------------------------------------------------------------ hosts, CSRF */

static void host_names(void **state)
{
	static const struct {
		const char *host;
		bool ours;
	} cases[] = {
		{ "mail.example.test", true },
		{ "MAIL.example.test:443", true },
		{ "mail.example.test.", true },
		{ "panel.example.test", true },
		{ "other.example", true },
		{ "192.0.2.1:8443", true },
		{ "localhost", true },
		{ "127.0.0.1:1", true },
		{ "[::1]:443", true },
		{ "[2001:db8::1]", true },
		{ "evil.example", false },
		{ "mail.example.test.evil.example", false },
		{ "xmail.example.test", false },
		{ "mail.example.test:x", false },
		{ "mail.example.test:70000", false },
		{ "mail.example.test/", false },
		{ "a@mail.example.test", false },
		{ "mail.example.test mail", false },
		{ "[::1", false },
		{ "[::1]x", false },
		{ ":443", false },
		{ "localhost:1:2", false },
		{ "[::1]:1:2", false },
		{ "localhost]", false },
		{ "[localhost", false },
		{ ".", false },
		{ "", false },
	};
	struct hosts *h = hosts_new("other.example, 192.0.2.1, [2001:db8::1]", "mail.example.test",
		"https://panel.example.test:8443/x");

	for (size_t i = 0; i < CASES(cases); i++) {
		if (hosts_has(h, span_of(cases[i].host)) != cases[i].ours)
			fail_msg("%s", cases[i].host);
	}
	hosts_free(h);
}

static void csrf_tokens(void **state)
{
	unsigned char token[CSRF_BYTES], other[CSRF_BYTES];
	random_bytes(token, sizeof token);
	random_bytes(other, sizeof other);

	struct span a = csrf_mask(&arena, token), b = csrf_mask(&arena, token);
	assert_int_equal(a.len, 86);
	assert_false(span_eq(a, b));
	assert_true(csrf_is_right(a, token) && csrf_is_right(b, token));
	assert_false(csrf_is_right(a, other));
	assert_false(csrf_is_right(span_sub(a, 0, 85), token));
	assert_false(csrf_is_right(SPAN(""), token));
	for (size_t i = 0; i < a.len; i++) {
		char *bent = arena_cstr(&arena, a);
		bent[i] = bent[i] == 'A' ? 'B' : 'A';
		assert_false(csrf_is_right(span_make(bent, a.len), token));
	}
}

/* ------------------------------------------------------------------------ names */

static void domain_names(void **state)
{
	static const struct {
		struct span in;
		const char *out; /* NULL: refused */
	} cases[] = {
		{ SPAN("Example.ORG"), "example.org" },
		{ SPAN(" example.org. "), "example.org" },
		{ SPAN("b\xC3\xBC"
		       "cher.example"),
			"xn--bcher-kva.example" },
		{ SPAN("xn--bcher-kva.example"), "xn--bcher-kva.example" },
		{ SPAN("fa\xC3\x9F.de"), "xn--fa-hia.de" },
		{ SPAN("a.b.c.example"), "a.b.c.example" },
		{ SPAN("1.example"), "1.example" },
		{ SPAN("example"), NULL },
		{ SPAN(""), NULL },
		{ SPAN("."), NULL },
		{ SPAN(".example.org"), NULL },
		{ SPAN("a..example"), NULL },
		{ SPAN("-a.example"), NULL },
		{ SPAN("a-.example"), NULL },
		{ SPAN("a_b.example"), NULL },
		{ SPAN("a b.example"), NULL },
		{ SPAN("a\0b.example"), NULL },
		{ SPAN("192.0.2.1"), NULL },
		{ SPAN("[192.0.2.1]"), NULL },
		{ SPAN("a@b.example"), NULL },
		{ SPAN("a.example/x"), NULL },
		{ SPAN("\xFF.example"), NULL },
		{ SPAN("xn--\xC3\xBC.example"), NULL },
		{ SPAN("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example"),
			NULL },
	};
	for (size_t i = 0; i < CASES(cases); i++) {
		struct span out = SPAN("untouched");
		struct err err = { 0 };
		enum rc rc = domain_name_normalise(&ctx, cases[i].in, &out, &err);
		assert_int_equal(rc, cases[i].out ? RC_OK : RC_INVALID);
		assert_string_equal(
			arena_cstr(&arena, out), cases[i].out ? cases[i].out : "untouched");
		assert_string_equal(err.field, cases[i].out ? "" : "name");
	}
	assert_true(span_eq(domain_name_unicode(&arena, SPAN("xn--bcher-kva.example")),
		SPAN("b\xC3\xBC"
		     "cher.example")));
	/* Cyrillic a within Latin letters stays what it is */
	assert_true(span_eq(
		domain_name_unicode(&arena, SPAN("xn--pypal-4ve.com")), SPAN("xn--pypal-4ve.com")));
}

static void addresses(void **state)
{
	static const struct {
		const char *in;
		const char *local; /* NULL: refused */
		const char *domain;
	} cases[] = {
		{ "Eva@Example.org", "Eva", "example.org" },
		{ " a.b+c_d@x.example ", "a.b+c_d", "x.example" },
		{ "o'brien@x.example", "o'brien", "x.example" },
		{ "a@b@x.example", NULL, NULL },
		{ "@x.example", NULL, NULL },
		{ "a@", NULL, NULL },
		{ "a", NULL, NULL },
		{ ".a@x.example", NULL, NULL },
		{ "a.@x.example", NULL, NULL },
		{ "a..b@x.example", NULL, NULL },
		{ "a b@x.example", NULL, NULL },
		{ "\"a b\"@x.example", NULL, NULL },
		{ "a@[192.0.2.1]", NULL, NULL },
		{ "<a@x.example>", NULL, NULL },
		{ "a\r\n@x.example", NULL, NULL },
	};
	for (size_t i = 0; i < CASES(cases); i++) {
		struct span local, domain;
		enum rc rc = address_normalise(&ctx, span_of(cases[i].in), &local, &domain, NULL);
		assert_int_equal(rc, cases[i].local ? RC_OK : RC_INVALID);
		if (rc != RC_OK)
			continue;
		assert_true(span_eq(local, span_of(cases[i].local)));
		assert_true(span_eq(domain, span_of(cases[i].domain)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding),
		cmocka_unit_test(forms),
		cmocka_unit_test(fields_of_json),
		cmocka_unit_test(fields_of_forms),
		cmocka_unit_test(asking_fields),
		cmocka_unit_test(finding_routes),
		cmocka_unit_test(rows_without_guard_are_faulty),
		cmocka_unit_test(api_rows),
		cmocka_unit_test(host_names),
		cmocka_unit_test(csrf_tokens),
		cmocka_unit_test(domain_names),
		cmocka_unit_test(addresses),
	};
	return cmocka_run_group_tests_name("http", tests, set_up, tear_down);
}
