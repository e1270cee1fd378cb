/* /domains/{name}/dns/push */
#include "backend/api/api.h"
#include "backend/api/api_fields.h"
#include "backend/dns/push.h"

const struct field api_push_fields[] = {
	{ "server", FIELD_TEXT, FIELD_REQUIRED, .max = 100,
		.about = "Address, with a port if it is not 53." },
	{ "zone", FIELD_TEXT, .max = 253, .about = "The zone; empty: the domain itself." },
	{ "key_name", FIELD_TEXT, FIELD_REQUIRED, .max = 253 },
	{ "secret", FIELD_SECRET, FIELD_REQUIRED, .max = 200,
		.about = "Base64, for HMAC-SHA256; never shown again." },
	{ 0 },
};

static void reply_setting(struct req *r, struct reply *out, const struct push_setting *setting)
{
	api_reply_object(r, out, push_setting_json(r->ctx->arena, setting), 0);
}

enum rc api_push_get(struct req *r, struct reply *out, struct err *err)
{
	struct push_setting setting;
	enum rc rc = push_setting_get(r->services, r->ctx, req_path(r, "name"), &setting, err);

	if (rc == RC_OK)
		reply_setting(r, out, &setting);
	return rc;
}

enum rc api_push_set(struct req *r, struct reply *out, struct err *err)
{
	struct push_setting setting,
		in = { .server = form_text(&r->form, "server"),
			.zone = form_text(&r->form, "zone"),
			.key_name = form_text(&r->form, "key_name"),
			.secret = form_text(&r->form, "secret") };
	enum rc rc = push_setting_set(r->services, r->ctx, req_path(r, "name"), &in, &setting, err);

	if (rc == RC_OK)
		reply_setting(r, out, &setting);
	return rc;
}

enum rc api_push_remove(struct req *r, struct reply *out, struct err *err)
{
	enum rc rc = push_setting_remove(r->services, r->ctx, req_path(r, "name"), err);

	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}

enum rc api_push_show(struct req *r, struct reply *out, struct err *err)
{
	struct push_plan plan;
	enum rc rc = push_show(r->services, r->ctx, req_path(r, "name"), &plan, err);

	if (rc == RC_OK)
		api_reply_object(r, out, push_plan_json(r->ctx->arena, &plan), 0);
	return rc;
}

enum rc api_push_apply(struct req *r, struct reply *out, struct err *err)
{
	struct push_plan plan;
	enum rc rc = push_apply(r->services, r->ctx, req_path(r, "name"), &plan, err);

	if (rc == RC_OK)
		api_reply_object(r, out, push_plan_json(r->ctx->arena, &plan), 0);
	return rc;
}

enum rc api_push_undo(struct req *r, struct reply *out, struct err *err)
{
	enum rc rc = push_undo(r->services, r->ctx, req_path(r, "name"), err);

	return rc == RC_OK ? api_push_show(r, out, err) : rc;
}
