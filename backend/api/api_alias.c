/* /aliases */
#include "backend/accounts/alias_service.h"
#include "backend/api/api.h"

enum rc api_alias_create(struct req *r, struct reply *out, struct err *err)
{
	struct alias alias;
	const struct field_value *targets = form_get(&r->form, "targets");
	struct alias_new in = { form_text(&r->form, "address"), targets->items, targets->n_items,
		form_text(&r->form, "name"), form_text(&r->form, "posters") };
	enum rc rc = alias_create(r->services, r->ctx, &in, &alias, err);

	if (rc == RC_OK)
		api_reply_created(r, out, alias_json(r->ctx->arena, &alias), "aliases",
			alias.address, alias.version);
	return rc;
}

enum rc api_alias_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct list_ask ask = api_list_ask(r);
	struct aliases aliases;
	enum rc rc = alias_list(r->services, r->ctx, &ask, &aliases, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *items = json_array(a);
	for (size_t i = 0; i < aliases.len; i++)
		json_push(items, alias_json(a, &aliases.items[i]));
	api_reply_list(r, out, items, aliases.next_cursor);
	return RC_OK;
}

enum rc api_alias_get(struct req *r, struct reply *out, struct err *err)
{
	struct alias alias;
	enum rc rc = alias_get(r->services, r->ctx, req_path(r, "address"), &alias, err);

	if (rc == RC_OK)
		api_reply_object(r, out, alias_json(r->ctx->arena, &alias), alias.version);
	return rc;
}

enum rc api_alias_replace(struct req *r, struct reply *out, struct err *err)
{
	struct alias alias;
	const struct field_value *targets = form_get(&r->form, "targets");
	struct alias_new in = { req_path(r, "address"), targets->items, targets->n_items,
		form_text(&r->form, "name"), form_text(&r->form, "posters") };
	int64_t version = 0;
	enum rc rc = api_if_match(r, &version, err);

	if (rc == RC_OK)
		rc = alias_replace(r->services, r->ctx, &in, version, &alias, err);
	if (rc == RC_OK)
		api_reply_object(r, out, alias_json(r->ctx->arena, &alias), alias.version);
	return rc;
}

enum rc api_alias_delete(struct req *r, struct reply *out, struct err *err)
{
	int64_t version = 0;
	enum rc rc = api_if_match(r, &version, err);

	if (rc == RC_OK)
		rc = alias_delete(r->services, r->ctx, req_path(r, "address"), version, err);
	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}
