/*
 * DMARC (RFC 9989; records of RFC 7489 work): does what SPF and DKIM have proved belong to the
 * domain that people see?
 *
 * The policy and the organisational domain are found by the tree walk, at most 8 questions a name.
 */
#pragma once

#include "mailcore/auth/results.h"
#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/net/resolver.h"

#define DMARC_RECORD_MAX ((size_t)64 * 1024)

enum dmarc_policy { DMARC_NO_POLICY, DMARC_POLICY_NONE, DMARC_QUARANTINE, DMARC_REJECT };

struct dmarc_query {
	struct span author_domain; /* of the one From address; any case, UTF-8 or A-labels */
	struct span spf_domain;    /* that passed; empty: none did */
	bool spf_temperror;
	const struct span *dkim_domains; /* d= of the signatures that passed */
	size_t n_dkim_domains;
	bool dkim_temperror;
};

struct dmarc_result {
	enum auth_result
		result; /* none: no record; temperror: DNS, or an alignment that may yet be */
	enum dmarc_policy policy;      /* as published for this name (p, sp or np) */
	enum dmarc_policy disposition; /* what to do: after t=y, and none unless result is fail */
	struct span author_domain;     /* A-labels, lower case */
	struct span record_domain;     /* where the record was found */
	struct span org_domain;
	struct span aligned_by; /* "spf", "dkim", or empty */
	struct span reason;     /* plain words */
};

/* Memory: ctx->arena. */
void dmarc_check(struct resolver *r, struct ctx *ctx, const struct dmarc_query *query,
	struct dmarc_result *out);

/* The author's domain for dmarc_check: exactly one From field with addresses of one domain.
 * RC_INVALID: none, several, or none that can be read. */
MUST_CHECK enum rc dmarc_author_domain(struct arena *a, struct span head, struct span *out);

/* A record's meaning, for DNS checks too. RC_INVALID: it is no DMARC record at all. One whose
 * policy cannot be read has DMARC_NO_POLICY, or p=none when it asks for reports. */
struct dmarc_record {
	enum dmarc_policy policy, sub_policy, np_policy; /* sub and np: what holds after defaults */
	bool strict_dkim, strict_spf, testing;
	char psd;             /* 'y', 'n' or 'u' */
	struct span rua, ruf; /* as written */
};
MUST_CHECK enum rc dmarc_record_parse(struct span text, struct dmarc_record *out);
