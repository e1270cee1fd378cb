/* /accounts, /usage */
#include "backend/accounts/account_service.h"
#include "backend/accounts/second_factor.h"
#include "backend/accounts/usage_service.h"
#include "backend/api/api.h"
#include "backend/http/suspension_form.h"

enum rc api_account_create(struct req *r, struct reply *out, struct err *err)
{
	struct account account;
	struct account_new in = { .login = form_text(&r->form, "login"),
		.password = form_text(&r->form, "password"),
		.name = form_text(&r->form, "name"),
		.parent = form_text(&r->form, "parent"),
		.plan = form_text(&r->form, "plan") };

	if (!role_parse(form_text(&r->form, "role"), &in.role))
		return RC_INVALID;
	enum rc rc = account_create(r->services, r->ctx, &in, &account, err);
	if (rc == RC_OK)
		api_reply_created(r, out, account_json(r->ctx->arena, &account), "accounts",
			account.login, account.version);
	return rc;
}

enum rc api_account_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct list_ask ask = api_list_ask(r);
	struct accounts accounts;
	enum rc rc = account_list(r->services, r->ctx, &ask, &accounts, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *items = json_array(a);
	for (size_t i = 0; i < accounts.len; i++)
		json_push(items, account_json(a, &accounts.items[i]));
	api_reply_list(r, out, items, accounts.next_cursor);
	return RC_OK;
}

enum rc api_account_get(struct req *r, struct reply *out, struct err *err)
{
	struct account account;
	enum rc rc = account_get(r->services, r->ctx, req_path(r, "login"), &account, err);

	if (rc == RC_OK)
		api_reply_object(r, out, account_json(r->ctx->arena, &account), account.version);
	return rc;
}

static struct account_change read_change(const struct form *f)
{
	return (struct account_change){ .set_name = form_given(f, "name"),
		.name = form_text(f, "name"),
		.set_plan = form_given(f, "plan"),
		.plan = form_text(f, "plan"),
		.set_require_factor = form_given(f, "require_second_factor"),
		.require_second_factor = form_bool(f, "require_second_factor", false),
		.set_contact = form_given(f, "contact"),
		.contact = form_text(f, "contact"),
		.set_language = form_given(f, "language"),
		.language = form_text(f, "language"),
		.suspension = suspension_of_form(f) };
}

enum rc api_account_update(struct req *r, struct reply *out, struct err *err)
{
	struct account account;
	struct span login = req_path(r, "login");
	struct account_change change = read_change(&r->form);
	enum rc rc = api_if_match(r, &change.version, err);

	if (rc == RC_OK)
		rc = account_update(r->services, r->ctx, login, &change, &account, err);
	if (rc == RC_OK && form_given(&r->form, "password"))
		rc = account_set_password(
			r->services, r->ctx, login, form_text(&r->form, "password"), err);
	if (rc == RC_OK)
		api_reply_object(r, out, account_json(r->ctx->arena, &account), account.version);
	return rc;
}

enum rc api_account_delete(struct req *r, struct reply *out, struct err *err)
{
	int64_t version = 0;
	enum rc rc = api_if_match(r, &version, err);

	if (rc == RC_OK)
		rc = account_delete(r->services, r->ctx, req_path(r, "login"), version, err);
	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}

enum rc api_account_restore(struct req *r, struct reply *out, struct err *err)
{
	struct account account;
	enum rc rc = account_restore(r->services, r->ctx, req_path(r, "login"), &account, err);

	if (rc == RC_OK)
		api_reply_object(r, out, account_json(r->ctx->arena, &account), account.version);
	return rc;
}

enum rc api_account_second_factor(struct req *r, struct reply *out, struct err *err)
{
	enum rc rc = second_factor_reset_account(r->services, r->ctx, req_path(r, "login"), err);

	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}

enum rc api_mailbox_second_factor(struct req *r, struct reply *out, struct err *err)
{
	enum rc rc = second_factor_reset_mailbox(r->services, r->ctx, req_path(r, "address"), err);

	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}

enum rc api_usage_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct list_ask ask = api_list_ask(r);
	struct usages usages;
	enum rc rc = usage_list(
		r->services, r->ctx, &ask, form_text(&r->query_form, "month"), &usages, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *items = json_array(a);
	for (size_t i = 0; i < usages.len; i++) {
		struct cJSON *item = usage_json(a, &usages.items[i]);
		json_add_text(a, item, "month", usages.month);
		json_push(items, item);
	}
	api_reply_list(r, out, items, usages.next_cursor);
	return RC_OK;
}
