/* /setup/{token}: one device is set up for a mailbox. Looking costs nothing; the first thing that needs
 * a password makes one for this device and uses the link up. */
#include "backend/accounts/link_service.h"
#include "backend/accounts/mailbox_service.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "webui/setup/client_files.h"
#include "webui/setup/profile_sign.h"
#include "webui/setup/setup.h"
#include "webui/view/format.h"
#include "webui/view/page.h"
#include "webui/view/qr.h"

#define SIGNED_MAX (2 * CLIENT_FILE_MAX)

const struct field setup_fields[] = { { 0 } };

static struct client_servers servers_of(const struct req *r, struct span domain)
{
	const struct webui_env *env = page_env(r);

	return (struct client_servers){ .domain = domain,
		.hostname = span_of(env->hostname),
		.imaps_port = env->imaps_port,
		.pop3s_port = env->pop3s_port,
		.submissions_port = env->submissions_port,
		.submission_port = env->submission_port };
}

/* ------------------------------------------------------------------ the page */

static void service_push(
	struct page *p, struct val *list, enum words_id label, const char *id, unsigned port)
{
	if (port == 0)
		return;
	struct val *item = val_push(list);
	val_set(item, "label", words(label));
	val_set_cstr(item, "id", id);
	val_set_cstr(item, "host", page_env(p->req)->hostname);
	val_set_i64(item, "port", port);
	val_set(item, "security", words(W_SETUP_TLS));
}

static void qr_add(struct page *p, const char *key, struct span text, enum words_id label)
{
	struct html svg;
	struct val *list = val_set_list(p->data, key);

	if (qr_svg(p->req->ctx->arena, text, words(label), &svg))
		val_set_html(val_push(list), "svg", svg);
}

static struct page begin(struct req *r, const struct link_opened *link)
{
	struct page p = page_begin(r, "setup", "wide", words(W_DEVICE_TITLE));
	struct val *services = val_set_list(p.data, "services");

	val_set(p.data, "address", link->address);
	val_set(p.data, "action",
		arena_printf(r->ctx->arena, "/setup/" SPAN_FMT, SPAN_ARG(req_path(r, "token"))));
	service_push(&p, services, W_SETUP_IN, "imap", page_env(r)->imaps_port);
	service_push(&p, services, W_SETUP_OUT, "smtp", page_env(r)->submissions_port);
	service_push(&p, services, W_SETUP_POP, "pop3", page_env(r)->pop3s_port);
	return p;
}

enum rc page_setup(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct link_opened link;

	enum rc rc = link_open(r->ctx, LINK_SETUP, req_path(r, "token"), &link, err);
	if (rc != RC_OK)
		return rc;
	struct page p = begin(r, &link);
	val_set(p.data, "password", SPAN(""));
	val_set(p.data, "expires", format_time(a, link.expires_at_us / USEC_PER_SEC));
	qr_add(&p, "qr",
		arena_printf(
			a, "%s/setup/" SPAN_FMT, page_env(r)->url, SPAN_ARG(req_path(r, "token"))),
		W_DEVICE_QR);
	(void)val_set_list(p.data, "android");
	return page_send(&p, out, 200);
}

/* ------------------------------------------------------------------ a password for the device */

static enum rc make_password(struct req *r, struct span label, struct link_opened *link,
	struct span *out_password, struct err *err)
{
	const struct actor *before = r->ctx->actor;
	struct app_password made;

	enum rc rc = link_open(r->ctx, LINK_SETUP, req_path(r, "token"), link, err);
	if (rc != RC_OK)
		return rc;
	actor_enter(r->ctx, &link->actor);
	rc = link_use(r->ctx, link, err);
	if (rc == RC_OK)
		rc = app_password_create(r->services, r->ctx, link->address, label, &made, err);
	actor_enter(r->ctx, before);
	if (rc == RC_OK)
		*out_password = made.password;
	return rc;
}

/* What Thunderbird for Android reads as a QR code (version 1): 0 IMAP and SMTP, 3 TLS, 1 password. */
static struct span thunderbird_text(const struct req *r, struct span address, struct span password)
{
	struct arena *a = r->ctx->arena;
	const struct webui_env *env = page_env(r);
	struct cJSON *quoted = json_array(a);
	struct str user = str_in(a, 1024), secret = str_in(a, 256);

	json_push_text(a, quoted, address);
	json_write(a, quoted, &user); /* ["..."] */
	quoted = json_array(a);
	json_push_text(a, quoted, password);
	json_write(a, quoted, &secret);
	struct span u = span_sub(str_span(&user), 1, user.len - 2);
	struct span p = span_sub(str_span(&secret), 1, secret.len - 2);
	return arena_printf(a,
		"[1,[1,1],[0,\"%s\",%u,3,1," SPAN_FMT "," SPAN_FMT "," SPAN_FMT
		"],[[[0,\"%s\",%u,3,1," SPAN_FMT "," SPAN_FMT "],[" SPAN_FMT "," SPAN_FMT "]]]]",
		env->hostname, env->imaps_port, SPAN_ARG(u), SPAN_ARG(u), SPAN_ARG(p),
		env->hostname, env->submissions_port, SPAN_ARG(u), SPAN_ARG(p), SPAN_ARG(u),
		SPAN_ARG(u));
}

enum rc page_setup_password_post(struct req *r, struct reply *out, struct err *err)
{
	struct link_opened link;
	struct span password;

	enum rc rc = make_password(r, words(W_DEVICE_LABEL), &link, &password, err);
	if (rc != RC_OK)
		return rc;
	struct page p = begin(r, &link);
	val_set(p.data, "password", password);
	val_set(p.data, "expires", SPAN(""));
	(void)val_set_list(p.data, "qr");
	qr_add(&p, "android", thunderbird_text(r, link.address, password), W_DEVICE_ANDROID_QR);
	return page_send(&p, out, 200);
}

/* ------------------------------------------------------------------ Apple */

enum rc page_setup_profile_post(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct str text = str_in(a, CLIENT_FILE_MAX), sealed = str_in(a, SIGNED_MAX);
	struct link_opened link;
	struct span password;

	enum rc rc = make_password(r, words(W_DEVICE_APPLE), &link, &password, err);
	if (rc != RC_OK)
		return rc;
	struct client_servers servers = servers_of(r, link.domain);
	mobileconfig_add(&text, &servers, link.address, password);
	bool is_signed =
		profile_sign(&sealed, str_span(&text), r->services->tls_cert, r->services->tls_key);
	reply_download(r, out, "application/x-apple-aspen-config",
		arena_printf(a, SPAN_FMT ".mobileconfig", SPAN_ARG(link.domain)),
		is_signed ? str_span(&sealed) : str_span(&text));
	return RC_OK;
}
