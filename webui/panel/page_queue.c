/* The outbound queue: by destination and reason, then message by message, with what may be done. */
#include "backend/accounts/queue_service.h"
#include "backend/http/params.h"
#include "mailcore/base/clock.h"
#include "webui/panel/panel.h"
#include "webui/view/format.h"

static const char *const queue_actions[] = { "retry", "hold", "release", "remove", NULL };

const struct field queue_fields[] = {
	{ "do", FIELD_CHOICE, FIELD_REQUIRED, .choices = queue_actions },
	{ "id", FIELD_TEXT, .max = 20 },
	{ "destination", FIELD_TEXT, .max = 255 },
	{ "state", FIELD_TEXT, .max = 10 },
	{ "reason", FIELD_TEXT, .max = 600 },
	{ 0 },
};

static struct span reason_shown(struct span state, struct span reason)
{
	static const struct {
		const char *reason;
		enum words_id words;
	} holds[] = {
		{ "mailbox_hour", W_HOLD_MAILBOX_HOUR },
		{ "mailbox_day", W_HOLD_MAILBOX_DAY },
		{ "domain_hour", W_HOLD_DOMAIN },
		{ "domain_day", W_HOLD_DOMAIN },
		{ "account_hour", W_HOLD_ACCOUNT },
		{ "account_day", W_HOLD_ACCOUNT },
		{ "hold_out", W_HOLD_SWITCH },
		{ "manual", W_HOLD_MANUAL },
	};
	if (!span_eq(state, SPAN("held")))
		return reason.len > 0 ? reason : words(W_QUEUE_FIRST);
	for (size_t i = 0; i < sizeof holds / sizeof holds[0]; i++) {
		if (span_eq(reason, span_of(holds[i].reason)))
			return words(holds[i].words);
	}
	return words(W_HOLD_MANUAL);
}

static void add_state(struct val *item, struct span state)
{
	bool held = span_eq(state, SPAN("held")), sending = span_eq(state, SPAN("sending"));

	val_set(item, "state", state);
	val_set_cstr(item, "hue", held ? "wa" : "in");
	val_set(item, "state_words",
		words(held                ? W_STATE_HELD
				: sending ? W_STATE_SENDING
					  : W_STATE_WAITING));
	val_set_bool(item, "is_held", held);
	val_set_bool(item, "is_waiting", !held && !sending);
}

static void add_time(
	struct page *p, struct val *item, const char *iso, const char *shown, int64_t s)
{
	struct arena *a = p->req->ctx->arena;

	val_set(item, iso, format_iso(a, s));
	val_set(item, shown, format_when(a, s, p->req->ctx->now_us / USEC_PER_SEC));
}

/* ------------------------------------------------------------------ groups */

static void group_add(struct page *p, struct val *list, const struct queue_group *g)
{
	struct val *item = val_push(list);

	val_set(item, "destination", g->destination);
	val_set(item, "reason", g->reason);
	val_set(item, "reason_words", reason_shown(g->state, g->reason));
	val_set(item, "count", arena_printf(p->req->ctx->arena, "%lld", (long long)g->jobs));
	add_state(item, g->state);
	add_time(p, item, "iso", "since", g->oldest_at_us / USEC_PER_SEC);
	struct str url = str_in(p->req->ctx->arena, 4096);
	str_add_cstr(&url, "/queue?destination=");
	percent_encode(&url, g->destination);
	str_add_cstr(&url, "&state=");
	percent_encode(&url, g->state);
	str_add_cstr(&url, "&reason=");
	percent_encode(&url, g->reason);
	val_set(item, "url", str_span(&url));
}

static enum rc add_groups(struct page *p, struct err *err)
{
	struct req *r = p->req;
	struct queue_groups groups;

	enum rc rc = queue_group_list(r->services, r->ctx, SPAN(""), &groups, err);
	if (rc != RC_OK)
		return rc;
	struct val *list = val_set_list(p->data, "groups");
	for (size_t i = 0; i < groups.len; i++)
		group_add(p, list, &groups.items[i]);
	val_set_bool(p->data, "is_empty", groups.len == 0);
	return RC_OK;
}

/* ------------------------------------------------------------------ messages of one */

static void item_add(struct page *p, struct val *list, const struct queue_item *q)
{
	struct arena *a = p->req->ctx->arena;
	const struct job *j = &q->job;
	struct val *item = val_push(list);
	struct str trace = str_in(a, 64);
	bool held = span_eq(j->state, SPAN("held"));

	uuid_add(&trace, j->trace_id);
	val_set(item, "id", arena_printf(a, "%lld", (long long)j->job_id));
	val_set(item, "trace_id", str_span(&trace));
	val_set(item, "mail_from", j->mail_from.len > 0 ? j->mail_from : words(W_SENDER_NONE));
	val_set(item, "rcpt", j->rcpt);
	val_set(item, "reason_words",
		reason_shown(j->state, held ? j->hold_reason : j->last_reply));
	val_set(item, "attempts", arena_printf(a, "%d", j->attempts));
	add_state(item, j->state);
	add_time(p, item, "iso", "time", j->created_at_s);
	add_time(p, item, "next_iso", "next", j->next_at_s);
}

static struct queue_ask ask_of_query(const struct req *r)
{
	return (struct queue_ask){ .list = panel_list_ask(r),
		.destination = req_query(r, "destination"),
		.state = req_query(r, "state"),
		.by_reason = true,
		.reason = req_query(r, "reason") };
}

static enum rc add_items(struct page *p, struct err *err)
{
	struct req *r = p->req;
	struct queue_ask ask = ask_of_query(r);
	struct queue_items items;

	ask.list.search = SPAN("");
	enum rc rc = queue_list(r->services, r->ctx, &ask, &items, err);
	if (rc != RC_OK)
		return rc;
	struct val *list = val_set_list(p->data, "items");
	for (size_t i = 0; i < items.len; i++)
		item_add(p, list, &items.items[i]);
	val_set(p->data, "destination", ask.destination);
	val_set(p->data, "reason_words", reason_shown(ask.state, ask.reason));
	val_set_bool(p->data, "is_empty", items.len == 0);
	page_pager(p, items.next_cursor);
	return RC_OK;
}

enum rc page_queue(struct req *r, struct reply *out, struct err *err)
{
	bool one = req_query(r, "destination").len > 0;
	struct page p =
		panel_begin(r, one ? "panel/queue_items" : "panel/queue", "queue", words(W_QUEUE));

	enum rc rc = one ? add_items(&p, err) : add_groups(&p, err);
	if (rc != RC_OK)
		return rc;
	panel_api_call(&p, "GET", "/api/v1/queue", NULL);
	return page_send(&p, out, 200);
}

/* ------------------------------------------------------------------ actions */

static enum queue_action action_of(struct span text)
{
	for (int i = QUEUE_RETRY; i < QUEUE_REMOVE; i++) {
		if (span_eq(text, span_of(queue_actions[i])))
			return (enum queue_action)i;
	}
	return QUEUE_REMOVE;
}

enum rc page_queue_post(struct req *r, struct reply *out, struct err *err)
{
	const struct form *f = &r->form;
	enum queue_action action = action_of(form_text(f, "do"));
	struct queue_ask ask = { .destination = form_text(f, "destination"),
		.state = form_text(f, "state"),
		.by_reason = true,
		.reason = form_text(f, "reason") };
	struct queue_item item;
	size_t done;
	enum rc rc;

	if (f->n_errors > 0)
		return err_set(err, RC_INVALID, "do", "Nothing that can be done.");
	if (form_text(f, "id").len > 0)
		rc = queue_act(r->services, r->ctx, form_text(f, "id"), action, &item, err);
	else if (ask.destination.len > 0)
		rc = queue_act_all(r->services, r->ctx, &ask, action, &done, err);
	else
		return err_set(err, RC_INVALID, "id", "Choose a message first.");
	/* Gone, or on its way: the list says so. */
	if (rc == RC_OK || rc == RC_NOT_FOUND || rc == RC_CONFLICT) {
		page_redirect_done(
			r, out, SPAN("/queue"), rc == RC_OK ? "queue_changed" : "queue_too_late");
		return RC_OK;
	}
	return rc;
}
