/* mailcore/auth/spf_policy and spf_macro: what is an SPF record, and what macros become. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/auth/spf_macro.h"
#include "mailcore/auth/spf_policy.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct arena arena;

static bool parses(const char *text, struct spf_policy *out, struct span *bad)
{
	return spf_policy_parse(&arena, span_of(text), out, bad);
}

static void good_records(void **state)
{
	static const struct {
		const char *text;
		size_t directives;
	} cases[] = {
		{ "v=spf1", 0 },
		{ "V=SpF1 -ALL", 1 },
		{ "v=spf1  a   mx  ", 2 },
		{ "v=spf1 a/24//64 mx:b.test//32 a:c.test/0 ?ptr:d.test +exists:%{i}._x.test", 5 },
		{ "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ip6:::1 ip4:192.0.2.1", 4 },
		{ "v=spf1 redirect=%{d}.x.test exp=e.test moo.cow-far_out=man:dog/cat", 0 },
		{ "v=spf1 a:foo:bar/baz.example.com include:%{d2r/}", 2 },
		{ "v=spf1 a:example.com. a:1.2.3.4-5", 2 },
		{ "v=spf1 a:%%_%-%_", 1 },
	};
	struct spf_policy policy;
	struct span bad;

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(parses(cases[i].text, &policy, &bad));
		assert_int_equal(policy.len, cases[i].directives);
	}
}

static void bad_records(void **state)
{
	static const struct {
		const char *text, *bad;
	} cases[] = {
		{ "v=spf10 -all", "v=spf10 -all" },
		{ "v=spf1\t-all", "v=spf1\t-all" },
		{ "v=spf1 moose", "moose" },
		{ "v=spf1 -all:x", "-all:x" },
		{ "v=spf1 all/8", "all/8" },
		{ "v=spf1 a:", "a:" },
		{ "v=spf1 a/33", "a/33" },
		{ "v=spf1 a/08", "a/08" },
		{ "v=spf1 a//129", "a//129" },
		{ "v=spf1 a:b.test/abc", "a:b.test/abc" },
		{ "v=spf1 a:localhost", "a:localhost" },
		{ "v=spf1 a:192.0.2.1", "a:192.0.2.1" },
		{ "v=spf1 a:b.-test", "a:b.-test" },
		{ "v=spf1 a:caf\xc3\xa9.test", "a:caf\xc3\xa9.test" },
		{ "v=spf1 include", "include" },
		{ "v=spf1 include:b.test/24", "include:b.test/24" },
		{ "v=spf1 ip4:192.0.2", "ip4:192.0.2" },
		{ "v=spf1 ip4:192.0.2.1/33", "ip4:192.0.2.1/33" },
		{ "v=spf1 ip4:192.0.2.1//32", "ip4:192.0.2.1//32" },
		{ "v=spf1 ip4:2001:db8::", "ip4:2001:db8::" },
		{ "v=spf1 ip6:2001:db8::/129", "ip6:2001:db8::/129" },
		{ "v=spf1 exists:%{c}.test", "exists:%{c}.test" },
		{ "v=spf1 exists:%{d0}", "exists:%{d0}" },
		{ "v=spf1 exists:%{d", "exists:%{d" },
		{ "v=spf1 exists:%{d;}", "exists:%{d;}" },
		{ "v=spf1 exists:%x.test", "exists:%x.test" },
		{ "v=spf1 redirect=a.test redirect=b.test", "redirect=b.test" },
		{ "v=spf1 exp=", "exp=" },
		{ "v=spf1 4me=x", "4me=x" },
		{ "v=spf1 =x", "=x" },
		{ "v=spf1 x=%a", "x=%a" },
	};
	struct spf_policy policy;
	struct span bad;

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_false(parses(cases[i].text, &policy, &bad));
		assert_true(span_eq(bad, span_of(cases[i].bad)));
	}
}

static void limits(void **state)
{
	struct str text;
	struct spf_policy policy;
	struct span bad;

	str_init(&text, 2 * SPF_RECORD_BYTES);
	str_add_cstr(&text, "v=spf1");
	for (size_t i = 0; i < SPF_DIRECTIVES_MAX; i++)
		str_add_cstr(&text, " a");
	assert_true(spf_policy_parse(&arena, str_span(&text), &policy, &bad));
	assert_int_equal(policy.len, SPF_DIRECTIVES_MAX);
	str_add_cstr(&text, " mx");
	assert_false(spf_policy_parse(&arena, str_span(&text), &policy, &bad));
	assert_true(span_eq(bad, SPAN("mx")));
	while (text.len <= SPF_RECORD_BYTES)
		str_add_cstr(&text, "          ");
	assert_false(spf_policy_parse(&arena, str_span(&text), &policy, &bad));
	str_done(&text);
}

static void terms_are_read(void **state)
{
	struct spf_policy policy;
	struct span bad;

	assert_true(parses(
		"v=spf1 ~a:B.test/24//64 -ip6:2001:db8::/33 redirect=r.test", &policy, &bad));
	const struct spf_directive *a = &policy.items[0];
	assert_int_equal(a->kind, SPF_MECH_A);
	assert_int_equal(a->result, AUTH_SOFTFAIL);
	assert_true(span_eq(a->target, SPAN("B.test")));
	assert_true(span_eq(a->text, SPAN("a:B.test/24//64")));
	assert_int_equal(a->bits4, 24);
	assert_int_equal(a->bits6, 64);
	assert_int_equal(policy.items[1].result, AUTH_FAIL);
	assert_int_equal(policy.items[1].bits6, 33);
	assert_memory_equal(policy.items[1].ip, "\x20\x01\x0d\xb8", 4);
	assert_true(span_eq(policy.redirect, SPAN("r.test")));
	assert_null(policy.exp.ptr);
}

/* The examples of RFC 7208 §7.4, and what they leave out. */
static void macros(void **state)
{
	static const struct {
		const char *text, *expanded;
	} cases[] = {
		{ "%{s}", "strong-bad@email.example.com" },
		{ "%{o}", "email.example.com" },
		{ "%{d}", "email.example.com" },
		{ "%{d4}", "email.example.com" },
		{ "%{d2}", "example.com" },
		{ "%{d1}", "com" },
		{ "%{dr}", "com.example.email" },
		{ "%{d2r}", "example.email" },
		{ "%{l}", "strong-bad" },
		{ "%{l-}", "strong.bad" },
		{ "%{lr-}", "bad.strong" },
		{ "%{l1r-}", "strong" },
		{ "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com" },
		{ "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com" },
		{ "%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net" },
		{ "%%%_%-", "% %20" },
		{ "%{S}", "strong-bad%40email.example.com" },
		{ "%{h} %{p} %{r} %{c} %{t}", "mx.test unknown unknown 192.0.2.3 1700000000" },
		{ "%{D2R.-,}", "example.email" },
		{ "%{d99999999999999999999}", "email.example.com" },
	};
	struct spf_macro_values values = { .local = SPAN("strong-bad"),
		.origin = SPAN("email.example.com"),
		.domain = SPAN("email.example.com"),
		.helo = SPAN("mx.test"),
		.validated = SPAN("unknown"),
		.now_s = 1700000000 };

	assert_true(addr_parse(SPAN("192.0.2.3"), &values.ip));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str out = str_in(&arena, SPF_EXPANDED_MAX);
		assert_true(spf_macro_string_valid(span_of(cases[i].text), true));
		spf_macro_expand(&values, span_of(cases[i].text), &out);
		assert_string_equal(str_cstr(&out), cases[i].expanded);
	}
	assert_true(spf_macro_uses(SPAN("%{P2}"), 'p'));
	assert_false(spf_macro_uses(SPAN("p%%{p}"), 'p'));
}

static void ipv6_macro(void **state)
{
	struct spf_macro_values values = { .local = SPAN("") };
	struct str out = str_in(&arena, SPF_EXPANDED_MAX);

	assert_true(addr_parse(SPAN("2001:db8::cb01"), &values.ip));
	spf_macro_expand(&values, SPAN("%{ir}.%{v}"), &out);
	assert_string_equal(str_cstr(&out),
		"1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6");
}

/* A text that would grow beyond its maximum stops; it does not take long. */
static void expansion_is_bounded(void **state)
{
	struct spf_macro_values values = { .local = SPAN("0123456789012345678901234567890") };
	struct str text, out = str_in(&arena, SPF_EXPANDED_MAX);

	str_init(&text, 65536);
	for (int i = 0; i < 10000; i++)
		str_add_cstr(&text, "%{lr}");
	spf_macro_expand(&values, str_span(&text), &out);
	assert_false(str_ok(&out));
	str_done(&text);
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_records),
		cmocka_unit_test(bad_records),
		cmocka_unit_test(limits),
		cmocka_unit_test(terms_are_read),
		cmocka_unit_test(macros),
		cmocka_unit_test(ipv6_macro),
		cmocka_unit_test(expansion_is_bounded),
	};
	return cmocka_run_group_tests_name("spf_syntax", tests, set_up, tear_down);
}
