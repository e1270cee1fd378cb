/* Plans: list, new, one. Numbers are typed; an empty one is no limit. */
#include "backend/accounts/plan_service.h"
#include "webui/panel/panel.h"
#include "webui/view/format.h"

#define GIGABYTE 1000000000LL
#define MEGABYTE 1000000LL

const struct field plan_fields[] = {
	{ "name", FIELD_TEXT, FIELD_REQUIRED, .max = 100 },
	{ "max_domains", FIELD_INT, .max = 1000000000 },
	{ "max_mailboxes", FIELD_INT, .max = 1000000000 },
	{ "max_aliases", FIELD_INT, .max = 1000000000 },
	{ "storage_gb", FIELD_INT, .max = 1000000 },
	{ "quota_mb", FIELD_INT, .max = 1000000000 },
	{ "send_per_hour", FIELD_INT, .max = 1000000000 },
	{ "send_per_day", FIELD_INT, .max = 1000000000 },
	{ 0 },
};

static struct span limit_text(struct arena *a, int64_t limit, int64_t unit)
{
	return limit < 0 ? SPAN("") : arena_printf(a, "%lld", (long long)(limit / unit));
}

static void limit_add(struct val *item, const char *name, int64_t limit)
{
	val_set(item, name,
		limit < 0 ? words(W_UNLIMITED)
			  : arena_printf(item->arena, "%lld", (long long)limit));
}

static enum rc list_page(struct req *r, struct reply *out, int status, struct err *err)
{
	struct list_ask ask = panel_list_ask(r);
	struct plans plans;
	struct arena *a = r->ctx->arena;
	enum rc rc = plan_list(r->services, r->ctx, &ask, &plans, err);
	if (rc != RC_OK)
		return rc;

	struct page p = panel_begin(r, "panel/plans", "plans", words(W_PLANS));
	struct val *list = val_set_list(p.data, "plans");
	for (size_t i = 0; i < plans.len; i++) {
		const struct plan *plan = &plans.items[i];
		struct val *item = val_push(list);
		val_set_i64(item, "id", plan->plan_id);
		val_set(item, "name", plan->name);
		val_set(item, "account", plan->account);
		limit_add(item, "domains", plan->max_domains);
		limit_add(item, "mailboxes", plan->max_mailboxes);
		val_set(item, "storage",
			plan->max_storage_bytes < 0 ? words(W_UNLIMITED)
						    : format_size(a, plan->max_storage_bytes));
		val_set_i64(item, "accounts", plan->accounts);
	}
	val_set_bool(p.data, "is_empty", plans.len == 0);
	page_form(&p, plan_fields, r->method == METHOD_POST ? &r->form : NULL);
	panel_api_call(&p, "POST", "/api/v1/plans",
		"{\"name\": \"Basic\", \"max_domains\": 5, \"max_mailboxes\": 50}");
	page_pager(&p, plans.next_cursor);
	return page_send(&p, out, status);
}

enum rc page_plans(struct req *r, struct reply *out, struct err *err)
{
	return list_page(r, out, 200, err);
}

static int64_t limit_of(const struct form *f, const char *name, int64_t unit)
{
	int64_t n = form_i64(f, name, PLAN_NO_LIMIT);

	return n < 0 ? PLAN_NO_LIMIT : n * unit;
}

static struct plan read_plan(const struct form *f)
{
	return (struct plan){ .name = form_text(f, "name"),
		.max_domains = limit_of(f, "max_domains", 1),
		.max_mailboxes = limit_of(f, "max_mailboxes", 1),
		.max_aliases = limit_of(f, "max_aliases", 1),
		.max_storage_bytes = limit_of(f, "storage_gb", GIGABYTE),
		.send_per_hour = limit_of(f, "send_per_hour", 1),
		.send_per_day = limit_of(f, "send_per_day", 1),
		.mailbox_quota_bytes = form_i64(f, "quota_mb", 0) * MEGABYTE };
}

/* The service's names for two figures that are typed in other units. */
static bool refused(struct req *r, enum rc rc, struct err *err)
{
	if (rc != RC_OK && strcmp(err->field, "mailbox_quota_bytes") == 0)
		(void)err_set(err, rc, "quota_mb", "%s", arena_strdup(r->ctx->arena, err->text));
	else if (rc != RC_OK && strcmp(err->field, "max_storage_bytes") == 0)
		(void)err_set(err, rc, "storage_gb", "%s", arena_strdup(r->ctx->arena, err->text));
	return page_add_refusal(r, rc, err);
}

enum rc page_plans_post(struct req *r, struct reply *out, struct err *err)
{
	struct plan plan = read_plan(&r->form);

	if (r->form.n_errors > 0)
		return list_page(r, out, 422, err);
	enum rc rc = plan_create(r->services, r->ctx, &plan, &plan, err);
	if (refused(r, rc, err))
		return list_page(r, out, 422, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/plans"), "plan_created");
	return rc;
}

/* ------------------------------------------------------------------ one */

static bool read_id(const struct req *r, int64_t *out)
{
	uint64_t id;

	if (!span_u64(req_path(r, "id"), INT64_MAX, &id))
		return false;
	*out = (int64_t)id;
	return true;
}

static enum rc no_plan(struct err *err)
{
	return err_set(err, RC_NOT_FOUND, "", "There is no such plan.");
}

static void values_add(struct page *p, const struct plan *plan)
{
	struct arena *a = p->req->ctx->arena;
	struct val *v = val_set_map(p->data, "plan");

	val_set_i64(v, "id", plan->plan_id);
	val_set(v, "name", plan->name);
	val_set(v, "max_domains", limit_text(a, plan->max_domains, 1));
	val_set(v, "max_mailboxes", limit_text(a, plan->max_mailboxes, 1));
	val_set(v, "max_aliases", limit_text(a, plan->max_aliases, 1));
	val_set(v, "storage_gb", limit_text(a, plan->max_storage_bytes, GIGABYTE));
	val_set(v, "quota_mb",
		plan->mailbox_quota_bytes ? limit_text(a, plan->mailbox_quota_bytes, MEGABYTE)
					  : SPAN(""));
	val_set(v, "send_per_hour", limit_text(a, plan->send_per_hour, 1));
	val_set(v, "send_per_day", limit_text(a, plan->send_per_day, 1));
	val_set_i64(v, "accounts", plan->accounts);
	val_set_bool(v, "is_unused", plan->accounts == 0);
}

static enum rc plan_page(struct req *r, struct reply *out, int status, struct err *err)
{
	struct plan plan;
	int64_t id;

	if (!read_id(r, &id))
		return no_plan(err);
	enum rc rc = plan_get(r->services, r->ctx, id, &plan, err);
	if (rc != RC_OK)
		return rc;
	struct page p = panel_begin(r, "panel/plan", "plans", plan.name);
	values_add(&p, &plan);
	page_form(&p, NULL, r->method == METHOD_POST ? &r->form : NULL);
	return page_send(&p, out, status);
}

enum rc page_plan(struct req *r, struct reply *out, struct err *err)
{
	return plan_page(r, out, 200, err);
}

enum rc page_plan_post(struct req *r, struct reply *out, struct err *err)
{
	struct plan plan;
	struct plan_change change = { .set_name = true,
		.set_max_domains = true,
		.set_max_mailboxes = true,
		.set_max_aliases = true,
		.set_max_storage = true,
		.set_send_per_hour = true,
		.set_send_per_day = true,
		.set_quota = true,
		.to = read_plan(&r->form) };
	int64_t id;

	if (!read_id(r, &id))
		return no_plan(err);
	if (r->form.n_errors > 0)
		return plan_page(r, out, 422, err);
	enum rc rc = plan_update(r->services, r->ctx, id, &change, &plan, err);
	if (rc != RC_NOT_FOUND && refused(r, rc, err))
		return plan_page(r, out, 422, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/plans"), "saved");
	return rc;
}

enum rc page_plan_delete_post(struct req *r, struct reply *out, struct err *err)
{
	int64_t id;

	if (!read_id(r, &id))
		return no_plan(err);
	enum rc rc = plan_delete(r->services, r->ctx, id, 0, err);
	if (rc == RC_CONFLICT && page_add_refusal(r, rc, err))
		return plan_page(r, out, 422, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/plans"), "plan_deleted");
	return rc;
}
