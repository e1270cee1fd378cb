/* When to make DMARC stricter. */
#include "backend/dns/dmarc_advice.h"

#include "mailcore/base/clock.h"

#define DAY_US (24 * 3600 * USEC_PER_SEC)

static bool concerns(const struct record *r)
{
	struct span purpose = span_of(r->purpose);
	return span_eq(purpose, SPAN("spf")) || span_eq(purpose, SPAN("dkim")) ||
		span_eq(purpose, SPAN("dmarc"));
}

static bool is_published(const struct records *records)
{
	bool good = records->len > 0;
	for (size_t i = 0; i < records->len; i++) {
		const struct record *r = &records->items[i];
		good &= !concerns(r) || r->need != NEED_REQUIRED || r->status == RECORD_OK;
	}
	return good;
}

enum dmarc_advice dmarc_advise(const struct domain *domain, const struct dns_setting *setting,
	const struct records *records, int64_t now_us, int64_t *out_wait_days)
{
	int64_t since = setting->dmarc_at_us > 0 ? setting->dmarc_at_us : domain->created_at_us;
	int64_t left_us = since + DMARC_STAGE_DAYS * DAY_US - now_us;

	*out_wait_days = left_us > 0 ? (left_us + DAY_US - 1) / DAY_US : 0;
	if (!is_published(records))
		return DMARC_PUBLISH;
	if (span_eq(setting->dmarc_policy, SPAN("reject")))
		return DMARC_COMPLETE;
	if (*out_wait_days > 0)
		return DMARC_WAIT;
	return span_eq(setting->dmarc_policy, SPAN("none")) ? DMARC_QUARANTINE : DMARC_REJECT_NOW;
}

struct span dmarc_advice_text(struct arena *a, enum dmarc_advice advice, int64_t wait_days)
{
	switch (advice) {
	case DMARC_PUBLISH:
		return SPAN("First SPF, DKIM and DMARC must stand in DNS as they are wanted here.");
	case DMARC_WAIT:
		return arena_printf(a,
			"All is right. Look at the reports for %lld more days before you go on.",
			(long long)wait_days);
	case DMARC_QUARANTINE:
		return SPAN(
			"When the reports show no mail of yours that fails, go on to quarantine.");
	case DMARC_REJECT_NOW:
		return SPAN("When the reports show no mail of yours that fails, go on to reject.");
	case DMARC_COMPLETE:
	case DMARC_ADVICES:
		break;
	}
	return SPAN("This is the strictest policy. There is nothing more to do.");
}
