/* /domains/{name}/dns/settings */
#include "backend/api/api.h"
#include "backend/api/api_fields.h"
#include "backend/dns/dmarc_advice.h"
#include "backend/dns/watch.h"

static const char *const policies[] = { "none", "quarantine", "reject", NULL };
static const char *const modes[] = { "none", "testing", "enforce", NULL };

const struct field api_dns_setting_fields[] = {
	{ "dmarc_policy", FIELD_CHOICE, .choices = policies,
		.about = "What receivers are asked to do with mail that fails." },
	{ "dmarc_reports", FIELD_TEXT, .max = 254,
		.about = "Where reports go; empty: postmaster of the domain." },
	{ "mta_sts", FIELD_CHOICE, .choices = modes,
		.about = "Whether senders insist on encrypted delivery." },
	{ "takes_mail", FIELD_BOOL, .about = "false: records that say that there is no mail." },
	{ "dkim_delegated", FIELD_BOOL,
		.about = "true: selectors are CNAMEs into the mail server's zone." },
	{ "notify", FIELD_BOOL, .about = "false: no mail when something has changed." },
	{ 0 },
};

static enum rc reply_setting(
	struct req *r, struct reply *out, const struct dns_setting *setting, struct err *err)
{
	struct arena *a = r->ctx->arena;
	struct cJSON *o = dns_setting_json(a, setting);
	struct domain domain;
	struct records records;
	int64_t unused, days;

	enum rc rc = domain_watch_show(
		r->services, r->ctx, req_path(r, "name"), &domain, &records, &unused, err);
	if (rc != RC_OK)
		return rc;
	enum dmarc_advice advice = dmarc_advise(&domain, setting, &records, r->ctx->now_us, &days);
	json_add_text(a, o, "dmarc_advice", dmarc_advice_text(a, advice, days));
	api_reply_object(r, out, o, 0);
	return RC_OK;
}

enum rc api_dns_setting_get(struct req *r, struct reply *out, struct err *err)
{
	struct domain domain;
	struct dns_setting setting;
	enum rc rc = domain_get(r->services, r->ctx, req_path(r, "name"), &domain, err);

	if (rc == RC_OK)
		rc = dns_setting_get(r->ctx, &domain, &setting);
	return rc == RC_OK ? reply_setting(r, out, &setting, err) : rc;
}

/* An empty text is a value of dmarc_reports, so absence is a span without memory. */
static struct span given_text(const struct form *f, const char *name)
{
	const struct field_value *v = form_get(f, name);
	if (!v->given)
		return SPAN_NONE;
	return v->text.len > 0 ? v->text : SPAN("");
}

static int given_bool(const struct form *f, const char *name)
{
	return form_given(f, name) ? form_bool(f, name, false) : -1;
}

enum rc api_dns_setting_set(struct req *r, struct reply *out, struct err *err)
{
	struct dns_setting setting;
	struct dns_setting_change change = { .dmarc_policy = given_text(&r->form, "dmarc_policy"),
		.dmarc_reports = given_text(&r->form, "dmarc_reports"),
		.mta_sts = given_text(&r->form, "mta_sts"),
		.takes_mail = given_bool(&r->form, "takes_mail"),
		.dkim_delegated = given_bool(&r->form, "dkim_delegated"),
		.notify = given_bool(&r->form, "notify") };
	enum rc rc =
		dns_setting_set(r->services, r->ctx, req_path(r, "name"), &change, &setting, err);

	return rc == RC_OK ? reply_setting(r, out, &setting, err) : rc;
}
