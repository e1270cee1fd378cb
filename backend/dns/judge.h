/*
 * What DNS answered, judged by its meaning. Pure: asking is check.c.
 *
 * Each function sets status and hint of a record for which there was an answer with at least one
 * record. SPF keys, DKIM keys and policies are compared as such, not as strings: another value
 * that does the same is right.
 */
#pragma once

#include "backend/dns/records.h"
#include "mailcore/net/resolver.h"

/* A stranger's text for the eye: cut at 1,000 bytes, what is not printable ASCII becomes "?". */
struct span printable(struct arena *a, struct span text);

/* is_ours[i]: the i-th MX leads to one of our addresses under a name of its own. */
void judge_mx(struct arena *a, struct record *r, const struct records_ask *ask,
	const struct dns_answer *answer, const bool *is_ours);

enum spf_trouble {
	SPF_FINE,
	SPF_UNANSWERED, /* a name in it could not be looked up */
	SPF_TOO_MANY,   /* more than ten look-ups: receivers give up */
	SPF_BROKEN,     /* receivers reject all of it, for `reason` */
};
struct spf_cover {
	uint32_t passing; /* bit i: ask->addresses[i] passes */
	enum spf_trouble trouble;
	struct span reason;
};
/* The only SPF record of the answer, or nothing: none, or several. */
struct span judge_spf_text(const struct dns_answer *answer);
/* cover: what evaluating that record gave; not looked at when there is none or it is malformed. */
void judge_spf(struct arena *a, struct record *r, const struct records_ask *ask,
	const struct dns_answer *answer, const struct spf_cover *cover);

void judge_dkim(struct arena *a, struct record *r, const struct dns_answer *answer);
void judge_dmarc(struct arena *a, struct record *r, const struct dns_answer *answer);
/* A and AAAA of our host. */
void judge_address(struct arena *a, struct record *r, const struct records_ask *ask,
	const struct dns_answer *answer);
void judge_ptr(struct arena *a, struct record *r, const struct records_ask *ask,
	const struct dns_answer *answer);
/* A name that should lead to our host: leads says whether it does, by whatever records. */
void judge_alias(struct arena *a, struct record *r, const struct dns_answer *answer, bool leads);
/* MTA-STS and TLS-RPT: one record of that version, with what it needs. */
void judge_mta_sts(struct arena *a, struct record *r, const struct dns_answer *answer);
void judge_tls_rpt(struct arena *a, struct record *r, const struct dns_answer *answer);
void judge_srv(struct arena *a, struct record *r, const struct dns_answer *answer);

/* Without an answer. RC_NOT_FOUND is missing; all else says nothing about the zone. */
void judge_silence(struct arena *a, struct record *r, enum rc rc);
