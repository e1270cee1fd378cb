/*
 * Mail from the world: is it from whom it says, what speaks against it, and what follows from that.
 *
 *   inbound_prefetch (at MAIL) -> inbound_judge (head and body are there) -> inbound_apply
 *
 * Verdicts: the inbox; Junk (the score reaches the limit, or DMARC asks for quarantine); refused
 * with 550 5.7.1 (DMARC asks for it and every recipient's domain applies that). SPF alone never
 * refuses anything. DNS trouble is never a reason: the message is received, its verdicts are
 * temperror. All of DNS may take INBOUND_DNS_MS; when many messages wait for it, less.
 */
#pragma once

#include "mailcore/auth/verify.h"
#include "mailcore/base/config.h"
#include "mailcore/deliver/dns_list.h"
#include "mailcore/deliver/intake.h"
#include "mailcore/deliver/score.h"
#include "mailcore/deliver/spool.h"

#define INBOUND_DNS_MS      5000
#define INBOUND_DNS_BUSY_MS 1000
#define INBOUND_BUSY        6 /* messages that wait for DNS at the same time */

/* Lives as long as the role. */
struct inbound_env {
	struct resolver *resolver;
	struct dns_lists lists;
	int junk_tenths;
	struct net_list forwarders; /* whose mail DMARC does not judge */
	struct span sealers;        /* domains, comma-separated: whose ARC seals are believed */
};

/* mail.dns_lists, mail.junk_score, mail.trusted_forwarders, mail.trusted_sealers. Borrows texts of
 * the configuration. RC_INVALID: err says which key is wrong. */
MUST_CHECK enum rc inbound_env_init(struct inbound_env *env, const struct config *config,
	struct resolver *resolver, struct err *err);

/* Memory: the arena it was made with. */
struct inbound_verdict {
	struct auth_verdicts auth;
	struct signals signals;
	enum dmarc_policy asked; /* by DMARC, after what we trust more */
	struct span trusted;     /* why DMARC's wish does not count; empty: it does */
	struct span field;       /* value of Authentication-Results */
	int junk_tenths;
};

/* Asks DNS what the envelope tells already. */
void inbound_prefetch(
	const struct inbound_env *env, struct arena *a, const struct intake_source *source);
/* RC_TEMP: disk trouble with the spool. */
MUST_CHECK enum rc inbound_judge(const struct inbound_env *env, struct ctx *ctx,
	const struct intake_source *source, const char *hostname, struct span head,
	struct spool *message, struct inbound_verdict *out);
/* Sets `junk` of the targets; outside: recipients that our aliases forward to. RC_DENIED: refuse,
 * err says why. RC_TEMP: database. */
MUST_CHECK enum rc inbound_apply(struct ctx *ctx, const struct inbound_verdict *verdict,
	struct delivery_target *targets, size_t n, const struct recipient *outside,
	size_t n_outside, struct err *err);

/* Why it is in Junk, for the trace's sentence: "its score is 6.5 (...)". Empty: it is not junk. */
struct span inbound_why_junk(struct arena *a, const struct inbound_verdict *verdict);
struct cJSON;
/* "authentication", "dmarc_policy", "score", "junk_score", "signals": [{"signal","weight","evidence"}] */
void inbound_add_evidence(
	struct arena *a, const struct inbound_verdict *verdict, struct cJSON *facts);
