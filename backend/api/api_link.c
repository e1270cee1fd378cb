/* /domains/{name}/dns/links, /mailboxes/{address}/setup-links */
#include "backend/accounts/link_service.h"
#include "backend/api/api.h"
#include "backend/api/api_fields.h"

const struct field api_link_fields[] = {
	{ "days", FIELD_INT, .min = 1, .max = LINK_DAYS_MAX, .about = "How long it works; 14." },
	{ "label", FIELD_TEXT, .max = 100, .about = "Whom it is for." },
	{ 0 },
};

static struct span id_of(struct arena *a, const struct link *link)
{
	return arena_printf(a, "%lld", (long long)link->link_id);
}

enum rc api_link_make(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct span name = req_path(r, "name");
	struct link link;
	enum rc rc = link_make_dns(r->services, r->ctx, name, form_i64(&r->form, "days", 0),
		form_text(&r->form, "label"), &link, err);

	if (rc == RC_OK)
		api_reply_created(r, out, link_json(a, &link),
			arena_printf(a, "domains/" SPAN_FMT "/dns/links", SPAN_ARG(name)).ptr,
			id_of(a, &link), 0);
	return rc;
}

enum rc api_link_list(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct cJSON *items = json_array(a);
	struct links links;
	enum rc rc = link_list_dns(r->services, r->ctx, req_path(r, "name"), &links, err);

	for (size_t i = 0; rc == RC_OK && i < links.len; i++)
		json_push(items, link_json(a, &links.items[i]));
	if (rc == RC_OK)
		api_reply_list(r, out, items, SPAN(""));
	return rc;
}

enum rc api_link_revoke(struct req *r, struct reply *out, struct err *err)
{
	uint64_t id;

	if (!span_u64(req_path(r, "id"), INT64_MAX, &id))
		return err_set(err, RC_NOT_FOUND, "", "There is no such link.");
	enum rc rc = link_revoke_dns(r->services, r->ctx, req_path(r, "name"), (int64_t)id, err);
	if (rc == RC_OK)
		api_reply_deleted(r, out);
	return rc;
}

enum rc api_setup_link_make(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct span address = req_path(r, "address");
	struct link link;
	enum rc rc = link_make_setup(r->services, r->ctx, address, &link, err);

	if (rc == RC_OK)
		api_reply_created(r, out, link_json(a, &link),
			arena_printf(a, "mailboxes/" SPAN_FMT "/setup-links", SPAN_ARG(address))
				.ptr,
			id_of(a, &link), 0);
	return rc;
}
