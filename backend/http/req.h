/*
 * A request, complete and checked: what a handler gets.
 *
 * Everything lives in ctx->arena until the reply is made. Spans are raw bytes from the peer unless
 * said otherwise; path parameters, query and form values are percent-decoded and valid UTF-8
 * without control characters below U+0020 other than TAB, LF, CR in form values.
 *
 * Limits: head 32 KiB, 100 header fields, 100 query parameters, path 2 KiB, body per route.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/http/fields.h"
#include "backend/http/params.h"
#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

struct services;
struct web_session;
struct route;
struct server;
struct cJSON;

enum method {
	METHOD_GET = 1, /* HEAD runs as GET, the body is left out */
	METHOD_POST = 2,
	METHOD_PUT = 4,
	METHOD_PATCH = 8,
	METHOD_DELETE = 16,
};

struct req {
	struct ctx *ctx;
	const struct services *services;
	void *env; /* server_options.env: what pages need (templates) */
	struct server *server;
	const struct route *route;

	enum method method;
	bool head;
	struct span path;  /* "/domains/example.test", as sent */
	struct span query; /* without '?', as sent */
	struct params path_params, query_params, headers, cookies;

	struct span body; /* empty for ROUTE_UPLOAD */
	int body_fd; /* ROUTE_UPLOAD: a file without name, offset 0; else -1. Not yours to close */
	int64_t body_size;
	const struct cJSON *json; /* the body of an application/json request; else NULL */
	struct form form;         /* the route's fields, from JSON or form; see fields.h */
	struct form query_form;   /* the route's query fields */

	struct span host; /* without port, lower case */
	struct span peer; /* textual address */
	bool is_loopback;
	bool is_tls;
	bool is_fragment; /* X-Frag: 1: answer with the fragment, not the page */
	bool is_dry_run;  /* ?dry_run=1 */

	const struct actor *actor;         /* NULL: nobody is logged in; same as ctx->actor */
	const struct web_session *session; /* cookie session; NULL with a token */
	const char *id;                    /* request id, as in X-Request-Id and problems */
};

/* Empty span when absent. Header names in any case. */
struct span req_header(const struct req *r, const char *name);
struct span req_cookie(const struct req *r, const char *name);
struct span req_query(const struct req *r, const char *name);
/* A {name} of the route's path; asking for one that the route does not have is a bug. */
struct span req_path(const struct req *r, const char *name);
/* The CSRF token to put into a form of this page or X-CSRF-Token; masked anew at each call.
 * Empty without a session. Field name: "csrf". */
struct span req_csrf(const struct req *r);
/* If-Match as an object's version: 0 when absent or "*", -1 when it is no version of ours. */
int64_t req_if_match(const struct req *r);
bool req_accepts_gzip(const struct req *r);
