/* More of judge.h: records about certificates, aliases of keys, consent to reports, no mail at all.
 * Pure. Each sets status and hint of a record for which there was an answer. */
#pragma once

#include "backend/dns/records.h"
#include "mailcore/net/resolver.h"

/* The parts of a CAA record's data (RFC 8659 §4.1). */
struct caa {
	bool critical;
	struct span tag, value; /* borrowed */
};
MUST_CHECK bool caa_parse(struct span rdata, struct caa *out);

/* May the authority of the wanted record issue? Records of other tags don't matter. */
void judge_caa(struct arena *a, struct record *r, const struct dns_answer *answer);
/* One of the records has our key; further ones may announce a next key. */
void judge_tlsa(struct arena *a, struct record *r, const struct dns_answer *answer);
/* RFC 9990: any record that begins with v=DMARC1 is consent. */
void judge_consent(struct arena *a, struct record *r, const struct dns_answer *answer);
/* Records that say "no mail". */
void judge_lockdown(struct arena *a, struct record *r, const struct dns_answer *answer);
/* A selector that should lead to a name of ours. text: its TXT as seen through it (RC_NOT_FOUND:
 * none, RC_TEMP); alias: where the name leads, empty for nowhere. */
void judge_key_alias(struct arena *a, struct record *r, enum rc rc, const struct dns_answer *text,
	struct span alias);

/* In zone file form: 0 issue "letsencrypt.org", 3 1 1 0123... */
struct span caa_text(struct arena *a, struct span rdata);
struct span tlsa_text(struct arena *a, struct span rdata);
