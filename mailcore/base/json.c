/*
 * JSON over cJSON's tree and printer.
 *
 * The reader is our own: cJSON's parser accepts too much (see json.h), and checking a text for all
 * of that is reading it already. During our calls cJSON's allocations go to the arena
 * through its hooks, and its free does nothing.
 */
#include "mailcore/base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/cur.h"
#include "mailcore/base/map.h"
#include "mailcore/base/utf8.h"

#define EXACT_MAX 9007199254740991.0 /* 2^53 - 1 */
#define PRINT_MAX 999999999999999LL  /* cJSON prints 15 digits */

/* Objects up to this size are checked for duplicates pair by pair. */
#define FEW_MEMBERS 16

static _Thread_local struct arena *current;

/* Outside our calls cJSON is somebody else's and works on the heap. */
static void *hook_alloc(size_t size)
{
	return current ? arena_alloc(current, size) : heap_alloc(size);
}

static void hook_free(void *ptr)
{
	if (!current) /* else it dies with the arena */
		heap_free(ptr);
}

static void set_hooks(void)
{
	cJSON_Hooks hooks = { hook_alloc, hook_free };
	cJSON_InitHooks(&hooks);
}

static void enter(struct arena *a)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, set_hooks); /* cannot fail with a valid once */
	current = a;
}

static void leave(void)
{
	current = NULL;
}

/* ------------------------------------------------------------------------ reader */

struct reader {
	struct arena *arena;
	struct cur in;
	size_t values;
};

static struct cJSON *read_value(struct reader *r, int depth);

static void skip_space(struct reader *r)
{
	for (int c = cur_peek(&r->in); c == ' ' || c == '\t' || c == '\n' || c == '\r';
		c = cur_peek(&r->in))
		r->in.p++;
}

static bool read_hex4(struct reader *r, uint32_t *out)
{
	uint32_t code = 0;

	if (cur_left(&r->in) < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		int digit = ascii_hex(r->in.p[i]);
		if (digit < 0)
			return false;
		code = code * 16 + (uint32_t)digit;
	}
	r->in.p += 4;
	*out = code;
	return true;
}

/* After "\u". No NUL, no half of a surrogate pair. */
static bool read_unicode_escape(struct reader *r, struct str *out)
{
	uint32_t code, low;

	if (!read_hex4(r, &code) || code == 0 || (code >= 0xDC00 && code <= 0xDFFF))
		return false;
	if (code >= 0xD800 && code <= 0xDBFF) {
		if (!cur_take(&r->in, '\\') || !cur_take(&r->in, 'u') || !read_hex4(r, &low))
			return false;
		if (low < 0xDC00 || low > 0xDFFF)
			return false;
		code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
	}
	utf8_add(out, code);
	return true;
}

static bool read_escape(struct reader *r, struct str *out)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	int c = cur_next(&r->in);

	if (c == 'u')
		return read_unicode_escape(r, out);
	const char *at = c > 0 ? strchr(from, c) : NULL;
	if (!at)
		return false;
	str_add_c(out, to[at - from]);
	return true;
}

static bool is_plain(char c)
{
	return c != '"' && c != '\\' && (unsigned char)c >= 0x20;
}

/* The whole text was checked for UTF-8 before. NULL on failure. */
static const char *read_string(struct reader *r)
{
	struct str out = str_in(r->arena, cur_left(&r->in) + 8);

	if (!cur_take(&r->in, '"'))
		return NULL;
	for (;;) {
		str_add(&out, cur_take_while(&r->in, is_plain));
		int c = cur_next(&r->in);
		if (c == '"')
			return arena_cstr(r->arena, str_span(&out));
		if (c != '\\' || !read_escape(r, &out))
			return NULL;
	}
}

static bool is_digit(char c)
{
	return ascii_is_digit(c);
}

/* RFC 8259: [ "-" ] ( "0" / digit1-9 *DIGIT ) [ "." 1*DIGIT ] [ ( "e" / "E" ) [ sign ] 1*DIGIT ] */
static bool take_number(struct cur *in)
{
	(void)cur_take(in, '-');
	if (!cur_take(in, '0') && cur_take_while(in, is_digit).len == 0)
		return false;
	if (cur_take(in, '.') && cur_take_while(in, is_digit).len == 0)
		return false;
	if (!cur_take(in, 'e') && !cur_take(in, 'E'))
		return true;
	if (!cur_take(in, '+'))
		(void)cur_take(in, '-');
	return cur_take_while(in, is_digit).len > 0;
}

static struct cJSON *read_number(struct reader *r)
{
	const char *start = r->in.p;

	if (!take_number(&r->in))
		return NULL;
	double number = strtod(arena_cstr(r->arena, cur_since(&r->in, start)), NULL);
	return isfinite(number) ? cJSON_CreateNumber(number) : NULL;
}

static struct cJSON *read_array(struct reader *r, int depth)
{
	struct cJSON *array = cJSON_CreateArray();

	r->in.p++;
	skip_space(r);
	if (cur_take(&r->in, ']'))
		return array;
	for (;;) {
		struct cJSON *value = read_value(r, depth + 1);
		if (!value)
			return NULL;
		cJSON_AddItemToArray(array, value);
		if (cur_take(&r->in, ']'))
			return array;
		if (!cur_take(&r->in, ','))
			return NULL;
	}
}

static bool has_twin(const struct cJSON *object)
{
	struct map names;
	bool twin = false;

	map_init(&names);
	for (const cJSON *m = object->child; m && !twin; m = m->next)
		twin = map_put(&names, span_of(m->string), m->string) != NULL;
	map_done(&names);
	return twin;
}

static struct cJSON *read_object(struct reader *r, int depth)
{
	struct cJSON *object = cJSON_CreateObject();
	size_t members = 0;

	r->in.p++;
	skip_space(r);
	if (cur_take(&r->in, '}'))
		return object;
	for (;;) {
		skip_space(r);
		const char *name = read_string(r);
		if (!name)
			return NULL;
		skip_space(r);
		struct cJSON *value = cur_take(&r->in, ':') ? read_value(r, depth + 1) : NULL;
		if (!value)
			return NULL;
		if (++members <= FEW_MEMBERS && json_get(object, name))
			return NULL;
		cJSON_AddItemToObjectCS(object, name, value);
		if (cur_take(&r->in, '}'))
			return members > FEW_MEMBERS && has_twin(object) ? NULL : object;
		if (!cur_take(&r->in, ','))
			return NULL;
	}
}

static struct cJSON *read_word(struct reader *r)
{
	if (span_starts(cur_rest(&r->in), SPAN("true"))) {
		r->in.p += 4;
		return cJSON_CreateTrue();
	}
	if (span_starts(cur_rest(&r->in), SPAN("false"))) {
		r->in.p += 5;
		return cJSON_CreateFalse();
	}
	if (span_starts(cur_rest(&r->in), SPAN("null"))) {
		r->in.p += 4;
		return cJSON_CreateNull();
	}
	return NULL;
}

static struct cJSON *read_text(struct reader *r)
{
	const char *text = read_string(r);
	return text ? cJSON_CreateStringReference(text) : NULL;
}

static struct cJSON *read_bare(struct reader *r, int depth)
{
	int c = cur_peek(&r->in);

	if (c == '{')
		return read_object(r, depth);
	if (c == '[')
		return read_array(r, depth);
	if (c == '"')
		return read_text(r);
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(r);
	return read_word(r);
}

/* A value with the white space around it. Recursion ends at JSON_DEPTH_MAX. */
static struct cJSON *read_value(struct reader *r, int depth)
{
	if (depth > JSON_DEPTH_MAX || ++r->values > JSON_VALUES_MAX)
		return NULL;
	skip_space(r);
	struct cJSON *value = read_bare(r, depth);
	skip_space(r);
	return value;
}

bool json_parse(struct arena *a, struct span text, struct cJSON **out, size_t *out_error_at)
{
	struct reader r = { .arena = a, .in = cur_of(text) };
	const char *start = r.in.p;

	enter(a);
	struct cJSON *value = utf8_valid(text) ? read_value(&r, 0) : NULL;
	leave();
	if (!value || !cur_done(&r.in)) {
		if (out_error_at)
			*out_error_at = cur_since(&r.in, start).len;
		return false;
	}
	*out = value;
	return true;
}

/* ------------------------------------------------------------------------ reading */

enum json_kind json_kind(const struct cJSON *v)
{
	if (cJSON_IsObject(v))
		return JSON_OBJECT;
	if (cJSON_IsArray(v))
		return JSON_ARRAY;
	if (cJSON_IsString(v))
		return JSON_TEXT;
	if (cJSON_IsNumber(v))
		return JSON_NUMBER;
	return cJSON_IsBool(v) ? JSON_BOOL : JSON_NULL;
}

const struct cJSON *json_get(const struct cJSON *v, const char *name)
{
	return cJSON_IsObject(v) ? cJSON_GetObjectItemCaseSensitive(v, name) : NULL;
}

const struct cJSON *json_first(const struct cJSON *v)
{
	return v ? v->child : NULL;
}

const struct cJSON *json_next(const struct cJSON *v)
{
	return v ? v->next : NULL;
}

size_t json_len(const struct cJSON *v)
{
	size_t n = 0;

	for (const struct cJSON *item = json_first(v); item; item = item->next)
		n++;
	return n;
}

struct span json_name(const struct cJSON *v)
{
	return v && v->string ? span_of(v->string) : SPAN("");
}

struct span json_text(const struct cJSON *v)
{
	return cJSON_IsString(v) ? span_of(v->valuestring) : SPAN("");
}

bool json_true(const struct cJSON *v)
{
	return cJSON_IsTrue(v);
}

bool json_i64(const struct cJSON *v, int64_t *out)
{
	if (!cJSON_IsNumber(v) || fabs(v->valuedouble) > EXACT_MAX)
		return false;
	if (floor(v->valuedouble) != v->valuedouble)
		return false;
	*out = (int64_t)v->valuedouble;
	return true;
}

/* ------------------------------------------------------------------------ building */

enum made {
	MADE_OBJECT,
	MADE_ARRAY,
	MADE_NUMBER,
	MADE_TEXT,
	MADE_RAW,
	MADE_TRUE,
	MADE_FALSE,
	MADE_NULL
};

/* text: lives in the arena. */
static struct cJSON *make(struct arena *a, enum made what, const char *text, double number)
{
	struct cJSON *value = NULL;

	enter(a);
	switch (what) {
	case MADE_OBJECT:
		value = cJSON_CreateObject();
		break;
	case MADE_ARRAY:
		value = cJSON_CreateArray();
		break;
	case MADE_NUMBER:
		value = cJSON_CreateNumber(number);
		break;
	case MADE_TEXT:
		value = cJSON_CreateStringReference(text);
		break;
	case MADE_RAW:
		value = cJSON_CreateRaw(text);
		break;
	case MADE_TRUE:
	case MADE_FALSE:
		value = cJSON_CreateBool(what == MADE_TRUE);
		break;
	case MADE_NULL:
		value = cJSON_CreateNull();
		break;
	}
	leave();
	return value;
}

struct cJSON *json_object(struct arena *a)
{
	return make(a, MADE_OBJECT, NULL, 0);
}

struct cJSON *json_array(struct arena *a)
{
	return make(a, MADE_ARRAY, NULL, 0);
}

void json_add(struct arena *a, struct cJSON *object, const char *name, struct cJSON *value)
{
	ASSERT(!json_get(object, name));
	cJSON_AddItemToObjectCS(object, arena_strdup(a, name), value);
}

/* What a C string can hold: NUL becomes U+FFFD as malformed bytes do. */
static const char *clean_text(struct arena *a, struct span text)
{
	struct str out = str_in(a, text.len * 3 + 1);
	struct span part;

	for (bool first = true; span_split(&text, '\0', &part); first = false) {
		if (!first)
			utf8_add(&out, 0xFFFD);
		utf8_add_valid(&out, part);
	}
	return arena_cstr(a, str_span(&out));
}

static struct cJSON *make_text(struct arena *a, struct span text)
{
	return make(a, MADE_TEXT, text.len > 0 ? clean_text(a, text) : "", 0);
}

void json_add_text(struct arena *a, struct cJSON *object, const char *name, struct span text)
{
	json_add(a, object, name, make_text(a, text));
}

void json_add_cstr(struct arena *a, struct cJSON *object, const char *name, const char *text)
{
	json_add_text(a, object, name, span_of(text));
}

void json_add_i64(struct arena *a, struct cJSON *object, const char *name, int64_t number)
{
	bool exact = number <= PRINT_MAX && number >= -PRINT_MAX;
	struct cJSON *value = exact
		? make(a, MADE_NUMBER, NULL, (double)number)
		: make(a, MADE_RAW, arena_printf(a, "%lld", (long long)number).ptr, 0);

	json_add(a, object, name, value);
}

void json_add_tenths(struct arena *a, struct cJSON *object, const char *name, int tenths)
{
	json_add(a, object, name, make(a, MADE_NUMBER, NULL, tenths / 10.0));
}

void json_add_bool(struct arena *a, struct cJSON *object, const char *name, bool yes)
{
	json_add(a, object, name, make(a, yes ? MADE_TRUE : MADE_FALSE, NULL, 0));
}

void json_add_null(struct arena *a, struct cJSON *object, const char *name)
{
	json_add(a, object, name, make(a, MADE_NULL, NULL, 0));
}

void json_add_time(struct arena *a, struct cJSON *object, const char *name, int64_t time_us)
{
	struct str text = str_in(a, 40);

	if (time_us == 0) {
		json_add_null(a, object, name);
		return;
	}
	clock_add_rfc3339(&text, time_us);
	json_add_text(a, object, name, str_span(&text));
}

void json_push(struct cJSON *array, struct cJSON *value)
{
	cJSON_AddItemToArray(array, value);
}

void json_push_text(struct arena *a, struct cJSON *array, struct span text)
{
	json_push(array, make_text(a, text));
}

void json_write(struct arena *a, const struct cJSON *v, struct str *out)
{
	enter(a);
	str_add_cstr(out, cJSON_PrintUnformatted(v));
	leave();
}
