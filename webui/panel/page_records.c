/* What was done and what was deleted: the audit log, and the way back for 30 days. */
#include "backend/accounts/account_service.h"
#include "backend/accounts/audit.h"
#include "backend/accounts/deleted_service.h"
#include "backend/accounts/domain_service.h"
#include "backend/accounts/mailbox_service.h"
#include "mailcore/base/clock.h"
#include "webui/panel/panel.h"
#include "webui/view/format.h"

const struct field restore_fields[] = {
	{ "kind", FIELD_TEXT, FIELD_REQUIRED, .max = 20 },
	{ "name", FIELD_TEXT, FIELD_REQUIRED, .max = 320 },
	{ 0 },
};

enum rc page_audit(struct req *r, struct reply *out, struct err *err)
{
	struct list_ask ask = panel_list_ask(r);
	struct arena *a = r->ctx->arena;
	struct audit_entries entries;
	enum rc rc = audit_list(r->services, r->ctx, &ask, &entries, err);
	if (rc != RC_OK)
		return rc;

	struct page p = panel_begin(r, "panel/audit", "audit", words(W_AUDIT));
	struct val *list = val_set_list(p.data, "entries");
	for (size_t i = 0; i < entries.len; i++) {
		const struct audit_entry *e = &entries.items[i];
		struct val *item = val_push(list);
		val_set(item, "time", format_time(a, e->at_us / USEC_PER_SEC));
		val_set(item, "who", e->actor);
		val_set(item, "behalf", e->on_behalf_of);
		val_set(item, "source", e->source);
		val_set(item, "address", e->address);
		val_set(item, "action", e->action);
		val_set(item, "object", e->object);
		val_set(item, "before", e->before);
		val_set(item, "after", e->after);
		val_set_bool(item, "has_detail", e->before.len > 2 || e->after.len > 2);
	}
	val_set_bool(p.data, "has_entries", entries.len > 0);
	val_set(p.data, "find_hint", words(W_AUDIT_FIND));
	page_pager(&p, entries.next_cursor);
	return page_send(&p, out, 200);
}

/* ------------------------------------------------------------------ deleted */

static enum words_id kind_words(struct span kind)
{
	if (span_eq(kind, SPAN("account")))
		return W_CUSTOMER;
	return span_eq(kind, SPAN("domain")) ? W_DOMAIN : W_MAILBOX;
}

static enum rc deleted_page(struct req *r, struct reply *out, int status, struct err *err)
{
	struct list_ask ask = panel_list_ask(r);
	struct arena *a = r->ctx->arena;
	struct deleteds deleted;
	enum rc rc = deleted_list(r->services, r->ctx, &ask, &deleted, err);
	if (rc != RC_OK)
		return rc;

	struct page p = panel_begin(r, "panel/deleted", "deleted", words(W_DELETED));
	struct val *list = val_set_list(p.data, "deleted");
	for (size_t i = 0; i < deleted.len; i++) {
		const struct deleted *d = &deleted.items[i];
		struct val *item = val_push(list);
		val_set(item, "kind", d->kind);
		val_set(item, "kind_words", words(kind_words(d->kind)));
		val_set(item, "name", d->name);
		val_set(item, "owner", d->account);
		val_set(item, "time", format_time(a, d->deleted_at_us / USEC_PER_SEC));
		val_set(item, "until", format_time(a, d->purge_at_us / USEC_PER_SEC));
	}
	val_set_bool(p.data, "has_deleted", deleted.len > 0);
	page_form(&p, NULL, r->method == METHOD_POST ? &r->form : NULL);
	page_pager(&p, deleted.next_cursor);
	return page_send(&p, out, status);
}

enum rc page_deleted(struct req *r, struct reply *out, struct err *err)
{
	return deleted_page(r, out, 200, err);
}

static enum rc restore(struct req *r, struct span kind, struct span name, struct err *err)
{
	struct account account;
	struct domain domain;
	struct mailbox mailbox;

	if (span_eq(kind, SPAN("account")))
		return account_restore(r->services, r->ctx, name, &account, err);
	if (span_eq(kind, SPAN("domain")))
		return domain_restore(r->services, r->ctx, name, &domain, err);
	return mailbox_restore(r->services, r->ctx, name, &mailbox, err);
}

enum rc page_deleted_post(struct req *r, struct reply *out, struct err *err)
{
	if (r->form.n_errors > 0)
		return deleted_page(r, out, 422, err);
	enum rc rc = restore(r, form_text(&r->form, "kind"), form_text(&r->form, "name"), err);
	if (page_add_refusal(r, rc, err))
		return deleted_page(r, out, 422, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/deleted"), "restored");
	return rc;
}
