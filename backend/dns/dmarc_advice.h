/*
 * When to make DMARC stricter: none -> quarantine -> reject, two weeks each, and only while SPF, DKIM
 * and the record itself are right in DNS. Pure.
 */
#pragma once

#include "backend/accounts/dns_setting_service.h"
#include "backend/dns/records.h"

#define DMARC_STAGE_DAYS 14

enum dmarc_advice {
	DMARC_PUBLISH,    /* first DNS must show the records as they are wanted */
	DMARC_WAIT,       /* right; a stage takes two weeks */
	DMARC_QUARANTINE, /* go on */
	DMARC_REJECT_NOW, /* go on */
	DMARC_COMPLETE,
	DMARC_ADVICES,
};

/* records: with their states. *out_wait_days is for DMARC_WAIT. */
enum dmarc_advice dmarc_advise(const struct domain *domain, const struct dns_setting *setting,
	const struct records *records, int64_t now_us, int64_t *out_wait_days);
/* A plain sentence, for API and command line. Memory: arena or static. */
struct span dmarc_advice_text(struct arena *a, enum dmarc_advice advice, int64_t wait_days);
