/* Log-in and log-out: one page for panel accounts and mailbox users. */
#include "backend/accounts/login_service.h"
#include "webui/panel/panel.h"

const struct field login_fields[] = {
	{ "login", FIELD_TEXT, FIELD_REQUIRED, .max = 254 },
	{ "password", FIELD_SECRET, FIELD_REQUIRED, .max = 1024 },
	{ 0 },
};

static enum rc login_form(struct req *r, struct reply *out, int status)
{
	struct page p = page_begin(r, "login", "bare", words(W_LOGIN_TITLE));
	page_form(&p, login_fields, r->method == METHOD_POST ? &r->form : NULL);
	return page_send(&p, out, status);
}

enum rc page_login(struct req *r, struct reply *out, struct err *err)
{
	return login_form(r, out, 200);
}

static struct span refusal(enum rc rc)
{
	switch (rc) {
	case RC_LIMIT:
		return words(W_LOGIN_LIMIT);
	case RC_CONFLICT:
		return words(W_LOGIN_OFF);
	case RC_TEMP:
	case RC_CLOSED:
		return words(W_LOGIN_TEMP);
	case RC_OK:
	case RC_NOT_FOUND:
	case RC_EXISTS:
	case RC_INVALID:
	case RC_DENIED:
		break;
	}
	return words(W_LOGIN_WRONG);
}

static int refusal_status(enum rc rc)
{
	return rc == RC_LIMIT ? 429 : rc == RC_TEMP || rc == RC_CLOSED ? 503 : 422;
}

enum rc page_login_post(struct req *r, struct reply *out, struct err *err)
{
	if (r->form.n_errors > 0)
		return login_form(r, out, 422);

	struct login_ask ask = { .login = form_text(&r->form, "login"),
		.password = form_text(&r->form, "password"),
		.address = r->peer,
		.user_agent = req_header(r, "User-Agent") };
	struct span secret;
	struct web_session session;
	enum rc rc = login_start(r->services, r->ctx, &ask, &secret, &session, err);
	if (rc != RC_OK) {
		form_add_error(r->ctx, &r->form, SPAN(""), rc_name(rc), refusal(rc));
		return login_form(r, out, refusal_status(rc));
	}

	bool panel = session.kind == SESSION_PANEL;
	reply_set_cookie(r, out, panel ? COOKIE_PANEL : COOKIE_WEBMAIL, secret, 0);
	reply_clear_cookie(r, out, panel ? COOKIE_WEBMAIL : COOKIE_PANEL);
	reply_redirect(r, out, panel ? SPAN("/") : SPAN("/mail/inbox"));
	return RC_OK;
}

enum rc page_logout(struct req *r, struct reply *out, struct err *err)
{
	if (r->session) {
		enum rc rc = login_end(r->services, r->ctx, r->session);
		if (rc != RC_OK)
			return rc;
	}
	reply_clear_cookie(r, out, COOKIE_PANEL);
	reply_clear_cookie(r, out, COOKIE_WEBMAIL);
	reply_redirect(r, out, SPAN("/login"));
	return RC_OK;
}
