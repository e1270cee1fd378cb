/*
 * The records that a domain's zone should contain: a pure function of domain, host, addresses and
 * keys. What the zone does contain is check.h's business.
 *
 * Every record says what it is for, whether mail works without it, why it matters and, after a
 * check, what was found and what exactly to change.
 */
#pragma once

#include <stdint.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/net/addr.h"

enum record_need { NEED_REQUIRED, NEED_RECOMMENDED, NEED_OPTIONAL };

enum record_status {
	RECORD_UNKNOWN, /* not checked yet */
	RECORD_OK,
	RECORD_MISSING,
	RECORD_WRONG,
	RECORD_MULTIPLE,
	RECORD_MALFORMED,
	RECORD_ERROR, /* DNS did not answer: nothing is known */
};

/* Why a record matters; why.c has the sentence, the panel says it in the reader's language. */
enum record_why {
	WHY_NONE,
	WHY_MX,
	WHY_HOST,
	WHY_SPF,
	WHY_DKIM_RSA,
	WHY_DKIM_ED25519,
	WHY_DKIM_ALIAS,
	WHY_DKIM_SPARE,
	WHY_DKIM_HOST,
	WHY_DMARC,
	WHY_DMARC_REPORT,
	WHY_PTR,
	WHY_SRV,
	WHY_AUTOCONFIG,
	WHY_AUTODISCOVER,
	WHY_AUTODISCOVER_SRV,
	WHY_MTA_STS_HOST,
	WHY_MTA_STS,
	WHY_MTA_STS_LEAVING,
	WHY_TLS_RPT,
	WHY_CAA,
	WHY_TLSA,
	WHY_NO_MX,
	WHY_NO_SPF,
	WHY_NO_DKIM,
	WHY_NO_DMARC,
	WHY_COUNT,
};

/* What must be there first; why.c has the sentence. */
enum record_depends {
	DEPENDS_NONE,
	DEPENDS_HOST,        /* the mail server's address records */
	DEPENDS_CERTIFICATE, /* a certificate for the name */
	DEPENDS_MTA_STS_HOST,
	DEPENDS_DKIM_SPF, /* a strict policy: SPF and DKIM right */
	DEPENDS_DNSSEC,
	DEPENDS_OPERATOR, /* what the operator publishes */
	DEPENDS_COUNT,
};
struct cJSON;

struct record {
	/* "mx", "spf", "dkim", "dmarc", "ptr", "a", "aaaa", "srv", "autoconfig", "autodiscover",
	 * "mta-sts", "tls-rpt", "caa", "tlsa" */
	const char *purpose;
	struct span name;  /* whole, without final dot */
	struct span label; /* relative to the domain, "@" for itself; empty when not below it */
	const char *type;  /* "MX", "TXT", ... */
	int64_t ttl;
	struct span value; /* as in a zone file's right side; TXT whole and without quotes */
	enum record_need need;
	enum record_why why_id;
	const char *why; /* one or two plain sentences */
	enum record_depends depends;
	/* An alias of a DKIM selector: the TXT that must be seen through it; empty: no key there yet. */
	struct span through;
	enum record_status status;
	struct span *found;
	size_t n_found;
	struct span hint; /* what to change; with ok: that caches do not have it yet, or nothing */
	/* What the zone's own servers and the resolver say (backend/dns/sides.h); NULL: not asked. */
	struct cJSON *servers;
	int64_t forget_s; /* right in the zone, and for so long caches may tell otherwise; 0: no */
};

struct records {
	struct record *items;
	size_t len;
	/* Of the zone and the mail server as a whole (backend/dns/health.h): purpose "domain",
	 * "delegation", ...; type "CHECK"; name: of what; value: nothing. */
	struct record *checks;
	size_t n_checks;
};

struct record_key {
	struct span selector, algorithm, p; /* algorithm "rsa" or "ed25519"; p base64 */
};

struct records_ask {
	struct span domain;   /* A-labels */
	struct span hostname; /* of the mail server */
	const struct addr *addresses;
	size_t n_addresses;
	const struct record_key *keys;
	size_t n_keys;
	struct span mta_sts_mode; /* "none", "testing" or "enforce"; empty: not wanted */
	bool mta_sts_leaving; /* mode none: senders who know the old policy are still to be told */
	struct span dmarc_policy;  /* "none", "quarantine", "reject"; empty: none */
	struct span dmarc_reports; /* an address; empty: postmaster@ the domain */
	bool takes_no_mail;        /* the records that say so, and no others */
	bool dkim_delegated;       /* selectors are CNAMEs to names below the host's */
	struct span ca;   /* who issues our certificates ("letsencrypt.org"); empty: unknown */
	struct span tlsa; /* SHA-256 of the certificate's key, hex; empty: not wanted */
};

/* Selectors that stay when keys change, so that aliases to them are made once. */
bool record_is_slot(struct span selector); /* "ms1r", "ms1e", "ms2r", "ms2e" */

/* Never fails; at most 96 records; of 16 addresses, 24 keys. Memory: arena. Spans of `ask` are copied. */
void records_wanted(struct arena *a, const struct records_ask *ask, struct records *out);

const char *record_why_text(enum record_why why);             /* a sentence or two */
const char *record_depends_text(enum record_depends depends); /* a sentence; "" for none */
const char *record_need_name(enum record_need need);          /* "required" */
const char *record_status_name(enum record_status status);    /* "unknown" */
