/*
 * Route tables: one row says everything about admission.
 *
 *   { METHOD_POST, "/api/v1/mailboxes", GUARD_ACCOUNT, "mailboxes:write",
 *     .fields = mailbox_fields, .handler = api_mailbox_create, .summary = "Make a mailbox" },
 *
 * Path segments: literal, {name} (one segment, percent-decoded, never empty), {name*} (the rest,
 * only last). A literal beats {name} beats {name*}. A row without a guard, or without a scope where
 * tokens may come (GUARD_ACCOUNT and above), aborts the server at start-up and fails the unit test.
 * A path that exists with another method is 405 with Allow.
 */
#pragma once

#include "backend/http/fields.h"
#include "backend/http/reply.h"
#include "backend/http/req.h"

enum guard {
	GUARD_MISSING,  /* a forgotten column */
	GUARD_PUBLIC,   /* anybody; req->actor is set when a session's cookie came along */
	GUARD_ACCOUNT,  /* admin, reseller or customer: panel session or token */
	GUARD_RESELLER, /* admin or reseller */
	GUARD_ADMIN,
	GUARD_MAILBOX, /* webmail session */
	GUARD_ANY,     /* panel or webmail session, or token */
	GUARD_METRICS, /* loopback, or a token with the scope */
};

enum route_flag {
	ROUTE_UPLOAD = 1,  /* the body goes to a file: req->body_fd */
	ROUTE_NO_CSRF = 2, /* unsafe method without token check; the Origin is checked all the same.
				For log-in forms, where there is no session yet */
	ROUTE_CLEARTEXT = 4, /* served on the HTTP port too instead of a redirect */
	ROUTE_CREATES = 32,  /* answers 201; for OpenAPI */
	ROUTE_SECRET = 16,   /* the answer holds a secret that is shown once: it is not kept for an
			      Idempotency-Key */
	ROUTE_FACTOR_SETUP = 128, /* open to who has yet to set up a required second factor */
	ROUTE_NO_INDEX = 1024,    /* the address is a secret: nothing for search engines */
	ROUTE_NO_REFERRER = 2048, /* nor for links away; for pages without forms, see finish.c */
	ROUTE_OWN = 256,          /* for the owner alone: shut for support access */
	ROUTE_RAW = 8,            /* the body is not parsed: other content types */
	ROUTE_ANY_HOST = 64, /* answered under names that are not ours: for files that mail programs
			      look for below a customer's domain. The handler checks the domain */
};

/* RC_OK: `out` is filled. Anything else: the table's refuse() answers with err. */
typedef enum rc handler_fn(struct req *r, struct reply *out, struct err *err);

struct route {
	unsigned method; /* one of enum method */
	const char *path;
	enum guard guard;
	const char *scope;          /* what a token needs: "mailboxes:write"; NULL: sessions only */
	const struct field *fields; /* of the body; NULL: no body */
	const struct field *query;  /* of the query; NULL: none */
	handler_fn *handler;
	size_t body_max; /* 0: 256 KiB */
	unsigned flags;
	const char *summary; /* a line for OpenAPI and people */
	const char *answer;  /* OpenAPI: name of the answer's schema; NULL: none */
};

struct route_table {
	const struct route *routes;
	size_t len;
	bool is_api; /* unknown fields and query parameters are refused (422) before the handler */
	/* Makes the answer for a request that is not served. Pure: no database, any thread. r->route
	 * may be NULL (404), r->actor too. */
	void (*refuse)(struct req *r, const struct problem *p, struct reply *out);
	/* Runs r->route->handler with whatever belongs around it; NULL: just the handler. */
	handler_fn *wrap;
	const char *prefix; /* requests below it that match no row are refused by this table:
			       "/api/"; the last table has "/" */
};

struct router;

/* Checks every row (abort on a mistake). Tables stay the caller's. */
struct router *router_new(const struct route_table *const *tables, size_t n_tables);
void router_free(struct router *r);

struct route_match {
	const struct route *route;       /* NULL: none */
	const struct route_table *table; /* never NULL: who refuses */
	struct params params;
	unsigned allowed; /* when route is NULL: methods that the path has; 0: 404 */
};
/* Pure. path: as sent. */
void router_find(const struct router *r, struct arena *a, unsigned method, struct span path,
	struct route_match *out);

/* NULL when the row is fine, else what is wrong with it: for the unit test. */
const char *route_fault(const struct route *route);
