/* What owners want of their domains' DNS. */
#include "backend/accounts/dns_setting_service.h"

#include "backend/accounts/audit.h"
#include "backend/accounts/service.h"
#include "mailcore/base/json.h"
#include "sql/domain_dns.h"

#define REPORTS_MAX 254

enum rc dns_setting_get(struct ctx *ctx, const struct domain *domain, struct dns_setting *out)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DOMAIN_DNS_GET, ARGS(A_I64(domain->domain_id)), &rows);

	if (rc != RC_OK)
		return rc;
	*out = (struct dns_setting){ .dmarc_policy = SPAN("none"),
		.mta_sts = SPAN("testing"),
		.takes_mail = true,
		.notify = true };
	if (rows_len(rows) > 0)
		*out = (struct dns_setting){ .dmarc_policy = row_copy(ctx, rows, 0, 0),
			.dmarc_at_us = row_time_us(rows, 0, 1),
			.dmarc_reports = row_copy(ctx, rows, 0, 2),
			.mta_sts = row_copy(ctx, rows, 0, 3),
			.mta_sts_at_us = row_time_us(rows, 0, 4),
			.takes_mail = row_bool(rows, 0, 5),
			.dkim_delegated = row_bool(rows, 0, 6),
			.notify = row_bool(rows, 0, 7) };
	return RC_OK;
}

enum rc dns_setting_mta_sts(struct ctx *ctx, struct span domain, struct span *out_mode)
{
	AUTO(rows_close) struct rows *rows = NULL;
	enum rc rc = db_query(ctx, &SQL_DOMAIN_DNS_MTA_STS, ARGS(A_TEXT(domain)), &rows);

	if (rc != RC_OK)
		return rc;
	if (rows_len(rows) == 0 || row_is_null(rows, 0, 0))
		return RC_NOT_FOUND;
	*out_mode = row_copy(ctx, rows, 0, 0);
	return RC_OK;
}

/* ------------------------------------------------------------------------ change */

struct set {
	const struct domain *domain;
	struct dns_setting before, after;
};

static enum rc set_tx(struct ctx *ctx, void *arg)
{
	struct set *set = arg;
	const struct dns_setting *after = &set->after;
	enum rc rc = db_exec(ctx, &SQL_DOMAIN_DNS_PUT,
		ARGS(A_I64(set->domain->domain_id), A_TEXT(after->dmarc_policy),
			A_TEXT(after->dmarc_reports), A_TEXT(after->mta_sts),
			A_BOOL(after->takes_mail), A_BOOL(after->dkim_delegated),
			A_BOOL(after->notify)),
		NULL);

	if (rc == RC_OK)
		rc = audit_add(ctx, set->domain->account_id, "domain.dns", set->domain->name,
			dns_setting_json(ctx->arena, &set->before),
			dns_setting_json(ctx->arena, after));
	return rc;
}

static bool is_one_of(struct span text, const char *const *words)
{
	for (; *words; words++) {
		if (span_eq(text, span_of(*words)))
			return true;
	}
	return false;
}

/* It goes into a TXT record behind "mailto:": what has a meaning there must not be in it. */
static bool is_report_address(struct span address)
{
	size_t at = span_find(address, '@');
	bool ok = address.len <= REPORTS_MAX && at != SPAN_NPOS && at > 0 &&
		at == span_rfind(address, '@') && at + 1 < address.len;

	for (size_t i = 0; ok && i < address.len; i++) {
		char c = address.ptr[i];
		ok = i == at || ascii_is_alpha(c) || ascii_is_digit(c) || c == '.' || c == '-' ||
			(i < at && (c == '_' || c == '+' || c == '='));
	}
	return ok;
}

static enum rc apply_dmarc(
	struct dns_setting *s, const struct dns_setting_change *change, struct err *err)
{
	static const char *const policies[] = { "none", "quarantine", "reject", NULL };

	if (change->dmarc_policy.ptr) {
		if (!is_one_of(change->dmarc_policy, policies))
			return err_set(err, RC_INVALID, "dmarc_policy",
				"A DMARC policy is none, quarantine or reject.");
		s->dmarc_policy = change->dmarc_policy;
	}
	if (change->dmarc_reports.ptr) {
		if (change->dmarc_reports.len > 0 && !is_report_address(change->dmarc_reports))
			return err_set(err, RC_INVALID, "dmarc_reports",
				"Reports go to an address such as dmarc@example.com.");
		s->dmarc_reports = change->dmarc_reports;
	}
	return RC_OK;
}

static enum rc apply(const struct domain *domain, struct dns_setting *s,
	const struct dns_setting_change *change, struct err *err)
{
	static const char *const modes[] = { "none", "testing", "enforce", NULL };

	if (change->mta_sts.ptr) {
		if (!is_one_of(change->mta_sts, modes))
			return err_set(err, RC_INVALID, "mta_sts",
				"The mode of MTA-STS is none, testing or enforce.");
		s->mta_sts = change->mta_sts;
	}
	if (change->takes_mail == 0 && (domain->mailboxes > 0 || domain->aliases > 0))
		return err_set(err, RC_CONFLICT, "takes_mail",
			"The domain has addresses. Records that say it takes no mail would turn "
			"their mail away.");
	if (change->takes_mail >= 0)
		s->takes_mail = change->takes_mail > 0;
	if (change->dkim_delegated >= 0)
		s->dkim_delegated = change->dkim_delegated > 0;
	if (change->notify >= 0)
		s->notify = change->notify > 0;
	return apply_dmarc(s, change, err);
}

enum rc dns_setting_set(const struct services *s, struct ctx *ctx, struct span name,
	const struct dns_setting_change *change, struct dns_setting *out, struct err *err)
{
	struct domain domain;
	struct set set = { .domain = &domain };
	enum rc rc = domain_get(s, ctx, name, &domain, err);

	if (rc == RC_OK)
		rc = with_reason(err, dns_setting_get(ctx, &domain, &set.before));
	if (rc != RC_OK)
		return rc;
	set.after = set.before;
	rc = apply(&domain, &set.after, change, err);
	if (rc == RC_OK)
		rc = with_reason(err, service_run(ctx, set_tx, &set));
	if (rc == RC_OK)
		rc = with_reason(err, dns_setting_get(ctx, &domain, out));
	return rc;
}

struct cJSON *dns_setting_json(struct arena *a, const struct dns_setting *s)
{
	struct cJSON *o = json_object(a);

	json_add_text(a, o, "dmarc_policy", s->dmarc_policy);
	json_add_time(a, o, "dmarc_since", s->dmarc_at_us);
	json_add_text(a, o, "dmarc_reports", s->dmarc_reports);
	json_add_text(a, o, "mta_sts", s->mta_sts);
	json_add_time(a, o, "mta_sts_since", s->mta_sts_at_us);
	json_add_bool(a, o, "takes_mail", s->takes_mail);
	json_add_bool(a, o, "dkim_delegated", s->dkim_delegated);
	json_add_bool(a, o, "notify", s->notify);
	return o;
}
