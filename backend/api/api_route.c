/* /domains/{name}/route, /accounts/{login}/route */
#include "backend/accounts/route_service.h"
#include "backend/api/api.h"

static enum rc get(
	struct req *r, enum route_of of, const char *key, struct reply *out, struct err *err)
{
	struct route_setting route;
	enum rc rc = route_get(r->services, r->ctx, of, req_path(r, key), &route, err);

	if (rc == RC_OK)
		api_reply_object(r, out, route_setting_json(r->ctx->arena, &route), 0);
	return rc;
}

static enum rc set(
	struct req *r, enum route_of of, const char *key, struct reply *out, struct err *err)
{
	struct route_setting route,
		in = { .smarthost = form_text(&r->form, "smarthost"),
			.source = form_text(&r->form, "source") };
	enum rc rc = route_set(r->services, r->ctx, of, req_path(r, key), &in, &route, err);

	if (rc == RC_OK)
		api_reply_object(r, out, route_setting_json(r->ctx->arena, &route), 0);
	return rc;
}

static enum rc remove_it(
	struct req *r, enum route_of of, const char *key, struct reply *out, struct err *err)
{
	enum rc rc = route_remove(r->services, r->ctx, of, req_path(r, key), err);

	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}

enum rc api_domain_route_get(struct req *r, struct reply *out, struct err *err)
{
	return get(r, ROUTE_OF_DOMAIN, "name", out, err);
}

enum rc api_domain_route_set(struct req *r, struct reply *out, struct err *err)
{
	return set(r, ROUTE_OF_DOMAIN, "name", out, err);
}

enum rc api_domain_route_remove(struct req *r, struct reply *out, struct err *err)
{
	return remove_it(r, ROUTE_OF_DOMAIN, "name", out, err);
}

enum rc api_account_route_get(struct req *r, struct reply *out, struct err *err)
{
	return get(r, ROUTE_OF_ACCOUNT, "login", out, err);
}

enum rc api_account_route_set(struct req *r, struct reply *out, struct err *err)
{
	return set(r, ROUTE_OF_ACCOUNT, "login", out, err);
}

enum rc api_account_route_remove(struct req *r, struct reply *out, struct err *err)
{
	return remove_it(r, ROUTE_OF_ACCOUNT, "login", out, err);
}
