/* /domains/{name}/dns, /domains/{name}/dkim */
#include "backend/accounts/dkim_service.h"
#include "backend/api/api.h"
#include "backend/dns/watch.h"
#include "backend/dns/zone.h"
#include "mailcore/base/json.h"

#define ZONE_MAX    (256 * 1024)
#define HISTORY_MAX 200

static enum rc reply_records(struct req *r, struct reply *out, const struct domain *domain,
	const struct records *records, int64_t checked_at_us)
{
	api_reply_object(r, out,
		domain_records_json(r->ctx->arena, domain->name, records, checked_at_us), 0);
	return RC_OK;
}

enum rc api_dns_get(struct req *r, struct reply *out, struct err *err)
{
	struct domain domain;
	struct records records;
	int64_t checked_at = 0;

	enum rc rc = domain_watch_show(
		r->services, r->ctx, req_path(r, "name"), &domain, &records, &checked_at, err);
	return rc == RC_OK ? reply_records(r, out, &domain, &records, checked_at) : rc;
}

enum rc api_dns_check(struct req *r, struct reply *out, struct err *err)
{
	struct domain domain;
	struct records records;

	enum rc rc = domain_watch_check(
		r->services, r->ctx, req_path(r, "name"), &domain, &records, err);
	return rc == RC_OK ? reply_records(r, out, &domain, &records, r->ctx->now_us) : rc;
}

enum rc api_dns_history(struct req *r, struct reply *out, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct dns_changes changes;
	struct domain domain;
	struct cJSON *items = json_array(a);

	enum rc rc = domain_get(r->services, r->ctx, req_path(r, "name"), &domain, err);
	if (rc == RC_OK)
		rc = domain_watch_history(
			r->services, r->ctx, domain.domain_id, HISTORY_MAX, &changes);
	for (size_t i = 0; rc == RC_OK && i < changes.len; i++)
		json_push(items, domain_change_json(a, &changes.items[i]));
	if (rc == RC_OK)
		api_reply_list(r, out, items, SPAN(""));
	return rc;
}

static const char *zone_type(enum zone_format format)
{
	switch (format) {
	case ZONE_CSV:
		return "text/csv; charset=utf-8";
	case ZONE_BIND:
	case ZONE_TERRAFORM:
		break;
	}
	return "text/plain; charset=utf-8";
}

enum rc api_dns_zone(struct req *r, struct reply *out, struct err *err)
{
	struct domain domain;
	struct records records;
	int64_t checked_at = 0;
	struct span name = form_text(&r->query_form, "format");
	enum zone_format format = ZONE_BIND;
	bool is_json = span_eq(name, SPAN("json"));

	if (name.len > 0 && !is_json && !zone_format_parse(name, &format))
		return err_set(
			err, RC_INVALID, "format", "A format is bind, json, csv or terraform.");
	enum rc rc = domain_watch_show(
		r->services, r->ctx, req_path(r, "name"), &domain, &records, &checked_at, err);
	if (rc != RC_OK)
		return rc;
	if (is_json) {
		return reply_records(r, out, &domain, &records, 0);
	}
	zone_add(reply_begin(r, out, 200, zone_type(format)), domain.name, &records, format);
	return RC_OK;
}

static void reply_keys(struct req *r, struct reply *out, const struct dkim_keys *keys)
{
	struct arena *a = r->ctx->arena;
	struct cJSON *items = json_array(a);

	for (size_t i = 0; i < keys->len; i++)
		json_push(items, dkim_key_json(a, &keys->items[i]));
	api_reply_list(r, out, items, SPAN(""));
}

enum rc api_dkim_list(struct req *r, struct reply *out, struct err *err)
{
	struct dkim_keys keys;
	enum rc rc = dkim_list(r->services, r->ctx, req_path(r, "name"), &keys, err);

	if (rc == RC_OK)
		reply_keys(r, out, &keys);
	return rc;
}

enum rc api_dkim_rotate(struct req *r, struct reply *out, struct err *err)
{
	struct dkim_keys keys;
	enum rc rc = dkim_rotate(r->services, r->ctx, req_path(r, "name"), &keys, err);

	if (rc == RC_OK)
		reply_keys(r, out, &keys);
	return rc;
}
