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

struct record {
	/* "mx", "spf", "dkim", "dmarc", "ptr", "a", "aaaa", "srv", "autoconfig", "autodiscover",
	 * "mta-sts", "tls-rpt" */
	const char *purpose;
	struct span name;  /* whole, without final dot */
	struct span label; /* relative to the domain, "@" for itself; empty when not below it */
	const char *type;  /* "MX", "TXT", ... */
	int64_t ttl;
	struct span value; /* as in a zone file's right side; TXT whole and without quotes */
	enum record_need need;
	const char *why; /* one or two plain sentences */
	enum record_status status;
	struct span *found;
	size_t n_found;
	struct span hint; /* what to change; empty when ok */
};

struct records {
	struct record *items;
	size_t len;
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
	struct span mta_sts_mode; /* "testing" or "enforce"; empty: not wanted */
};

/* Never fails; at most 64 records. Memory: arena. Spans of `ask` are copied. */
void records_wanted(struct arena *a, const struct records_ask *ask, struct records *out);

const char *record_need_name(enum record_need need);       /* "required" */
const char *record_status_name(enum record_status status); /* "unknown" */
