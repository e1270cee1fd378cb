/* What happened to messages: the list and one message's timeline. */
#include "webui/panel/page_messages.h"

#include "backend/accounts/trace_service.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "webui/panel/panel.h"
#include "webui/view/format.h"

/* Event names to a hue and a word. The last matching row of a message's events is its state. */
static const struct state {
	const char *event, *hue;
	enum words_id words;
} states[] = {
	{ "message.delivered", "ok", W_STATE_DELIVERED },
	{ "message.sent", "ok", W_STATE_DELIVERED },
	{ "message.junked", "wa", W_STATE_JUNK },
	{ "message.submitted", "in", W_STATE_ACCEPTED },
	{ "message.accepted", "in", W_STATE_ACCEPTED },
	{ "message.queued", "in", W_STATE_WAITING },
	{ "message.deferred", "wa", W_STATE_WAITING },
	{ "message.held", "wa", W_STATE_HELD },
	{ "message.bounced", "er", W_STATE_BOUNCED },
	{ "message.failed", "er", W_STATE_BOUNCED },
	{ "message.rejected", "er", W_STATE_REJECTED },
	{ "message.refused", "er", W_STATE_REJECTED },
};

static struct state state_of(struct span event)
{
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		if (span_eq(event, span_of(states[i].event)))
			return states[i];
	}
	return (struct state){ "", "", W_STATE_OTHER };
}

static struct span sender_shown(struct span mail_from)
{
	return mail_from.len > 0 ? mail_from : words(W_SENDER_NONE);
}

void messages_add(struct page *p, const struct trace_rows *rows)
{
	struct arena *a = p->req->ctx->arena;
	int64_t now_s = p->req->ctx->now_us / USEC_PER_SEC;
	struct val *list = val_set_list(p->data, "messages");
	for (size_t i = 0; i < rows->len; i++) {
		const struct trace_row *row = &rows->items[i];
		struct state state = state_of(row->state);
		struct val *item = val_push(list);
		val_set(item, "trace_id", row->trace_id);
		val_set(item, "mail_from", sender_shown(row->mail_from));
		val_set(item, "rcpt", row->rcpt);
		val_set(item, "text", row->text);
		val_set_cstr(item, "hue", state.hue);
		val_set(item, "state", words(state.words));
		val_set(item, "iso", format_iso(a, row->at_us / USEC_PER_SEC));
		val_set(item, "time", format_when(a, row->at_us / USEC_PER_SEC, now_s));
	}
	val_set_bool(p->data, "has_messages", rows->len > 0);
}

/* One box for both: what has a dot after an @ is an address, else an id. */
static struct trace_ask trace_ask_of(const struct req *r)
{
	struct trace_ask ask = { .list = panel_list_ask(r) };
	struct span q = span_trim(ask.list.search);
	ask.list.search = SPAN("");
	bool is_id = q.len > 0 && (q.ptr[0] == '<' || span_find(q, '@') == SPAN_NPOS);
	if (is_id)
		ask.message_id = q;
	else
		ask.address = q;
	return ask;
}

enum rc page_messages(struct req *r, struct reply *out, struct err *err)
{
	struct trace_ask ask = trace_ask_of(r);
	struct trace_rows rows;
	enum rc rc = trace_list(r->services, r->ctx, &ask, &rows, err);
	if (rc != RC_OK)
		return rc;
	struct page p = panel_begin(r, "panel/messages", "messages", words(W_MESSAGES));
	val_set(p.data, "find_hint", words(W_MESSAGES_FIND));
	messages_add(&p, &rows);
	page_pager(&p, rows.next_cursor);
	return page_send(&p, out, 200);
}

/* ------------------------------------------------------------------ one message */

static struct span evidence_text(struct arena *a, const struct cJSON *value)
{
	if (json_kind(value) == JSON_TEXT)
		return json_text(value);
	struct str out = str_in(a, 65536);
	json_write(a, value, &out);
	return str_span(&out);
}

static void evidence_add(struct arena *a, struct val *item, struct span evidence)
{
	struct cJSON *value;
	if (evidence.len == 0 || !json_parse(a, evidence, &value, NULL) || json_len(value) == 0) {
		val_set_bool(item, "evidence", false);
		return;
	}
	struct val *items = val_set_list(val_set_map(item, "evidence"), "items");
	for (const struct cJSON *e = json_first(value); e; e = json_next(e)) {
		struct val *pair = val_push(items);
		val_set(pair, "name", json_name(e));
		val_set(pair, "value", evidence_text(a, e));
	}
}

static void event_add(struct page *p, struct val *list, const struct trace_event *event)
{
	struct arena *a = p->req->ctx->arena;
	struct val *item = val_push(list);
	val_set(item, "text", event->text);
	val_set(item, "rcpt", event->rcpt);
	val_set_cstr(item, "hue", state_of(event->name).hue);
	val_set(item, "iso", format_iso(a, event->at_us / USEC_PER_SEC));
	val_set(item, "time", format_time(a, event->at_us / USEC_PER_SEC));
	evidence_add(a, item, event->evidence);
}

static void recipients_add(struct page *p, const struct trace *trace)
{
	struct val *list = val_set_list(p->data, "rcpts");
	for (size_t i = 0; i < trace->len; i++) {
		bool seen = trace->events[i].rcpt.len == 0;
		for (size_t k = 0; k < i && !seen; k++)
			seen = span_eq(trace->events[k].rcpt, trace->events[i].rcpt);
		if (!seen)
			val_push_text(list, trace->events[i].rcpt);
	}
}

enum rc page_message(struct req *r, struct reply *out, struct err *err)
{
	struct trace trace;
	enum rc rc = trace_get(r->services, r->ctx, req_path(r, "id"), &trace, err);
	if (rc != RC_OK)
		return rc;
	struct page p = panel_begin(r, "panel/message", "messages", words(W_TRACE_TITLE));
	struct val *events = val_set_list(p.data, "events");
	for (size_t i = 0; i < trace.len; i++)
		event_add(&p, events, &trace.events[i]);
	recipients_add(&p, &trace);

	const struct trace_event *last = trace.len > 0 ? &trace.events[trace.len - 1] : NULL;
	struct state state = state_of(last ? last->name : SPAN(""));
	val_set_cstr(p.data, "hue", state.hue);
	val_set(p.data, "state", words(state.words));
	val_set(p.data, "sentence", last ? last->text : SPAN(""));
	val_set(p.data, "mail_from", sender_shown(trace.mail_from));
	val_set(p.data, "trace_id", trace.trace_id);
	val_set(p.data, "short_id", span_sub(trace.trace_id, 0, 8));
	return page_send(&p, out, 200);
}
