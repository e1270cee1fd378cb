/* A domain's DNS records: what its zone should contain, to copy or to download. */
#include "backend/dns/domain_records.h"
#include "backend/dns/zone.h"
#include "webui/panel/panel.h"

#define ZONE_TEXT_MAX 65536

/* ------------------------------------------------------------------ the page */

static const struct {
	const char *hue;
	enum words_id words;
} statuses[] = {
	[RECORD_UNKNOWN] = { "", W_DNS_UNKNOWN },
	[RECORD_OK] = { "ok", W_DNS_OK },
	[RECORD_MISSING] = { "er", W_DNS_MISSING },
	[RECORD_WRONG] = { "wa", W_DNS_WRONG },
	[RECORD_MULTIPLE] = { "wa", W_DNS_MULTIPLE },
	[RECORD_MALFORMED] = { "er", W_DNS_MALFORMED },
	[RECORD_ERROR] = { "", W_DNS_ERROR },
};

static void record_add(struct page *p, struct val *list, const struct record *record, size_t i)
{
	struct val *item = val_push(list);
	val_set(item, "id", arena_printf(p->req->ctx->arena, "r%zu", i));
	val_set_cstr(item, "type", record->type);
	val_set(item, "name", record->name);
	val_set(item, "value", record->value);
	val_set_cstr(item, "why", record->why);
	val_set(item, "hint", record->hint);
	val_set_cstr(item, "hue", statuses[record->status].hue);
	val_set(item, "status", words(statuses[record->status].words));
	struct val *found = val_set_list(item, "found");
	for (size_t k = 0; k < record->n_found && record->status != RECORD_OK; k++)
		val_push_text(found, record->found[k]);
}

static void groups_add(struct page *p, const struct records *records)
{
	static const enum words_id labels[] = { [NEED_REQUIRED] = W_DNS_REQUIRED,
		[NEED_RECOMMENDED] = W_DNS_RECOMMENDED,
		[NEED_OPTIONAL] = W_DNS_OPTIONAL };
	struct val *groups = val_set_list(p->data, "groups");
	for (int need = NEED_REQUIRED; need <= NEED_OPTIONAL; need++) {
		struct val *list = NULL;
		for (size_t i = 0; i < records->len; i++) {
			if ((int)records->items[i].need != need)
				continue;
			if (!list) {
				struct val *group = val_push(groups);
				val_set(group, "label", words(labels[need]));
				list = val_set_list(group, "records");
			}
			record_add(p, list, &records->items[i], i);
		}
	}
}

static void summary_add(struct page *p, const struct records *records)
{
	struct arena *a = p->req->ctx->arena;
	int64_t all = 0, work = 0, unknown = 0;
	for (size_t i = 0; i < records->len; i++) {
		const struct record *record = &records->items[i];
		bool counts = record->need != NEED_OPTIONAL;
		bool open = record->status == RECORD_UNKNOWN || record->status == RECORD_ERROR;
		all += counts;
		unknown += counts && open;
		work += counts && !open && record->status != RECORD_OK;
	}
	struct words_arg args[] = { { "n", arena_printf(a, "%ld", (long)work) },
		{ "all", arena_printf(a, "%ld", (long)all) } };
	struct span text = words(W_DNS_SUMMARY_OK);
	const char *hue = "ok";
	if (unknown > 0) {
		text = words(W_DNS_SUMMARY_UNKNOWN);
		hue = "";
	}
	if (work > 0) {
		bool one = work == 1;
		text = words_fill(
			a, one ? W_DNS_SUMMARY_WORK_ONE : W_DNS_SUMMARY_WORK_OTHER, args, 2);
		hue = "wa";
	}
	val_set(p->data, "summary", text);
	val_set_cstr(p->data, "hue", hue);
}

static enum rc show(struct req *r, struct reply *out, const struct domain *domain,
	const struct records *records)
{
	struct arena *a = r->ctx->arena;
	struct page p = panel_begin(r, "panel/dns", "domains", words(W_DNS_TITLE));
	panel_domain_tabs(&p, domain->name, "dns");
	panel_steps(&p, STEP_DNS, domain->name);
	groups_add(&p, records);
	summary_add(&p, records);
	struct str zone = str_in(a, ZONE_TEXT_MAX);
	zone_add(&zone, domain->name, records, ZONE_BIND);
	val_set(p.data, "zone", str_span(&zone));
	val_set_bool(p.data, "can_check", r->services->resolver != NULL);
	val_set(p.data, "next_url",
		arena_printf(a, "/domains/" SPAN_FMT "/mailboxes", SPAN_ARG(domain->name)));
	panel_api_call(&p, "POST",
		arena_printf(a, "/api/v1/domains/" SPAN_FMT "/dns/check", SPAN_ARG(domain->name))
			.ptr,
		NULL);
	return page_send(&p, out, 200);
}

enum rc page_dns(struct req *r, struct reply *out, struct err *err)
{
	struct domain domain;
	struct records records;
	enum rc rc =
		domain_records(r->services, r->ctx, req_path(r, "domain"), &domain, &records, err);
	return rc == RC_OK ? show(r, out, &domain, &records) : rc;
}

/* What was found is not kept, so there is nothing to redirect to. */
enum rc page_dns_check_post(struct req *r, struct reply *out, struct err *err)
{
	struct domain domain;
	struct records records;
	enum rc rc = domain_records_check(
		r->services, r->ctx, req_path(r, "domain"), &domain, &records, err);
	return rc == RC_OK ? show(r, out, &domain, &records) : rc;
}

enum rc page_dns_zone(struct req *r, struct reply *out, struct err *err)
{
	struct domain domain;
	struct records records;
	enum rc rc =
		domain_records(r->services, r->ctx, req_path(r, "domain"), &domain, &records, err);
	if (rc != RC_OK)
		return rc;
	struct str zone = str_in(r->ctx->arena, ZONE_TEXT_MAX);
	zone_add(&zone, domain.name, &records, ZONE_BIND);
	reply_download(r, out, "text/plain; charset=utf-8",
		arena_printf(r->ctx->arena, SPAN_FMT ".zone", SPAN_ARG(domain.name)),
		str_span(&zone));
	return RC_OK;
}
