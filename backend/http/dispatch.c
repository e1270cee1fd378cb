/*
 * From a complete request to a finished answer.
 *
 * Every check that fails fills a struct problem, and the route table's refuse() makes the answer.
 */
#include "backend/http/dispatch.h"

#include "backend/accounts/services.h"
#include "backend/http/finish.h"
#include "backend/http/guard.h"
#include "backend/http/server_private.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/log.h"

#define BODY_MAX_DEFAULT (256UL * 1024)
#define PATH_MAX_BYTES   2048

static struct problem problem(int status, const char *code, struct span detail)
{
	return (struct problem){ status, code, detail, NULL, 0 };
}

/* ------------------------------------------------------------------------ head */

static unsigned parse_method(struct span name)
{
	static const struct {
		const char *name;
		unsigned method;
	} methods[] = { { "GET", METHOD_GET }, { "HEAD", METHOD_GET }, { "POST", METHOD_POST },
		{ "PUT", METHOD_PUT }, { "PATCH", METHOD_PATCH }, { "DELETE", METHOD_DELETE } };

	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		if (span_eq(name, span_of(methods[i].name)))
			return methods[i].method;
	}
	return 0;
}

static void split_target(struct span target, struct span *out_path, struct span *out_query)
{
	size_t at = span_find(target, '?');

	*out_path = at == SPAN_NPOS ? target : span_sub(target, 0, at);
	*out_query = at == SPAN_NPOS ? SPAN("") : span_from(target, at + 1);
}

void dispatch_find(const struct dispatcher *d, struct arena *a, const struct incoming *in,
	struct route_match *out)
{
	struct span path, query;

	split_target(in->target, &path, &query);
	router_find(d->router, a, parse_method(in->method), path, out);
}

size_t dispatch_body_max(const struct route_match *match)
{
	if (!match->route)
		return 0;
	return match->route->body_max ? match->route->body_max : BODY_MAX_DEFAULT;
}

static void begin(const struct dispatcher *d, struct ctx *ctx, const struct incoming *in,
	const struct route_match *match, struct req *r)
{
	*r = (struct req){ .ctx = ctx,
		.services = d->services,
		.env = d->env,
		.server = d->server,
		.route = match->route,
		.method = parse_method(in->method),
		.head = span_eq(in->method, SPAN("HEAD")),
		.path_params = match->params,
		.headers = in->headers,
		.body = in->body,
		.body_fd = in->body_fd,
		.body_size = in->body_size,
		.peer = in->peer,
		.is_loopback = in->is_loopback,
		.is_tls = in->is_tls,
		.id = ctx->trace };
	split_target(in->target, &r->path, &r->query);
	r->is_fragment = span_eq(req_header(r, "X-Frag"), SPAN("1"));
}

static void begin_reply(struct ctx *ctx, struct reply *out)
{
	*out = (struct reply){ .status = 500, .fd = -1, .body = str_in(ctx->arena, 1) };
}

static void refuse(
	struct req *r, const struct route_table *table, const struct problem *p, struct reply *out)
{
	if (out->sse) /* its handler failed after all */
		sse_abandon(out->sse);
	begin_reply(r->ctx, out);
	table->refuse(r, p, out);
	if (p->status == 401)
		reply_header(r, out, "WWW-Authenticate", SPAN("Bearer"));
	if (p->status == 429 || p->status == 503)
		reply_header(r, out, "Retry-After", SPAN("5"));
	out->no_gzip = true;
}

/* ------------------------------------------------------------------------ checks */

static bool check_host(const struct dispatcher *d, struct req *r, struct problem *out)
{
	struct span port, field = req_header(r, "Host");
	bool any = r->route && (r->route->flags & ROUTE_ANY_HOST);

	if (!host_split(r->ctx->arena, field, &r->host, &port) ||
		!(any || hosts_has(d->hosts, field))) {
		*out = problem(421, "misdirected", SPAN("This server does not have that name."));
		return false;
	}
	return true;
}

static bool check_head(const struct incoming *in, struct req *r, struct problem *out)
{
	if (r->path.len > PATH_MAX_BYTES) {
		*out = problem(414, "uri_too_long", SPAN("The address is too long."));
		return false;
	}
	if (!params_parse_form(r->ctx->arena, r->query, &r->query_params) ||
		!params_parse_cookies(r->ctx->arena, req_header(r, "Cookie"), &r->cookies)) {
		*out = problem(400, "malformed", SPAN("The request is malformed."));
		return false;
	}
	struct span dry = req_query(r, "dry_run");
	r->is_dry_run = span_eq(dry, SPAN("1")) || span_eq(dry, SPAN("true"));
	return true;
}

static struct span allow_list(struct arena *a, unsigned allowed)
{
	static const struct {
		unsigned method;
		const char *name;
	} names[] = { { METHOD_GET, "GET, HEAD" }, { METHOD_POST, "POST" }, { METHOD_PUT, "PUT" },
		{ METHOD_PATCH, "PATCH" }, { METHOD_DELETE, "DELETE" } };
	struct str out = str_in(a, 100);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (allowed & names[i].method)
			str_addf(&out, "%s%s", out.len ? ", " : "", names[i].name);
	}
	return str_span(&out);
}

static bool check_route(struct req *r, const struct route_match *match, const struct incoming *in,
	struct problem *out)
{
	if (!match->route && match->allowed)
		*out = problem(405, "method_not_allowed", SPAN("That cannot be done here."));
	else if (!match->route)
		*out = problem(404, "not_found", SPAN("There is nothing here."));
	else if (in->too_large)
		*out = problem(413, "too_large", SPAN("That is too large."));
	else
		return true;
	return false;
}

/* ------------------------------------------------------------------------ body */

static bool has_type(const struct req *r, const char *type)
{
	struct span value = req_header(r, "Content-Type");
	size_t semi = span_find(value, ';');

	return span_ieq(
		span_trim(semi == SPAN_NPOS ? value : span_sub(value, 0, semi)), span_of(type));
}

static bool read_json(struct req *r, struct problem *out)
{
	struct cJSON *body = NULL;
	size_t at = 0;

	if (r->body.len > 0 && !json_parse(r->ctx->arena, r->body, &body, &at)) {
		*out = problem(400, "bad_json",
			arena_printf(r->ctx->arena, "The body is not JSON at byte %zu.", at));
		return false;
	}
	r->json = body;
	fields_from_json(r->ctx, r->route->fields, body, &r->form);
	return true;
}

static bool read_body(struct req *r, bool is_api, struct problem *out)
{
	bool is_form = has_type(r, "application/x-www-form-urlencoded");

	if (r->method == METHOD_GET || (r->route->flags & (ROUTE_UPLOAD | ROUTE_RAW)))
		return true;
	if (has_type(r, "application/json") || (r->body.len == 0 && !is_form))
		return read_json(r, out);
	if (is_form && !is_api) {
		fields_from_form(r->ctx, r->route->fields, r->body, false, &r->form);
		return true;
	}
	*out = problem(415, "media_type",
		is_api ? SPAN("The body must be application/json.")
		       : SPAN("The body must be a form or JSON."));
	return false;
}

static const struct field common_query[] = {
	{ "dry_run", FIELD_BOOL, .about = "Says what would happen and changes nothing." },
	{ 0 },
};

static const struct field *query_fields(struct req *r)
{
	const struct field *own = r->route->query;
	size_t n = 0;

	if (r->method == METHOD_GET)
		return own;
	while (own && own[n].type != FIELD_END)
		n++;
	struct field *both = arena_array(r->ctx->arena, n + 2, sizeof *both);
	for (size_t i = 0; i < n; i++)
		both[i] = own[i];
	both[n] = common_query[0];
	return both;
}

static bool check_fields(struct req *r, bool is_api, struct problem *out)
{
	fields_from_form(r->ctx, query_fields(r), r->query, !is_api, &r->query_form);
	if (!is_api)
		return true; /* pages show the form again */
	const struct form *bad = r->form.n_errors ? &r->form : &r->query_form;
	if (bad->n_errors == 0)
		return true;
	*out = problem(422, "invalid", SPAN("Some fields are not valid."));
	out->errors = bad->errors;
	out->n_errors = bad->n_errors;
	return false;
}

/* ------------------------------------------------------------------------ run */

static void redirect_to_https(const struct dispatcher *d, struct req *r, struct reply *out)
{
	struct str location = str_in(r->ctx->arena, 8192);

	if (d->https_port && d->https_port != 443)
		str_addf(&location, "https://" SPAN_FMT ":%u", SPAN_ARG(r->host), d->https_port);
	else
		str_addf(&location, "https://" SPAN_FMT, SPAN_ARG(r->host));
	str_add(&location, r->path);
	if (r->query.len > 0)
		str_addf(&location, "?" SPAN_FMT, SPAN_ARG(r->query));
	reply_redirect(r, out, str_ok(&location) ? str_span(&location) : SPAN("/"));
	out->status = r->method == METHOD_GET ? 301 : 308;
}

static bool needs_tls(const struct req *r)
{
	return !r->is_tls && !(r->route && (r->route->flags & ROUTE_CLEARTEXT));
}

static bool admit(struct req *r, const struct route_match *match, const struct incoming *in,
	struct problem *out)
{
	bool is_api = match->table->is_api;

	return check_route(r, match, in, out) && guard_admit(r, out) && read_body(r, is_api, out) &&
		guard_check_origin(r, out) && check_fields(r, is_api, out);
}

static void serve(struct req *r, const struct route_table *table, struct reply *out)
{
	struct err err = { 0 };
	handler_fn *handler = table->wrap ? table->wrap : r->route->handler;

	begin_reply(r->ctx, out);
	enum rc rc = handler(r, out, &err);
	if (rc == RC_OK)
		return;
	struct problem p = problem_of(r->ctx, rc, &err);
	refuse(r, table, &p, out);
}

static void run(const struct dispatcher *d, const struct incoming *in,
	const struct route_match *match, struct req *r, struct reply *out)
{
	struct problem p;

	if (!check_host(d, r, &p) || !check_head(in, r, &p)) {
		refuse(r, match->table, &p, out);
	} else if (needs_tls(r)) {
		redirect_to_https(d, r, out);
	} else if (!admit(r, match, in, &p)) {
		refuse(r, match->table, &p, out);
		if (p.status == 405)
			reply_header(r, out, "Allow", allow_list(r->ctx->arena, match->allowed));
	} else {
		serve(r, match->table, out);
	}
}

static void log_request(const struct req *r, const struct reply *out, int64_t start_us)
{
	log_event(out->status >= 500 ? LOG_WARN : LOG_INFO, "http.request",
		"id=%s method=%u path=%s status=%d ms=%.1f peer=" SPAN_FMT " who=%s%s%s", r->id,
		r->method, r->route ? r->route->path : "-", out->status,
		(double)(clock_mono_us() - start_us) / 1000, SPAN_ARG(r->peer),
		r->actor ? log_text(r->ctx->arena, r->actor->login) : "-",
		r->actor && r->actor->supporter.len > 0 ? " supporter=" : "",
		r->actor && r->actor->supporter.len > 0
			? log_text(r->ctx->arena, r->actor->supporter)
			: "");
}

void dispatch_run(const struct dispatcher *d, struct ctx *ctx, const struct incoming *in,
	struct req *r, struct reply *out)
{
	int64_t start_us = clock_mono_us();
	struct route_match match;

	dispatch_find(d, ctx->arena, in, &match);
	begin(d, ctx, in, &match, r);
	begin_reply(ctx, out);
	run(d, in, &match, r, out);
	if (!str_ok(&out->body)) {
		struct problem p = problem(500, "internal", SPAN("The answer became too large."));
		refuse(r, match.table, &p, out);
	}
	reply_finish(r, out);
	log_request(r, out, start_us);
	actor_enter(ctx, NULL);
}

void dispatch_refuse(const struct dispatcher *d, struct ctx *ctx, const struct incoming *in,
	int status, struct req *r, struct reply *out)
{
	struct route_match match;
	struct problem p = status == 413
		? problem(413, "too_large", SPAN("That is too large."))
		: problem(503, "try_again", SPAN("Too much is going on. Please try again."));

	dispatch_find(d, ctx->arena, in, &match);
	begin(d, ctx, in, &match, r);
	refuse(r, match.table, &p, out);
	reply_finish(r, out);
}
