/*
 * One's own log-in: profile, password, second factor, sessions; of a mailbox user app passwords too.
 * The same page for panel accounts (/account) and mailbox users (/mail/settings).
 */
#include "backend/accounts/account_service.h"
#include "backend/accounts/login_service.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/password_reset.h"
#include "backend/accounts/second_factor.h"
#include "mailcore/base/clock.h"
#include "webui/panel/panel.h"
#include "webui/view/format.h"
#include "webui/view/qr.h"

static const char *const languages[] = { "", "en", "de", NULL };

const struct field account_fields[] = {
	{ "current", FIELD_SECRET, FIELD_REQUIRED, .max = 1024 },
	{ "password", FIELD_SECRET, FIELD_REQUIRED, .max = 1024 },
	{ 0 },
};
const struct field profile_fields[] = {
	{ "name", FIELD_TEXT, .max = 200 },
	{ "contact", FIELD_TEXT, .max = 320 },
	{ "current", FIELD_SECRET, .max = 1024 }, /* to change the contact address */
	{ "language", FIELD_CHOICE, .choices = languages },
	{ 0 },
};
const struct field recovery_fields[] = {
	{ "recovery", FIELD_TEXT, .max = 320 },
	{ "current", FIELD_SECRET, FIELD_REQUIRED, .max = 1024 },
	{ 0 },
};
const struct field code_fields[] = {
	{ "code", FIELD_TEXT, FIELD_REQUIRED, .max = 40 },
	{ 0 },
};
const struct field app_password_fields[] = {
	{ "label", FIELD_TEXT, FIELD_REQUIRED, .max = 100 },
	{ 0 },
};

/* What is shown once, as the answer to a POST. */
struct shown {
	struct span factor_secret, factor_uri;
	const struct span *recovery; /* RECOVERY_CODES or NULL */
	struct span app_password;
};

static bool is_mailbox(const struct req *r)
{
	return r->actor->role == ROLE_MAILBOX;
}

static struct span base(const struct req *r)
{
	return is_mailbox(r) ? SPAN("/mail/settings") : SPAN("/account");
}

/* ------------------------------------------------------------------ parts */

static enum rc sessions_add(struct page *p)
{
	struct req *r = p->req;
	struct web_sessions sessions;
	enum rc rc = login_sessions(r->services, r->ctx, r->session, &sessions);

	if (rc != RC_OK)
		return rc;
	struct val *list = val_set_list(p->data, "sessions");
	for (size_t i = 0; i < sessions.len; i++) {
		const struct web_session *s = &sessions.items[i];
		struct val *item = val_push(list);
		val_set(item, "id", s->id);
		val_set(item, "address", s->address);
		val_set(item, "user_agent", s->user_agent);
		val_set(item, "seen", format_time(r->ctx->arena, s->seen_at_us / USEC_PER_SEC));
		val_set_bool(item, "is_current", s->is_current);
	}
	return RC_OK;
}

static enum rc profile_add(struct page *p, struct err *err)
{
	struct req *r = p->req;
	struct account account = { .name = SPAN(""), .contact = SPAN(""), .language = SPAN("") };
	enum rc rc = RC_OK;

	if (!is_mailbox(r))
		rc = account_get(r->services, r->ctx, SPAN(""), &account, err);
	val_set(p->data, "profile_name", account.name);
	val_set(p->data, "profile_contact", account.contact);
	val_set_bool(p->data, "language_en", span_eq(account.language, SPAN("en")));
	val_set_bool(p->data, "language_de", span_eq(account.language, SPAN("de")));
	return rc;
}

static enum rc factor_add(struct page *p, const struct shown *shown, struct err *err)
{
	struct req *r = p->req;
	struct second_factor factor;
	enum rc rc = second_factor_get(r->services, r->ctx, &factor, err);

	if (rc != RC_OK)
		return rc;
	val_set_bool(p->data, "factor_on", factor.is_on);
	val_set_bool(p->data, "factor_needed", r->actor->needs_factor && !factor.is_on);
	val_set_i64(p->data, "recovery_left", factor.recovery_left);
	val_set(p->data, "factor_secret", shown->factor_secret);
	val_set(p->data, "factor_uri", shown->factor_uri);
	struct html code;
	if (qr_svg(r->ctx->arena, shown->factor_uri, words(W_FACTOR_QR), &code))
		val_set_html(p->data, "factor_qr", code);
	else
		val_set(p->data, "factor_qr", SPAN(""));
	val_set_bool(p->data, "factor_pending", factor.is_pending);
	struct val *codes = val_set_list(p->data, "recovery");
	for (size_t i = 0; shown->recovery && i < RECOVERY_CODES; i++)
		val_push_text(codes, shown->recovery[i]);
	val_set_bool(p->data, "has_recovery", shown->recovery != NULL);
	return RC_OK;
}

static enum rc recovery_add(struct page *p, struct err *err)
{
	struct span recovery = SPAN("");
	enum rc rc = RC_OK;

	if (is_mailbox(p->req))
		rc = password_reset_recovery(p->req->services, p->req->ctx, &recovery, err);
	val_set(p->data, "recovery_address", recovery);
	return rc;
}

static enum rc app_passwords_add(struct page *p, const struct shown *shown, struct err *err)
{
	struct req *r = p->req;
	struct app_passwords list = { 0 };
	enum rc rc = RC_OK;

	if (is_mailbox(r))
		rc = app_password_list(r->services, r->ctx, r->actor->login, &list, err);
	if (rc != RC_OK)
		return rc;
	struct val *items = val_set_list(p->data, "app_passwords");
	for (size_t i = 0; i < list.len; i++) {
		const struct app_password *a = &list.items[i];
		struct val *item = val_push(items);
		val_set_i64(item, "id", a->app_password_id);
		val_set(item, "label", a->label);
		val_set(item, "used",
			a->used_at_us ? format_time(r->ctx->arena, a->used_at_us / USEC_PER_SEC)
				      : words(W_NEVER));
	}
	val_set_bool(p->data, "has_app_passwords", list.len > 0);
	val_set(p->data, "app_password", shown->app_password);
	return RC_OK;
}

/* ------------------------------------------------------------------ page */

static enum rc account_page(
	struct req *r, struct reply *out, int status, const struct shown *shown, struct err *err)
{
	static const struct shown nothing = { .factor_secret = { "", 0 } };
	struct page p = is_mailbox(r)
		? page_begin(r, "panel/account", "self", words(W_SETTINGS_TITLE))
		: panel_begin(r, "panel/account", "account", words(W_ACCOUNT_TITLE));
	enum rc rc = sessions_add(&p);

	shown = shown ? shown : &nothing;
	val_set_bool(p.data, "is_mailbox", is_mailbox(r));
	val_set(p.data, "base", base(r));
	val_set(p.data, "role", is_mailbox(r) ? SPAN("") : panel_role(r->actor->role));
	if (rc == RC_OK)
		rc = profile_add(&p, err);
	if (rc == RC_OK)
		rc = factor_add(&p, shown, err);
	if (rc == RC_OK)
		rc = app_passwords_add(&p, shown, err);
	if (rc == RC_OK)
		rc = recovery_add(&p, err);
	if (rc != RC_OK)
		return rc;
	page_form(&p, NULL, r->method == METHOD_POST ? &r->form : NULL);
	return page_send(&p, out, status);
}

enum rc page_account(struct req *r, struct reply *out, struct err *err)
{
	return account_page(r, out, 200, NULL, err);
}

/* The form again with what is wrong, or on to `done`. */
static enum rc answer(
	struct req *r, struct reply *out, enum rc rc, const char *done, struct err *err)
{
	if (page_add_refusal(r, rc, err))
		return account_page(r, out, 422, NULL, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, base(r), done);
	return rc;
}

enum rc page_account_post(struct req *r, struct reply *out, struct err *err)
{
	struct span current = form_text(&r->form, "current"),
		    password = form_text(&r->form, "password");

	if (r->form.n_errors > 0)
		return account_page(r, out, 422, NULL, err);
	enum rc rc = is_mailbox(r)
		? mailbox_change_password(r->services, r->ctx, current, password, err)
		: account_change_password(r->services, r->ctx, current, password, err);
	return answer(r, out, rc, "password_changed", err);
}

enum rc page_recovery_post(struct req *r, struct reply *out, struct err *err)
{
	if (r->form.n_errors > 0)
		return account_page(r, out, 422, NULL, err);
	enum rc rc = password_reset_set_recovery(r->services, r->ctx,
		form_text(&r->form, "current"), form_text(&r->form, "recovery"), err);
	return answer(r, out, rc, "profile_saved", err);
}

/* Where the link to a new password goes is changed by who knows the old one. */
static enum rc check_contact(struct req *r, struct span contact, struct err *err)
{
	struct account account;
	enum rc rc = account_get(r->services, r->ctx, SPAN(""), &account, err);

	if (rc != RC_OK || span_eq(account.contact, span_trim(contact)))
		return rc;
	return account_check_password(r->services, r->ctx, form_text(&r->form, "current"), err);
}

enum rc page_profile_post(struct req *r, struct reply *out, struct err *err)
{
	struct account account;
	struct account_change change = { .set_name = true,
		.name = form_text(&r->form, "name"),
		.set_contact = true,
		.contact = form_text(&r->form, "contact"),
		.set_language = true,
		.language = form_text(&r->form, "language") };

	if (r->form.n_errors > 0)
		return account_page(r, out, 422, NULL, err);
	enum rc rc = check_contact(r, change.contact, err);
	if (rc == RC_OK)
		rc = account_update(r->services, r->ctx, r->actor->login, &change, &account, err);
	return answer(r, out, rc, "profile_saved", err);
}

enum rc page_session_end_post(struct req *r, struct reply *out, struct err *err)
{
	enum rc rc = login_end_other(r->services, r->ctx, req_path(r, "id"), err);

	if (rc == RC_OK)
		page_redirect_done(r, out, base(r), "session_ended");
	return rc;
}

/* ------------------------------------------------------------------ second factor */

enum rc page_factor_begin_post(struct req *r, struct reply *out, struct err *err)
{
	struct second_factor_new made;
	enum rc rc = second_factor_begin(r->services, r->ctx, &made, err);

	if (rc != RC_OK)
		return answer(r, out, rc, "", err);
	struct shown shown = { .factor_secret = made.secret, .factor_uri = made.uri };
	return account_page(r, out, 200, &shown, err);
}

enum rc page_factor_confirm_post(struct req *r, struct reply *out, struct err *err)
{
	struct span codes[RECOVERY_CODES];
	struct span hash = span_make(r->session->hash, sizeof r->session->hash);

	if (r->form.n_errors > 0)
		return account_page(r, out, 422, NULL, err);
	enum rc rc = second_factor_confirm(
		r->services, r->ctx, form_text(&r->form, "code"), hash, codes, err);
	if (rc != RC_OK)
		return answer(r, out, rc, "", err);
	struct shown shown = { .recovery = codes };
	return account_page(r, out, 200, &shown, err);
}

enum rc page_factor_end_post(struct req *r, struct reply *out, struct err *err)
{
	if (r->form.n_errors > 0)
		return account_page(r, out, 422, NULL, err);
	enum rc rc = second_factor_end(r->services, r->ctx, form_text(&r->form, "code"), err);
	return answer(r, out, rc, "factor_off", err);
}

/* ------------------------------------------------------------------ app passwords */

enum rc page_app_password_post(struct req *r, struct reply *out, struct err *err)
{
	struct app_password made;

	if (r->form.n_errors > 0)
		return account_page(r, out, 422, NULL, err);
	enum rc rc = app_password_create(
		r->services, r->ctx, r->actor->login, form_text(&r->form, "label"), &made, err);
	if (rc != RC_OK)
		return answer(r, out, rc, "", err);
	struct shown shown = { .app_password = made.password };
	return account_page(r, out, 200, &shown, err);
}

enum rc page_app_password_delete_post(struct req *r, struct reply *out, struct err *err)
{
	uint64_t id;

	if (!span_u64(req_path(r, "id"), INT64_MAX, &id))
		return err_set(err, RC_NOT_FOUND, "", "There is no such app password.");
	enum rc rc = app_password_delete(r->services, r->ctx, r->actor->login, (int64_t)id, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, base(r), "app_password_removed");
	return rc;
}
