/* The words of records. */
#include "webui/panel/dns_words.h"

static const enum words_id whys[WHY_COUNT] = {
	[WHY_MX] = W_WHY_MX,
	[WHY_HOST] = W_WHY_HOST,
	[WHY_SPF] = W_WHY_SPF,
	[WHY_DKIM_RSA] = W_WHY_DKIM_RSA,
	[WHY_DKIM_ED25519] = W_WHY_DKIM_ED25519,
	[WHY_DKIM_ALIAS] = W_WHY_DKIM_ALIAS,
	[WHY_DKIM_SPARE] = W_WHY_DKIM_SPARE,
	[WHY_DKIM_HOST] = W_WHY_DKIM_HOST,
	[WHY_DMARC] = W_WHY_DMARC,
	[WHY_DMARC_REPORT] = W_WHY_DMARC_REPORT,
	[WHY_PTR] = W_WHY_PTR,
	[WHY_SRV] = W_WHY_SRV,
	[WHY_AUTOCONFIG] = W_WHY_AUTOCONFIG,
	[WHY_AUTODISCOVER] = W_WHY_AUTODISCOVER,
	[WHY_AUTODISCOVER_SRV] = W_WHY_AUTODISCOVER_SRV,
	[WHY_MTA_STS_HOST] = W_WHY_MTA_STS_HOST,
	[WHY_MTA_STS] = W_WHY_MTA_STS,
	[WHY_MTA_STS_LEAVING] = W_WHY_MTA_STS_LEAVING,
	[WHY_TLS_RPT] = W_WHY_TLS_RPT,
	[WHY_CAA] = W_WHY_CAA,
	[WHY_TLSA] = W_WHY_TLSA,
	[WHY_NO_MX] = W_WHY_NO_MX,
	[WHY_NO_SPF] = W_WHY_NO_SPF,
	[WHY_NO_DKIM] = W_WHY_NO_DKIM,
	[WHY_NO_DMARC] = W_WHY_NO_DMARC,
};

static const enum words_id depends_on[DEPENDS_COUNT] = {
	[DEPENDS_HOST] = W_DEPENDS_HOST,
	[DEPENDS_CERTIFICATE] = W_DEPENDS_CERTIFICATE,
	[DEPENDS_MTA_STS_HOST] = W_DEPENDS_MTA_STS_HOST,
	[DEPENDS_DKIM_SPF] = W_DEPENDS_DKIM_SPF,
	[DEPENDS_DNSSEC] = W_DEPENDS_DNSSEC,
	[DEPENDS_OPERATOR] = W_DEPENDS_OPERATOR,
};

struct span dns_words_why(enum record_why why)
{
	return why == WHY_NONE ? SPAN("") : words(whys[why]);
}

struct span dns_words_depends(enum record_depends depends)
{
	return depends == DEPENDS_NONE ? SPAN("") : words(depends_on[depends]);
}

struct span dns_words_advice(struct arena *a, enum dmarc_advice advice, int64_t wait_days)
{
	static const enum words_id ids[DMARC_ADVICES] = {
		[DMARC_PUBLISH] = W_DMARC_PUBLISH,
		[DMARC_WAIT] = W_DMARC_WAIT,
		[DMARC_QUARANTINE] = W_DMARC_QUARANTINE,
		[DMARC_REJECT_NOW] = W_DMARC_REJECT_NOW,
		[DMARC_COMPLETE] = W_DMARC_COMPLETE,
	};
	struct words_arg days = { "n", arena_printf(a, "%lld", (long long)wait_days) };

	return advice == DMARC_WAIT ? words_fill(a, W_DMARC_WAIT, &days, 1) : words(ids[advice]);
}
