/*
 * OpenAPI 3.1, generated from the route table, so that it cannot drift.
 *
 * Request bodies and queries come from the fields tables; schemas of answers from what the *_json
 * functions make of an empty object.
 */
#include "backend/accounts/account_service.h"
#include "backend/accounts/alias_service.h"
#include "backend/accounts/audit.h"
#include "backend/accounts/bulk.h"
#include "backend/accounts/deleted_service.h"
#include "backend/accounts/dkim_service.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/figure_service.h"
#include "backend/accounts/forwarding.h"
#include "backend/accounts/import_service.h"
#include "backend/accounts/link_service.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/plan_service.h"
#include "backend/accounts/queue_pause.h"
#include "backend/accounts/queue_service.h"
#include "backend/accounts/route_service.h"
#include "backend/accounts/send_limit_service.h"
#include "backend/accounts/token_service.h"
#include "backend/accounts/trace_service.h"
#include "backend/accounts/usage_service.h"
#include "backend/api/api.h"
#include "backend/api/routes.h"
#include "backend/dns/push.h"
#include "backend/dns/watch.h"

#define PREFIX "/api/v1"

/* ------------------------------------------------------------------------ fields */

static const char *field_type_name(enum field_type type)
{
	switch (type) {
	case FIELD_INT:
		return "integer";
	case FIELD_BOOL:
		return "boolean";
	case FIELD_TEXTS:
		return "array";
	case FIELD_TEXT:
	case FIELD_LINES:
	case FIELD_SECRET:
	case FIELD_CHOICE:
	case FIELD_TIME:
	case FIELD_END:
		break;
	}
	return "string";
}

static void add_limits(struct arena *a, struct cJSON *schema, const struct field *f)
{
	bool is_text = f->type == FIELD_TEXT || f->type == FIELD_SECRET || f->type == FIELD_LINES;

	if (f->min > 0)
		json_add_i64(a, schema,
			is_text                        ? "minLength"
				: f->type == FIELD_INT ? "minimum"
						       : "minItems",
			f->min);
	if (f->max > 0)
		json_add_i64(a, schema,
			is_text                        ? "maxLength"
				: f->type == FIELD_INT ? "maximum"
						       : "maxItems",
			f->max);
}

static struct cJSON *nullable(struct arena *a, const char *type)
{
	struct cJSON *types = json_array(a);

	json_push_text(a, types, span_of(type));
	json_push_text(a, types, SPAN("null"));
	return types;
}

static struct cJSON *field_schema(struct arena *a, const struct field *f)
{
	struct cJSON *schema = json_object(a);

	if (f->flags & FIELD_NULLABLE)
		json_add(a, schema, "type", nullable(a, field_type_name(f->type)));
	else
		json_add_cstr(a, schema, "type", field_type_name(f->type));
	if (f->type == FIELD_TEXTS) {
		struct cJSON *items = json_object(a);
		json_add_cstr(a, items, "type", "string");
		json_add(a, schema, "items", items);
	}
	if (f->type == FIELD_TIME)
		json_add_cstr(a, schema, "format", "date-time");
	if (f->type == FIELD_SECRET)
		json_add_bool(a, schema, "writeOnly", true);
	if (f->choices) {
		struct cJSON *list = json_array(a);
		for (const char *const *c = f->choices; *c; c++)
			json_push_text(a, list, span_of(*c));
		json_add(a, schema, "enum", list);
	}
	add_limits(a, schema, f);
	if (f->about)
		json_add_cstr(a, schema, "description", f->about);
	return schema;
}

static struct cJSON *body_schema(struct arena *a, const struct field *fields)
{
	struct cJSON *schema = json_object(a), *properties = json_object(a);
	struct cJSON *required = json_array(a);

	for (const struct field *f = fields; f->type != FIELD_END; f++) {
		json_add(a, properties, f->name, field_schema(a, f));
		if (f->flags & FIELD_REQUIRED)
			json_push_text(a, required, span_of(f->name));
	}
	json_add_cstr(a, schema, "type", "object");
	json_add(a, schema, "properties", properties);
	if (json_len(required) > 0)
		json_add(a, schema, "required", required);
	json_add_bool(a, schema, "additionalProperties", false);
	return schema;
}

/* ------------------------------------------------------------------------ operations */

static void push_parameter(struct arena *a, struct cJSON *list, const char *where, struct span name,
	struct cJSON *schema)
{
	struct cJSON *p = json_object(a);

	json_add_text(a, p, "name", name);
	json_add_cstr(a, p, "in", where);
	if (strcmp(where, "path") == 0)
		json_add_bool(a, p, "required", true);
	json_add(a, p, "schema", schema);
	json_push(list, p);
}

static struct cJSON *text_schema(struct arena *a)
{
	struct cJSON *schema = json_object(a);
	json_add_cstr(a, schema, "type", "string");
	return schema;
}

static struct cJSON *parameters(struct arena *a, const struct route *route)
{
	static const struct field dry_run = { "dry_run", FIELD_BOOL,
		.about = "Says what would happen and changes nothing." };
	struct cJSON *list = json_array(a);
	struct span rest = span_of(route->path), part;

	while (span_split(&rest, '/', &part)) {
		if (span_starts(part, SPAN("{")))
			push_parameter(
				a, list, "path", span_sub(part, 1, part.len - 2), text_schema(a));
	}
	for (const struct field *f = route->query; f && f->type != FIELD_END; f++)
		push_parameter(a, list, "query", span_of(f->name), field_schema(a, f));
	if (route->method != METHOD_GET)
		push_parameter(a, list, "query", span_of(dry_run.name), field_schema(a, &dry_run));
	if (route->method == METHOD_POST)
		push_parameter(a, list, "header", SPAN("Idempotency-Key"), text_schema(a));
	return list;
}

static struct cJSON *reference(struct arena *a, const char *name)
{
	struct cJSON *schema = json_object(a);
	json_add_text(a, schema, "$ref", arena_printf(a, "#/components/schemas/%s", name));
	return schema;
}

/* "Domain" or "[Domain]" for a list of them. */
static struct cJSON *answer_schema(struct arena *a, const char *answer)
{
	struct span name = span_of(answer);

	if (!span_starts(name, SPAN("[")))
		return reference(a, answer);
	struct cJSON *list = json_object(a), *properties = json_object(a), *items = json_object(a);
	json_add_cstr(a, items, "type", "array");
	json_add(a, items, "items", reference(a, arena_cstr(a, span_sub(name, 1, name.len - 2))));
	struct cJSON *cursor = json_object(a);
	json_add(a, cursor, "type", nullable(a, "string"));
	json_add(a, properties, "items", items);
	json_add(a, properties, "next_cursor", cursor);
	json_add_cstr(a, list, "type", "object");
	json_add(a, list, "properties", properties);
	return list;
}

static struct cJSON *response(
	struct arena *a, const char *about, const char *type, struct cJSON *schema)
{
	struct cJSON *o = json_object(a);

	json_add_cstr(a, o, "description", about);
	if (schema) {
		struct cJSON *media = json_object(a), *content = json_object(a);
		json_add(a, media, "schema", schema);
		json_add(a, content, type, media);
		json_add(a, o, "content", content);
	}
	return o;
}

static const char *success_status(const struct route *route)
{
	if (route->method == METHOD_DELETE)
		return "204";
	return route->flags & ROUTE_CREATES ? "201" : "200";
}

static struct cJSON *responses(struct arena *a, const struct route *route)
{
	struct cJSON *o = json_object(a);
	struct cJSON *schema = route->answer ? answer_schema(a, route->answer) : NULL;

	json_add(a, o, success_status(route), response(a, "Done.", "application/json", schema));
	json_add(a, o, "default",
		response(a, "Refused; the problem says why.", "application/problem+json",
			reference(a, "Problem")));
	return o;
}

static struct cJSON *security(struct arena *a, const struct route *route)
{
	struct cJSON *list = json_array(a), *bearer = json_object(a), *scopes = json_array(a);

	if (route->guard == GUARD_PUBLIC)
		return list;
	if (route->scope)
		json_push_text(a, scopes, span_of(route->scope));
	json_add(a, bearer, "token", scopes);
	json_push(list, bearer);
	return list;
}

static struct cJSON *operation(struct arena *a, const struct route *route)
{
	struct cJSON *o = json_object(a);

	json_add_cstr(a, o, "summary", route->summary);
	if (route->scope)
		json_add_cstr(a, o, "x-scope", route->scope);
	json_add(a, o, "security", security(a, route));
	json_add(a, o, "parameters", parameters(a, route));
	if (route->fields) {
		struct cJSON *body =
			response(a, "", "application/json", body_schema(a, route->fields));
		json_add_bool(a, body, "required", true);
		json_add(a, o, "requestBody", body);
	}
	json_add(a, o, "responses", responses(a, route));
	return o;
}

static const char *method_key(unsigned method)
{
	switch (method) {
	case METHOD_POST:
		return "post";
	case METHOD_PUT:
		return "put";
	case METHOD_PATCH:
		return "patch";
	case METHOD_DELETE:
		return "delete";
	default:
		return "get";
	}
}

static bool is_first_of_path(const struct route_table *table, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(table->routes[k].path, table->routes[i].path) == 0)
			return false;
	}
	return true;
}

static struct cJSON *paths(struct arena *a, const struct route_table *table)
{
	struct cJSON *o = json_object(a);

	for (size_t i = 0; i < table->len; i++) {
		const char *path = table->routes[i].path;
		if (!is_first_of_path(table, i) || strncmp(path, PREFIX, strlen(PREFIX)) != 0)
			continue;
		struct cJSON *item = json_object(a);
		for (size_t k = i; k < table->len; k++) {
			const struct route *route = &table->routes[k];
			if (strcmp(route->path, path) == 0)
				json_add(a, item, method_key(route->method), operation(a, route));
		}
		json_add(a, o, path + strlen(PREFIX), item);
	}
	return o;
}

/* ------------------------------------------------------------------------ schemas */

static struct cJSON *value_schema(struct arena *a, const struct cJSON *v, int depth);

static struct cJSON *object_schema(struct arena *a, const struct cJSON *v, int depth)
{
	struct cJSON *schema = json_object(a), *properties = json_object(a);

	for (const struct cJSON *m = json_first(v); m; m = json_next(m))
		json_add(a, properties, arena_cstr(a, json_name(m)), value_schema(a, m, depth + 1));
	json_add_cstr(a, schema, "type", "object");
	json_add(a, schema, "properties", properties);
	return schema;
}

/* Numbers that may be missing: no limit. */
static bool is_limit(struct span name)
{
	return span_starts(name, SPAN("max_")) || span_starts(name, SPAN("send_per_")) ||
		span_eq(name, SPAN("pool"));
}

/* A null of an empty object is a text or time that may be missing. */
static struct cJSON *value_schema(struct arena *a, const struct cJSON *v, int depth)
{
	static const char *const names[] = { [JSON_BOOL] = "boolean",
		[JSON_NUMBER] = "integer",
		[JSON_TEXT] = "string",
		[JSON_ARRAY] = "array" };
	struct cJSON *schema = json_object(a);
	enum json_kind kind = json_kind(v);

	if (kind == JSON_OBJECT && depth < 8)
		return object_schema(a, v, depth);
	if (kind == JSON_NULL) {
		json_add(a, schema, "type", nullable(a, "string"));
	} else if (kind == JSON_NUMBER && is_limit(json_name(v))) {
		json_add(a, schema, "type", nullable(a, "integer"));
	} else {
		json_add_cstr(a, schema, "type", kind == JSON_OBJECT ? "object" : names[kind]);
	}
	return schema;
}

static struct cJSON *problem_sample(struct arena *a)
{
	struct cJSON *o = json_object(a);

	json_add_cstr(a, o, "type", "");
	json_add_cstr(a, o, "title", "");
	json_add_i64(a, o, "status", 0);
	json_add_cstr(a, o, "code", "");
	json_add_cstr(a, o, "detail", "");
	json_add(a, o, "errors", json_array(a));
	json_add_cstr(a, o, "request_id", "");
	return o;
}

static struct cJSON *dns_sample(struct arena *a)
{
	struct cJSON *o = json_object(a);
	json_add_cstr(a, o, "domain", "");
	json_add_time(a, o, "checked_at", 1);
	json_add(a, o, "records", json_array(a));
	return o;
}

static struct cJSON *dns_setting_sample(struct arena *a)
{
	struct cJSON *o = dns_setting_json(a, &(struct dns_setting){ .dmarc_at_us = 0 });
	json_add_cstr(a, o, "dmarc_advice", "");
	return o;
}

static struct cJSON *schemas(struct arena *a)
{
	struct account account = { .pools = { { "domains" }, { "mailboxes" }, { "aliases" },
					   { "storage" } } };
	const struct {
		const char *name;
		struct cJSON *sample;
	} samples[] = {
		{ "Account", account_json(a, &account) },
		{ "Alias", alias_json(a, &(struct alias){ 0 }) },
		{ "AppPassword",
			app_password_json(a, &(struct app_password){ .password = SPAN("x") }) },
		{ "AuditEntry", audit_json(a, &(struct audit_entry){ .audit_id = 0 }) },
		{ "Bulk", bulk_json(a, &(struct bulk){ .done = 0 }) },
		{ "Deleted", deleted_json(a, &(struct deleted){ .purge_at_us = 0 }) },
		{ "DkimKey", dkim_key_json(a, &(struct dkim_key){ .created_at_us = 0 }) },
		{ "Dns", dns_sample(a) },
		{ "DnsChange", domain_change_json(a, &(struct dns_change){ .at_us = 1 }) },
		{ "DnsSetting", dns_setting_sample(a) },
		{ "Domain", domain_json(a, &(struct domain){ 0 }) },
		{ "Figures", figure_point_json(a, &(struct figure_point){ .at_us = 1 }) },
		{ "Forwarding", forwarding_json(a, &(struct forwarding){ .keep = true }) },
		{ "Import", import_json(a, &(struct import_result){ .created = 0 }) },
		{ "Link", link_json(a, &(struct link){ .url = SPAN("x") }) },
		{ "Mailbox", mailbox_json(a, &(struct mailbox){ 0 }) },
		{ "Plan", plan_json(a, &(struct plan){ 0 }) },
		{ "Problem", problem_sample(a) },
		{ "Push", push_setting_json(a, &(struct push_setting){ .can_undo = false }) },
		{ "PushPlan", push_plan_json(a, &(struct push_plan){ .len = 0 }) },
		{ "QueueDone", queue_done_json(a, 0) },
		{ "QueuePause", queue_pause_json(a, &(struct queue_pause){ .reason = SPAN("") }) },
		{ "QueueSender", queue_sender_json(a, &(struct queue_sender){ .jobs = 0 }) },
		{ "QueueGroup", queue_group_json(a, &(struct queue_group){ .jobs = 0 }) },
		{ "QueueItem", queue_item_json(a, &(struct queue_item){ .domain = SPAN("") }) },
		{ "Route", route_setting_json(a, &(struct route_setting){ .source = SPAN("") }) },
		{ "SendLimit", send_limit_json(a, &(struct send_limit){ .own = true }) },
		{ "Token", token_json(a, &(struct token){ .secret = SPAN("x") }) },
		{ "Trace", trace_json(a, &(struct trace){ .len = 0 }) },
		{ "TraceRow", trace_row_json(a, &(struct trace_row){ .at_us = 0 }) },
		{ "Usage", usage_json(a, &(struct usage){ .domains = 0 }) },
	};
	struct cJSON *o = json_object(a);

	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
		json_add(a, o, samples[i].name, value_schema(a, samples[i].sample, 0));
	return o;
}

static struct cJSON *components(struct arena *a)
{
	struct cJSON *o = json_object(a), *schemes = json_object(a), *token = json_object(a);

	json_add_cstr(a, token, "type", "http");
	json_add_cstr(a, token, "scheme", "bearer");
	json_add(a, schemes, "token", token);
	json_add(a, o, "schemas", schemas(a));
	json_add(a, o, "securitySchemes", schemes);
	return o;
}

enum rc api_openapi(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct cJSON *o = json_object(a), *info = json_object(a), *servers = json_array(a);
	struct cJSON *server = json_object(a);

	(void)err;
	json_add_cstr(a, o, "openapi", "3.1.0");
	json_add_cstr(a, info, "title", "Mailstead");
	json_add_cstr(a, info, "version", "1");
	json_add(a, o, "info", info);
	json_add_cstr(a, server, "url", PREFIX);
	json_push(servers, server);
	json_add(a, o, "servers", servers);
	json_add(a, o, "paths", paths(a, &api_routes));
	json_add(a, o, "components", components(a));
	reply_json(r, out, 200, o);
	return RC_OK;
}
