/* Hand-off: a link for the person who runs the DNS. Made on a domain's DNS options; what it shows has
 * no log-in and no powers. */
#include "backend/accounts/link_service.h"
#include "backend/dns/watch.h"
#include "backend/dns/zone.h"
#include "mailcore/base/clock.h"
#include "webui/panel/dns_pages.h"
#include "webui/panel/panel.h"
#include "webui/view/format.h"

#define ZONE_TEXT_MAX 65536
#define LINK_ID_MAX   ((uint64_t)1 << 53)

const struct field link_fields[] = {
	{ "label", FIELD_TEXT, .max = 100 },
	{ 0 },
};

/* ------------------------------------------------------------------ the owner's side */

static void link_add(struct page *p, struct val *list, const struct link *link)
{
	struct arena *a = p->req->ctx->arena;
	struct val *item = val_push(list);

	val_set_i64(item, "id", link->link_id);
	val_set(item, "label", link->label.len > 0 ? link->label : words(W_LINK_NO_LABEL));
	val_set(item, "expires", format_time(a, link->expires_at_us / USEC_PER_SEC));
}

static enum rc links_page(
	struct req *r, struct reply *out, int status, struct span url, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct span name = req_path(r, "domain");
	struct links links;

	enum rc rc = link_list_dns(r->services, r->ctx, name, &links, err);
	if (rc != RC_OK)
		return rc;
	struct page p = panel_begin(r, "panel/dns_links", "domains", words(W_LINK_TITLE));
	panel_domain_tabs(&p, name, "dns");
	struct val *list = val_set_list(p.data, "links");
	for (size_t i = 0; i < links.len; i++)
		link_add(&p, list, &links.items[i]);
	val_set_bool(p.data, "has_links", links.len > 0);
	val_set(p.data, "url", url);
	page_form(&p, link_fields, r->form.n_errors > 0 ? &r->form : NULL);
	panel_api_call(&p, "POST",
		arena_printf(a, "/api/v1/domains/" SPAN_FMT "/dns/links", SPAN_ARG(name)).ptr,
		"{\"days\": 14}");
	return page_send(&p, out, status);
}

enum rc page_dns_links(struct req *r, struct reply *out, struct err *err)
{
	return links_page(r, out, 200, SPAN(""), err);
}

enum rc page_dns_links_post(struct req *r, struct reply *out, struct err *err)
{
	struct link link;

	if (r->form.n_errors > 0)
		return links_page(r, out, 422, SPAN(""), err);
	enum rc rc = link_make_dns(r->services, r->ctx, req_path(r, "domain"), 0,
		form_text(&r->form, "label"), &link, err);
	if (rc != RC_NOT_FOUND && page_add_refusal(r, rc, err))
		return links_page(r, out, 422, SPAN(""), err);
	/* The link is shown once, so this page is the answer to the POST. */
	return rc == RC_OK ? links_page(r, out, 200, link.url, err) : rc;
}

enum rc page_dns_link_revoke_post(struct req *r, struct reply *out, struct err *err)
{
	struct span name = req_path(r, "domain");
	uint64_t id;

	if (!span_u64(req_path(r, "id"), LINK_ID_MAX, &id))
		return err_set(err, RC_NOT_FOUND, "", "There is no such link.");
	enum rc rc = link_revoke_dns(r->services, r->ctx, name, (int64_t)id, err);
	if (rc == RC_OK)
		page_redirect_done(r, out,
			arena_printf(
				r->ctx->arena, "/domains/" SPAN_FMT "/dns/links", SPAN_ARG(name)),
			"link_revoked");
	return rc;
}

/* ------------------------------------------------------------------ the holder's side */

static enum rc show(struct req *r, const struct link_opened *link, const struct records *records,
	int64_t checked_at_us, struct reply *out)
{
	struct arena *a = r->ctx->arena;
	struct str zone = str_in(a, ZONE_TEXT_MAX);
	struct page p = page_begin(r, "handoff", "wide", words(W_HANDOFF_TITLE));

	val_set(p.data, "unicode", domain_name_unicode(a, link->domain));
	val_set(p.data, "expires", format_time(a, link->expires_at_us / USEC_PER_SEC));
	dns_page_records(&p, records, checked_at_us);
	zone_add(&zone, link->domain, records, ZONE_BIND);
	val_set(p.data, "zone", str_span(&zone));
	return page_send(&p, out, 200);
}

enum rc page_handoff(struct req *r, struct reply *out, struct err *err)
{
	const struct actor *before = r->ctx->actor;
	struct link_opened link;
	struct domain domain;
	struct records records;
	int64_t checked_at = 0;

	enum rc rc = link_open(r->ctx, LINK_DNS, req_path(r, "token"), &link, err);
	if (rc != RC_OK)
		return rc;
	/* As the owner, bound to this domain, for this one look. */
	actor_enter(r->ctx, &link.actor);
	rc = domain_watch_show(
		r->services, r->ctx, link.domain, &domain, &records, &checked_at, err);
	actor_enter(r->ctx, before);
	return rc == RC_OK ? show(r, &link, &records, checked_at, out) : rc;
}
