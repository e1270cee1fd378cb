/* webui/view: escaping by place, sections, refusals of the compiler, the shipped templates. */
#include "tests/unit/cmocka_all.h"

#include "webui/view/assets.h"
#include "webui/view/html.h"
#include "webui/view/tmpl.h"
#include "webui/view/words.h"

static struct span test_words(struct span key)
{
	if (span_eq(key, SPAN("hello")))
		return SPAN("Hello, {name} & all");
	return SPAN_NONE;
}

static struct span test_asset(struct span file)
{
	return span_eq(file, SPAN("app.css")) ? SPAN("/s/app.1.css") : SPAN_NONE;
}

static const struct tmpl_names test_names = { test_words, test_asset };

static enum rc compile(struct arena *a, const char *text, struct tmpl_set **set, struct err *err)
{
	struct tmpl_source *sources = arena_array(a, 2, sizeof *sources);
	sources[0] = (struct tmpl_source){ SPAN("main"), span_of(text) };
	sources[1] = (struct tmpl_source){ SPAN("item"), SPAN("<i>{{name}}</i>") };
	return tmpl_compile(a, sources, 2, &test_names, set, err);
}

static struct val *fixture(struct arena *a)
{
	struct val *data = val_map(a);
	val_set_cstr(data, "name", "<b>\"O'Neil\" & co</b>");
	val_set_cstr(data, "empty", "");
	val_set_bool(data, "yes", true);
	val_set_bool(data, "no", false);
	val_set_cstr(data, "path", "/a?b=1&c=2");
	val_set_cstr(data, "script", "javascript:alert(1)");
	val_set_cstr(data, "host", "//evil.example/");
	val_set_html(data, "markup", (struct html){ SPAN("<b>x</b>") });
	struct val *list = val_set_list(data, "list");
	val_set_cstr(val_push(list), "x", "1");
	val_set_cstr(val_push(list), "x", "2");
	struct val *texts = val_set_list(data, "texts");
	val_push_text(texts, SPAN("<1>"));
	val_push_text(texts, SPAN("2"));
	val_set_list(data, "none");
	val_set_cstr(val_set_map(data, "map"), "x", "in");
	return data;
}

static void renders(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "plain", "plain" },
		{ "{{name}}", "&lt;b&gt;&quot;O&#39;Neil&quot; &amp; co&lt;/b&gt;" },
		{ "<a title=\"{{name}}\">",
			"<a title=\"&lt;b&gt;&quot;O&#39;Neil&quot; &amp; "
			"co&lt;/b&gt;\">" },
		{ "{{markup}}", "<b>x</b>" },
		{ "<a href=\"{{path}}\">", "<a href=\"/a?b=1&amp;c=2\">" },
		{ "<a href=\"{{script}}\">", "<a href=\"#\">" },
		{ "<a href=\"{{host}}\">", "<a href=\"#\">" },
		{ "<a href=\"/x/{{path}}?q={{name}}\">",
			"<a href=\"/x/%2Fa%3Fb%3D1%26c%3D2?q=%3Cb%3E%22O%27Neil%22%20%26%20co%3C%2Fb%"
			"3E\">" },
		{ "{{#list}}{{x}},{{/list}}", "1,2," },
		{ "{{#texts}}{{.}}{{/texts}}", "&lt;1&gt;2" },
		{ "{{^none}}nothing{{/none}}{{#none}}x{{/none}}", "nothing" },
		{ "{{#yes}}a{{/yes}}{{^yes}}b{{/yes}}{{#no}}c{{/no}}{{^no}}d{{/no}}", "ad" },
		{ "{{#empty}}a{{/empty}}{{^empty}}b{{/empty}}", "b" },
		{ "{{#map}}{{x}}{{/map}}", "in" },
		{ "{{#map}}{{#list}}{{x}}{{/list}}{{/map}}", "12" },
		{ "<p class=\"a{{#yes}} b{{/yes}}\"{{#no}} hidden{{/no}}>", "<p class=\"a b\">" },
		{ "<a{{#yes}} hidden{{/yes}}>", "<a hidden>" },
		{ "{{>item}}", "<i>&lt;b&gt;&quot;O&#39;Neil&quot; &amp; co&lt;/b&gt;</i>" },
		{ "{{! note }}{{t.hello}}",
			"Hello, &lt;b&gt;&quot;O&#39;Neil&quot; &amp; co&lt;/b&gt; &amp; all" },
		{ "<link href=\"{{@app.css}}\">", "<link href=\"/s/app.1.css\">" },
		{ "<script src=\"{{@app.css}}\"></script>{{yes_}}",
			"<script src=\"/s/app.1.css\"></script>" },
	};
	struct arena a;
	arena_init(&a, 4096);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tmpl_set *set;
		struct err err = { 0 };
		if (compile(&a, cases[i].text, &set, &err) != RC_OK)
			fail_msg("%s: %s", cases[i].text, err.text);
		struct str out = str_in(&a, 4096);
		tmpl_render(tmpl_find(set, SPAN("main")), fixture(&a), &out, NULL);
		assert_string_equal(str_cstr(&out), cases[i].want);
		arena_reset(&a);
	}
	arena_done(&a);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "a\nb {{", "main:2: tag without an end." },
		{ "{{}}", "main:1: empty tag." },
		{ "{{#a}}", "main:1: section without an end." },
		{ "{{/a}}", "main:1: this section is not open." },
		{ "{{#a}}{{/b}}", "main:1: this section is not open." },
		{ "{{{a}}}", "main:1: not a field name." },
		{ "{{&a}}", "main:1: not a field name." },
		{ "{{>nobody}}", "main:1: no such template." },
		{ "{{t.nothing}}", "main:1: no such words." },
		{ "{{@no.css}}", "main:1: no such static file." },
		{ "<a {{name}}>", "main:1: a field cannot stand here." },
		{ "<a href={{name}}>", "main:1: a field cannot stand here." },
		{ "<a href='{{name}}'>", "main:1: attribute value without double quotes." },
		{ "<a href=x>", "main:1: attribute value without double quotes." },
		{ "<script>{{name}}</script>", "main:1: a field cannot stand here." },
		{ "<style>{{name}}</style>", "main:1: a field cannot stand here." },
		{ "<!-- {{name}} -->", "main:1: a field cannot stand here." },
		{ "<{{name}}>", "main:1: bare < in text." },
		{ "<p onclick=\"x\">",
			"main:1: attribute that the content security policy forbids." },
		{ "<p style=\"x\">",
			"main:1: attribute that the content security policy forbids." },
		{ "<p title=\"{{#a}}\">{{/a}}",
			"main:1: section ends elsewhere in the HTML than it began." },
		{ "<p title=\"", "main:1: ends inside a tag." },
		{ "<a href=\"{{t.hello}}\">", "main:1: words cannot stand here." },
		{ "<p title=\"{{>item}}\">", "main:1: a template can only stand between tags." },
	};
	struct arena a;
	arena_init(&a, 4096);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tmpl_set *set;
		struct err err = { 0 };
		assert_int_equal(compile(&a, cases[i].text, &set, &err), RC_INVALID);
		assert_string_equal(err.text, cases[i].why);
		arena_reset(&a);
	}
	arena_done(&a);
}

static void gaps_are_told(void **state)
{
	static const char *const cases[] = { "{{gone}}", "{{#gone}}{{/gone}}", "{{^gone}}{{/gone}}",
		"{{map}}", "{{list}}", "{{yes}}", "<p title=\"{{markup}}\">" };
	struct arena a;
	arena_init(&a, 4096);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tmpl_set *set;
		struct err err;
		assert_int_equal(compile(&a, cases[i], &set, &err), RC_OK);
		struct tmpl_gaps gaps = { 0 };
		struct str out = str_in(&a, 4096);
		tmpl_render(tmpl_find(set, SPAN("main")), fixture(&a), &out, &gaps);
		assert_int_equal(gaps.missing, 1);
		arena_reset(&a);
	}
	arena_done(&a);
}

static void recursion_ends(void **state)
{
	struct arena a;
	arena_init(&a, 4096);
	struct tmpl_source source = { SPAN("main"), SPAN("x{{>main}}") };
	struct tmpl_set *set;
	assert_int_equal(tmpl_compile(&a, &source, 1, &test_names, &set, NULL), RC_OK);
	struct str out = str_in(&a, 4096);
	tmpl_render(tmpl_find(set, SPAN("main")), val_map(&a), &out, NULL);
	assert_int_equal(out.len, TMPL_PARTIAL_MAX + 1);
	arena_done(&a);
}

static void escapes_text(void **state)
{
	static const struct {
		struct span text;
		const char *want;
	} cases[] = {
		{ SPAN("a\tb\n"), "a\tb\n" },
		{ SPAN("\x01\x7f"), "\xef\xbf\xbd\xef\xbf\xbd" },
		{ SPAN("\xff"), "\xef\xbf\xbd" },
		{ SPAN("\xc3\xa9"), "\xc3\xa9" },
		{ SPAN("\xef\xbf\xbf"), "\xef\xbf\xbd" },
	};
	struct arena a;
	arena_init(&a, 4096);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str out = str_in(&a, 100);
		html_add_text(&out, cases[i].text);
		assert_string_equal(str_cstr(&out), cases[i].want);
	}
	arena_done(&a);
}

static void words_are_found(void **state)
{
	assert_true(span_eq(words_find(SPAN("app")), SPAN("Mailstead")));
	assert_true(span_eq(words(W_APP), SPAN("Mailstead")));
	assert_null(words_find(SPAN("no_such_words")).ptr);
}

static struct span asset_path(struct span file)
{
	const struct asset *asset = asset_find(file);
	return asset ? asset->path : SPAN_NONE;
}

static void shipped_templates_compile(void **state)
{
	static const struct tmpl_names names = { words_find, asset_path };
	struct arena a;
	arena_init(&a, 65536);
	struct tmpl_set *set;
	struct err err;
	if (tmpl_compile(&a, template_sources, template_sources_len, &names, &set, &err) != RC_OK)
		fail_msg("%s", err.text);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renders),
		cmocka_unit_test(refuses),
		cmocka_unit_test(gaps_are_told),
		cmocka_unit_test(recursion_ends),
		cmocka_unit_test(escapes_text),
		cmocka_unit_test(words_are_found),
		cmocka_unit_test(shipped_templates_compile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
