/* /domains */
#include "backend/accounts/domain_service.h"
#include "backend/api/api.h"
#include "backend/http/suspension_form.h"

enum rc api_domain_create(struct req *r, struct reply *out, struct err *err)
{
	struct domain domain;
	struct domain_new in = { .name = form_text(&r->form, "name"),
		.account = form_text(&r->form, "account"),
		.alias_of = form_text(&r->form, "alias_of") };
	enum rc rc = domain_create(r->services, r->ctx, &in, &domain, err);

	if (rc == RC_OK)
		api_reply_created(r, out, domain_json(r->ctx->arena, &domain), "domains",
			domain.name, domain.version);
	return rc;
}

enum rc api_domain_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct list_ask ask = api_list_ask(r);
	struct domains domains;
	enum rc rc = domain_list(r->services, r->ctx, &ask, &domains, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *items = json_array(a);
	for (size_t i = 0; i < domains.len; i++)
		json_push(items, domain_json(a, &domains.items[i]));
	api_reply_list(r, out, items, domains.next_cursor);
	return RC_OK;
}

enum rc api_domain_get(struct req *r, struct reply *out, struct err *err)
{
	struct domain domain;
	enum rc rc = domain_get(r->services, r->ctx, req_path(r, "name"), &domain, err);

	if (rc == RC_OK)
		api_reply_object(r, out, domain_json(r->ctx->arena, &domain), domain.version);
	return rc;
}

enum rc api_domain_update(struct req *r, struct reply *out, struct err *err)
{
	struct domain domain;
	struct domain_change change = { .suspension = suspension_of_form(&r->form),
		.dmarc = form_text(&r->form, "dmarc"),
		.account = form_text(&r->form, "account") };
	enum rc rc = api_if_match(r, &change.version, err);

	if (rc == RC_OK)
		rc = domain_update(r->services, r->ctx, req_path(r, "name"), &change, &domain, err);
	if (rc == RC_OK)
		api_reply_object(r, out, domain_json(r->ctx->arena, &domain), domain.version);
	return rc;
}

enum rc api_domain_delete(struct req *r, struct reply *out, struct err *err)
{
	int64_t version = 0;
	enum rc rc = api_if_match(r, &version, err);

	if (rc == RC_OK)
		rc = domain_delete(r->services, r->ctx, req_path(r, "name"),
			form_bool(&r->query_form, "cascade", false), version, err);
	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}

enum rc api_domain_restore(struct req *r, struct reply *out, struct err *err)
{
	struct domain domain;
	enum rc rc = domain_restore(r->services, r->ctx, req_path(r, "name"), &domain, err);

	if (rc == RC_OK)
		api_reply_object(r, out, domain_json(r->ctx->arena, &domain), domain.version);
	return rc;
}
