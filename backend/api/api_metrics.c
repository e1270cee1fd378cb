/* /metrics: what all roles are doing and have counted, as Prometheus reads it. */
#include "backend/accounts/figure_service.h"
#include "backend/accounts/usage_service.h"
#include "backend/api/api.h"
#include "backend/http/server.h"

#define ROLES_MAX 16

/* What a role has written (backend/role_figures.c); roles that are not up are left out of it. */
struct role_metrics {
	struct span name;
	bool is_up;
	const struct cJSON *loop, *counted;
};

static size_t read_roles(struct req *r, struct role_metrics out[ROLES_MAX])
{
	const struct cJSON *roles = json_get(api_read_json(r, r->services->status_file), "roles");
	size_t n = 0;

	for (const struct cJSON *role = json_first(roles); role && n < ROLES_MAX;
		role = json_next(role)) {
		struct role_metrics *m = &out[n++];
		*m = (struct role_metrics){ .name = json_text(json_get(role, "name")) };
		m->is_up = span_eq(json_text(json_get(role, "state")), SPAN("up"));
		if (!m->is_up || !r->services->run_dir)
			continue;
		const struct cJSON *file = api_read_json(r,
			arena_printf(r->ctx->arena, "%s/metrics-" SPAN_FMT ".json",
				r->services->run_dir, SPAN_ARG(m->name))
				.ptr);
		m->loop = json_get(file, "loop");
		m->counted = json_get(file, "counted");
	}
	return n;
}

static long long number(const struct cJSON *o, const char *key)
{
	int64_t n = 0;
	return json_i64(json_get(o, key), &n) ? n : 0;
}

static void add_head(struct str *out, const char *name, const char *type, const char *help)
{
	str_addf(out, "# HELP mailstead_%s %s\n# TYPE mailstead_%s %s\n", name, help, name, type);
}

static void add_value(struct str *out, const char *name, uint64_t value)
{
	str_addf(out, "mailstead_%s %llu\n", name, (unsigned long long)value);
}

static void add_metric(
	struct str *out, const char *name, const char *type, const char *help, uint64_t value)
{
	add_head(out, name, type, help);
	add_value(out, name, value);
}

/* ------------------------------------------------------------------------ of each role */

static const struct {
	const char *key, *type, *help;
} loop_metrics[] = {
	{ "connections", "gauge", "Open connections." },
	{ "connections_tls", "gauge", "Open connections with TLS." },
	{ "connections_accepted_total", "counter", "Connections accepted." },
	{ "connections_refused_total", "counter", "Connections refused." },
	{ "steps_total", "counter", "Commands, requests and other steps run." },
	{ "step_microseconds_total", "counter", "Time that they took." },
	{ "timeouts_total", "counter", "Connections ended because nothing came." },
	{ "run_queue", "gauge", "Steps that wait for a worker." },
	{ "workers_busy", "gauge", "Workers at work." },
};

static void add_up(struct str *out, const struct role_metrics *roles, size_t n)
{
	add_head(out, "role_up", "gauge", "1: the role serves.");
	for (size_t i = 0; i < n; i++)
		str_addf(out, "mailstead_role_up{role=\"" SPAN_FMT "\"} %d\n",
			SPAN_ARG(roles[i].name), roles[i].is_up);
}

static void add_loops(struct str *out, const struct role_metrics *roles, size_t n)
{
	for (size_t k = 0; k < sizeof loop_metrics / sizeof loop_metrics[0]; k++) {
		add_head(out, loop_metrics[k].key, loop_metrics[k].type, loop_metrics[k].help);
		for (size_t i = 0; i < n; i++) {
			if (roles[i].loop)
				str_addf(out, "mailstead_%s{role=\"" SPAN_FMT "\"} %lld\n",
					loop_metrics[k].key, SPAN_ARG(roles[i].name),
					number(roles[i].loop, loop_metrics[k].key));
		}
	}
}

static void add_counted(struct str *out, const struct role_metrics *roles, size_t n)
{
	add_head(out, "events_total", "counter",
		"What happened: deliveries received, refused, sent, log-ins and so on.");
	for (size_t i = 0; i < n; i++) {
		for (int f = 0; roles[i].counted && f < FIGURES; f++) {
			const char *name = figure_name((enum figure)f);
			str_addf(out,
				"mailstead_events_total{role=\"" SPAN_FMT "\",event=\"%s\"} %lld\n",
				SPAN_ARG(roles[i].name), name, number(roles[i].counted, name));
		}
	}
}

/* ------------------------------------------------------------------------ of the server */

static void add_queue(struct str *out, struct ctx *ctx)
{
	struct figure_queue *states;
	size_t n = 0;

	if (figure_queue_get(ctx, &states, &n) != RC_OK)
		return; /* database_up says it */
	add_head(out, "queue_jobs", "gauge", "Deliveries in the outbound queue.");
	for (size_t i = 0; i < n; i++)
		str_addf(out, "mailstead_queue_jobs{state=\"" SPAN_FMT "\"} %lld\n",
			SPAN_ARG(states[i].state), (long long)states[i].jobs);
}

static void add_http(struct str *out, struct server *server)
{
	struct server_stats http;

	server_get_stats(server, &http);
	add_metric(out, "http_requests_total", "counter", "Answers sent.", http.requests);
	add_metric(out, "http_client_errors_total", "counter", "Answers 4xx.", http.answers_4xx);
	add_metric(out, "http_server_errors_total", "counter", "Answers 5xx.", http.answers_5xx);
	add_metric(out, "http_streams", "gauge", "Open event streams.", http.streams);
	add_metric(out, "web_connections", "gauge", "Open HTTP connections.", http.conns);
	add_metric(
		out, "web_accepted_total", "counter", "HTTP connections accepted.", http.accepted);
	add_metric(out, "web_refused_total", "counter", "HTTP connections refused.", http.refused);
	add_metric(out, "web_queue", "gauge", "Requests that wait for a worker.", http.queue_len);
	add_metric(out, "web_workers_busy", "gauge", "Workers at work.", http.workers_busy);
}

enum rc api_metrics(struct req *r, struct reply *out, struct err *err)
{
	struct role_metrics roles[ROLES_MAX];
	struct str *body = reply_begin(r, out, 200, "text/plain; version=0.0.4; charset=utf-8");
	size_t n = read_roles(r, roles);

	(void)err;
	add_up(body, roles, n);
	add_loops(body, roles, n);
	add_counted(body, roles, n);
	add_http(body, r->server);
	add_metric(body, "database_up", "gauge", "1: the database answers.",
		database_check(r->ctx) == RC_OK);
	add_queue(body, r->ctx);
	return RC_OK;
}
