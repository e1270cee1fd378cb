/* Accounts below one's own: list, new, one with its plan, usage and suspension. */
#include "backend/accounts/account_service.h"
#include "backend/accounts/plan_service.h"
#include "backend/accounts/support_service.h"
#include "backend/http/suspension_form.h"
#include "mailcore/base/clock.h"
#include "webui/panel/list_view.h"
#include "webui/view/format.h"
#include "webui/view/html.h"

static const char *const roles[] = { "customer", "reseller", NULL };

const struct field customer_fields[] = {
	{ "login", FIELD_TEXT, FIELD_REQUIRED, .max = 254 },
	{ "name", FIELD_TEXT, .max = 200 },
	{ "password", FIELD_SECRET, FIELD_REQUIRED, .max = 1024 },
	{ "role", FIELD_CHOICE, .choices = roles },
	{ "plan", FIELD_TEXT, .max = 100 },
	{ 0 },
};
const struct field customer_change_fields[] = {
	{ "name", FIELD_TEXT, .max = 200 },
	{ "plan", FIELD_TEXT, .max = 100 },
	{ "require_second_factor", FIELD_BOOL },
	{ 0 },
};
const struct field suspend_fields[] = { SUSPENSION_FIELDS, { 0 } };

static struct span customer_url(struct arena *a, struct span login)
{
	struct str url = str_in(a, 1024);

	str_add_cstr(&url, "/customers/");
	url_add_component(&url, login);
	return str_span(&url);
}

/* ------------------------------------------------------------------ list */

const struct field support_fields[] = {
	{ "reason", FIELD_TEXT, FIELD_REQUIRED, .max = SUPPORT_REASON_MAX },
	{ 0 },
};

static const struct list_column customers_columns[] = {
	{ W_LOGIN_SHORT, "name" },
	{ W_NAME },
	{ W_ROLE },
	{ W_PLAN },
	{ W_STATE },
	{ W_DOMAINS, .is_number = true },
	{ W_MAILBOXES, .is_number = true },
	{ W_CREATED, "created" },
};
static const char *const customers_actions[] = { "plan", "suspend", "resume", "delete", NULL };
static const struct list_view customers_view = { "accounts", customers_columns,
	sizeof customers_columns / sizeof customers_columns[0], customers_actions, true };

static void list_row_add(struct page *p, struct val *rows, const struct account *account)
{
	struct arena *a = p->req->ctx->arena;
	struct val *row = list_view_row(rows, account->login);
	bool suspended = suspension_is_on(&account->suspension);

	list_view_link(row, account->login, customer_url(a, account->login), SPAN(""));
	list_view_text(row, account->name);
	list_view_text(row, panel_role(account->role));
	list_view_text(row, account->plan);
	list_view_pill(row, suspended ? "wa" : "ok", words(suspended ? W_SUSPENDED : W_ACTIVE));
	list_view_number(
		row, W_DOMAINS, arena_printf(a, "%lld", (long long)account->domains), SPAN(""));
	list_view_number(
		row, W_MAILBOXES, arena_printf(a, "%lld", (long long)account->mailboxes), SPAN(""));
	list_view_text(row, format_time(a, account->created_at_us / USEC_PER_SEC));
}

enum rc page_customers(struct req *r, struct reply *out, struct err *err)
{
	struct list_ask ask = panel_list_ask(r);
	struct accounts accounts;
	enum rc rc = account_list(r->services, r->ctx, &ask, &accounts, err);
	if (rc != RC_OK)
		return rc;

	struct page p = panel_begin(r, "panel/customers", "customers", words(W_CUSTOMERS));
	struct val *rows = list_view_begin(&p, &customers_view, &ask, accounts.next_cursor);
	for (size_t i = 0; i < accounts.len; i++)
		list_row_add(&p, rows, &accounts.items[i]);
	val_set_bool(p.data, "is_empty", accounts.len <= 1 && panel_is_plain(&ask));
	val_set(p.data, "find_hint", words(W_DOMAINS_FIND));
	return page_send(&p, out, 200);
}

/* ------------------------------------------------------------------ new */

static enum rc plan_choices_add(struct page *p, struct span chosen, struct err *err)
{
	struct req *r = p->req;
	struct list_ask ask = { .limit = LIST_LIMIT_MAX };
	struct plans plans;
	enum rc rc = plan_list(r->services, r->ctx, &ask, &plans, err);
	if (rc != RC_OK)
		return rc;
	struct val *list = val_set_list(p->data, "plans");
	for (size_t i = 0; i < plans.len; i++) {
		const struct plan *plan = &plans.items[i];
		struct val *item = val_push(list);
		val_set_i64(item, "id", plan->plan_id);
		val_set(item, "name", plan->name);
		val_set_bool(item, "selected", span_eq(plan->name, chosen));
	}
	val_set_bool(p->data, "has_plans", plans.len > 0);
	return RC_OK;
}

static enum rc new_form(struct req *r, struct reply *out, int status, struct err *err)
{
	struct page p = panel_begin(r, "panel/customer_new", "customers", words(W_CUSTOMER_ADD));
	enum rc rc = plan_choices_add(&p, SPAN(""), err);
	if (rc != RC_OK)
		return rc;
	page_form(&p, customer_fields, r->method == METHOD_POST ? &r->form : NULL);
	panel_api_call(&p, "POST", "/api/v1/accounts",
		"{\"login\": \"ann@example.com\", \"password\": \"...\", \"role\": \"customer\"}");
	return page_send(&p, out, status);
}

enum rc page_customer_new(struct req *r, struct reply *out, struct err *err)
{
	return new_form(r, out, 200, err);
}

enum rc page_customer_new_post(struct req *r, struct reply *out, struct err *err)
{
	if (r->form.n_errors > 0)
		return new_form(r, out, 422, err);
	bool reseller = span_eq(form_text(&r->form, "role"), SPAN("reseller"));
	struct account_new in = { .login = form_text(&r->form, "login"),
		.password = form_text(&r->form, "password"),
		.name = form_text(&r->form, "name"),
		.plan = form_text(&r->form, "plan"),
		.role = reseller ? ROLE_RESELLER : ROLE_CUSTOMER };
	struct account account;
	enum rc rc = account_create(r->services, r->ctx, &in, &account, err);
	if (page_add_refusal(r, rc, err))
		return new_form(r, out, 422, err);
	if (rc == RC_OK)
		page_redirect_done(
			r, out, customer_url(r->ctx->arena, account.login), "customer_created");
	return rc;
}

/* ------------------------------------------------------------------ one */

static struct span amount(struct arena *a, const struct pool_usage *pool, int64_t n)
{
	if (n < 0)
		return words(W_UNLIMITED);
	if (strcmp(pool->kind, "storage") == 0)
		return format_size(a, n);
	return arena_printf(a, "%lld", (long long)n);
}

static void pools_add(struct page *p, const struct account *account)
{
	static const enum words_id labels[POOL_KINDS] = { W_DOMAINS, W_MAILBOXES, W_ALIASES,
		W_STORAGE_PROMISED };
	struct arena *a = p->req->ctx->arena;
	struct val *list = val_set_list(p->data, "pools");
	for (size_t i = 0; i < POOL_KINDS; i++) {
		const struct pool_usage *pool = &account->pools[i];
		struct val *item = val_push(list);
		val_set(item, "label", words(labels[i]));
		val_set(item, "pool", amount(a, pool, pool->pool));
		val_set(item, "given_out", amount(a, pool, pool->given_out));
		val_set(item, "used", amount(a, pool, pool->used));
		val_set_bool(item, "is_limited", pool->pool > 0);
		val_set_i64(item, "max", pool->pool);
		val_set_i64(item, "value", pool->used);
	}
}

static enum rc customer_page(struct req *r, struct reply *out, int status, struct err *err)
{
	struct account account;
	struct arena *a = r->ctx->arena;
	enum rc rc = account_get(r->services, r->ctx, req_path(r, "login"), &account, err);
	if (rc != RC_OK)
		return rc;
	struct page p = panel_begin(r, "panel/customer", "customers", account.login);
	struct span url = customer_url(a, account.login);
	val_set(p.data, "url", url);
	val_set(p.data, "login", account.login);
	val_set(p.data, "name", account.name);
	val_set(p.data, "role", panel_role(account.role));
	val_set(p.data, "parent", account.parent);
	val_set_bool(p.data, "is_own", account.account_id == r->actor->account_id);
	val_set_bool(p.data, "may_support",
		account.account_id != r->actor->account_id && r->actor->supporter.len == 0);
	val_set_bool(p.data, "require_second_factor", account.require_second_factor);
	val_set(p.data, "created", format_time(a, account.created_at_us / USEC_PER_SEC));
	pools_add(&p, &account);
	panel_suspension(
		&p, &account.suspension, arena_printf(a, SPAN_FMT "/suspend", SPAN_ARG(url)));
	rc = plan_choices_add(&p, account.plan, err);
	if (rc != RC_OK)
		return rc;
	page_form(&p, NULL, r->method == METHOD_POST ? &r->form : NULL);
	panel_api_call(&p, "PATCH",
		arena_cstr(
			a, arena_printf(a, "/api/v1/accounts/" SPAN_FMT, SPAN_ARG(account.login))),
		"{\"plan\": \"Basic\"}");
	return page_send(&p, out, status);
}

enum rc page_customer(struct req *r, struct reply *out, struct err *err)
{
	return customer_page(r, out, 200, err);
}

static enum rc change(struct req *r, struct reply *out, const struct account_change *c,
	const char *done, struct err *err)
{
	struct account account;

	if (r->form.n_errors > 0)
		return customer_page(r, out, 422, err);
	enum rc rc = account_update(r->services, r->ctx, req_path(r, "login"), c, &account, err);
	if (!(rc == RC_NOT_FOUND && !err->field[0]) && page_add_refusal(r, rc, err))
		return customer_page(r, out, 422, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, customer_url(r->ctx->arena, account.login), done);
	return rc;
}

enum rc page_customer_post(struct req *r, struct reply *out, struct err *err)
{
	struct account_change c = { .set_name = true,
		.name = form_text(&r->form, "name"),
		.set_plan = form_given(&r->form, "plan"),
		.plan = form_text(&r->form, "plan"),
		.set_require_factor = true,
		.require_second_factor = form_bool(&r->form, "require_second_factor", false) };
	return change(r, out, &c, "saved", err);
}

enum rc page_support_post(struct req *r, struct reply *out, struct err *err)
{
	if (r->form.n_errors > 0)
		return customer_page(r, out, 422, err);
	if (!r->session)
		return err_set(err, RC_DENIED, "", "This is for sessions of the panel.");
	enum rc rc = support_begin(r->services, r->ctx, r->session, req_path(r, "login"),
		form_text(&r->form, "reason"), err);
	if (rc != RC_NOT_FOUND && page_add_refusal(r, rc, err))
		return customer_page(r, out, 422, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/"), "support_begun");
	return rc;
}

/* Over already, perhaps since this page was loaded: all the same. */
enum rc page_support_end_post(struct req *r, struct reply *out, struct err *err)
{
	struct span back = SPAN("/");
	enum rc rc = RC_CONFLICT;

	if (r->actor->supporter.len > 0) {
		back = customer_url(r->ctx->arena, r->actor->login);
		rc = support_end(r->services, r->ctx, r->session, err);
	}
	if (rc != RC_OK && rc != RC_CONFLICT)
		return rc;
	page_redirect_done(r, out, back, "support_ended");
	return RC_OK;
}

enum rc page_customer_suspend_post(struct req *r, struct reply *out, struct err *err)
{
	struct account_change c = { .suspension = suspension_of_page(&r->form) };
	return change(r, out, &c, "saved", err);
}

enum rc page_customer_delete_post(struct req *r, struct reply *out, struct err *err)
{
	struct span login = req_path(r, "login");

	if (!span_ieq(span_trim(form_text(&r->form, "confirm")), login)) {
		form_add_error(
			r->ctx, &r->form, SPAN("confirm"), "invalid", words(W_CONFIRM_WRONG));
		return customer_page(r, out, 422, err);
	}
	enum rc rc = account_delete(r->services, r->ctx, login, 0, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/deleted"), "account_deleted");
	return rc;
}
