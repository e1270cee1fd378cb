/*
 * What a domain's owner wants of its DNS: how strict DMARC and MTA-STS are, whether the domain takes
 * mail at all, how its DKIM keys are published. backend/dns makes records of it.
 */
#pragma once

#include "backend/accounts/domain_service.h"

struct dns_setting {
	struct span dmarc_policy;  /* "none", "quarantine", "reject" */
	struct span dmarc_reports; /* an address; empty: postmaster@ the domain */
	struct span mta_sts;       /* "none", "testing", "enforce" */
	bool takes_mail;           /* false: records that say that the domain has no mail */
	bool notify;               /* the owner gets mail when DNS changes */
	bool dkim_delegated;       /* selectors are CNAMEs into the mail server's zone */
	int64_t dmarc_at_us, mta_sts_at_us; /* since when; 0: as it was at the beginning */
};

/* ptr NULL, -1: unchanged. An empty dmarc_reports means postmaster@. */
struct dns_setting_change {
	struct span dmarc_policy, dmarc_reports, mta_sts;
	int takes_mail, dkim_delegated, notify;
};
#define DNS_SETTING_UNCHANGED                                                                      \
	((struct dns_setting_change){ .takes_mail = -1, .dkim_delegated = -1, .notify = -1 })

/* The defaults where nothing was ever set. */
MUST_CHECK enum rc dns_setting_get(
	struct ctx *ctx, const struct domain *domain, struct dns_setting *out);
/* RC_INVALID with the field; RC_CONFLICT: a domain with addresses takes mail. */
MUST_CHECK enum rc dns_setting_set(const struct services *s, struct ctx *ctx, struct span name,
	const struct dns_setting_change *change, struct dns_setting *out, struct err *err);

/* For strangers who fetch the policy: the mode of one of our domains. RC_NOT_FOUND. */
MUST_CHECK enum rc dns_setting_mta_sts(struct ctx *ctx, struct span domain, struct span *out_mode);

/* {"dmarc_policy","dmarc_since","dmarc_reports","mta_sts","mta_sts_since","takes_mail","dkim_delegated","notify"} */
struct cJSON *dns_setting_json(struct arena *a, const struct dns_setting *setting);
