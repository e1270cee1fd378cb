/* Domains: list, new, one. */
#include "backend/accounts/domain_service.h"
#include "backend/http/suspension_form.h"
#include "mailcore/base/clock.h"
#include "webui/panel/list_view.h"
#include "webui/view/format.h"

const struct field domain_new_fields[] = {
	{ "name", FIELD_TEXT, FIELD_REQUIRED, .max = 253 },
	{ "account", FIELD_TEXT, .max = 254 },
	{ "alias_of", FIELD_TEXT, .max = 253 },
	{ 0 },
};

static void domain_row(struct page *p, struct val *item, const struct domain *d)
{
	val_set(item, "name", d->name);
	val_set(item, "unicode", d->unicode);
	val_set(item, "account", d->account);
	val_set(item, "alias_of", d->alias_of);
	val_set_bool(item, "suspended", suspension_is_on(&d->suspension));
	val_set_i64(item, "mailboxes", d->mailboxes);
	val_set_i64(item, "aliases", d->aliases);
	val_set(item, "size", format_size(p->req->ctx->arena, d->size_bytes));
}

static const struct list_column domains_columns[] = {
	{ W_DOMAIN, "name" },
	{ W_STATE },
	{ W_MAILBOXES, "mailboxes", true },
	{ W_ALIASES, .is_number = true },
	{ W_STORAGE, .is_number = true },
	{ W_CUSTOMER },
};
static const char *const domains_actions[] = { "suspend", "resume", "delete", NULL };
static const struct list_view domains_view = { "domains", domains_columns,
	sizeof domains_columns / sizeof domains_columns[0], domains_actions, true };

static void list_row_add(struct page *p, struct val *rows, const struct domain *d)
{
	struct arena *a = p->req->ctx->arena;
	struct val *row = list_view_row(rows, d->name);
	bool suspended = suspension_is_on(&d->suspension);

	list_view_link(row, d->unicode, arena_printf(a, "/domains/" SPAN_FMT, SPAN_ARG(d->name)),
		d->alias_of.len > 0 ? arena_printf(a, "= " SPAN_FMT, SPAN_ARG(d->alias_of))
				    : SPAN(""));
	list_view_pill(row, suspended ? "wa" : "ok", words(suspended ? W_SUSPENDED : W_ACTIVE));
	list_view_number(
		row, W_MAILBOXES, arena_printf(a, "%lld", (long long)d->mailboxes), SPAN(""));
	list_view_number(row, W_ALIASES, arena_printf(a, "%lld", (long long)d->aliases), SPAN(""));
	list_view_number(row, W_STORAGE, format_size(a, d->size_bytes), SPAN(""));
	list_view_text(row, d->account);
}

enum rc page_domains(struct req *r, struct reply *out, struct err *err)
{
	struct list_ask ask = panel_list_ask(r);
	struct domains domains;
	enum rc rc = domain_list(r->services, r->ctx, &ask, &domains, err);
	if (rc != RC_OK)
		return rc;

	struct page p = panel_begin(r, "panel/domains", "domains", words(W_DOMAINS));
	struct val *rows = list_view_begin(&p, &domains_view, &ask, domains.next_cursor);
	for (size_t i = 0; i < domains.len; i++)
		list_row_add(&p, rows, &domains.items[i]);
	val_set_bool(p.data, "is_empty", domains.len == 0 && panel_is_plain(&ask));
	val_set(p.data, "find_hint", words(W_DOMAINS_FIND));
	return page_send(&p, out, 200);
}

/* ------------------------------------------------------------------ new */

static enum rc new_form(struct req *r, struct reply *out, int status)
{
	struct page p = panel_begin(r, "panel/domain_new", "domains", words(W_DOMAIN_ADD));
	panel_steps(&p, STEP_DOMAIN, SPAN(""));
	page_form(&p, domain_new_fields, r->method == METHOD_POST ? &r->form : NULL);
	panel_api_call(&p, "POST", "/api/v1/domains", "{\"name\": \"example.com\"}");
	return page_send(&p, out, status);
}

enum rc page_domain_new(struct req *r, struct reply *out, struct err *err)
{
	return new_form(r, out, 200);
}

enum rc page_domain_new_post(struct req *r, struct reply *out, struct err *err)
{
	if (r->form.n_errors > 0)
		return new_form(r, out, 422);
	struct domain_new in = { form_text(&r->form, "name"), form_text(&r->form, "account"),
		form_text(&r->form, "alias_of") };
	struct domain domain;
	enum rc rc = domain_create(r->services, r->ctx, &in, &domain, err);
	if (page_add_refusal(r, rc, err))
		return new_form(r, out, 422);
	if (rc != RC_OK)
		return rc;
	reply_redirect(r, out,
		arena_printf(r->ctx->arena, "/domains/" SPAN_FMT "/dns", SPAN_ARG(domain.name)));
	return RC_OK;
}

/* ------------------------------------------------------------------ one */

static enum rc domain_page(struct req *r, struct reply *out, int status, struct err *err)
{
	struct domain domain;
	enum rc rc = domain_get(r->services, r->ctx, req_path(r, "domain"), &domain, err);
	if (rc != RC_OK)
		return rc;
	struct page p = panel_begin(r, "panel/domain", "domains", domain.unicode);
	panel_domain_tabs(&p, domain.name, "domain");
	domain_row(&p, p.data, &domain);
	val_set(p.data, "created", format_time(r->ctx->arena, domain.created_at_us / USEC_PER_SEC));
	panel_suspension(&p, &domain.suspension,
		arena_printf(
			r->ctx->arena, "/domains/" SPAN_FMT "/suspend", SPAN_ARG(domain.name)));
	page_form(&p, NULL, r->method == METHOD_POST ? &r->form : NULL);
	return page_send(&p, out, status);
}

enum rc page_domain(struct req *r, struct reply *out, struct err *err)
{
	return domain_page(r, out, 200, err);
}

enum rc page_domain_suspend_post(struct req *r, struct reply *out, struct err *err)
{
	struct domain_change change = { .suspension = suspension_of_page(&r->form) };
	struct domain domain;

	if (r->form.n_errors > 0)
		return domain_page(r, out, 422, err);
	enum rc rc =
		domain_update(r->services, r->ctx, req_path(r, "domain"), &change, &domain, err);
	if (rc != RC_NOT_FOUND && page_add_refusal(r, rc, err))
		return domain_page(r, out, 422, err);
	if (rc != RC_OK)
		return rc;
	page_redirect_done(r, out,
		arena_printf(r->ctx->arena, "/domains/" SPAN_FMT, SPAN_ARG(domain.name)),
		suspension_is_on(&domain.suspension) ? "domain_suspended" : "domain_resumed");
	return RC_OK;
}

enum rc page_domain_delete_post(struct req *r, struct reply *out, struct err *err)
{
	struct span domain = req_path(r, "domain");
	if (!span_ieq(span_trim(form_text(&r->form, "confirm")), domain)) {
		form_add_error(
			r->ctx, &r->form, SPAN("confirm"), "invalid", words(W_CONFIRM_WRONG));
		return domain_page(r, out, 422, err);
	}
	enum rc rc = domain_delete(r->services, r->ctx, domain, true, 0, err);
	if (rc != RC_NOT_FOUND && page_add_refusal(r, rc, err))
		return domain_page(r, out, 422, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/deleted"), "domain_deleted");
	return rc;
}
