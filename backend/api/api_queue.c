/* /queue */
#include "backend/accounts/queue_service.h"
#include "backend/api/api.h"

enum rc api_queue_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	const struct form *f = &r->query_form;
	const struct field_value *reason = form_get(f, "reason");
	struct queue_ask ask = { .list = api_list_ask(r),
		.destination = form_text(f, "destination"),
		.state = form_text(f, "state"),
		.address = form_text(f, "address"),
		.by_reason = reason && reason->given,
		.reason = form_text(f, "reason") };
	struct queue_items items;
	enum rc rc = queue_list(r->services, r->ctx, &ask, &items, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *list = json_array(a);
	for (size_t i = 0; i < items.len; i++)
		json_push(list, queue_item_json(a, &items.items[i]));
	api_reply_list(r, out, list, items.next_cursor);
	return RC_OK;
}

enum rc api_queue_groups(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct queue_groups groups;
	enum rc rc = queue_group_list(
		r->services, r->ctx, form_text(&r->query_form, "domain"), &groups, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *list = json_array(a);
	for (size_t i = 0; i < groups.len; i++)
		json_push(list, queue_group_json(a, &groups.items[i]));
	api_reply_list(r, out, list, SPAN(""));
	return RC_OK;
}

enum rc api_queue_get(struct req *r, struct reply *out, struct err *err)
{
	struct queue_item item;
	enum rc rc = queue_get(r->services, r->ctx, req_path(r, "id"), &item, err);

	if (rc == RC_OK)
		api_reply_object(r, out, queue_item_json(r->ctx->arena, &item), 0);
	return rc;
}

static enum rc act(struct req *r, enum queue_action action, struct reply *out, struct err *err)
{
	struct queue_item item;
	enum rc rc = queue_act(r->services, r->ctx, req_path(r, "id"), action, &item, err);

	if (rc == RC_OK)
		api_reply_object(r, out, queue_item_json(r->ctx->arena, &item), 0);
	return rc;
}

enum rc api_queue_retry(struct req *r, struct reply *out, struct err *err)
{
	return act(r, QUEUE_RETRY, out, err);
}

enum rc api_queue_hold(struct req *r, struct reply *out, struct err *err)
{
	return act(r, QUEUE_HOLD, out, err);
}

enum rc api_queue_release(struct req *r, struct reply *out, struct err *err)
{
	return act(r, QUEUE_RELEASE, out, err);
}

enum rc api_queue_remove(struct req *r, struct reply *out, struct err *err)
{
	struct queue_item item;
	enum rc rc = queue_act(r->services, r->ctx, req_path(r, "id"), QUEUE_REMOVE, &item, err);

	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}
