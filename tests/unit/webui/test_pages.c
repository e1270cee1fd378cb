/*
 * Every shipped template with a fixture: a field that the fixture does not have is a failure.
 * fixtures.json: per page the name, its frame, and the data; "common" is in all.
 * With MAILSTEAD_PREVIEW=DIR the pages are written there, to look at in a browser.
 */
#include "tests/unit/cmocka_all.h"

#include <stdio.h>

#include "mailcore/base/json.h"
#include "webui/view/assets.h"
#include "webui/view/tmpl.h"
#include "webui/view/words.h"

static struct span asset_path(struct span file)
{
	const struct asset *asset = asset_find(file);
	return asset ? asset->path : SPAN_NONE;
}

static void add(struct val *parent, const char *key, const struct cJSON *value);

static void fill(struct val *map, const struct cJSON *object)
{
	for (const struct cJSON *e = json_first(object); e; e = json_next(e)) {
		const char *key = arena_cstr(map->arena, json_name(e));
		if (!val_get(map, span_of(key)))
			add(map, key, e);
	}
}

static void fill_list(struct val *list, const struct cJSON *array)
{
	for (const struct cJSON *e = json_first(array); e; e = json_next(e)) {
		if (json_kind(e) == JSON_OBJECT)
			fill(val_push(list), e);
		else
			val_push_text(list, json_text(e));
	}
}

/* {"html": "..."} is ready markup. */
static void add(struct val *parent, const char *key, const struct cJSON *value)
{
	const struct cJSON *html = json_get(value, "html");
	if (html)
		val_set_html(parent, key, (struct html){ json_text(html) });
	else if (json_kind(value) == JSON_OBJECT)
		fill(val_set_map(parent, key), value);
	else if (json_kind(value) == JSON_ARRAY)
		fill_list(val_set_list(parent, key), value);
	else if (json_kind(value) == JSON_BOOL)
		val_set_bool(parent, key, json_true(value));
	else
		val_set(parent, key, json_text(value));
}

static struct cJSON *read_fixtures(struct arena *a)
{
	char *text = arena_alloc(a, 1 << 20);
	FILE *file = fopen(FIXTURES, "r");
	assert_non_null(file);
	size_t len = fread(text, 1, 1 << 20, file);
	(void)fclose(file);
	struct cJSON *value;
	size_t at = 0;
	if (!json_parse(a, span_make(text, len), &value, &at))
		fail_msg("fixtures.json: bad at byte %zu", at);
	return value;
}

static struct html render(
	struct arena *a, const struct tmpl_set *set, const char *name, const struct val *data)
{
	struct tmpl_gaps gaps = { 0 };
	const struct tmpl *t = tmpl_find(set, span_of(name));
	if (!t)
		fail_msg("no template %s", name);
	struct html out = tmpl_html(t, data, a, 1 << 20, &gaps);
	if (gaps.missing > 0)
		fail_msg("%s: %zu fields missing, first %s", name, gaps.missing, gaps.first);
	assert_true(out.markup.len > 0);
	return out;
}

static void write_preview(struct arena *a, const char *name, struct span page)
{
	const char *dir = getenv("MAILSTEAD_PREVIEW");
	if (!dir)
		return;
	char *path = arena_cstr(a, arena_printf(a, "%s/%s.html", dir, name));
	for (char *p = path + strlen(dir) + 1; *p; p++)
		*p = *p == '/' ? '_' : *p;
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	(void)fwrite(page.ptr, 1, page.len, file);
	(void)fclose(file);
}

static void every_page_renders(void **state)
{
	static const struct tmpl_names names = { words_find, asset_path };
	struct arena a;
	arena_init(&a, 65536);
	struct tmpl_set *set;
	assert_int_equal(
		tmpl_compile(&a, template_sources, template_sources_len, &names, &set, NULL),
		RC_OK);
	const struct cJSON *fixtures = read_fixtures(&a);
	const struct cJSON *pages = json_get(fixtures, "pages");
	for (const struct cJSON *e = json_first(pages); e; e = json_next(e)) {
		const char *name = arena_cstr(&a, json_text(json_get(e, "name")));
		struct span frame = json_text(json_get(e, "frame"));
		struct val *data = val_map(&a);
		fill(data, json_get(e, "data"));
		fill(data, json_get(fixtures, "common"));
		if (span_eq(frame, SPAN("mail/layout")))
			val_set_html(data, "list", render(&a, set, "mail/list", data));
		struct html page = render(&a, set, name, data);
		if (frame.len > 0) {
			val_set_html(data, "content", page);
			page = render(&a, set, arena_cstr(&a, frame), data);
		}
		write_preview(&a, name, page.markup);
	}
	arena_done(&a);
}

/* A template without a fixture would be one that nobody looks at. */
static void every_template_has_a_fixture(void **state)
{
	struct arena a;
	arena_init(&a, 65536);
	const struct cJSON *pages = json_get(read_fixtures(&a), "pages");
	for (size_t i = 0; i < template_sources_len; i++) {
		struct span name = template_sources[i].name;
		bool part = span_starts(name, SPAN("partial/")) ||
			span_ends(name, SPAN("layout")) || span_ends(name, SPAN("nav")) ||
			span_ends(name, SPAN("tabs")) || span_ends(name, SPAN("steps")) ||
			span_ends(name, SPAN("table")) || span_ends(name, SPAN("records")) ||
			span_eq(name, SPAN("bare")) || span_eq(name, SPAN("wide")) ||
			span_eq(name, SPAN("mail/list")) || span_starts(name, SPAN("mail/row")) ||
			span_eq(name, SPAN("mail/folders"));
		bool found = part; /* rendered as part of others */
		for (const struct cJSON *e = json_first(pages); e && !found; e = json_next(e))
			found = span_eq(json_text(json_get(e, "name")), name);
		if (!found)
			fail_msg("no fixture for " SPAN_FMT, SPAN_ARG(name));
	}
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_page_renders),
		cmocka_unit_test(every_template_has_a_fixture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
