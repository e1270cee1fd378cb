/* The server's state for its admin, and the description of the API. */
#include <fcntl.h>
#include <unistd.h>

#include "backend/accounts/usage_service.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "webui/panel/panel.h"
#include "webui/view/format.h"

#define STATUS_MAX 16384
#define API_PREFIX "/api/v1"

/* ------------------------------------------------------------------ status */

static const struct cJSON *read_status(struct req *r)
{
	const char *path = r->services->status_file;
	struct cJSON *status = NULL;
	char *text = arena_alloc(r->ctx->arena, STATUS_MAX);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return NULL;
	ssize_t len = read(fd, text, STATUS_MAX);
	(void)close(fd); /* was only read */
	if (len <= 0 || !json_parse(r->ctx->arena, span_make(text, (size_t)len), &status, NULL))
		return NULL;
	return status;
}

static void check_push(struct val *list, struct span name, bool good, struct span about)
{
	struct val *item = val_push(list);

	val_set(item, "name", name);
	val_set_cstr(item, "hue", good ? "ok" : "er");
	val_set(item, "state", words(good ? W_STATUS_OK : W_STATUS_FAILED));
	val_set(item, "about", about);
}

static enum words_id role_about(struct span name)
{
	static const struct {
		const char *name;
		enum words_id words;
	} roles[] = { { "mx", W_ROLE_ABOUT_MX }, { "user", W_ROLE_ABOUT_USER },
		{ "web", W_ROLE_ABOUT_WEB }, { "send", W_ROLE_ABOUT_SEND } };

	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
		if (span_eq(name, span_of(roles[i].name)))
			return roles[i].words;
	}
	return W_ROLE_ABOUT_OTHER;
}

enum rc page_status(struct req *r, struct reply *out, struct err *err)
{
	struct page p = panel_begin(r, "panel/status", "status", words(W_STATUS));
	struct val *failed = val_set_list(p.data, "failed"), *good = val_set_list(p.data, "good");
	bool database = database_check(r->ctx) == RC_OK;

	check_push(database ? good : failed, words(W_STATUS_DATABASE), database,
		words(W_STATUS_DATABASE_ABOUT));
	for (const struct cJSON *role = json_first(json_get(read_status(r), "roles")); role;
		role = json_next(role)) {
		struct span name = json_text(json_get(role, "name"));
		bool up = span_eq(json_text(json_get(role, "state")), SPAN("up"));
		check_push(up ? good : failed, name, up, words(role_about(name)));
	}
	val_set_bool(p.data, "all_good", failed->first == NULL);
	val_set_cstr(p.data, "hostname", page_env(r)->hostname);
	val_set_cstr(p.data, "version", MAILSTEAD_VERSION);
	return page_send(&p, out, 200);
}

/* ------------------------------------------------------------------ API */

static const char *method_name(unsigned method)
{
	switch (method) {
	case METHOD_POST:
		return "POST";
	case METHOD_PUT:
		return "PUT";
	case METHOD_PATCH:
		return "PATCH";
	case METHOD_DELETE:
		return "DELETE";
	default:
		return "GET";
	}
}

static const char *type_name(enum field_type type)
{
	switch (type) {
	case FIELD_INT:
		return "number";
	case FIELD_BOOL:
		return "true/false";
	case FIELD_TEXTS:
		return "list of texts";
	case FIELD_TIME:
		return "time";
	case FIELD_TEXT:
	case FIELD_LINES:
	case FIELD_SECRET:
	case FIELD_CHOICE:
	case FIELD_END:
		break;
	}
	return "text";
}

static void fields_add(struct val *item, const char *key, const struct field *fields)
{
	struct val *list = val_set_list(item, key);

	for (const struct field *f = fields; f && f->type != FIELD_END; f++) {
		struct val *field = val_push(list);
		val_set_cstr(field, "name", f->name);
		val_set_cstr(field, "type", type_name(f->type));
		val_set_bool(field, "required", f->flags & FIELD_REQUIRED);
		val_set_cstr(field, "about", f->about ? f->about : "");
	}
}

/* A value of the right type, to be replaced. */
static void example_value(struct str *out, const struct field *f)
{
	switch (f->type) {
	case FIELD_INT:
		str_add_cstr(out, "1");
		return;
	case FIELD_BOOL:
		str_add_cstr(out, "true");
		return;
	case FIELD_TEXTS:
		str_add_cstr(out, "[\"...\"]");
		return;
	case FIELD_TIME:
		str_add_cstr(out, "\"2030-01-01T00:00:00Z\"");
		return;
	case FIELD_CHOICE:
		str_addf(out, "\"%s\"", f->choices[0]);
		return;
	case FIELD_TEXT:
	case FIELD_LINES:
	case FIELD_SECRET:
	case FIELD_END:
		break;
	}
	str_add_cstr(out, "\"...\"");
}

static struct span example(struct req *r, const struct route *route)
{
	struct str out = str_in(r->ctx->arena, 4096);
	bool first = true;

	str_addf(&out, "curl -X %s '%s%s' \\\n  -H 'Authorization: Bearer TOKEN'",
		method_name(route->method), page_env(r)->url, route->path);
	for (const struct field *f = route->fields; f && f->type != FIELD_END; f++) {
		if (!(f->flags & FIELD_REQUIRED))
			continue;
		str_addf(&out, "%s\"%s\": ",
			first ? " \\\n  -H 'Content-Type: application/json' \\\n  -d '{" : ", ",
			f->name);
		example_value(&out, f);
		first = false;
	}
	if (!first)
		str_add_cstr(&out, "}'");
	return str_span(&out);
}

enum rc page_api(struct req *r, struct reply *out, struct err *err)
{
	const struct route_table *api = page_env(r)->api;
	struct page p = panel_begin(r, "panel/api", "api", words(W_API));
	struct val *list = val_set_list(p.data, "operations");

	for (size_t i = 0; api && i < api->len; i++) {
		const struct route *route = &api->routes[i];
		if (strncmp(route->path, API_PREFIX, strlen(API_PREFIX)) != 0)
			continue;
		struct val *item = val_push(list);
		val_set_cstr(item, "method", method_name(route->method));
		val_set_cstr(item, "path", route->path);
		val_set_cstr(item, "scope", route->scope ? route->scope : "");
		val_set_cstr(item, "summary", route->summary);
		val_set(item, "example", example(r, route));
		fields_add(item, "fields", route->fields);
		fields_add(item, "query", route->query);
		val_set_bool(item, "has_fields", route->fields && route->fields->type != FIELD_END);
		val_set_bool(item, "has_query", route->query != NULL);
	}
	return page_send(&p, out, 200);
}
