/*
 * Declared input: reading and checking of fields.
 *
 * JSON and forms meet in check_*: whatever the source, a value passes the same rules.
 */
#include "backend/http/fields.h"

#include "backend/http/params.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/str.h"
#include "mailcore/base/utf8.h"
#include "mailcore/base/vec.h"

#define ERRORS_MAX    100
#define TEXTS_MAX     200
#define TEXT_MAX      1000
#define EXACT_MAX     9007199254740991LL
#define NUMBER_LENGTH 20

static const struct field no_fields[] = { { 0 } };

static size_t count_fields(const struct field *fields)
{
	size_t n = 0;
	while (fields[n].type != FIELD_END)
		n++;
	return n;
}

static void begin(struct ctx *ctx, const struct field *fields, struct form *out)
{
	*out = (struct form){ .fields = fields ? fields : no_fields };
	out->values = arena_array(ctx->arena, count_fields(out->fields) + 1, sizeof *out->values);
	out->errors = arena_array(ctx->arena, ERRORS_MAX, sizeof *out->errors);
}

void form_add_error(
	struct ctx *ctx, struct form *f, struct span field, const char *code, struct span detail)
{
	if (f->n_errors == ERRORS_MAX)
		return;
	f->errors[f->n_errors++] = (struct field_error){ arena_span(ctx->arena, field), code,
		arena_span(ctx->arena, detail) };
}

static void refuse(struct ctx *ctx, struct form *f, size_t i, const char *code, struct span detail)
{
	f->values[i].given = false;
	form_add_error(ctx, f, span_of(f->fields[i].name), code, detail);
}

/* ------------------------------------------------------------------------ rules */

static size_t count_characters(struct span text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++)
		n += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
	return n;
}

static bool has_controls(struct span text, bool lines)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool line = c == '\n' || c == '\r' || c == '\t';
		if ((c < 0x20 && !(lines && line)) || c == 0x7F)
			return true;
	}
	return false;
}

static void check_text(struct ctx *ctx, struct form *f, size_t i)
{
	const struct field *field = &f->fields[i];
	struct field_value *value = &f->values[i];
	int64_t max = field->max ? field->max : TEXT_MAX;

	if (field->type == FIELD_TEXT)
		value->text = span_trim(value->text);
	int64_t length = (int64_t)count_characters(value->text);
	if (has_controls(value->text, field->type == FIELD_LINES))
		refuse(ctx, f, i, "invalid", SPAN("Control characters are not allowed."));
	else if (length == 0 && (field->flags & FIELD_REQUIRED))
		refuse(ctx, f, i, "required", SPAN("This must not be empty."));
	else if (length < field->min)
		refuse(ctx, f, i, "too_short",
			arena_printf(ctx->arena, "At least %lld characters are needed.",
				(long long)field->min));
	else if (length > max)
		refuse(ctx, f, i, "too_long",
			arena_printf(ctx->arena, "At most %lld characters are allowed.",
				(long long)max));
}

static void check_choice(struct ctx *ctx, struct form *f, size_t i)
{
	struct str list = str_in(ctx->arena, 1000);

	for (const char *const *c = f->fields[i].choices; *c; c++) {
		if (span_eq(f->values[i].text, span_of(*c)))
			return;
		str_addf(&list, "%s%s", list.len ? ", " : "", *c);
	}
	refuse(ctx, f, i, "choice",
		arena_printf(ctx->arena, "This must be one of: %s.", str_cstr(&list)));
}

static void check_number(struct ctx *ctx, struct form *f, size_t i)
{
	const struct field *field = &f->fields[i];
	int64_t max = field->max ? field->max : EXACT_MAX;

	if (f->values[i].number < field->min || f->values[i].number > max)
		refuse(ctx, f, i, "range",
			arena_printf(ctx->arena, "This must be between %lld and %lld.",
				(long long)field->min, (long long)max));
}

static void check_texts(struct ctx *ctx, struct form *f, size_t i)
{
	const struct field *field = &f->fields[i];
	const struct field_value *value = &f->values[i];
	size_t max = field->max ? (size_t)field->max : 100;

	if (value->n_items > max || value->n_items < (size_t)field->min) {
		refuse(ctx, f, i, "range",
			arena_printf(ctx->arena, "This must have between %lld and %zu entries.",
				(long long)field->min, max));
		return;
	}
	for (size_t n = 0; n < value->n_items; n++) {
		if (count_characters(value->items[n]) > TEXT_MAX ||
			has_controls(value->items[n], false)) {
			refuse(ctx, f, i, "invalid",
				SPAN("An entry is too long or not plain text."));
			return;
		}
	}
}

static void check_time(struct ctx *ctx, struct form *f, size_t i)
{
	struct field_value *value = &f->values[i];
	struct span text = span_trim(value->text);

	if (text.len == 10) /* a date alone: its first moment */
		text = arena_printf(ctx->arena, SPAN_FMT "T00:00:00Z", SPAN_ARG(text));
	if (!clock_parse_rfc3339(text, &value->number))
		refuse(ctx, f, i, "invalid",
			SPAN("This must be a time such as 2026-11-22T18:30:00Z."));
}

static void check(struct ctx *ctx, struct form *f, size_t i)
{
	switch (f->fields[i].type) {
	case FIELD_TEXT:
	case FIELD_LINES:
	case FIELD_SECRET:
		check_text(ctx, f, i);
		break;
	case FIELD_CHOICE:
		check_choice(ctx, f, i);
		break;
	case FIELD_INT:
		check_number(ctx, f, i);
		break;
	case FIELD_TEXTS:
		check_texts(ctx, f, i);
		break;
	case FIELD_TIME:
		check_time(ctx, f, i);
		break;
	case FIELD_BOOL:
	case FIELD_END:
		break;
	}
}

static bool has_error(const struct form *f, struct span name)
{
	for (size_t i = 0; i < f->n_errors; i++) {
		if (span_eq(f->errors[i].field, name))
			return true;
	}
	return false;
}

static void check_required(struct ctx *ctx, struct form *f)
{
	for (size_t i = 0; f->fields[i].type != FIELD_END; i++) {
		struct span name = span_of(f->fields[i].name);
		if ((f->fields[i].flags & FIELD_REQUIRED) && !f->values[i].given &&
			!has_error(f, name))
			form_add_error(ctx, f, name, "required", SPAN("This is needed."));
	}
}

static size_t find_field(const struct field *fields, struct span name)
{
	size_t i = 0;
	while (fields[i].type != FIELD_END && !span_eq(name, span_of(fields[i].name)))
		i++;
	return i;
}

static void refuse_unknown(struct ctx *ctx, struct form *f, struct span name)
{
	form_add_error(ctx, f, span_sub(name, 0, 60), "unknown", SPAN("There is no such field."));
}

/* ------------------------------------------------------------------------ JSON */

static bool texts_from_json(struct ctx *ctx, const struct cJSON *v, struct field_value *out)
{
	struct span *items = arena_array(ctx->arena, TEXTS_MAX, sizeof *items);
	size_t n = 0;

	if (json_kind(v) != JSON_ARRAY)
		return false;
	for (const struct cJSON *item = json_first(v); item; item = json_next(item)) {
		if (json_kind(item) != JSON_TEXT || n == TEXTS_MAX)
			return false;
		items[n++] = span_trim(json_text(item));
	}
	out->items = items;
	out->n_items = n;
	return true;
}

static bool value_from_json(
	struct ctx *ctx, enum field_type type, const struct cJSON *v, struct field_value *out)
{
	switch (type) {
	case FIELD_INT:
		return json_i64(v, &out->number);
	case FIELD_BOOL:
		out->number = json_true(v);
		return json_kind(v) == JSON_BOOL;
	case FIELD_TEXTS:
		return texts_from_json(ctx, v, out);
	case FIELD_TEXT:
	case FIELD_LINES:
	case FIELD_SECRET:
	case FIELD_CHOICE:
	case FIELD_TIME:
		out->text = json_text(v);
		return json_kind(v) == JSON_TEXT;
	case FIELD_END:
		break;
	}
	return false;
}

static struct span type_words(enum field_type type)
{
	switch (type) {
	case FIELD_INT:
		return SPAN("This must be a whole number.");
	case FIELD_BOOL:
		return SPAN("This must be true or false.");
	case FIELD_TEXTS:
		return SPAN("This must be a list of texts.");
	case FIELD_TEXT:
	case FIELD_LINES:
	case FIELD_SECRET:
	case FIELD_CHOICE:
	case FIELD_TIME:
	case FIELD_END:
		break;
	}
	return SPAN("This must be a text.");
}

static void read_json(struct ctx *ctx, struct form *f, size_t i, const struct cJSON *v)
{
	struct field_value *value = &f->values[i];

	value->given = true;
	if (json_kind(v) == JSON_NULL && (f->fields[i].flags & FIELD_NULLABLE)) {
		value->null = true;
		return;
	}
	if (value_from_json(ctx, f->fields[i].type, v, value))
		check(ctx, f, i);
	else
		refuse(ctx, f, i, "type", type_words(f->fields[i].type));
}

void fields_from_json(
	struct ctx *ctx, const struct field *fields, const struct cJSON *body, struct form *out)
{
	begin(ctx, fields, out);
	if (body && json_kind(body) != JSON_OBJECT) {
		form_add_error(ctx, out, SPAN(""), "type", SPAN("The body must be a JSON object."));
		return;
	}
	for (const struct cJSON *v = json_first(body); v; v = json_next(v)) {
		size_t i = find_field(out->fields, json_name(v));
		if (out->fields[i].type == FIELD_END)
			refuse_unknown(ctx, out, json_name(v));
		else
			read_json(ctx, out, i, v);
	}
	check_required(ctx, out);
}

/* ------------------------------------------------------------------------ forms */

static bool number_from_form(struct span text, int64_t *out)
{
	bool negative = text.len > 0 && text.ptr[0] == '-';
	uint64_t n;

	if (!span_u64(span_from(text, negative), EXACT_MAX, &n))
		return false;
	*out = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

static bool bool_from_form(struct span text, int64_t *out)
{
	bool yes = span_eq(text, SPAN("1")) || span_eq(text, SPAN("on")) ||
		span_eq(text, SPAN("true"));
	bool no = text.len == 0 || span_eq(text, SPAN("0")) || span_eq(text, SPAN("false"));
	*out = yes;
	return yes || no;
}

/* One field with a line for each entry, or the field repeated. */
static bool texts_from_form(struct ctx *ctx, struct span text, struct field_value *out)
{
	struct {
		struct span *items;
		size_t len, cap;
	} items = { 0 };
	struct span line;

	for (size_t n = 0; n < out->n_items; n++)
		VEC_PUSH(ctx->arena, &items, out->items[n]);
	while (text.len > 0 && span_split(&text, '\n', &line)) {
		line = span_trim(line);
		if (line.len == 0)
			continue;
		if (items.len == TEXTS_MAX)
			return false;
		VEC_PUSH(ctx->arena, &items, line);
	}
	out->items = items.items;
	out->n_items = items.len;
	return true;
}

static bool value_from_form(
	struct ctx *ctx, enum field_type type, struct span text, struct field_value *out)
{
	out->text = text;
	switch (type) {
	case FIELD_INT:
		return text.len <= NUMBER_LENGTH && number_from_form(span_trim(text), &out->number);
	case FIELD_BOOL:
		return bool_from_form(text, &out->number);
	case FIELD_TEXTS:
		return texts_from_form(ctx, text, out);
	case FIELD_TEXT:
	case FIELD_LINES:
	case FIELD_SECRET:
	case FIELD_CHOICE:
	case FIELD_TIME:
		return true;
	case FIELD_END:
		break;
	}
	return false;
}

/* An input that was left empty is not given, unless it is a text that may be empty. */
static bool is_left_out(const struct field *field, struct span text)
{
	bool keeps_empty = field->type == FIELD_TEXT || field->type == FIELD_LINES ||
		field->type == FIELD_BOOL;
	return span_trim(text).len == 0 && (!keeps_empty || field->flags & FIELD_REQUIRED);
}

static void read_form(struct ctx *ctx, struct form *f, size_t i, struct span text)
{
	struct field_value *value = &f->values[i];

	value->text = text;
	if (is_left_out(&f->fields[i], text))
		return;
	if (value->given && f->fields[i].type != FIELD_TEXTS) {
		refuse(ctx, f, i, "invalid", SPAN("This was given twice."));
		return;
	}
	value->given = true;
	if (value_from_form(ctx, f->fields[i].type, text, value))
		check(ctx, f, i);
	else
		refuse(ctx, f, i, "type", type_words(f->fields[i].type));
}

void fields_from_form(struct ctx *ctx, const struct field *fields, struct span text, bool lenient,
	struct form *out)
{
	struct params pairs;

	begin(ctx, fields, out);
	if (!params_parse_form(ctx->arena, text, &pairs)) {
		form_add_error(ctx, out, SPAN(""), "invalid", SPAN("The input is malformed."));
		return;
	}
	for (size_t n = 0; n < pairs.len; n++) {
		size_t i = find_field(out->fields, pairs.items[n].name);
		if (out->fields[i].type != FIELD_END)
			read_form(ctx, out, i, pairs.items[n].value);
		else if (span_eq(pairs.items[n].name, SPAN("csrf")))
			out->csrf = pairs.items[n].value;
		else if (!lenient)
			refuse_unknown(ctx, out, pairs.items[n].name);
	}
	check_required(ctx, out);
}

/* ------------------------------------------------------------------------ asking */

const struct field_value *form_get(const struct form *f, const char *name)
{
	size_t i = find_field(f->fields, span_of(name));
	ASSERT(f->fields[i].type != FIELD_END);
	return &f->values[i];
}

struct span form_text(const struct form *f, const char *name)
{
	const struct field_value *value = form_get(f, name);
	return value->given && !value->null ? value->text : SPAN("");
}

int64_t form_i64(const struct form *f, const char *name, int64_t fallback)
{
	const struct field_value *value = form_get(f, name);
	return value->given && !value->null ? value->number : fallback;
}

bool form_bool(const struct form *f, const char *name, bool fallback)
{
	return form_i64(f, name, fallback) != 0;
}

bool form_given(const struct form *f, const char *name)
{
	return form_get(f, name)->given;
}

const struct field_error *form_error(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->n_errors; i++) {
		if (span_eq(f->errors[i].field, span_of(name)))
			return &f->errors[i];
	}
	return NULL;
}
