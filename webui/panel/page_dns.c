/* A domain's DNS records: what its zone should contain, to copy or to download. */
#include "backend/dns/watch.h"
#include "backend/dns/zone.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/log.h"
#include "webui/panel/dns_pages.h"
#include "webui/panel/dns_words.h"
#include "webui/panel/panel.h"
#include "webui/view/format.h"

#define ZONE_TEXT_MAX 65536
#define HISTORY_SHOWN 20
#define SPLIT_MAX     8192

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

/* What many providers want: the part before the domain. */
static void relative_add(struct val *item, const struct record *record)
{
	struct val *relative = val_set_list(item, "relative");

	if (record->label.len > 0 && !span_eq(record->label, record->name))
		val_push_text(relative, record->label);
}

/* A long TXT in the parts that some providers want to have typed. */
static void split_add(struct page *p, struct val *item, const struct record *record)
{
	struct val *split = val_set_list(item, "split");
	struct str text = str_in(p->req->ctx->arena, SPLIT_MAX);

	if (!span_eq(span_of(record->type), SPAN("TXT")) ||
		record->value.len <= ZONE_TXT_STRING_MAX)
		return;
	zone_add_txt(&text, record->value);
	val_push_text(split, str_span(&text));
}

/* Who said what. */
static void servers_add(struct page *p, struct val *item, const struct record *record)
{
	struct arena *a = p->req->ctx->arena;
	struct val *list = val_set_list(item, "servers");
	int64_t ttl;

	val_set_bool(item, "has_servers", json_len(record->servers) > 0);
	for (const struct cJSON *e = json_first(record->servers); e; e = json_next(e)) {
		struct val *one = val_push(list);
		val_set(one, "server", json_text(json_get(e, "server")));
		val_set(one, "address", json_text(json_get(e, "address")));
		val_set(one, "said", json_text(json_get(e, "said")));
		val_set(one, "ttl",
			json_i64(json_get(e, "ttl"), &ttl)
				? arena_printf(a, "%lld s", (long long)ttl)
				: SPAN(""));
		val_set(one, "raw", json_text(json_get(e, "raw")));
	}
}

static void record_add(struct page *p, struct val *list, const struct record *record, size_t i)
{
	struct val *item = val_push(list);
	val_set(item, "id", arena_printf(p->req->ctx->arena, "r%zu", i));
	val_set_cstr(item, "type", record->type);
	val_set(item, "name", record->name);
	val_set(item, "value", record->value);
	relative_add(item, record);
	split_add(p, item, record);
	val_set(item, "why", dns_words_why(record->why_id));
	val_set(item, "depends", dns_words_depends(record->depends));
	val_set(item, "hint", record->hint);
	val_set_cstr(item, "hue", statuses[record->status].hue);
	val_set(item, "status", words(statuses[record->status].words));
	struct val *found = val_set_list(item, "found");
	for (size_t k = 0; k < record->n_found && record->status != RECORD_OK; k++)
		val_push_text(found, record->found[k]);
	servers_add(p, item, record);
}

/* ------------------------------------------------------------------ zone and server as a whole */

static struct span check_words(struct span purpose)
{
	static const struct {
		const char *purpose;
		enum words_id words;
	} table[] = { { "domain", W_DNS_CHECK_DOMAIN }, { "delegation", W_DNS_CHECK_DELEGATION },
		{ "servers", W_DNS_CHECK_SERVERS }, { "dnssec", W_DNS_CHECK_DNSSEC },
		{ "spf-tree", W_DNS_CHECK_SPF_TREE }, { "reverse", W_DNS_CHECK_REVERSE },
		{ "mail-server", W_DNS_CHECK_MAIL_SERVER },
		{ "blocklist", W_DNS_CHECK_BLOCKLIST } };

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (span_eq(purpose, span_of(table[i].purpose)))
			return words(table[i].words);
	}
	return purpose;
}

static void checks_add(struct page *p, const struct records *records)
{
	struct val *list = val_set_list(p->data, "checks");

	for (size_t i = 0; i < records->n_checks; i++) {
		const struct record *check = &records->checks[i];
		struct val *item = val_push(list);
		val_set_cstr(item, "hue", statuses[check->status].hue);
		val_set(item, "status", words(statuses[check->status].words));
		val_set(item, "label", check_words(span_of(check->purpose)));
		val_set(item, "name", check->name);
		val_set(item, "hint", check->hint);
		struct val *found = val_set_list(item, "found");
		for (size_t k = 0; k < check->n_found; k++)
			val_push_text(found, check->found[k]);
	}
	val_set_bool(p->data, "has_checks", records->n_checks > 0);
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
	for (size_t i = 0; i < records->n_checks; i++) {
		const struct record *check = &records->checks[i];
		bool bad = check->need != NEED_OPTIONAL && check->status != RECORD_OK &&
			check->status != RECORD_UNKNOWN && check->status != RECORD_ERROR;
		all += bad;
		work += bad;
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

static enum words_id status_words(struct span name)
{
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
		if (span_eq(name, span_of(record_status_name((enum record_status)i))))
			return statuses[i].words;
	}
	return W_DNS_UNKNOWN;
}

/* A state, or the servers that the domain has been delegated to. */
static struct span change_words(struct span text)
{
	bool names = span_starts(text, SPAN("["));
	return names ? text : words(status_words(text));
}

static void history_add(struct page *p, const struct dns_changes *changes)
{
	struct arena *a = p->req->ctx->arena;
	struct val *list = val_set_list(p->data, "changes");

	for (size_t i = 0; i < changes->len; i++) {
		const struct dns_change *change = &changes->items[i];
		int64_t at_s = change->at_us / USEC_PER_SEC;
		struct val *item = val_push(list);
		val_set_cstr(item, "hue", span_eq(change->after, SPAN("ok")) ? "ok" : "wa");
		val_set(item, "iso", format_iso(a, at_s));
		val_set(item, "time", format_time(a, at_s));
		val_set(item, "record", change->key);
		val_set(item, "before", change_words(change->before));
		val_set(item, "after", change_words(change->after));
	}
	val_set_bool(p->data, "has_changes", changes->len > 0);
}

static void checked_add(struct page *p, int64_t checked_at_us)
{
	struct arena *a = p->req->ctx->arena;
	int64_t at_s = checked_at_us / USEC_PER_SEC;
	struct val *checked = val_set_list(p->data, "checked");

	if (checked_at_us == 0)
		return;
	struct val *item = val_push(checked);
	val_set(item, "iso", format_iso(a, at_s));
	val_set(item, "time", format_time(a, at_s));
}

void dns_page_records(struct page *p, const struct records *records, int64_t checked_at_us)
{
	groups_add(p, records);
	checks_add(p, records);
	summary_add(p, records);
	checked_add(p, checked_at_us);
}

/* A rotation that waits for DNS: keys beside the ones that sign. */
static void waiting_add(struct page *p, const struct dkim_keys *keys)
{
	struct arena *a = p->req->ctx->arena;
	struct val *waiting = val_set_list(p->data, "waiting");
	const struct dkim_key *key = dkim_waits(keys);

	if (!key)
		return;
	struct val *item = val_push(waiting);
	val_set(item, "iso", format_iso(a, key->created_at_us / USEC_PER_SEC));
	val_set(item, "time", format_time(a, key->created_at_us / USEC_PER_SEC));
}

static enum rc show(struct req *r, struct reply *out, const struct domain *domain,
	const struct records *records, int64_t checked_at_us)
{
	struct arena *a = r->ctx->arena;
	struct page p = panel_begin(r, "panel/dns", "domains", words(W_DNS_TITLE));
	panel_domain_tabs(&p, domain->name, "dns");
	panel_steps(&p, STEP_DNS, domain->name);
	dns_page_records(&p, records, checked_at_us);
	struct dns_changes changes = { 0 };
	if (domain_watch_history(r->services, r->ctx, domain->domain_id, HISTORY_SHOWN, &changes) !=
		RC_OK)
		log_warn("dns.history", "domain=%s", log_text(a, domain->name)); /* the page is of
										   use without */
	history_add(&p, &changes);
	struct dkim_keys keys = { 0 };
	if (dkim_list(r->services, r->ctx, domain->name, &keys, NULL) != RC_OK)
		keys.len = 0; /* so is it without the reminder */
	waiting_add(&p, &keys);
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
	int64_t checked_at = 0;

	enum rc rc = domain_watch_show(
		r->services, r->ctx, req_path(r, "domain"), &domain, &records, &checked_at, err);
	return rc == RC_OK ? show(r, out, &domain, &records, checked_at) : rc;
}

enum rc page_dns_check_post(struct req *r, struct reply *out, struct err *err)
{
	struct domain domain;
	struct records records;

	enum rc rc = domain_watch_check(
		r->services, r->ctx, req_path(r, "domain"), &domain, &records, err);
	if (rc == RC_OK)
		page_redirect_done(r, out,
			arena_printf(
				r->ctx->arena, "/domains/" SPAN_FMT "/dns", SPAN_ARG(domain.name)),
			"dns_checked");
	return rc;
}

enum rc page_dns_zone(struct req *r, struct reply *out, struct err *err)
{
	struct domain domain;
	struct records records;
	int64_t checked_at = 0;
	enum rc rc = domain_watch_show(
		r->services, r->ctx, req_path(r, "domain"), &domain, &records, &checked_at, err);
	if (rc != RC_OK)
		return rc;
	struct str zone = str_in(r->ctx->arena, ZONE_TEXT_MAX);
	zone_add(&zone, domain.name, &records, ZONE_BIND);
	reply_download(r, out, "text/plain; charset=utf-8",
		arena_printf(r->ctx->arena, SPAN_FMT ".zone", SPAN_ARG(domain.name)),
		str_span(&zone));
	return RC_OK;
}
