/* Template data: see val.h. */
#include "webui/view/val.h"

static struct val *val_new(struct arena *a, enum val_kind kind)
{
	struct val *v = arena_zalloc(a, sizeof *v);
	v->kind = kind;
	v->arena = a;
	return v;
}

struct val *val_map(struct arena *a)
{
	return val_new(a, VAL_MAP);
}

static struct val *val_append(struct val *parent, enum val_kind kind, const char *key)
{
	struct val *v = val_new(parent->arena, kind);
	v->key = key;
	if (parent->last)
		parent->last->next = v;
	else
		parent->first = v;
	parent->last = v;
	return v;
}

void val_set(struct val *map, const char *key, struct span text)
{
	ASSERT(map->kind == VAL_MAP);
	val_append(map, VAL_TEXT, key)->text = text;
}

void val_set_cstr(struct val *map, const char *key, const char *text)
{
	val_set(map, key, span_of(text));
}

void val_set_i64(struct val *map, const char *key, int64_t n)
{
	val_set(map, key, arena_printf(map->arena, "%lld", (long long)n));
}

void val_set_bool(struct val *map, const char *key, bool yes)
{
	val_append(map, VAL_BOOL, key)->yes = yes;
}

void val_set_html(struct val *map, const char *key, struct html html)
{
	val_append(map, VAL_HTML, key)->text = html.markup;
}

static struct val *val_own(struct val *map, const char *key)
{
	for (struct val *v = map->first; v; v = v->next) {
		if (strcmp(v->key, key) == 0)
			return v;
	}
	ASSERT(!"a key that is there");
	return NULL;
}

void val_override(struct val *map, const char *key, struct span text)
{
	val_own(map, key)->text = text;
}

struct val *val_set_map(struct val *map, const char *key)
{
	return val_append(map, VAL_MAP, key);
}

struct val *val_set_list(struct val *map, const char *key)
{
	return val_append(map, VAL_LIST, key);
}

struct val *val_push(struct val *list)
{
	ASSERT(list->kind == VAL_LIST);
	return val_append(list, VAL_MAP, NULL);
}

void val_push_text(struct val *list, struct span text)
{
	ASSERT(list->kind == VAL_LIST);
	val_append(list, VAL_TEXT, NULL)->text = text;
}

const struct val *val_get(const struct val *map, struct span key)
{
	if (map->kind != VAL_MAP)
		return NULL;
	for (const struct val *v = map->first; v; v = v->next) {
		if (v->key && span_eq(span_of(v->key), key))
			return v;
	}
	return NULL;
}

bool val_is_true(const struct val *v)
{
	switch (v->kind) {
	case VAL_BOOL:
		return v->yes;
	case VAL_TEXT:
	case VAL_HTML:
		return v->text.len > 0;
	case VAL_LIST:
		return v->first != NULL;
	case VAL_MAP:
		return true;
	}
	return false;
}
