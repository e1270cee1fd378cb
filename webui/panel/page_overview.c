/* The overview: what needs attention, the first steps, domains and recent messages. */
#include "backend/accounts/attention_service.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/figure_service.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/queue_service.h"
#include "webui/panel/page_messages.h"
#include "webui/panel/panel.h"
#include "webui/view/format.h"
#include "webui/view/html.h"

#define OVERVIEW_DOMAINS  12
#define OVERVIEW_MESSAGES 8
#define FULL_PERCENT      90

static void attention_push(
	struct page *p, struct val *items, enum words_id id, struct span name, struct span url)
{
	struct val *item = val_push(items);
	struct words_arg arg = { "name", name };
	val_set(item, "text", words_fill(p->req->ctx->arena, id, &arg, 1));
	val_set(item, "url", url);
	val_set(item, "action", words(W_OPEN));
}

static void holds_add(struct page *p, struct val *items, const struct queue_holds *holds)
{
	struct arena *a = p->req->ctx->arena;

	for (size_t i = 0; i < holds->len; i++) {
		const struct queue_hold *h = &holds->items[i];
		struct words_arg args[] = { { "name", h->address },
			{ "count", arena_printf(a, "%lld", (long long)h->jobs) } };
		struct val *item = val_push(items);
		val_set(item, "text", words_fill(a, W_ATTENTION_HELD, args, 2));
		val_set(item, "url", SPAN("/queue"));
		val_set(item, "action", words(W_OPEN));
	}
}

static void pressing_push(struct page *p, struct val *items, const struct attention *what)
{
	static const enum words_id texts[] = { [ATTENTION_DNS] = W_ATTENTION_DNS,
		[ATTENTION_STUCK] = W_ATTENTION_STUCK,
		[ATTENTION_LOGINS] = W_ATTENTION_LOGINS };
	struct arena *a = p->req->ctx->arena;
	struct words_arg args[] = { { "name", what->name },
		{ "count", arena_printf(a, "%lld", (long long)what->count) } };
	struct val *item = val_push(items);
	struct str url = str_in(a, 2048);

	if (what->kind == ATTENTION_STUCK)
		str_add_cstr(&url, "/queue");
	else if (what->kind == ATTENTION_DNS)
		str_add_cstr(&url, "/domains/");
	else
		str_add_cstr(&url, "/statistics?period=24h&domain=");
	if (what->kind != ATTENTION_STUCK)
		url_add_component(&url, what->name);
	if (what->kind == ATTENTION_DNS)
		str_add_cstr(&url, "/dns");
	val_set(item, "text", words_fill(a, texts[what->kind], args, 2));
	val_set(item, "url", str_span(&url));
	val_set(item, "action", words(W_OPEN));
}

/* The day's figures, and what they and DNS say. */
static enum rc day_add(struct page *p, struct val *items, struct err *err)
{
	struct req *r = p->req;
	struct figure_ask ask = { .domain = SPAN("") };
	struct figure_series day;
	struct attention *pressing;
	size_t n = 0;

	figure_ask_last(r->ctx, 24, 1, &ask);
	enum rc rc = figure_get(r->services, r->ctx, &ask, &day, err);
	if (rc == RC_OK)
		rc = attention_list(r->services, r->ctx, &pressing, &n, err);
	if (rc != RC_OK)
		return rc;
	panel_figures(val_set_map(p->data, "sums"), day.sums);
	for (size_t i = 0; i < n; i++)
		pressing_push(p, items, &pressing[i]);
	return RC_OK;
}

static enum rc attention_add(struct page *p, const struct domains *domains,
	const struct mailboxes *mailboxes, const struct queue_holds *holds, struct err *err)
{
	struct arena *a = p->req->ctx->arena;
	struct val *items = val_set_list(p->data, "attention");
	enum rc rc = day_add(p, items, err);
	if (rc != RC_OK)
		return rc;
	holds_add(p, items, holds);
	for (size_t i = 0; i < domains->len; i++) {
		const struct domain *d = &domains->items[i];
		struct span url = arena_printf(a, "/domains/" SPAN_FMT, SPAN_ARG(d->name));
		if (suspension_is_on(&d->suspension))
			attention_push(p, items, W_ATTENTION_SUSPENDED, d->unicode, url);
		else if (d->mailboxes == 0)
			attention_push(p, items, W_ATTENTION_NO_MAILBOX, d->unicode, url);
	}
	for (size_t i = 0; i < mailboxes->len; i++) {
		const struct mailbox *m = &mailboxes->items[i];
		if (m->quota_bytes > 0 && m->used_bytes / FULL_PERCENT >= m->quota_bytes / 100)
			attention_push(p, items, W_ATTENTION_FULL, m->address,
				arena_printf(a, "/mailboxes/" SPAN_FMT, SPAN_ARG(m->address)));
	}
	val_set_bool(p->data, "has_attention", items->first != NULL);
	return RC_OK;
}

static void domains_add(struct page *p, const struct domains *domains)
{
	struct arena *a = p->req->ctx->arena;
	struct val *list = val_set_list(p->data, "domains");
	for (size_t i = 0; i < domains->len; i++) {
		const struct domain *d = &domains->items[i];
		struct val *item = val_push(list);
		val_set(item, "name", d->name);
		val_set(item, "unicode", d->unicode);
		val_set(item, "mailboxes",
			words_count(a, W_MAILBOX_ONE, W_MAILBOX_OTHER, d->mailboxes));
		val_set(item, "size", format_size(a, d->size_bytes));
	}
	val_set_bool(p->data, "has_domains", domains->len > 0);
	val_set(p->data, "dns_url",
		domains->len > 0 ? arena_printf(a, "/domains/" SPAN_FMT "/dns",
					   SPAN_ARG(domains->items[0].name))
				 : SPAN(""));
}

static enum rc overview(struct req *r, struct reply *out, struct err *err)
{
	struct list_ask few_domains = { .limit = OVERVIEW_DOMAINS },
			few_mailboxes = { .limit = 50 };
	struct trace_ask few_messages = { .list = { .limit = OVERVIEW_MESSAGES } };
	struct domains domains;
	struct mailboxes mailboxes;
	struct trace_rows messages;
	struct queue_holds holds;
	enum rc rc = domain_list(r->services, r->ctx, &few_domains, &domains, err);
	if (rc == RC_OK)
		rc = mailbox_list(r->services, r->ctx, &few_mailboxes, &mailboxes, err);
	if (rc == RC_OK)
		rc = trace_list(r->services, r->ctx, &few_messages, &messages, err);
	if (rc == RC_OK)
		rc = queue_hold_list(r->services, r->ctx, &holds, err);
	if (rc != RC_OK)
		return rc;

	struct page p = panel_begin(r, "panel/overview", "overview", words(W_OVERVIEW));
	domains_add(&p, &domains);
	messages_add(&p, &messages);
	rc = attention_add(&p, &domains, &mailboxes, &holds, err);
	if (rc != RC_OK)
		return rc;
	val_set_bool(p.data, "has_mailboxes", mailboxes.len > 0);
	val_set_bool(p.data, "is_set_up", domains.len > 0 && mailboxes.len > 0 && messages.len > 0);
	return page_send(&p, out, 200);
}

enum rc page_overview(struct req *r, struct reply *out, struct err *err)
{
	if (!r->actor) {
		reply_redirect(r, out, SPAN("/login"));
		return RC_OK;
	}
	if (r->actor->needs_factor) {
		reply_redirect(r, out, SPAN("/account"));
		return RC_OK;
	}
	if (r->actor->role == ROLE_MAILBOX) {
		reply_redirect(r, out, SPAN("/mail/inbox"));
		return RC_OK;
	}
	return overview(r, out, err);
}
