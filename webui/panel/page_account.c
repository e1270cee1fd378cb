/* One's own account: password and sessions. */
#include "backend/accounts/account_service.h"
#include "backend/accounts/login_service.h"
#include "mailcore/base/clock.h"
#include "webui/panel/panel.h"
#include "webui/view/format.h"

const struct field account_fields[] = {
	{ "current", FIELD_SECRET, FIELD_REQUIRED, .max = 1024 },
	{ "password", FIELD_SECRET, FIELD_REQUIRED, .max = 1024 },
	{ 0 },
};

static enum rc account_page(struct req *r, struct reply *out, int status)
{
	struct web_sessions sessions;
	enum rc rc = login_sessions(r->services, r->ctx, r->session, &sessions);
	if (rc != RC_OK)
		return rc;
	struct page p = panel_begin(r, "panel/account", "account", words(W_ACCOUNT_TITLE));
	val_set(p.data, "role", panel_role(r->actor->role));
	struct val *list = val_set_list(p.data, "sessions");
	for (size_t i = 0; i < sessions.len; i++) {
		const struct web_session *s = &sessions.items[i];
		struct val *item = val_push(list);
		val_set(item, "id", s->id);
		val_set(item, "address", s->address);
		val_set(item, "user_agent", s->user_agent);
		val_set(item, "seen", format_time(r->ctx->arena, s->seen_at_us / USEC_PER_SEC));
		val_set_bool(item, "is_current", s->is_current);
	}
	page_form(&p, account_fields, r->method == METHOD_POST ? &r->form : NULL);
	return page_send(&p, out, status);
}

enum rc page_account(struct req *r, struct reply *out, struct err *err)
{
	return account_page(r, out, 200);
}

enum rc page_account_post(struct req *r, struct reply *out, struct err *err)
{
	if (r->form.n_errors > 0)
		return account_page(r, out, 422);
	enum rc rc = account_change_password(r->services, r->ctx, form_text(&r->form, "current"),
		form_text(&r->form, "password"), err);
	if (rc == RC_DENIED) {
		form_add_error(r->ctx, &r->form, SPAN("current"), "invalid", span_of(err->text));
		return account_page(r, out, 422);
	}
	if (page_add_refusal(r, rc, err))
		return account_page(r, out, 422);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/account"), "password_changed");
	return rc;
}

enum rc page_session_end_post(struct req *r, struct reply *out, struct err *err)
{
	enum rc rc = login_end_other(r->services, r->ctx, req_path(r, "id"), err);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/account"), "session_ended");
	return rc;
}
