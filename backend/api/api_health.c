/* /health, /metrics */
#include <fcntl.h>
#include <unistd.h>

#include "backend/accounts/usage_service.h"
#include "backend/api/api.h"
#include "backend/http/server.h"

#define STATUS_MAX 16384

/* The supervisor's list of roles; NULL when it cannot be read. */
static struct cJSON *read_status(struct req *r)
{
	const char *path = r->services->status_file;
	struct cJSON *status = NULL;
	char *text = arena_alloc(r->ctx->arena, STATUS_MAX);

	if (!path)
		return NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	ssize_t len = read(fd, text, STATUS_MAX);
	(void)close(fd); /* was only read */
	if (len <= 0 || !json_parse(r->ctx->arena, span_make(text, (size_t)len), &status, NULL))
		return NULL;
	return status;
}

static bool add_roles(struct req *r, struct cJSON *o)
{
	struct arena *a = r->ctx->arena;
	struct cJSON *roles = json_object(a);
	bool all = true;

	for (const struct cJSON *role = json_first(json_get(read_status(r), "roles")); role;
		role = json_next(role)) {
		struct span state = json_text(json_get(role, "state"));
		json_add_text(a, roles, arena_cstr(a, json_text(json_get(role, "name"))), state);
		all = all && span_eq(state, SPAN("up"));
	}
	json_add(a, o, "roles", roles);
	return all;
}

enum rc api_health(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct cJSON *o = json_object(a);
	bool database = database_check(r->ctx) == RC_OK;

	(void)err;
	json_add_cstr(a, o, "database", database ? "ok" : "unreachable");
	bool roles = add_roles(r, o);
	json_add_cstr(a, o, "status", database && roles ? "ok" : "degraded");
	reply_json(r, out, database ? 200 : 503, o);
	return RC_OK;
}

/* ------------------------------------------------------------------------ Prometheus */

static void add_metric(
	struct str *out, const char *name, const char *type, const char *help, uint64_t value)
{
	str_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, type, name,
		(unsigned long long)value);
}

enum rc api_metrics(struct req *r, struct reply *out, struct err *err)
{
	struct server_stats http;
	struct str *body = reply_begin(r, out, 200, "text/plain; version=0.0.4; charset=utf-8");

	(void)err;
	server_get_stats(r->server, &http);
	add_metric(
		body, "mailstead_http_requests_total", "counter", "Answers sent.", http.requests);
	add_metric(body, "mailstead_http_client_errors_total", "counter", "Answers 4xx.",
		http.answers_4xx);
	add_metric(body, "mailstead_http_server_errors_total", "counter", "Answers 5xx.",
		http.answers_5xx);
	add_metric(body, "mailstead_http_streams", "gauge", "Open event streams.", http.streams);
	add_metric(body, "mailstead_web_connections", "gauge", "Open connections.", http.conns);
	add_metric(body, "mailstead_web_accepted_total", "counter", "Connections accepted.",
		http.accepted);
	add_metric(body, "mailstead_web_refused_total", "counter", "Connections refused.",
		http.refused);
	add_metric(body, "mailstead_web_queue", "gauge", "Steps that wait for a worker.",
		http.queue_len);
	add_metric(
		body, "mailstead_web_workers_busy", "gauge", "Workers at work.", http.workers_busy);
	add_metric(body, "mailstead_database_up", "gauge", "1: the database answers.",
		database_check(r->ctx) == RC_OK);
	return RC_OK;
}
