/* Many at once: asked about, done, undone, and what was done lately. */
#include "backend/accounts/bulk.h"
#include "backend/accounts/plan_service.h"
#include "mailcore/base/clock.h"
#include "webui/panel/list_view.h"
#include "webui/view/format.h"

#define MEGABYTE 1000000

static const char *const kinds[] = { "mailboxes", "aliases", "domains", "accounts", NULL };
static const char *const actions[] = { "suspend", "resume", "delete", "quota", "plan", NULL };
static const char *const states[] = { "", "active", "suspended", NULL };

const struct field bulk_fields[] = {
	{ "kind", FIELD_CHOICE, FIELD_REQUIRED, .choices = kinds },
	{ "do", FIELD_CHOICE, FIELD_REQUIRED, .choices = actions },
	{ "names", FIELD_TEXTS, .max = LIST_LIMIT_MAX },
	{ "all", FIELD_BOOL },
	{ "run", FIELD_BOOL },
	{ "q", FIELD_TEXT, .max = 200 },
	{ "state", FIELD_CHOICE, .choices = states },
	{ "domain", FIELD_TEXT, .max = 253 },
	{ "quota_mb", FIELD_TEXT, .max = 12 },
	{ "plan", FIELD_TEXT, .max = 100 },
	{ "suspend_reason", FIELD_TEXT, .max = 500 },
	{ 0 },
};

static int index_of(const char *const *names, struct span text)
{
	for (int i = 0; names[i]; i++) {
		if (span_eq(text, span_of(names[i])))
			return i;
	}
	return 0;
}

static struct span kind_words(enum bulk_kind kind)
{
	static const enum words_id labels[] = { W_MAILBOXES, W_ALIASES, W_DOMAINS, W_CUSTOMERS };
	return words(labels[kind]);
}

static struct span count_words(struct arena *a, enum words_id id, int64_t n)
{
	struct words_arg arg = { "n", arena_printf(a, "%lld", (long long)n) };
	return words_fill(a, id, &arg, 1);
}

static struct page begin(struct req *r, struct span title)
{
	struct page p = panel_begin(r, "panel/bulk", "bulk", title);

	page_form(&p, NULL, r->form.n_errors > 0 ? &r->form : NULL);
	return p;
}

/* Nothing of the three parts but what was set before. */
static enum rc send(struct page *p, struct reply *out, int status)
{
	val_set_bool(p->data, "asks", false);
	val_set_bool(p->data, "has_result", false);
	val_set_bool(p->data, "is_list", false);
	return page_send(p, out, status);
}

/* ------------------------------------------------------------------ result */

static struct span undo_url(struct arena *a, const struct bulk *b)
{
	if (!b->bulk_id || b->undone_at_us)
		return SPAN("");
	return arena_printf(a, "/bulk/%lld/undo", (long long)b->bulk_id);
}

static enum rc result_page(struct req *r, struct reply *out, const struct bulk *b, bool is_undo)
{
	struct arena *a = r->ctx->arena;
	struct page p = begin(r, words(W_BULK_TITLE));

	val_set_bool(p.data, "has_result", true);
	val_set(p.data, "done",
		count_words(a, is_undo ? W_BULK_N_UNDONE : W_BULK_N_DONE,
			is_undo ? b->undone : b->done));
	val_set(p.data, "refused",
		count_words(a, is_undo ? W_BULK_N_KEPT : W_BULK_N_REFUSED,
			is_undo ? b->kept : b->refused));
	val_set_bool(p.data, "has_faults", b->n_faults > 0);
	val_set(p.data, "undo_url", undo_url(a, b));
	struct val *list = val_set_list(p.data, "faults");
	for (size_t i = 0; i < b->n_faults; i++) {
		struct val *item = val_push(list);
		val_set(item, "object", b->faults[i].object);
		val_set(item, "detail", b->faults[i].detail);
	}
	return send(&p, out, 200);
}

/* ------------------------------------------------------------------ question */

static enum rc plans_add(struct page *p, bool wanted, struct err *err)
{
	struct list_ask ask = { .limit = LIST_LIMIT_MAX };
	struct plans plans = { 0 };
	enum rc rc = wanted ? plan_list(p->req->services, p->req->ctx, &ask, &plans, err) : RC_OK;
	struct val *list = val_set_list(p->data, "plans");

	for (size_t i = 0; rc == RC_OK && i < plans.len; i++) {
		struct val *item = val_push(list);
		val_set_i64(item, "id", plans.items[i].plan_id);
		val_set(item, "name", plans.items[i].name);
	}
	return rc;
}

static void ask_add(struct page *p, const struct bulk_ask *ask, size_t n)
{
	struct arena *a = p->req->ctx->arena;
	const struct form *f = &p->req->form;
	struct span kind = span_of(bulk_kind_names[ask->kind]);

	val_set_bool(p->data, "asks", true);
	val_set(p->data, "question",
		arena_printf(a, SPAN_FMT ": " SPAN_FMT, SPAN_ARG(kind_words(ask->kind)),
			SPAN_ARG(count_words(a, W_BULK_N_CHOSEN, (int64_t)n))));
	val_set(p->data, "action", list_action_words(bulk_action_names[ask->action]));
	val_set(p->data, "kind", kind);
	val_set(p->data, "do", form_text(f, "do"));
	val_override(p->data, "q", ask->match.search);
	val_set(p->data, "state", ask->match.state);
	val_set(p->data, "for_domain", ask->match.domain);
	val_set_bool(p->data, "all", ask->all);
	struct val *names = val_set_list(p->data, "names");
	for (size_t i = 0; !ask->all && i < ask->n_names; i++)
		val_push_text(names, ask->names[i]);
	val_set_bool(p->data, "asks_quota", ask->action == BULK_QUOTA);
	val_set_bool(p->data, "asks_plan", ask->action == BULK_PLAN);
	val_set_bool(p->data, "asks_reason", ask->action == BULK_SUSPEND);
	val_set(p->data, "back",
		ask->kind == BULK_ACCOUNTS ? SPAN("/customers")
					   : arena_printf(a, "/" SPAN_FMT, SPAN_ARG(kind)));
}

static enum rc question_page(
	struct req *r, struct reply *out, int status, const struct bulk_ask *ask, struct err *err)
{
	size_t n = 0;
	enum rc rc = bulk_count(r->services, r->ctx, ask, &n, err);

	if (page_add_refusal(r, rc, err)) {
		struct page p = begin(r, words(W_BULK_TITLE));
		return send(&p, out, 422);
	}
	if (rc != RC_OK)
		return rc;
	struct page p = begin(r, list_action_words(bulk_action_names[ask->action]));
	ask_add(&p, ask, n);
	rc = plans_add(&p, ask->action == BULK_PLAN, err);
	return rc == RC_OK ? send(&p, out, status) : rc;
}

/* ------------------------------------------------------------------ do */

static bool quota_of(struct req *r, struct bulk_ask *ask)
{
	struct span text = span_trim(form_text(&r->form, "quota_mb"));
	uint64_t mb;

	if (ask->action != BULK_QUOTA)
		return true;
	if (!span_u64(text, INT32_MAX, &mb)) {
		form_add_error(r->ctx, &r->form, SPAN("quota_mb"), "invalid", words(W_QUOTA_WRONG));
		return false;
	}
	ask->quota_bytes = (int64_t)mb * MEGABYTE;
	return true;
}

enum rc page_bulk_post(struct req *r, struct reply *out, struct err *err)
{
	const struct form *f = &r->form;
	if (f->n_errors > 0) {
		struct page p = begin(r, words(W_BULK_TITLE));
		return send(&p, out, 422);
	}
	const struct field_value *names = form_get(f, "names");
	struct bulk_ask ask = { .kind = (enum bulk_kind)index_of(kinds, form_text(f, "kind")),
		.action = (enum bulk_action)index_of(bulk_action_names, form_text(f, "do")),
		.names = names->items,
		.n_names = names->n_items,
		.all = form_bool(f, "all", false),
		.match = { .search = form_text(f, "q"),
			.state = form_text(f, "state"),
			.domain = form_text(f, "domain") },
		.plan = form_text(f, "plan"),
		.reason = form_text(f, "suspend_reason") };
	struct bulk bulk;

	/* what is chosen by hand and needs no more is done at once: it can be undone */
	bool asks = ask.all || ask.action == BULK_QUOTA || ask.action == BULK_PLAN ||
		ask.action == BULK_SUSPEND;
	if (asks && !form_bool(f, "run", false))
		return question_page(r, out, 200, &ask, err);
	if (!quota_of(r, &ask))
		return question_page(r, out, 422, &ask, err);
	enum rc rc = bulk_run(r->services, r->ctx, &ask, &bulk, err);
	if (page_add_refusal(r, rc, err)) {
		struct page p = begin(r, words(W_BULK_TITLE));
		return send(&p, out, 422);
	}
	return rc == RC_OK ? result_page(r, out, &bulk, false) : rc;
}

enum rc page_bulk_undo_post(struct req *r, struct reply *out, struct err *err)
{
	struct bulk bulk;
	uint64_t id;

	if (!span_u64(req_path(r, "id"), INT64_MAX, &id))
		return err_set(err, RC_NOT_FOUND, "", "There is nothing here.");
	enum rc rc = bulk_undo(r->services, r->ctx, (int64_t)id, &bulk, err);
	if (rc != RC_NOT_FOUND && page_add_refusal(r, rc, err)) {
		struct page p = begin(r, words(W_BULK_TITLE));
		return send(&p, out, 409);
	}
	return rc == RC_OK ? result_page(r, out, &bulk, true) : rc;
}

/* ------------------------------------------------------------------ list */

enum rc page_bulk(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct list_ask ask = { .cursor = req_query(r, "cursor") };
	struct bulks bulks;
	enum rc rc = bulk_list(r->services, r->ctx, &ask, &bulks, err);

	if (rc != RC_OK)
		return rc;
	struct page p = begin(r, words(W_BULK_TITLE));
	val_set_bool(p.data, "is_list", true);
	val_set_bool(p.data, "has_items", bulks.len > 0);
	struct val *list = val_set_list(p.data, "items");
	for (size_t i = 0; i < bulks.len; i++) {
		const struct bulk *b = &bulks.items[i];
		struct val *item = val_push(list);
		val_set(item, "time", format_time(a, b->created_at_us / USEC_PER_SEC));
		val_set(item, "what",
			arena_printf(a, SPAN_FMT ": " SPAN_FMT, SPAN_ARG(kind_words(b->kind)),
				SPAN_ARG(list_action_words(bulk_action_names[b->action]))));
		val_set_i64(item, "n_done", b->done);
		val_set_i64(item, "n_refused", b->refused);
		val_set(item, "actor", b->actor);
		val_set(item, "undo_url", undo_url(a, b));
	}
	page_pager(&p, bulks.next_cursor);
	return send(&p, out, 200);
}
