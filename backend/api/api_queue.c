/* /queue */
#include "backend/accounts/queue_pause.h"
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

enum rc api_queue_senders(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct queue_senders senders;
	enum rc rc = queue_sender_list(r->services, r->ctx, &senders, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *list = json_array(a);
	for (size_t i = 0; i < senders.len; i++)
		json_push(list, queue_sender_json(a, &senders.items[i]));
	api_reply_list(r, out, list, SPAN(""));
	return RC_OK;
}

/* Nothing chosen would mean everything: somebody has forgotten something. */
enum rc api_queue_act(struct req *r, struct reply *out, struct err *err)
{
	static const char *const verbs[] = { "retry", "hold", "release", "remove" };
	const struct form *f = &r->form;
	struct queue_ask ask = { .destination = form_text(f, "destination"),
		.sender = form_text(f, "sender"),
		.state = form_text(f, "state"),
		.note = form_text(f, "note") };
	enum queue_action action = QUEUE_RETRY;
	size_t done = 0;

	if (ask.destination.len + ask.sender.len + ask.state.len == 0)
		return err_set(
			err, RC_INVALID, "destination", "Choose by destination, sender or state.");
	while (!span_eq(form_text(f, "do"), span_of(verbs[action])))
		action++;
	enum rc rc = queue_act_all(r->services, r->ctx, &ask, action, &done, err);
	if (rc == RC_OK)
		api_reply_object(r, out, queue_done_json(r->ctx->arena, done), 0);
	return rc;
}

/* ------------------------------------------------------------------------ pauses */

enum rc api_queue_pause_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct queue_pauses pauses;
	enum rc rc = queue_pause_list(r->services, r->ctx, &pauses, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *list = json_array(a);
	for (size_t i = 0; i < pauses.len; i++)
		json_push(list, queue_pause_json(a, &pauses.items[i]));
	api_reply_list(r, out, list, SPAN(""));
	return RC_OK;
}

enum rc api_queue_pause_set(struct req *r, struct reply *out, struct err *err)
{
	struct queue_pause made,
		in = { .value = form_text(&r->form, "value"),
			.reason = form_text(&r->form, "reason") };

	(void)pause_kind_parse(form_text(&r->form, "kind"), &in.kind); /* a choice of the field's */
	enum rc rc = queue_pause_set(r->services, r->ctx, &in, &made, err);
	if (rc == RC_OK)
		api_reply_object(r, out, queue_pause_json(r->ctx->arena, &made), 0);
	return rc;
}

enum rc api_queue_pause_end(struct req *r, struct reply *out, struct err *err)
{
	enum pause_kind kind;

	if (!pause_kind_parse(req_path(r, "kind"), &kind))
		return err_set(err, RC_NOT_FOUND, "", "There is no such pause.");
	enum rc rc = queue_pause_end(r->services, r->ctx, kind, req_path(r, "value"), err);
	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}
