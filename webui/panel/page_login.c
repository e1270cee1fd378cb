/* Log-in and log-out: one page for panel accounts and mailbox users. */
#include "backend/accounts/login_service.h"
#include "webui/panel/panel.h"

const struct field login_fields[] = {
	{ "login", FIELD_TEXT, FIELD_REQUIRED, .max = 254 },
	{ "password", FIELD_SECRET, FIELD_REQUIRED, .max = 1024 },
	{ 0 },
};

const struct field login_code_fields[] = {
	{ "code", FIELD_TEXT, FIELD_REQUIRED, .max = 40 },
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

static void signed_in(
	struct req *r, struct reply *out, const struct web_session *session, struct span secret)
{
	bool panel = session->kind == SESSION_PANEL;

	reply_set_cookie(r, out, panel ? COOKIE_PANEL : COOKIE_WEBMAIL, secret, 0);
	reply_clear_cookie(r, out, panel ? COOKIE_WEBMAIL : COOKIE_PANEL);
	reply_redirect(r, out, panel ? SPAN("/") : SPAN("/mail/inbox"));
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

	if (session.is_pending) {
		reply_set_cookie(r, out, COOKIE_PENDING, secret, SESSION_PENDING_S);
		reply_redirect(r, out, SPAN("/login/code"));
		return RC_OK;
	}
	signed_in(r, out, &session, secret);
	return RC_OK;
}

/* ------------------------------------------------------------------ second factor */

static enum rc code_form(struct req *r, struct reply *out, int status)
{
	struct page p = page_begin(r, "login_code", "bare", words(W_CODE_TITLE));
	page_form(&p, login_code_fields, r->method == METHOD_POST ? &r->form : NULL);
	return page_send(&p, out, status);
}

enum rc page_login_code(struct req *r, struct reply *out, struct err *err)
{
	if (req_cookie(r, COOKIE_PENDING).len == 0) {
		reply_redirect(r, out, SPAN("/login"));
		return RC_OK;
	}
	return code_form(r, out, 200);
}

enum rc page_login_code_post(struct req *r, struct reply *out, struct err *err)
{
	struct login_code ask = { .secret = req_cookie(r, COOKIE_PENDING),
		.code = form_text(&r->form, "code"),
		.address = r->peer,
		.user_agent = req_header(r, "User-Agent") };
	struct span secret;
	struct web_session session;

	if (r->form.n_errors > 0)
		return code_form(r, out, 422);
	enum rc rc = login_finish(r->services, r->ctx, &ask, &secret, &session, err);
	if (rc == RC_CONFLICT) {
		reply_clear_cookie(r, out, COOKIE_PENDING);
		page_redirect_done(r, out, SPAN("/login"), "login_again");
		return RC_OK;
	}
	if (rc != RC_OK) {
		form_add_error(r->ctx, &r->form, SPAN("code"), rc_name(rc),
			rc == RC_DENIED ? words(W_CODE_WRONG) : refusal(rc));
		return code_form(r, out, refusal_status(rc));
	}
	reply_clear_cookie(r, out, COOKIE_PENDING);
	signed_in(r, out, &session, secret);
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
