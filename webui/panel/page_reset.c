/* Forgotten passwords: asking for a link, and what the link opens. */
#include "backend/accounts/password_reset.h"
#include "webui/panel/panel.h"

const struct field forgotten_fields[] = {
	{ "login", FIELD_TEXT, FIELD_REQUIRED, .max = 254 },
	{ 0 },
};
const struct field reset_fields[] = {
	{ "password", FIELD_SECRET, FIELD_REQUIRED, .max = 1024 },
	{ 0 },
};

static enum rc forgotten_form(struct req *r, struct reply *out, int status)
{
	struct page p = page_begin(r, "login_forgotten", "bare", words(W_FORGOTTEN_TITLE));

	page_form(&p, forgotten_fields, r->method == METHOD_POST ? &r->form : NULL);
	return page_send(&p, out, status);
}

enum rc page_forgotten(struct req *r, struct reply *out, struct err *err)
{
	return forgotten_form(r, out, 200);
}

enum rc page_forgotten_post(struct req *r, struct reply *out, struct err *err)
{
	struct reset_request ask = {
		.login = form_text(&r->form, "login"), .address = r->peer, .language = words(W_LANG)
	};

	if (r->form.n_errors > 0)
		return forgotten_form(r, out, 422);
	enum rc rc = password_reset_request(r->services, r->ctx, &ask, err);
	if (rc == RC_LIMIT) {
		form_add_error(r->ctx, &r->form, SPAN(""), rc_name(rc), words(W_LOGIN_LIMIT));
		return forgotten_form(r, out, 429);
	}
	if (page_add_refusal(r, rc, err))
		return forgotten_form(r, out, 422);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/login"), "reset_asked");
	return rc;
}

/* ------------------------------------------------------------------ the link */

static enum rc reset_form(struct req *r, struct reply *out, int status)
{
	struct page p = page_begin(r, "login_reset", "bare", words(W_RESET_TITLE));

	page_form(&p, reset_fields, r->method == METHOD_POST ? &r->form : NULL);
	return page_send(&p, out, status);
}

/* A link that is over leads to where one gets a new one. */
static enum rc over(struct req *r, struct reply *out)
{
	page_redirect_done(r, out, SPAN("/login/forgotten"), "reset_over");
	return RC_OK;
}

/* Looking uses nothing up: programs that read mail before people do open links, too. */
enum rc page_reset(struct req *r, struct reply *out, struct err *err)
{
	enum rc rc = password_reset_check(r->services, r->ctx, req_path(r, "secret"), err);

	if (rc == RC_DENIED)
		return over(r, out);
	return rc == RC_OK ? reset_form(r, out, 200) : rc;
}

enum rc page_reset_post(struct req *r, struct reply *out, struct err *err)
{
	if (r->form.n_errors > 0)
		return reset_form(r, out, 422);
	enum rc rc = password_reset_use(r->services, r->ctx, req_path(r, "secret"),
		form_text(&r->form, "password"), r->peer, err);
	if (rc == RC_DENIED)
		return over(r, out);
	if (page_add_refusal(r, rc, err))
		return reset_form(r, out, 422);
	if (rc != RC_OK)
		return rc;
	reply_clear_cookie(r, out, COOKIE_PANEL);
	reply_clear_cookie(r, out, COOKIE_WEBMAIL);
	page_redirect_done(r, out, SPAN("/login"), "password_reset");
	return RC_OK;
}
