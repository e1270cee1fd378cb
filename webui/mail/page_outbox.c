/* What waits for its time: the list, taking it back; and how a person sends. */
#include "mailcore/base/clock.h"
#include "mailcore/deliver/outbox.h"
#include "webui/mail/mail.h"
#include "webui/view/format.h"

static const char *const outbox_actions[] = { "undo", "edit", "cancel", NULL };
static const char *const undo_choices[] = { "0", "5", "10", "20", "30", NULL };

const struct field outbox_fields[] = {
	{ "do", FIELD_CHOICE, FIELD_REQUIRED, .choices = outbox_actions },
	{ 0 },
};
const struct field send_setting_fields[] = {
	{ "undo_s", FIELD_CHOICE, FIELD_REQUIRED, .choices = undo_choices },
	{ "zone", FIELD_TEXT, .max = ZONE_NAME_MAX },
	{ 0 },
};

/* ------------------------------------------------------------------ the list */

static void item_add(struct page *p, struct val *list, const struct outbox_item *o)
{
	struct arena *a = p->req->ctx->arena;
	struct val *item = val_push(list);
	struct str id = str_in(a, 64);

	uuid_add(&id, o->id);
	val_set(item, "id", str_span(&id));
	val_set(item, "subject", o->subject.len > 0 ? o->subject : words(W_NO_SUBJECT));
	val_set(item, "to", o->to);
	val_set(item, "iso", format_iso(a, o->send_at_s));
	val_set(item, "when", format_time(a, o->send_at_wall_s));
	val_set_bool(item, "held", o->held);
}

enum rc page_mail_outbox(struct req *r, struct reply *out, struct err *err)
{
	struct mail m;
	struct page p;
	struct send_setting setting;
	struct outbox_item *items;
	size_t n = 0;
	enum rc rc = mail_begin(r, &m);
	const struct folder *inbox = rc == RC_OK ? mail_folder_role(&m, "inbox") : NULL;

	if (rc == RC_OK && !inbox)
		return err_set(err, RC_NOT_FOUND, "", "This mailbox has no inbox.");
	if (rc == RC_OK)
		rc = send_setting_get(r->ctx, m.mailbox_id, &setting);
	if (rc == RC_OK)
		rc = outbox_list(r->ctx, m.mailbox_id, setting.zone, &items, &n);
	m.at_outbox = true;
	if (rc == RC_OK)
		rc = mail_page(&m, r, "mail/outbox", words(W_OUTBOX), inbox, 0, true, &p);
	if (rc != RC_OK)
		return rc;
	struct val *list = val_set_list(p.data, "items");
	for (size_t i = 0; i < n; i++)
		item_add(&p, list, &items[i]);
	val_set_bool(p.data, "has_items", n > 0);
	val_set(p.data, "zone_shown", setting.zone.len > 0 ? setting.zone : SPAN("UTC"));
	return page_send(&p, out, 200);
}

/* ------------------------------------------------------------------ taking back */

/* "Undo" and "edit" go on writing, "cancel" leaves the draft where it is. */
enum rc page_mail_outbox_post(struct req *r, struct reply *out, struct err *err)
{
	struct mail m;
	struct uuid id;
	uint32_t uid;
	enum rc rc = mail_begin(r, &m);

	if (rc != RC_OK)
		return rc;
	if (r->form.n_errors > 0)
		return err_set(err, RC_INVALID, "do", "There is no such action.");
	if (!uuid_parse(req_path(r, "id"), &id))
		return err_set(err, RC_NOT_FOUND, "", "There is no such message.");
	rc = outbox_cancel(m.store, r->ctx, m.mailbox_id, id, &uid);
	if (rc == RC_CONFLICT) {
		page_redirect_done(r, out, SPAN("/mail/sent"), "send_too_late");
		return RC_OK;
	}
	if (rc != RC_OK)
		return rc;
	if (span_eq(form_text(&r->form, "do"), SPAN("cancel")))
		page_redirect_done(r, out, SPAN("/mail/outbox"), "send_cancelled");
	else
		reply_redirect(r, out,
			arena_printf(r->ctx->arena, "/mail/compose?edit=drafts.%u&done=send_undone",
				uid));
	return RC_OK;
}

/* ------------------------------------------------------------------ how a person sends */

static enum rc settings_page(
	struct req *r, struct reply *out, const struct send_setting *setting, int status)
{
	struct page p = page_begin(r, "mail/sending", "self", words(W_SENDING_TITLE));
	struct val *list = val_set_list(p.data, "undo_choices");

	for (size_t i = 0; undo_choices[i]; i++) {
		struct val *item = val_push(list);
		struct span s = span_of(undo_choices[i]);
		struct words_arg arg = { "s", s };
		uint64_t n = 0;
		(void)span_u64(s, OUTBOX_UNDO_S_MAX, &n);
		val_set(item, "value", s);
		val_set_bool(item, "is_chosen", (int)n == setting->undo_s);
		val_set(item, "words",
			n == 0 ? words(W_UNDO_NONE)
			       : words_fill(r->ctx->arena, W_UNDO_SECONDS, &arg, 1));
	}
	val_set(p.data, "my_zone", setting->zone);
	page_form(&p, NULL, r->method == METHOD_POST ? &r->form : NULL);
	return page_send(&p, out, status);
}

enum rc page_send_setting(struct req *r, struct reply *out, struct err *err)
{
	struct send_setting setting;
	enum rc rc = send_setting_get(r->ctx, r->actor->mailbox_id, &setting);

	return rc == RC_OK ? settings_page(r, out, &setting, 200) : rc;
}

enum rc page_send_setting_post(struct req *r, struct reply *out, struct err *err)
{
	struct send_setting setting = { .zone = span_trim(form_text(&r->form, "zone")) };
	uint64_t undo_s = 0;
	enum rc rc = RC_OK;

	(void)span_u64(form_text(&r->form, "undo_s"), OUTBOX_UNDO_S_MAX, &undo_s);
	setting.undo_s = (int)undo_s;
	if (r->form.n_errors == 0)
		rc = send_setting_set(r->ctx, r->actor->mailbox_id, &setting);
	if (rc == RC_INVALID)
		form_add_error(r->ctx, &r->form, SPAN("zone"), "invalid", words(W_ZONE_WRONG));
	if (r->form.n_errors > 0)
		return settings_page(r, out, &setting, 422);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/mail/settings/sending"), "sending_saved");
	return rc;
}
