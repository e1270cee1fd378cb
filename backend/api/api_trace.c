/* /trace, /audit */
#include "backend/accounts/audit.h"
#include "backend/accounts/trace_service.h"
#include "backend/api/api.h"

enum rc api_trace_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	const struct form *f = &r->query_form;
	struct trace_ask ask = { .list = api_list_ask(r),
		.address = form_text(f, "address"),
		.message_id = form_text(f, "message_id"),
		.state = form_text(f, "state"),
		.direction = form_text(f, "direction"),
		.since_us = form_i64(f, "since", 0),
		.until_us = form_i64(f, "until", 0) };
	struct trace_rows rows;
	enum rc rc = trace_list(r->services, r->ctx, &ask, &rows, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *items = json_array(a);
	for (size_t i = 0; i < rows.len; i++)
		json_push(items, trace_row_json(a, &rows.items[i]));
	api_reply_list(r, out, items, rows.next_cursor);
	return RC_OK;
}

enum rc api_trace_get(struct req *r, struct reply *out, struct err *err)
{
	struct trace trace;
	enum rc rc = trace_get(r->services, r->ctx, req_path(r, "id"), &trace, err);

	if (rc == RC_OK)
		api_reply_object(r, out, trace_json(r->ctx->arena, &trace), 0);
	return rc;
}

enum rc api_audit_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct list_ask ask = api_list_ask(r);
	struct audit_entries entries;
	enum rc rc = audit_list(r->services, r->ctx, &ask, &entries, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *items = json_array(a);
	for (size_t i = 0; i < entries.len; i++)
		json_push(items, audit_json(a, &entries.items[i]));
	api_reply_list(r, out, items, entries.next_cursor);
	return RC_OK;
}
