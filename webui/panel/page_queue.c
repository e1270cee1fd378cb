/* The outbound queue: by destination and reason, then message by message, with what may be done. */
#include "backend/accounts/queue_pause.h"
#include "backend/accounts/queue_service.h"
#include "backend/http/params.h"
#include "mailcore/base/clock.h"
#include "webui/panel/panel.h"
#include "webui/view/format.h"

static const char *const queue_actions[] = { "retry", "hold", "release", "remove", "pause",
	"resume", NULL };

const struct field queue_fields[] = {
	{ "do", FIELD_CHOICE, FIELD_REQUIRED, .choices = queue_actions },
	{ "id", FIELD_TEXT, .max = 20 },
	{ "destination", FIELD_TEXT, .max = 255 },
	{ "sender", FIELD_TEXT, .max = 320 },
	{ "value", FIELD_TEXT, .max = 320 }, /* either, to be paused */
	{ "all", FIELD_TEXT, .max = 1 },     /* whatever the reason */
	{ "note", FIELD_TEXT, .max = 200 },
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
		{ "paused", W_HOLD_PAUSED },
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

/* What waits for its time inside this server has a name of its own. */
static struct span destination_shown(struct span destination)
{
	return span_starts(destination, SPAN(":")) ? words(W_QUEUE_HERE) : destination;
}

/* ------------------------------------------------------------------ by destination */

static struct span group_url(struct arena *a, const struct queue_group *g)
{
	struct str url = str_in(a, 4096);

	str_add_cstr(&url, "/queue?destination=");
	percent_encode(&url, g->destination);
	str_add_cstr(&url, "&state=");
	percent_encode(&url, g->state);
	str_add_cstr(&url, "&reason=");
	percent_encode(&url, g->reason);
	return str_span(&url);
}

/* The newest attempt's words say more than the remote's; those stand below them. */
static void reason_add(struct page *p, struct val *list, const struct queue_group *g)
{
	struct val *item = val_push(list);
	bool explained = g->words.len > 0;

	val_set(item, "destination", g->destination);
	val_set(item, "reason", g->reason);
	val_set(item, "reason_words", explained ? g->words : reason_shown(g->state, g->reason));
	val_set(item, "reply", explained ? g->reason : SPAN(""));
	val_set(item, "count", arena_printf(p->req->ctx->arena, "%lld", (long long)g->jobs));
	add_state(item, g->state);
	add_time(p, item, "iso", "since", g->oldest_at_us / USEC_PER_SEC);
	val_set(item, "url", group_url(p->req->ctx->arena, g));
}

struct totals {
	int64_t waiting, held;
};

static void totals_add(struct totals *t, const struct queue_group *g)
{
	bool held = span_eq(g->state, SPAN("held"));

	t->held += held ? g->jobs : 0;
	t->waiting += held ? 0 : g->jobs;
}

static void totals_show(struct page *p, const struct totals *t, size_t paused)
{
	struct arena *a = p->req->ctx->arena;

	val_set(p->data, "n_waiting",
		words_count(a, W_QUEUE_N_WAITING_ONE, W_QUEUE_N_WAITING_OTHER, t->waiting));
	val_set(p->data, "n_held",
		t->held > 0 ? words_count(a, W_QUEUE_N_HELD_ONE, W_QUEUE_N_HELD_OTHER, t->held)
			    : SPAN(""));
	val_set(p->data, "n_paused",
		paused > 0 ? words_count(a, W_QUEUE_N_PAUSED_ONE, W_QUEUE_N_PAUSED_OTHER,
				     (int64_t)paused)
			   : SPAN(""));
}

/* Groups come sorted by their size; those of one destination are put together. */
static void destination_add(
	struct page *p, struct val *list, const struct queue_groups *groups, size_t first)
{
	const struct queue_group *g = &groups->items[first];
	struct val *item = val_push(list), *reasons = val_set_list(item, "reasons");
	bool here = span_starts(g->destination, SPAN(":"));
	int64_t n = 0;

	for (size_t i = first; i < groups->len; i++) {
		if (!span_eq(groups->items[i].destination, g->destination))
			continue;
		reason_add(p, reasons, &groups->items[i]);
		n += groups->items[i].jobs;
	}
	val_set(item, "destination", g->destination);
	val_set(item, "name", destination_shown(g->destination));
	val_set(item, "total", arena_printf(p->req->ctx->arena, "%lld", (long long)n));
	val_set_bool(item, "paused", g->paused);
	val_set_bool(item, "can_pause", !g->paused && !here && p->req->actor->role == ROLE_ADMIN);
	val_set_bool(item, "can_resume", g->paused && p->req->actor->role == ROLE_ADMIN);
}

static bool is_first(const struct queue_groups *groups, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (span_eq(groups->items[k].destination, groups->items[i].destination))
			return false;
	}
	return true;
}

static enum rc add_destinations(struct page *p, struct totals *totals, struct err *err)
{
	struct req *r = p->req;
	struct queue_groups groups;

	enum rc rc = queue_group_list(r->services, r->ctx, SPAN(""), &groups, err);
	if (rc != RC_OK)
		return rc;
	struct val *list = val_set_list(p->data, "destinations");
	for (size_t i = 0; i < groups.len; i++) {
		totals_add(totals, &groups.items[i]);
		if (is_first(&groups, i))
			destination_add(p, list, &groups, i);
	}
	val_set_bool(p->data, "is_empty", groups.len == 0);
	return RC_OK;
}

/* ------------------------------------------------------------------ by sender, and pauses */

static enum rc add_senders(struct page *p, struct err *err)
{
	struct req *r = p->req;
	struct arena *a = r->ctx->arena;
	struct queue_senders senders;

	enum rc rc = queue_sender_list(r->services, r->ctx, &senders, err);
	if (rc != RC_OK)
		return rc;
	struct val *list = val_set_list(p->data, "senders");
	for (size_t i = 0; i < senders.len; i++) {
		const struct queue_sender *s = &senders.items[i];
		struct val *item = val_push(list);
		val_set(item, "sender", s->address);
		val_set(item, "total", arena_printf(a, "%lld", (long long)s->jobs));
		val_set(item, "held",
			s->held > 0 ? arena_printf(a, "%lld", (long long)s->held) : SPAN(""));
		val_set_bool(item, "paused", s->paused);
		add_time(p, item, "iso", "since", s->oldest_at_us / USEC_PER_SEC);
	}
	val_set_bool(p->data, "has_senders", senders.len > 0);
	return RC_OK;
}

static enum rc add_pauses(struct page *p, size_t *out_n, struct err *err)
{
	struct req *r = p->req;
	struct queue_pauses pauses;

	enum rc rc = queue_pause_list(r->services, r->ctx, &pauses, err);
	if (rc != RC_OK)
		return rc;
	struct val *list = val_set_list(p->data, "pauses");
	for (size_t i = 0; i < pauses.len; i++) {
		const struct queue_pause *q = &pauses.items[i];
		struct val *item = val_push(list);
		bool sender = q->kind == PAUSE_SENDER;
		val_set(item, "value", q->value);
		val_set(item, "reason", q->reason);
		val_set(item, "paused_by", q->paused_by);
		val_set_bool(item, "is_sender", sender);
		val_set_bool(item, "can_resume", sender || r->actor->role == ROLE_ADMIN);
		add_time(p, item, "iso", "since", q->paused_at_us / USEC_PER_SEC);
	}
	val_set_bool(p->data, "has_pauses", pauses.len > 0);
	*out_n = pauses.len;
	return RC_OK;
}

static enum rc add_groups(struct page *p, struct err *err)
{
	struct totals totals = { 0 };
	size_t n_pauses = 0;

	enum rc rc = add_destinations(p, &totals, err);
	if (rc == RC_OK)
		rc = add_senders(p, err);
	if (rc == RC_OK)
		rc = add_pauses(p, &n_pauses, err);
	if (rc == RC_OK)
		totals_show(p, &totals, n_pauses);
	return rc;
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
	val_set(p->data, "destination", destination_shown(ask.destination));
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

static enum rc pause_or_resume(struct req *r, bool pause, struct err *err)
{
	struct span sender = form_text(&r->form, "sender"),
		    typed = span_trim(form_text(&r->form, "value"));
	if (span_find(typed, '@') != SPAN_NPOS)
		sender = typed;
	struct queue_pause made,
		in = { .kind = sender.len > 0 ? PAUSE_SENDER : PAUSE_DESTINATION,
			.value = sender.len > 0 ? sender
				: typed.len > 0 ? typed
						: form_text(&r->form, "destination"),
			.reason = form_text(&r->form, "note") };

	if (pause)
		return queue_pause_set(r->services, r->ctx, &in, &made, err);
	return queue_pause_end(r->services, r->ctx, in.kind, in.value, err);
}

static enum rc act(struct req *r, struct span what, struct err *err)
{
	const struct form *f = &r->form;
	enum queue_action action = action_of(what);
	struct queue_ask ask = { .destination = form_text(f, "destination"),
		.sender = form_text(f, "sender"),
		.state = form_text(f, "state"),
		.by_reason = form_text(f, "all").len == 0,
		.reason = form_text(f, "reason"),
		.note = form_text(f, "note") };
	struct queue_item item;
	size_t done;

	if (form_text(f, "id").len > 0)
		return queue_act(r->services, r->ctx, form_text(f, "id"), action, &item, err);
	if (ask.destination.len + ask.sender.len == 0)
		return err_set(err, RC_INVALID, "id", "Choose a message first.");
	return queue_act_all(r->services, r->ctx, &ask, action, &done, err);
}

enum rc page_queue_post(struct req *r, struct reply *out, struct err *err)
{
	struct span what = form_text(&r->form, "do");
	const char *done = "queue_changed";
	enum rc rc;

	if (r->form.n_errors > 0)
		return err_set(err, RC_INVALID, "do", "Nothing that can be done.");
	if (span_eq(what, SPAN("pause")) || span_eq(what, SPAN("resume"))) {
		bool pause = span_eq(what, SPAN("pause"));
		rc = pause_or_resume(r, pause, err);
		done = pause ? "queue_paused" : "queue_resumed";
	} else {
		rc = act(r, what, err);
	}
	/* Gone, or on its way: the list says so. */
	if (rc == RC_OK || rc == RC_NOT_FOUND || rc == RC_CONFLICT) {
		page_redirect_done(r, out, SPAN("/queue"), rc == RC_OK ? done : "queue_too_late");
		return RC_OK;
	}
	return rc;
}
