/* /domains/{name}/send-limit, /accounts/{login}/send-limit */
#include "backend/accounts/send_limit_service.h"
#include "backend/api/api.h"

static enum rc get(
	struct req *r, enum limit_of of, const char *key, struct reply *out, struct err *err)
{
	struct send_limit limit;
	enum rc rc = send_limit_get(r->services, r->ctx, of, req_path(r, key), &limit, err);

	if (rc == RC_OK)
		api_reply_object(r, out, send_limit_json(r->ctx->arena, &limit), 0);
	return rc;
}

static enum rc set(
	struct req *r, enum limit_of of, const char *key, struct reply *out, struct err *err)
{
	struct send_limit limit, in = { .own = true };

	for (int i = 0; i < LIMITS; i++)
		in.value[i] = form_i64(&r->form, send_limit_names[i], 0);
	enum rc rc = send_limit_set(r->services, r->ctx, of, req_path(r, key), &in, &limit, err);
	if (rc == RC_OK)
		api_reply_object(r, out, send_limit_json(r->ctx->arena, &limit), 0);
	return rc;
}

static enum rc remove_it(
	struct req *r, enum limit_of of, const char *key, struct reply *out, struct err *err)
{
	enum rc rc = send_limit_remove(r->services, r->ctx, of, req_path(r, key), err);

	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}

enum rc api_domain_limit_get(struct req *r, struct reply *out, struct err *err)
{
	return get(r, LIMIT_OF_DOMAIN, "name", out, err);
}

enum rc api_domain_limit_set(struct req *r, struct reply *out, struct err *err)
{
	return set(r, LIMIT_OF_DOMAIN, "name", out, err);
}

enum rc api_domain_limit_remove(struct req *r, struct reply *out, struct err *err)
{
	return remove_it(r, LIMIT_OF_DOMAIN, "name", out, err);
}

enum rc api_account_limit_get(struct req *r, struct reply *out, struct err *err)
{
	return get(r, LIMIT_OF_ACCOUNT, "login", out, err);
}

enum rc api_account_limit_set(struct req *r, struct reply *out, struct err *err)
{
	return set(r, LIMIT_OF_ACCOUNT, "login", out, err);
}

enum rc api_account_limit_remove(struct req *r, struct reply *out, struct err *err)
{
	return remove_it(r, LIMIT_OF_ACCOUNT, "login", out, err);
}
