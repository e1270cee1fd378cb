/* /plans, /deleted */
#include "backend/accounts/deleted_service.h"
#include "backend/accounts/plan_service.h"
#include "backend/api/api.h"

static int64_t limit_of(const struct form *f, const char *name)
{
	return form_i64(f, name, PLAN_NO_LIMIT);
}

static struct plan read_plan(const struct form *f)
{
	return (struct plan){ .name = form_text(f, "name"),
		.max_domains = limit_of(f, "max_domains"),
		.max_mailboxes = limit_of(f, "max_mailboxes"),
		.max_aliases = limit_of(f, "max_aliases"),
		.max_storage_bytes = limit_of(f, "max_storage_bytes"),
		.send_per_hour = limit_of(f, "send_per_hour"),
		.send_per_day = limit_of(f, "send_per_day"),
		.mailbox_quota_bytes = form_i64(f, "mailbox_quota_bytes", 0) };
}

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

enum rc api_plan_create(struct req *r, struct reply *out, struct err *err)
{
	struct plan plan = read_plan(&r->form);
	enum rc rc = plan_create(r->services, r->ctx, &plan, &plan, err);

	if (rc == RC_OK)
		api_reply_created(r, out, plan_json(r->ctx->arena, &plan), "plans",
			arena_printf(r->ctx->arena, "%lld", (long long)plan.plan_id), plan.version);
	return rc;
}

enum rc api_plan_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct list_ask ask = api_list_ask(r);
	struct plans plans;
	enum rc rc = plan_list(r->services, r->ctx, &ask, &plans, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *items = json_array(a);
	for (size_t i = 0; i < plans.len; i++)
		json_push(items, plan_json(a, &plans.items[i]));
	api_reply_list(r, out, items, plans.next_cursor);
	return RC_OK;
}

enum rc api_plan_get(struct req *r, struct reply *out, struct err *err)
{
	struct plan plan;
	int64_t id;

	if (!read_id(r, &id))
		return no_plan(err);
	enum rc rc = plan_get(r->services, r->ctx, id, &plan, err);
	if (rc == RC_OK)
		api_reply_object(r, out, plan_json(r->ctx->arena, &plan), plan.version);
	return rc;
}

enum rc api_plan_update(struct req *r, struct reply *out, struct err *err)
{
	const struct form *f = &r->form;
	struct plan plan;
	struct plan_change change = { .set_name = form_given(f, "name"),
		.set_max_domains = form_given(f, "max_domains"),
		.set_max_mailboxes = form_given(f, "max_mailboxes"),
		.set_max_aliases = form_given(f, "max_aliases"),
		.set_max_storage = form_given(f, "max_storage_bytes"),
		.set_send_per_hour = form_given(f, "send_per_hour"),
		.set_send_per_day = form_given(f, "send_per_day"),
		.set_quota = form_given(f, "mailbox_quota_bytes"),
		.to = read_plan(f) };
	int64_t id;

	if (!read_id(r, &id))
		return no_plan(err);
	enum rc rc = api_if_match(r, &change.version, err);
	if (rc == RC_OK)
		rc = plan_update(r->services, r->ctx, id, &change, &plan, err);
	if (rc == RC_OK)
		api_reply_object(r, out, plan_json(r->ctx->arena, &plan), plan.version);
	return rc;
}

enum rc api_plan_delete(struct req *r, struct reply *out, struct err *err)
{
	int64_t version = 0, id;

	if (!read_id(r, &id))
		return no_plan(err);
	enum rc rc = api_if_match(r, &version, err);
	if (rc == RC_OK)
		rc = plan_delete(r->services, r->ctx, id, version, err);
	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}

enum rc api_deleted_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct list_ask ask = api_list_ask(r);
	struct deleteds list;
	enum rc rc = deleted_list(r->services, r->ctx, &ask, &list, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *items = json_array(a);
	for (size_t i = 0; i < list.len; i++)
		json_push(items, deleted_json(a, &list.items[i]));
	api_reply_list(r, out, items, list.next_cursor);
	return RC_OK;
}
