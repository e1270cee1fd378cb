/* What a domain's owner wants of its DNS. */
#include "backend/dns/watch.h"
#include "webui/panel/dns_pages.h"
#include "webui/panel/dns_words.h"
#include "webui/panel/panel.h"

static const char *const policy_names[] = { "none", "quarantine", "reject", NULL };
static const char *const mode_names[] = { "none", "testing", "enforce", NULL };

const struct field dns_setting_fields[] = {
	{ "dmarc_policy", FIELD_CHOICE, FIELD_REQUIRED, .choices = policy_names },
	{ "dmarc_reports", FIELD_TEXT, .max = 254 },
	{ "mta_sts", FIELD_CHOICE, FIELD_REQUIRED, .choices = mode_names },
	{ "dkim_delegated", FIELD_BOOL },
	{ "takes_no_mail", FIELD_BOOL },
	{ 0 },
};

static void choices_add(struct page *p, const char *key, const char *const *names,
	const enum words_id *labels, struct span chosen)
{
	struct val *list = val_set_list(p->data, key);

	for (size_t i = 0; names[i]; i++) {
		struct val *item = val_push(list);
		val_set_cstr(item, "value", names[i]);
		val_set(item, "label", words(labels[i]));
		val_set_bool(item, "selected", span_eq(chosen, span_of(names[i])));
	}
}

static void fill(struct page *p, const struct dns_setting *setting)
{
	static const enum words_id policies[] = { W_DMARC_POLICY_NONE, W_DMARC_POLICY_QUARANTINE,
		W_DMARC_POLICY_REJECT };
	static const enum words_id modes[] = { W_MTA_STS_NONE, W_MTA_STS_TESTING,
		W_MTA_STS_ENFORCE };

	choices_add(p, "policies", policy_names, policies, setting->dmarc_policy);
	choices_add(p, "modes", mode_names, modes, setting->mta_sts);
	val_set(p->data, "dmarc_reports", setting->dmarc_reports);
	val_set_bool(p->data, "dkim_delegated", setting->dkim_delegated);
	val_set_bool(p->data, "takes_no_mail", !setting->takes_mail);
}

static struct span typed(const struct form *form, const char *name)
{
	struct span text = form_text(form, name);
	return text.len > 0 ? text : SPAN("");
}

static struct dns_setting_change change_of(const struct form *form)
{
	return (struct dns_setting_change){ .dmarc_policy = typed(form, "dmarc_policy"),
		.dmarc_reports = typed(form, "dmarc_reports"),
		.mta_sts = typed(form, "mta_sts"),
		.dkim_delegated = form_bool(form, "dkim_delegated", false),
		.takes_mail = !form_bool(form, "takes_no_mail", false) };
}

static enum rc settings_page(struct req *r, struct reply *out, int status, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct domain domain;
	struct dns_setting setting;
	struct records records;
	int64_t unused, days;

	enum rc rc = domain_watch_show(
		r->services, r->ctx, req_path(r, "domain"), &domain, &records, &unused, err);
	if (rc == RC_OK)
		rc = dns_setting_get(r->ctx, &domain, &setting);
	if (rc != RC_OK)
		return rc;
	struct page p = panel_begin(r, "panel/dns_settings", "domains", words(W_DNS_SETTINGS));
	panel_domain_tabs(&p, domain.name, "dns");
	enum dmarc_advice advice = dmarc_advise(&domain, &setting, &records, r->ctx->now_us, &days);
	val_set(p.data, "advice", dns_words_advice(a, advice, days));
	if (status != 200) { /* what was typed */
		struct dns_setting_change c = change_of(&r->form);
		setting.dmarc_policy = c.dmarc_policy;
		setting.dmarc_reports = c.dmarc_reports;
		setting.mta_sts = c.mta_sts;
		setting.dkim_delegated = c.dkim_delegated;
		setting.takes_mail = c.takes_mail;
	}
	fill(&p, &setting);
	page_form(&p, dns_setting_fields, r->form.n_errors > 0 ? &r->form : NULL);
	panel_api_call(&p, "PATCH",
		arena_printf(a, "/api/v1/domains/" SPAN_FMT "/dns/settings", SPAN_ARG(domain.name))
			.ptr,
		"{\"dmarc_policy\": \"quarantine\"}");
	return page_send(&p, out, status);
}

enum rc page_dns_settings(struct req *r, struct reply *out, struct err *err)
{
	return settings_page(r, out, 200, err);
}

enum rc page_dns_settings_post(struct req *r, struct reply *out, struct err *err)
{
	struct dns_setting_change change = change_of(&r->form);
	struct dns_setting setting;

	if (r->form.n_errors > 0)
		return settings_page(r, out, 422, err);
	enum rc rc =
		dns_setting_set(r->services, r->ctx, req_path(r, "domain"), &change, &setting, err);
	if (rc != RC_NOT_FOUND && page_add_refusal(r, rc, err))
		return settings_page(r, out, 422, err);
	if (rc == RC_OK)
		page_redirect_done(r, out,
			arena_printf(r->ctx->arena, "/domains/" SPAN_FMT "/dns",
				SPAN_ARG(req_path(r, "domain"))),
			"dns_settings");
	return rc;
}
