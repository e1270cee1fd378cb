/* /mailboxes */
#include "backend/accounts/forwarding.h"
#include "backend/accounts/mailbox_service.h"
#include "backend/api/api.h"
#include "backend/http/suspension_form.h"

/* Which of the ways in are named, and which of these are switched off. */
static void read_services(const struct form *f, unsigned *out_given, unsigned *out_off)
{
	static const struct {
		const char *name;
		unsigned bit;
	} services[] = { { "imap", MAILBOX_NO_IMAP }, { "pop3", MAILBOX_NO_POP3 },
		{ "smtp", MAILBOX_NO_SMTP }, { "webmail", MAILBOX_NO_WEBMAIL } };

	*out_given = *out_off = 0;
	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
		if (!form_given(f, services[i].name))
			continue;
		*out_given |= services[i].bit;
		if (!form_bool(f, services[i].name, true))
			*out_off |= services[i].bit;
	}
}

enum rc api_mailbox_create(struct req *r, struct reply *out, struct err *err)
{
	struct mailbox mailbox;
	struct mailbox_new in = { .address = form_text(&r->form, "address"),
		.password = form_text(&r->form, "password"),
		.password_hash = form_text(&r->form, "password_hash"),
		.name = form_text(&r->form, "name"),
		.quota_bytes = form_i64(&r->form, "quota_bytes", 0),
		.send_per_hour = form_i64(&r->form, "send_per_hour", 0),
		.send_per_day = form_i64(&r->form, "send_per_day", 0) };
	unsigned given;

	read_services(&r->form, &given, &in.no_services);
	enum rc rc = mailbox_create(r->services, r->ctx, &in, &mailbox, err);

	if (rc == RC_OK)
		api_reply_created(r, out, mailbox_json(r->ctx->arena, &mailbox), "mailboxes",
			mailbox.address, mailbox.version);
	return rc;
}

enum rc api_mailbox_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct list_ask ask = api_list_ask(r);
	struct mailboxes mailboxes;
	enum rc rc = mailbox_list(r->services, r->ctx, &ask, &mailboxes, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *items = json_array(a);
	for (size_t i = 0; i < mailboxes.len; i++)
		json_push(items, mailbox_json(a, &mailboxes.items[i]));
	api_reply_list(r, out, items, mailboxes.next_cursor);
	return RC_OK;
}

enum rc api_mailbox_get(struct req *r, struct reply *out, struct err *err)
{
	struct mailbox mailbox;
	enum rc rc = mailbox_get(r->services, r->ctx, req_path(r, "address"), &mailbox, err);

	if (rc == RC_OK)
		api_reply_object(r, out, mailbox_json(r->ctx->arena, &mailbox), mailbox.version);
	return rc;
}

static struct mailbox_change read_change(const struct form *f)
{
	struct mailbox_change change = { .set_name = form_given(f, "name"),
		.set_quota = form_given(f, "quota_bytes"),
		.set_send_per_hour = form_given(f, "send_per_hour"),
		.set_send_per_day = form_given(f, "send_per_day"),
		.suspension = suspension_of_form(f),
		.name = form_text(f, "name"),
		.quota_bytes = form_i64(f, "quota_bytes", 0),
		.send_per_hour = form_i64(f, "send_per_hour", 0),
		.send_per_day = form_i64(f, "send_per_day", 0),
		.password = form_text(f, "password"),
		.password_hash = form_text(f, "password_hash") };

	read_services(f, &change.set_services, &change.no_services);
	return change;
}

enum rc api_mailbox_update(struct req *r, struct reply *out, struct err *err)
{
	struct mailbox mailbox;
	struct mailbox_change change = read_change(&r->form);
	enum rc rc = api_if_match(r, &change.version, err);

	if (rc == RC_OK)
		rc = mailbox_update(
			r->services, r->ctx, req_path(r, "address"), &change, &mailbox, err);
	if (rc == RC_OK)
		api_reply_object(r, out, mailbox_json(r->ctx->arena, &mailbox), mailbox.version);
	return rc;
}

enum rc api_mailbox_delete(struct req *r, struct reply *out, struct err *err)
{
	int64_t version = 0;
	enum rc rc = api_if_match(r, &version, err);

	if (rc == RC_OK)
		rc = mailbox_delete(r->services, r->ctx, req_path(r, "address"), version, err);
	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}

enum rc api_mailbox_restore(struct req *r, struct reply *out, struct err *err)
{
	struct mailbox mailbox;
	enum rc rc = mailbox_restore(r->services, r->ctx, req_path(r, "address"), &mailbox, err);

	if (rc == RC_OK)
		api_reply_object(r, out, mailbox_json(r->ctx->arena, &mailbox), mailbox.version);
	return rc;
}

enum rc api_forwarding_get(struct req *r, struct reply *out, struct err *err)
{
	struct forwarding f;
	enum rc rc = forwarding_get(r->services, r->ctx, req_path(r, "address"), &f, err);

	if (rc == RC_OK)
		api_reply_object(r, out, forwarding_json(r->ctx->arena, &f), 0);
	return rc;
}

enum rc api_forwarding_set(struct req *r, struct reply *out, struct err *err)
{
	const struct field_value *targets = form_get(&r->form, "targets");
	struct forwarding f = { targets->items, targets->n_items,
		form_bool(&r->form, "keep", true) };
	enum rc rc = forwarding_set(r->services, r->ctx, req_path(r, "address"), &f, &f, err);

	if (rc == RC_OK)
		api_reply_object(r, out, forwarding_json(r->ctx->arena, &f), 0);
	return rc;
}

/* ------------------------------------------------------------------------ app passwords */

enum rc api_app_password_create(struct req *r, struct reply *out, struct err *err)
{
	struct app_password password;
	enum rc rc = app_password_create(r->services, r->ctx, req_path(r, "address"),
		form_text(&r->form, "label"), &password, err);

	if (rc != RC_OK)
		return rc;
	struct str collection = str_in(r->ctx->arena, 1000);
	str_add_cstr(&collection, "mailboxes/");
	percent_encode(&collection, req_path(r, "address"));
	str_add_cstr(&collection, "/app-passwords");
	api_reply_created(r, out, app_password_json(r->ctx->arena, &password),
		str_cstr(&collection),
		arena_printf(r->ctx->arena, "%lld", (long long)password.app_password_id), 0);
	return RC_OK;
}

enum rc api_app_password_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct app_passwords passwords;
	enum rc rc =
		app_password_list(r->services, r->ctx, req_path(r, "address"), &passwords, err);

	if (rc != RC_OK)
		return rc;
	struct cJSON *items = json_array(a);
	for (size_t i = 0; i < passwords.len; i++)
		json_push(items, app_password_json(a, &passwords.items[i]));
	api_reply_list(r, out, items, SPAN(""));
	return RC_OK;
}

enum rc api_app_password_delete(struct req *r, struct reply *out, struct err *err)
{
	uint64_t id;

	if (!span_u64(req_path(r, "id"), INT64_MAX, &id))
		return RC_NOT_FOUND;
	enum rc rc =
		app_password_delete(r->services, r->ctx, req_path(r, "address"), (int64_t)id, err);
	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}
