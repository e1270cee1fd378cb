/* Customers of a reseller, and all accounts of an admin: list and new. */
#include "backend/accounts/account_service.h"
#include "webui/panel/panel.h"

static const char *const roles[] = { "customer", "reseller", NULL };

const struct field customer_fields[] = {
	{ "login", FIELD_TEXT, FIELD_REQUIRED, .max = 254 },
	{ "name", FIELD_TEXT, .max = 200 },
	{ "password", FIELD_SECRET, FIELD_REQUIRED, .max = 1024 },
	{ "role", FIELD_CHOICE, .choices = roles },
	{ 0 },
};

enum rc page_customers(struct req *r, struct reply *out, struct err *err)
{
	struct list_ask ask = panel_list_ask(r);
	struct accounts accounts;
	enum rc rc = account_list(r->services, r->ctx, &ask, &accounts, err);
	if (rc != RC_OK)
		return rc;

	struct page p = panel_begin(r, "panel/customers", "customers", words(W_CUSTOMERS));
	struct val *list = val_set_list(p.data, "customers");
	for (size_t i = 0; i < accounts.len; i++) {
		const struct account *account = &accounts.items[i];
		struct val *item = val_push(list);
		val_set(item, "login", account->login);
		val_set(item, "name", account->name);
		val_set(item, "role", panel_role(account->role));
		val_set_bool(item, "suspended", suspension_is_on(&account->suspension));
		val_set_i64(item, "domains", account->domains);
		val_set_i64(item, "mailboxes", account->mailboxes);
	}
	val_set_bool(p.data, "is_empty",
		accounts.len == 0 && ask.search.len == 0 && ask.cursor.len == 0);
	val_set(p.data, "find_hint", words(W_DOMAINS_FIND));
	page_pager(&p, accounts.next_cursor);
	return page_send(&p, out, 200);
}

static enum rc new_form(struct req *r, struct reply *out, int status)
{
	struct page p = panel_begin(r, "panel/customer_new", "customers", words(W_CUSTOMER_ADD));
	page_form(&p, customer_fields, r->method == METHOD_POST ? &r->form : NULL);
	panel_api_call(&p, "POST", "/api/v1/accounts",
		"{\"login\": \"ann@example.com\", \"password\": \"...\", \"role\": \"customer\"}");
	return page_send(&p, out, status);
}

enum rc page_customer_new(struct req *r, struct reply *out, struct err *err)
{
	return new_form(r, out, 200);
}

enum rc page_customer_new_post(struct req *r, struct reply *out, struct err *err)
{
	if (r->form.n_errors > 0)
		return new_form(r, out, 422);
	bool reseller = span_eq(form_text(&r->form, "role"), SPAN("reseller"));
	struct account_new in = { .login = form_text(&r->form, "login"),
		.password = form_text(&r->form, "password"),
		.name = form_text(&r->form, "name"),
		.role = reseller ? ROLE_RESELLER : ROLE_CUSTOMER };
	struct account account;
	enum rc rc = account_create(r->services, r->ctx, &in, &account, err);
	if (page_add_refusal(r, rc, err))
		return new_form(r, out, 422);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/customers"), "customer_created");
	return rc;
}
