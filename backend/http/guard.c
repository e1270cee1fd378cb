/* Who may. */
#include "backend/http/guard.h"

#include "backend/accounts/login_service.h"
#include "backend/accounts/token_service.h"
#include "backend/http/csrf.h"

static bool refuse(struct problem *out, int status, const char *code, struct span detail)
{
	*out = (struct problem){ status, code, detail, NULL, 0 };
	return false;
}

static bool refuse_rc(struct req *r, enum rc rc, struct problem *out)
{
	if (rc == RC_DENIED)
		return refuse(out, 401, "unauthenticated", SPAN("Please log in."));
	*out = problem_of(r->ctx, rc, NULL);
	return false;
}

/* ------------------------------------------------------------------------ who */

static void enter(struct req *r, struct actor *actor, const char *source)
{
	actor->source = source;
	actor->address = r->peer;
	actor->dry_run = r->is_dry_run;
	r->actor = actor;
	actor_enter(r->ctx, actor);
}

/* Authorization: Bearer TOKEN */
static bool find_token(struct req *r, struct span header, struct problem *out)
{
	struct actor *actor = arena_zalloc(r->ctx->arena, sizeof *actor);

	if (!span_istarts(header, SPAN("Bearer ")))
		return refuse(out, 401, "unauthenticated",
			SPAN("Only \"Authorization: Bearer TOKEN\" is understood."));
	enum rc rc = token_find(r->ctx, span_trim(span_from(header, 7)), actor);
	if (rc == RC_DENIED)
		return refuse(
			out, 401, "bad_token", SPAN("This token is unknown, revoked or expired."));
	if (rc != RC_OK)
		return refuse_rc(r, rc, out);
	enter(r, actor, "api");
	return true;
}

/* RC_DENIED: no cookie of this kind, or no session any more. */
static enum rc find_session(struct req *r, enum session_kind kind)
{
	bool panel = kind == SESSION_PANEL;
	struct span secret = req_cookie(r, panel ? COOKIE_PANEL : COOKIE_WEBMAIL);

	if (secret.len == 0)
		return RC_DENIED;
	struct actor *actor = arena_zalloc(r->ctx->arena, sizeof *actor);
	struct web_session *session = arena_zalloc(r->ctx->arena, sizeof *session);
	enum rc rc = login_find(r->ctx, kind, secret, actor, session);
	if (rc != RC_OK)
		return rc;
	session->is_current = true;
	r->session = session;
	enter(r, actor, panel ? "panel" : "webmail");
	return RC_OK;
}

static enum rc find_any_session(struct req *r, enum guard guard)
{
	enum rc rc = RC_DENIED;

	if (guard != GUARD_MAILBOX)
		rc = find_session(r, SESSION_PANEL);
	if (rc == RC_DENIED &&
		(guard == GUARD_MAILBOX || guard == GUARD_ANY || guard == GUARD_PUBLIC))
		rc = find_session(r, SESSION_WEBMAIL);
	return rc;
}

/* ------------------------------------------------------------------------ may */

static bool has_role(enum account_role role, enum guard guard)
{
	switch (guard) {
	case GUARD_PUBLIC:
	case GUARD_ANY:
		return true;
	case GUARD_ACCOUNT:
		return role != ROLE_MAILBOX;
	case GUARD_RESELLER:
		return role == ROLE_ADMIN || role == ROLE_RESELLER;
	case GUARD_ADMIN:
	case GUARD_METRICS:
		return role == ROLE_ADMIN;
	case GUARD_MAILBOX:
		return role == ROLE_MAILBOX;
	case GUARD_MISSING:
		break;
	}
	return false;
}

static bool check_rights(struct req *r, struct problem *out)
{
	const struct route *route = r->route;

	if (!has_role(r->actor->role, route->guard))
		return refuse(out, 403, "forbidden", SPAN("Your account may not do this."));
	if ((route->flags & ROUTE_OWN) && r->actor->supporter.len > 0)
		return refuse(out, 403, "support_access",
			SPAN("This is the owner's alone. Stop acting for them first."));
	if (!r->actor->token_id) {
		if (!r->actor->needs_factor || (route->flags & ROUTE_FACTOR_SETUP))
			return true;
		return refuse(out, 403, "second_factor_required",
			SPAN("Set up a second factor for your log-in first."));
	}
	if (!route->scope)
		return refuse(out, 403, "forbidden", SPAN("This cannot be done with a token."));
	if (!actor_has_scope(r->actor, route->scope))
		return refuse(out, 403, "scope",
			arena_printf(r->ctx->arena, "The token needs the scope %s.", route->scope));
	return true;
}

/* Directly from this machine, not through a proxy on it. */
static bool is_local(const struct req *r)
{
	return r->is_loopback && req_header(r, "X-Forwarded-For").len == 0 &&
		req_header(r, "Forwarded").len == 0;
}

bool guard_admit(struct req *r, struct problem *out)
{
	enum guard guard = r->route->guard;
	struct span header = req_header(r, "Authorization");

	actor_enter(r->ctx, NULL);
	if (guard == GUARD_METRICS && is_local(r))
		return true;
	if (header.len > 0 && guard != GUARD_PUBLIC) {
		if (req_cookie(r, COOKIE_PANEL).len || req_cookie(r, COOKIE_WEBMAIL).len)
			return refuse(out, 400, "two_logins",
				SPAN("Send a token or a session's cookie, not both."));
		return find_token(r, header, out) && check_rights(r, out);
	}
	enum rc rc = find_any_session(r, guard);
	if (guard == GUARD_PUBLIC)
		return rc == RC_OK || rc == RC_DENIED || refuse_rc(r, rc, out);
	return rc == RC_OK ? check_rights(r, out) : refuse_rc(r, rc, out);
}

/* ------------------------------------------------------------------------ forged? */

/* Origin = scheme "://" host [ ":" port ], compared with the Host field. */
static bool is_our_origin(const struct req *r, struct span origin)
{
	struct span host = req_header(r, "Host");
	size_t at = span_find_span(origin, SPAN("://"));

	return at != SPAN_NPOS && span_ieq(span_from(origin, at + 3), host);
}

static bool is_same_site(const struct req *r)
{
	struct span origin = req_header(r, "Origin");
	struct span site = req_header(r, "Sec-Fetch-Site");

	if (origin.len > 0 && !is_our_origin(r, origin))
		return false;
	return site.len == 0 || span_eq(site, SPAN("same-origin")) || span_eq(site, SPAN("none"));
}

bool guard_check_origin(struct req *r, struct problem *out)
{
	if (r->method == METHOD_GET || (r->actor && r->actor->token_id))
		return true;
	if (!is_same_site(r))
		return refuse(out, 403, "cross_site", SPAN("This request came from another site."));
	if (!r->session || (r->route->flags & ROUTE_NO_CSRF))
		return true;
	struct span token = req_header(r, "X-CSRF-Token");
	if (csrf_is_right(token.len ? token : r->form.csrf, r->session->csrf))
		return true;
	return refuse(out, 403, "csrf",
		SPAN("This form is too old. Please load the page again and repeat."));
}
