/* webui/mail/html_clean: hostile vectors, exact outputs, idempotence, linear time. */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <time.h>

#include "mailcore/base/clock.h"
#include "webui/mail/css_clean.h"
#include "webui/mail/html_clean.h"
#include "webui/mail/html_token.h"

static const struct html_clean_options plain = { 0 };

static struct span clean(struct arena *a, struct span html, const struct html_clean_options *o,
	struct html_clean_stats *stats)
{
	struct html_clean_stats ignored;
	return html_clean(a, html, o, stats ? stats : &ignored).markup;
}

/* What a document may hold, written independently of the cleaner's own tables. */
static const char *fault_of_attr(const struct html_attr *attr)
{
	static const char *const fine[] = { "align", "alt", "bgcolor", "border", "cellpadding",
		"color", "dir", "face", "height", "href", "rel", "size", "src", "style", "target",
		"title", "type", "valign", "width", "colspan", "rowspan" };
	bool known = false;
	for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
		known |= strcmp(attr->name, fine[i]) == 0;
	if (!known)
		return "attribute";
	if (strcmp(attr->name, "href") == 0 && !span_starts(attr->value, SPAN("https://")) &&
		!span_starts(attr->value, SPAN("mailto:")))
		return "href";
	if (strcmp(attr->name, "src") == 0 && !span_starts(attr->value, SPAN("data:image/")))
		return "src";
	static const char *const never[] = { "url", "expression", "position", "\\", "@", "var(" };
	for (size_t i = 0; strcmp(attr->name, "style") == 0 && i < sizeof never / sizeof never[0];
		i++) {
		if (span_ifind_span(attr->value, span_of(never[i])) != SPAN_NPOS)
			return "style";
	}
	return NULL;
}

static const char *fault_of(struct arena *a, struct span html)
{
	static const char *const fine[] = { "a", "b", "br", "center", "div", "font", "i", "img",
		"li", "p", "span", "table", "tbody", "td", "tr", "ul" };
	struct html_tokens tokens;
	struct html_token token;
	html_tokens_init(&tokens, a, html);
	long depth = 0;
	while (html_token_next(&tokens, &token)) {
		if (token.kind == HTML_TEXT)
			continue;
		bool known = false;
		for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
			known |= strcmp(token.name, fine[i]) == 0;
		if (!known)
			return "element";
		bool is_void = strcmp(token.name, "br") == 0 || strcmp(token.name, "img") == 0;
		depth += is_void ? 0 : token.kind == HTML_START ? 1 : -1;
		if (depth < 0)
			return "balance";
		for (size_t i = 0; token.kind == HTML_START && i < token.n_attrs; i++) {
			const char *fault = fault_of_attr(&token.attrs[i]);
			if (fault)
				return fault;
		}
	}
	return depth == 0 ? NULL : "balance";
}

static void hostile_vectors_come_out_harmless(void **state)
{
	FILE *file = fopen(VECTORS "/html/hostile.txt", "r");
	assert_non_null(file);
	char line[2000];
	size_t n = 0;
	struct arena a;
	arena_init(&a, 65536);
	for (; fgets(line, sizeof line, file); n++) {
		struct span vector = span_trim(span_of(line));
		struct span out = clean(&a, vector, &plain, NULL);
		const char *fault = fault_of(&a, out);
		if (fault)
			fail_msg("%s: " SPAN_FMT " -> " SPAN_FMT, fault, SPAN_ARG(vector),
				SPAN_ARG(out));
		struct span again = clean(&a, out, &plain, NULL);
		if (!span_eq(out, again))
			fail_msg("not stable: " SPAN_FMT " -> " SPAN_FMT " -> " SPAN_FMT,
				SPAN_ARG(vector), SPAN_ARG(out), SPAN_ARG(again));
		arena_reset(&a);
	}
	(void)fclose(file);
	arena_done(&a);
	assert_true(n >= 200);
}

/* A vector in the middle of a real message must not take the rest of it along unnoticed. */
static void outputs(void **state)
{
	static const struct {
		const char *html, *want;
		size_t remote;
	} cases[] = {
		{ "<p>Hi &amp; bye", "<p>Hi &amp; bye</p>", 0 },
		{ "<p>a<p>b", "<p>a</p><p>b</p>", 0 },
		{ "<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>", 0 },
		{ "<table><tr><td>a<td>b<tr><td>c</table>d",
			"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>d", 0 },
		{ "<td><table><tr><td>x</table>y", "<td><table><tr><td>x</td></tr></table>y</td>",
			0 },
		{ "<div><table><tr><td></div>x</table>",
			"<div><table><tr><td>x</td></tr></table></div>", 0 },
		{ "<b>a</i>b</b>c", "<b>ab</b>c", 0 },
		{ "a<br/>b<hr>", "a<br>b<hr>", 0 },
		{ "<o:p>x</o:p>", "x", 0 },
		{ "<head><title>t</title><style>p{}</style></head><body bgcolor=red>x",
			"<div bgcolor=\"red\">x</div>", 0 },
		{ "<a href=https://a.example/?a&b>x</a>",
			"<a href=\"https://a.example/?a&amp;b\" target=\"_blank\" rel=\"noopener "
			"noreferrer\">x</a>",
			0 },
		{ "<a href=' HTTPS://a.example'>x</a>",
			"<a href=\"HTTPS://a.example\" target=\"_blank\" rel=\"noopener "
			"noreferrer\">x</a>",
			0 },
		{ "<img src=https://a.example/x.png alt=Logo width=10>",
			"<img alt=\"Logo\" width=\"10\">", 1 },
		{ "<img src=//a.example/x>", "<img alt=\"\">", 1 },
		{ "<img src=data:image/png;base64,AA==>",
			"<img src=\"data:image/png;base64,AA==\" alt=\"\">", 0 },
		{ "<p style='COLOR: Red; position:fixed; font-family: \"Arial\", sans-serif'>x",
			"<p style=\"color: red; font-family: &#39;arial&#39;, sans-serif\">x</p>",
			0 },
		{ "<p style='background:url(https://a.example/x)'>x", "<p>x</p>", 1 },
		{ "<td background=https://a.example/x>x", "<td>x</td>", 1 },
		{ "<p style='width:calc(100% - (2px + 1px));color:rgb(1,2,3)'>x",
			"<p style=\"width: calc(100% - (2px + 1px)); color: rgb(1,2,3)\">x</p>",
			0 },
		{ "1 < 2 && 3 > 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2", 0 },
		{ "&eacute;&#8364;&bogus;&nbsp", "\xc3\xa9\xe2\x82\xac&amp;bogus;&amp;nbsp", 0 },
		{ "<svg><circle/><svg/></svg>after", "after", 0 },
		{ "<script>a</script>b", "b", 0 },
		{ "x<p", "x", 0 },
	};
	struct arena a;
	arena_init(&a, 65536);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct html_clean_stats stats;
		struct span out = clean(&a, span_of(cases[i].html), &plain, &stats);
		assert_string_equal(arena_cstr(&a, out), cases[i].want);
		assert_int_equal(stats.remote, cases[i].remote);
		arena_reset(&a);
	}
	arena_done(&a);
}

static struct span part_url(struct span cid, void *arg)
{
	return span_eq(cid, SPAN("logo@x")) ? SPAN("/mail/att/inbox/1/2/logo.png") : SPAN_NONE;
}

static void images_on_request(void **state)
{
	static const struct {
		const char *html, *want;
	} cases[] = {
		{ "<img src=https://a.example/x>", "<img src=\"https://a.example/x\" alt=\"\">" },
		{ "<img src=http://a.example/x>", "<img alt=\"\">" },
		{ "<img width=1 height=1 src=https://a.example/x>",
			"<img width=\"1\" height=\"1\" alt=\"\">" },
		{ "<img src=cid:logo@x>", "<img src=\"/mail/att/inbox/1/2/logo.png\" alt=\"\">" },
		{ "<img src=cid:gone@x>", "<img alt=\"\">" },
		{ "<p style='background:url(https://a.example/x)'>x</p>", "<p>x</p>" },
	};
	const struct html_clean_options options = { .remote_images = true, .cid_url = part_url };
	struct arena a;
	arena_init(&a, 65536);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct span out = clean(&a, span_of(cases[i].html), &options, NULL);
		assert_string_equal(arena_cstr(&a, out), cases[i].want);
	}
	arena_done(&a);
}

/* What writing lengthens may not be too long for the next reader. */
static void lengths_are_those_of_what_is_written(void **state)
{
	static const struct {
		const char *before, *unit, *behind;
		size_t passes; /* so many units, and one more does not */
	} cases[] = {
		{ "<p title='", "x", "'>", 4000 },
		{ "<p title='", "\xff", "'>", 1333 },
		{ "<p title='", "&", "'>", 800 },
		{ "<p style='", "color:red;", "'>", 682 },
	};
	struct arena a;
	arena_init(&a, 65536);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		for (size_t more = 0; more < 2; more++) {
			struct str html = str_in(&a, 65536);
			str_add_cstr(&html, cases[i].before);
			for (size_t n = 0; n < cases[i].passes + more; n++)
				str_add_cstr(&html, cases[i].unit);
			str_add_cstr(&html, cases[i].behind);
			struct span out = clean(&a, str_span(&html), &plain, NULL);
			if (span_eq(out, SPAN("<p></p>")) != (more == 1))
				fail_msg("case %zu, %zu more: " SPAN_FMT, i, more, SPAN_ARG(out));
			assert_true(span_eq(out, clean(&a, out, &plain, NULL)));
		}
	}
	arena_done(&a);
}

static void depth_is_limited(void **state)
{
	struct arena a;
	arena_init(&a, 65536);
	struct str deep = str_in(&a, 1 << 20);
	for (int i = 0; i < 50000; i++)
		str_add_cstr(&deep, "<div>");
	str_add_cstr(&deep, "x");
	struct span out = clean(&a, str_span(&deep), &plain, NULL);
	assert_int_equal(out.len, HTML_CLEAN_DEPTH_MAX * 11 + 1);
	assert_true(span_eq(out, clean(&a, out, &plain, NULL)));
	arena_done(&a);
}

/* Processor time of this thread: other load on the machine does not count. */
static int64_t cpu_us(void)
{
	struct timespec ts;
	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts), 0);
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

static int64_t time_of(const char *unit, size_t n)
{
	struct arena a;
	arena_init(&a, 1 << 20);
	struct str text = str_in(&a, 8 << 20);
	for (size_t i = 0; i < n; i++)
		str_add_cstr(&text, unit);
	int64_t best = INT64_MAX;
	for (int i = 0; i < 5; i++) {
		int64_t start = cpu_us();
		(void)clean(&a, str_span(&text), &plain, NULL);
		int64_t took = cpu_us() - start;
		best = took < best ? took : best;
	}
	arena_done(&a);
	return best;
}

static void time_is_linear(void **state)
{
	static const char *const units[] = { "<", "</", "<!", "<!--", "<a ", "<a b=\"", "<script>",
		"<xmp></", "&#", "&", "<div>", "<p><b>", "<table><tr><td>", "<li>", "<svg>",
		"<p style='a:b(c;'>" };
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		int64_t once = time_of(units[i], 20000), fourfold = time_of(units[i], 80000);
		if (fourfold > once * 9 + 20000)
			fail_msg("%s: %ld us, four times as much: %ld us", units[i], (long)once,
				(long)fourfold);
	}
}

static void text_as_markup(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "a <b>", "a &lt;b&gt;\n" },
		{ "see https://a.example/x?y&z.",
			"see <a target=\"_blank\" rel=\"noopener noreferrer\" "
			"href=\"https://a.example/x?y&amp;z\">https://a.example/x?y&amp;z</a>.\n" },
		{ "(http://a.example)",
			"(<a target=\"_blank\" rel=\"noopener noreferrer\" "
			"href=\"http://a.example\">http://a.example</a>)\n" },
		{ "javascript:x http:// hhttp", "javascript:x http:// hhttp\n" },
		{ "a\n> b\n> c\nd", "a\n<span class=\"quote\">&gt; b\n&gt; c\n</span>d\n" },
		{ "> a", "<span class=\"quote\">&gt; a\n</span>" },
	};
	struct arena a;
	arena_init(&a, 65536);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct html out = html_of_text(&a, span_of(cases[i].text));
		assert_string_equal(arena_cstr(&a, out.markup), cases[i].want);
	}
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_vectors_come_out_harmless),
		cmocka_unit_test(outputs),
		cmocka_unit_test(images_on_request),
		cmocka_unit_test(lengths_are_those_of_what_is_written),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(time_is_linear),
		cmocka_unit_test(text_as_markup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
