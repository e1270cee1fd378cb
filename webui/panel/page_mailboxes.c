/* Mailboxes: list, new, and one with all that its owner's apps need. */
#include "backend/accounts/domain_service.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/accounts/send_limit_service.h"
#include "backend/http/suspension_form.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/random.h"
#include "webui/panel/list_view.h"
#include "webui/view/format.h"
#include "webui/view/html.h"

#define MEGABYTE           1000000
#define MADE_PASSWORD_SIZE 12 /* random bytes: 16 characters, 96 bits */

const struct field mailbox_new_fields[] = {
	{ "local", FIELD_TEXT, FIELD_REQUIRED, .max = 254 },
	{ "domain", FIELD_TEXT, FIELD_REQUIRED, .max = 253 },
	{ "name", FIELD_TEXT, .max = 200 },
	{ "password", FIELD_SECRET, .max = 1024 },
	{ "quota_mb", FIELD_TEXT, .max = 12 },
	{ 0 },
};
const struct field mailbox_password_fields[] = {
	{ "password", FIELD_SECRET, .max = 1024 },
	{ 0 },
};

static enum words_id state_of(const struct mailbox *m)
{
	if (m->suspension.no_login)
		return W_MAILBOX_NO_LOGIN;
	if (m->suspension.hold_out)
		return W_MAILBOX_HELD;
	return suspension_is_on(&m->suspension) ? W_SUSPENDED : W_ACTIVE;
}

static void state_add(struct val *item, const struct mailbox *m)
{
	enum words_id state = state_of(m);

	val_set_cstr(item, "hue", state == W_ACTIVE ? "ok" : "wa");
	val_set(item, "state", words(state));
}

static void mailbox_add(struct page *p, struct val *item, const struct mailbox *m)
{
	struct arena *a = p->req->ctx->arena;
	val_set(item, "address", m->address);
	val_set(item, "name", m->name);
	val_set(item, "used", format_size(a, m->used_bytes));
	val_set(item, "quota", m->quota_bytes > 0 ? format_size(a, m->quota_bytes) : SPAN(""));
	state_add(item, m);
}

static struct span new_url(struct arena *a, struct span domain)
{
	struct str url = str_in(a, 1024);
	str_add_cstr(&url, "/mailboxes/new");
	if (domain.len > 0) {
		str_add_cstr(&url, "?domain=");
		url_add_component(&url, domain);
	}
	return str_span(&url);
}

static const struct list_column mailboxes_columns[] = {
	{ W_ADDRESS, "name" },
	{ W_NAME },
	{ W_STATE },
	{ W_MESSAGES, .is_number = true },
	{ W_STORAGE, .is_number = true },
	{ W_CREATED, "created" },
};
/* Sizes are added up for a domain only. */
static const struct list_column domain_columns[] = {
	{ W_ADDRESS, "name" },
	{ W_NAME },
	{ W_STATE },
	{ W_MESSAGES, "messages", true },
	{ W_STORAGE, "size", true },
	{ W_CREATED, "created" },
};
#define COLUMNS (sizeof mailboxes_columns / sizeof mailboxes_columns[0])
static const char *const mailboxes_actions[] = { "suspend", "resume", "quota", "delete", NULL };
static const struct list_view mailboxes_view = { "mailboxes", mailboxes_columns, COLUMNS,
	mailboxes_actions, true };
static const struct list_view domain_view = { "mailboxes", domain_columns, COLUMNS,
	mailboxes_actions, true };

static void list_row_add(struct page *p, struct val *rows, const struct mailbox *m)
{
	struct arena *a = p->req->ctx->arena;
	struct val *row = list_view_row(rows, m->address);
	enum words_id state = state_of(m);

	list_view_link(row, m->address,
		arena_printf(a, "/mailboxes/" SPAN_FMT, SPAN_ARG(m->address)), SPAN(""));
	list_view_text(row, m->name);
	list_view_pill(row, state == W_ACTIVE ? "ok" : "wa", words(state));
	list_view_number(
		row, W_MESSAGES, arena_printf(a, "%lld", (long long)m->messages), SPAN(""));
	list_view_number(row, W_STORAGE, format_size(a, m->used_bytes),
		m->quota_bytes > 0 ? arena_printf(a, SPAN_FMT " " SPAN_FMT, SPAN_ARG(words(W_OF)),
					     SPAN_ARG(format_size(a, m->quota_bytes)))
				   : SPAN(""));
	list_view_text(row, format_time(a, m->created_at_us / USEC_PER_SEC));
}

/* Of one domain, and of all. */
enum rc page_mailboxes(struct req *r, struct reply *out, struct err *err)
{
	struct list_ask ask = panel_list_ask(r);
	bool scoped = span_starts(r->path, SPAN("/domains/"));
	if (scoped)
		ask.domain = req_path(r, "domain");
	struct mailboxes mailboxes;
	enum rc rc = mailbox_list(r->services, r->ctx, &ask, &mailboxes, err);
	if (rc != RC_OK)
		return rc;

	struct page p = panel_begin(
		r, "panel/mailboxes", scoped ? "domains" : "mailboxes", words(W_MAILBOXES));
	panel_domain_tabs(&p, ask.domain, "mailboxes");
	struct val *rows = list_view_begin(
		&p, scoped ? &domain_view : &mailboxes_view, &ask, mailboxes.next_cursor);
	for (size_t i = 0; i < mailboxes.len; i++)
		list_row_add(&p, rows, &mailboxes.items[i]);
	val_set_bool(p.data, "is_empty", mailboxes.len == 0 && panel_is_plain(&ask));
	val_set(p.data, "new_url", new_url(r->ctx->arena, ask.domain));
	val_set(p.data, "find_hint", words(W_MAILBOXES_FIND));
	return page_send(&p, out, 200);
}

/* ------------------------------------------------------------------ new */

static void domain_choices_add(struct page *p, const struct domains *domains, struct span chosen)
{
	struct val *list = val_set_list(p->data, "domains");
	for (size_t i = 0; i < domains->len; i++) {
		struct val *item = val_push(list);
		val_set(item, "name", domains->items[i].name);
		val_set(item, "unicode", domains->items[i].unicode);
		val_set_bool(item, "selected", span_eq(domains->items[i].name, chosen));
	}
}

static enum rc new_form(struct req *r, struct reply *out, int status, struct err *err)
{
	struct list_ask ask = { .limit = LIST_LIMIT_MAX };
	struct domains domains;
	enum rc rc = domain_list(r->services, r->ctx, &ask, &domains, err);
	if (rc != RC_OK)
		return rc;
	if (domains.len == 0) {
		reply_redirect(r, out, SPAN("/domains/new"));
		return RC_OK;
	}
	bool again = r->method == METHOD_POST;
	struct span chosen = again ? form_text(&r->form, "domain") : req_query(r, "domain");

	struct page p = panel_begin(r, "panel/mailbox_new", "mailboxes", words(W_MAILBOX_ADD));
	domain_choices_add(&p, &domains, chosen);
	val_set_bool(p.data, "steps_shown", chosen.len > 0);
	panel_steps(&p, STEP_MAILBOXES, chosen);
	page_form(&p, mailbox_new_fields, again ? &r->form : NULL);
	panel_api_call(&p, "POST", "/api/v1/mailboxes",
		"{\"address\": \"ann@example.com\", \"password\": \"...\"}");
	return page_send(&p, out, status);
}

enum rc page_mailbox_new(struct req *r, struct reply *out, struct err *err)
{
	return new_form(r, out, 200, err);
}

static struct span made_password(struct arena *a)
{
	struct str out = str_in(a, 64);
	random_add_token(&out, MADE_PASSWORD_SIZE);
	return str_span(&out);
}

/* The part before the @; people also paste the whole address. */
static struct span address_of(struct req *r)
{
	struct span local = span_trim(form_text(&r->form, "local"));
	if (span_find(local, '@') != SPAN_NPOS)
		return local;
	return arena_printf(r->ctx->arena, SPAN_FMT "@" SPAN_FMT, SPAN_ARG(local),
		SPAN_ARG(form_text(&r->form, "domain")));
}

static bool quota_of(struct req *r, int64_t *out)
{
	struct span text = span_trim(form_text(&r->form, "quota_mb"));
	uint64_t mb = 0;
	if (text.len > 0 && !span_u64(text, INT32_MAX, &mb)) {
		form_add_error(r->ctx, &r->form, SPAN("quota_mb"), "invalid", words(W_QUOTA_WRONG));
		return false;
	}
	*out = (int64_t)mb * MEGABYTE;
	return true;
}

static enum rc mailbox_page(struct req *r, struct reply *out, int status, struct span address,
	struct span new_password, struct span flash, struct err *err);

const struct field mailbox_limit_fields[] = {
	{ "send_per_hour", FIELD_INT, FIELD_REQUIRED, .max = SEND_LIMIT_MAX },
	{ "send_per_day", FIELD_INT, FIELD_REQUIRED, .max = SEND_LIMIT_MAX },
	{ 0 },
};

/* "200 an hour, from the plan" */
static struct span limit_words(
	struct arena *a, enum words_id id, int64_t limit, enum limit_from from)
{
	struct words_arg args[] = { { "n",
					    limit > 0 ? arena_printf(a, "%lld", (long long)limit)
						      : words(W_LIMIT_NONE) },
		{ "from",
			words(from == LIMIT_FROM_MAILBOX          ? W_LIMIT_OF_MAILBOX
					: from == LIMIT_FROM_PLAN ? W_LIMIT_OF_PLAN
								  : W_LIMIT_OF_SERVER) } };

	return words_fill(a, id, args, 2);
}

static enum rc limits_add(struct page *p, const struct mailbox *m, struct err *err)
{
	struct arena *a = p->req->ctx->arena;
	struct mailbox_limit limit;
	enum rc rc = mailbox_limit_get(p->req->services, p->req->ctx, m->address, &limit, err);

	if (rc != RC_OK)
		return rc;
	val_set(p->data, "limit_hour",
		limit_words(a, W_LIMIT_AN_HOUR, limit.hour, limit.hour_from));
	val_set(p->data, "limit_day", limit_words(a, W_LIMIT_A_DAY, limit.day, limit.day_from));
	val_set_i64(p->data, "send_per_hour", m->send_per_hour);
	val_set_i64(p->data, "send_per_day", m->send_per_day);
	return RC_OK;
}

enum rc page_mailbox_limit_post(struct req *r, struct reply *out, struct err *err)
{
	struct span address = req_path(r, "address");
	struct mailbox_change change = { .set_send_per_hour = true,
		.set_send_per_day = true,
		.send_per_hour = form_i64(&r->form, "send_per_hour", 0),
		.send_per_day = form_i64(&r->form, "send_per_day", 0) };
	struct mailbox m;
	enum rc rc = RC_OK;

	if (r->form.n_errors == 0)
		rc = mailbox_update(r->services, r->ctx, address, &change, &m, err);
	if (rc == RC_NOT_FOUND)
		return rc;
	if (r->form.n_errors > 0 || page_add_refusal(r, rc, err))
		return mailbox_page(r, out, 422, address, SPAN(""), SPAN(""), err);
	if (rc == RC_OK)
		page_redirect_done(r, out,
			arena_printf(r->ctx->arena, "/mailboxes/" SPAN_FMT, SPAN_ARG(m.address)),
			"limit_saved");
	return rc;
}

enum rc page_mailbox_new_post(struct req *r, struct reply *out, struct err *err)
{
	struct mailbox_new in = { 0 };
	if (!quota_of(r, &in.quota_bytes) || r->form.n_errors > 0)
		return new_form(r, out, 422, err);
	in.address = address_of(r);
	in.name = form_text(&r->form, "name");
	in.password = form_text(&r->form, "password");
	bool made = in.password.len == 0;
	if (made)
		in.password = made_password(r->ctx->arena);

	struct mailbox mailbox;
	enum rc rc = mailbox_create(r->services, r->ctx, &in, &mailbox, err);
	if (rc != RC_OK && strcmp(err->field, "address") == 0)
		(void)err_set(err, rc, "local", "%s", arena_strdup(r->ctx->arena, err->text));
	if (page_add_refusal(r, rc, err))
		return new_form(r, out, 422, err);
	if (rc != RC_OK)
		return rc;
	/* A password of ours is shown once, so this one page is the answer to a POST. */
	if (made)
		return mailbox_page(r, out, 200, mailbox.address, in.password,
			words(W_DONE_MAILBOX_CREATED), err);
	page_redirect_done(r, out,
		arena_printf(r->ctx->arena, "/mailboxes/" SPAN_FMT, SPAN_ARG(mailbox.address)),
		"mailbox_created");
	return RC_OK;
}

/* ------------------------------------------------------------------ one */

static void service_push(struct page *p, struct val *list, enum words_id label, unsigned port)
{
	if (port == 0)
		return;
	struct val *item = val_push(list);
	val_set(item, "label", words(label));
	val_set_cstr(item, "host", page_env(p->req)->hostname);
	val_set_i64(item, "port", port);
	val_set(item, "security", words(W_SETUP_TLS));
}

static enum rc mailbox_page(struct req *r, struct reply *out, int status, struct span address,
	struct span new_password, struct span flash, struct err *err)
{
	struct arena *a = r->ctx->arena;
	const struct webui_env *env = page_env(r);
	struct mailbox m;
	enum rc rc = mailbox_get(r->services, r->ctx, address, &m, err);
	if (rc != RC_OK)
		return rc;

	struct page p = panel_begin(r, "panel/mailbox", "mailboxes", m.address);
	mailbox_add(&p, p.data, &m);
	if (flash.len > 0)
		val_override(p.data, "flash", flash);
	val_set(p.data, "messages", words_count(a, W_MESSAGE_ONE, W_MESSAGE_OTHER, m.messages));
	val_set(p.data, "created", format_time(a, m.created_at_us / USEC_PER_SEC));
	val_set(p.data, "new_password", new_password);
	val_set(p.data, "webmail", arena_printf(a, "%s/mail", env->url));
	struct val *services = val_set_list(p.data, "services");
	service_push(&p, services, W_SETUP_IN, env->imaps_port);
	service_push(&p, services, W_SETUP_OUT, env->submissions_port);
	service_push(&p, services, W_SETUP_POP, env->pop3s_port);
	panel_suspension(&p, &m.suspension,
		arena_printf(a, "/mailboxes/" SPAN_FMT "/suspend", SPAN_ARG(m.address)));
	rc = limits_add(&p, &m, err);
	if (rc != RC_OK)
		return rc;
	bool again = r->form.n_errors > 0;
	page_form(&p, NULL, again ? &r->form : NULL);
	return page_send(&p, out, status);
}

enum rc page_mailbox(struct req *r, struct reply *out, struct err *err)
{
	return mailbox_page(r, out, 200, req_path(r, "address"), SPAN(""), SPAN(""), err);
}

enum rc page_mailbox_password_post(struct req *r, struct reply *out, struct err *err)
{
	struct span address = req_path(r, "address");
	struct mailbox_change change = { .password = form_text(&r->form, "password") };
	bool made = change.password.len == 0;
	if (made)
		change.password = made_password(r->ctx->arena);
	struct mailbox m;
	enum rc rc = mailbox_update(r->services, r->ctx, address, &change, &m, err);
	if (rc != RC_NOT_FOUND && page_add_refusal(r, rc, err))
		return mailbox_page(r, out, 422, address, SPAN(""), SPAN(""), err);
	if (rc != RC_OK)
		return rc;
	return mailbox_page(r, out, 200, m.address, made ? change.password : SPAN(""),
		words(W_DONE_PASSWORD_SET), err);
}

enum rc page_mailbox_suspend_post(struct req *r, struct reply *out, struct err *err)
{
	struct span address = req_path(r, "address");
	struct mailbox_change change = { .suspension = suspension_of_page(&r->form) };
	struct mailbox m;

	if (r->form.n_errors > 0)
		return mailbox_page(r, out, 422, address, SPAN(""), SPAN(""), err);
	enum rc rc = mailbox_update(r->services, r->ctx, address, &change, &m, err);
	if (rc != RC_NOT_FOUND && page_add_refusal(r, rc, err))
		return mailbox_page(r, out, 422, address, SPAN(""), SPAN(""), err);
	if (rc == RC_OK)
		page_redirect_done(r, out,
			arena_printf(r->ctx->arena, "/mailboxes/" SPAN_FMT, SPAN_ARG(m.address)),
			"saved");
	return rc;
}

enum rc page_mailbox_delete_post(struct req *r, struct reply *out, struct err *err)
{
	struct span address = req_path(r, "address");
	if (!span_ieq(span_trim(form_text(&r->form, "confirm")), address)) {
		form_add_error(
			r->ctx, &r->form, SPAN("confirm"), "invalid", words(W_CONFIRM_WRONG));
		return mailbox_page(r, out, 422, address, SPAN(""), SPAN(""), err);
	}
	enum rc rc = mailbox_delete(r->services, r->ctx, address, 0, err);
	if (rc == RC_OK)
		page_redirect_done(r, out, SPAN("/deleted"), "mailbox_deleted");
	return rc;
}
