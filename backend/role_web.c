/* The web role: panel, JSON API, webmail and well-known files over HTTPS. */
#include "backend/accounts/services.h"
#include "backend/api/routes.h"
#include "backend/dns/watch.h"
#include "backend/http/server.h"
#include "backend/role.h"
#include "backend/roles.h"
#include "mailcore/base/log.h"
#include "mailcore/deliver/intake.h"
#include "webui/routes.h"
#include "webui/view/page.h"

#define WORKERS 12

static unsigned port_of(const struct role *r, const char *key)
{
	struct span rest = span_of(config_text(r->launch.config, key)), first;
	uint64_t port = 0;

	if (!span_split(&rest, ',', &first))
		return 0;
	size_t colon = span_rfind(first, ':');
	bool ok = colon != SPAN_NPOS &&
		span_u64(span_trim(span_from(first, colon + 1)), 65535, &port);
	return ok ? (unsigned)port : 0;
}

static const char *tls_file(struct role *r, const char *key, const char *otherwise)
{
	const char *given = config_text(r->launch.config, key);
	return given[0] ? given : launch_path(&r->launch, otherwise);
}

static void listen_web(struct role *r, struct server *server)
{
	size_t pos = 0;

	for (int fd = role_next_fd(r, "https", &pos); fd >= 0; fd = role_next_fd(r, "https", &pos))
		server_listen(server, fd, "https", r->tls);
	pos = 0;
	for (int fd = role_next_fd(r, "http", &pos); fd >= 0; fd = role_next_fd(r, "http", &pos))
		server_listen(server, fd, "http", NULL);
}

static void stop_server(void *arg)
{
	server_stop(arg);
}

static enum rc run(struct role *r, int *out_status, struct err *err)
{
	static const struct route_table *const tables[] = { &api_routes, &webui_routes };
	struct intake_env intake;
	struct services services = {
		.keys = r->keys,
		.store = r->store,
		.directory = r->directory,
		.resolver = r->resolver,
		.hostname = r->launch.hostname,
		.addresses = config_text(r->launch.config, "addresses"),
		.tls_cert = tls_file(r, "tls.cert", "tls/cert.pem"),
		.tls_key = tls_file(r, "tls.key", "tls/key.pem"),
		.url = role_url(r),
		.smtp_port = config_int(r->launch.config, "delivery.port"),
		.dns_lists = config_text(r->launch.config, "mail.dns_lists"),
		.dns_port = config_int(r->launch.config, "dns.authority_port"),
		.run_dir = launch_path(&r->launch, "run"),
		.status_file = launch_path(&r->launch, "run/status.json"),
	};
	struct webui_env env = {
		.api = &api_routes,
		.templates = { webui_templates(&r->launch.arena, LANGUAGE_EN),
			webui_templates(&r->launch.arena, LANGUAGE_DE) },
		.hostname = r->launch.hostname,
		.url = services.url,
		.imaps_port = port_of(r, "listen.imaps"),
		.submissions_port = port_of(r, "listen.submissions"),
		.submission_port = port_of(r, "listen.submission"),
		.pop3s_port = port_of(r, "listen.pop3s"),
		.store = r->store,
		.bells = r->bells,
		.intake = &intake,
	};
	struct server_options options = {
		.loop = r->loop,
		.services = &services,
		.env = &env,
		.tables = tables,
		.n_tables = sizeof tables / sizeof tables[0],
		.spool_dir = launch_path(&r->launch, "spool"),
		.https_port = port_of(r, "listen.https"),
	};
	struct server *server;

	role_intake_env(r, &intake);
	enum rc rc = server_new(&options, &server, err);
	if (rc != RC_OK)
		return rc;
	listen_web(r, server);
	role_poll_store(r);
	loop_every(r->loop, WATCH_EVERY_MS, dns_watch_turn, &services);
	r->before_stop = stop_server;
	r->before_stop_arg = server;
	*out_status = role_serve(r);
	server_free(server);
	role_close(r);
	return RC_OK;
}

int role_web(struct role *r)
{
	struct err err = { 0 };
	struct role_wants wants = {
		.workers_key = "workers.web", .workers = WORKERS, .tls = true, .keys = true
	};
	int status = 1;

	if (role_open(r, &wants, &err) != RC_OK || run(r, &status, &err) != RC_OK)
		log_error("role.open", "error=\"%s\"", err.text);
	return status;
}
