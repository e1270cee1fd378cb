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
	{ "message.removed", "wa", W_STATE_REMOVED },
	{ "message.cancelled", "wa", W_STATE_CANCELLED },
	{ "message.rejected", "er", W_STATE_REJECTED },
	{ "message.refused", "er", W_STATE_REJECTED },
	{ "recipient.refused", "er", W_STATE_REJECTED },
	{ "message.discarded", "wa", W_STATE_DISCARDED },
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
		val_set(item, "subject", row->subject);
		val_set_cstr(item, "hue", state.hue);
		val_set(item, "state", words(state.words));
		val_set(item, "iso", format_iso(a, row->at_us / USEC_PER_SEC));
		val_set(item, "time", format_when(a, row->at_us / USEC_PER_SEC, now_s));
	}
	val_set_bool(p->data, "has_messages", rows->len > 0);
}

/* ------------------------------------------------------------------ what is asked for */

struct option {
	const char *value;
	enum words_id words;
	int64_t seconds; /* of a time range */
};
static const struct option state_options[] = {
	{ "", W_STATES_ALL, 0 },
	{ "delivered", W_STATE_DELIVERED, 0 },
	{ "junk", W_STATE_JUNK, 0 },
	{ "waiting", W_STATE_WAITING, 0 },
	{ "held", W_STATE_HELD, 0 },
	{ "bounced", W_STATE_BOUNCED, 0 },
	{ "refused", W_STATE_REJECTED, 0 },
	{ "discarded", W_STATE_DISCARDED, 0 },
};
static const struct option direction_options[] = {
	{ "", W_DIRECTIONS_ALL, 0 },
	{ "in", W_DIRECTION_IN, 0 },
	{ "out", W_DIRECTION_OUT, 0 },
};
static const struct option time_options[] = {
	{ "", W_TIMES_ALL, 0 },
	{ "hour", W_TIMES_HOUR, 3600 },
	{ "day", W_TIMES_DAY, 86400 },
	{ "week", W_TIMES_WEEK, 7 * 86400 },
};
#define OPTIONS(list) list, sizeof list / sizeof list[0]

/* What the query says, if it is one of the options; else the first. */
static const struct option *chosen(
	const struct req *r, const char *name, const struct option *list, size_t n)
{
	struct span value = req_query(r, name);

	for (size_t i = 0; i < n; i++) {
		if (span_eq(value, span_of(list[i].value)))
			return &list[i];
	}
	return list;
}

static void options_add(struct page *p, const char *name, const struct option *list, size_t n)
{
	const struct option *now = chosen(p->req, name, list, n);
	struct val *options = val_set_list(p->data, name);

	for (size_t i = 0; i < n; i++) {
		struct val *item = val_push(options);
		val_set_cstr(item, "value", list[i].value);
		val_set(item, "label", words(list[i].words));
		val_set_bool(item, "selected", &list[i] == now);
	}
}

static struct trace_ask trace_ask_of(const struct req *r)
{
	struct trace_ask ask = { .list = panel_list_ask(r) };
	int64_t seconds = chosen(r, "since", OPTIONS(time_options))->seconds;

	ask.find = span_trim(ask.list.search);
	ask.list.search = SPAN("");
	ask.state = span_of(chosen(r, "state", OPTIONS(state_options))->value);
	ask.direction = span_of(chosen(r, "direction", OPTIONS(direction_options))->value);
	if (seconds)
		ask.since_us = r->ctx->now_us - seconds * USEC_PER_SEC;
	return ask;
}

static bool is_narrowed(const struct trace_ask *ask)
{
	return ask->find.len > 0 || ask->state.len > 0 || ask->direction.len > 0 || ask->since_us;
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
	options_add(&p, "state", OPTIONS(state_options));
	options_add(&p, "direction", OPTIONS(direction_options));
	options_add(&p, "since", OPTIONS(time_options));
	val_set_bool(p.data, "narrowed", is_narrowed(&ask));
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
