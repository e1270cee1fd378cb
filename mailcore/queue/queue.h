/*
 * The outbound queue: one job is the delivery of one message to one remote recipient.
 *
 *   waiting  --claim-->  leased  --done-->  gone (an event tells)
 *      ^                   |  \--retry-->  waiting, later
 *      |                   \--fail--> gone; the bounce is made by deliver in the same tx
 *   held <--hold/release--> waiting;   remove: gone
 *
 * Crash guarantees: jobs are made in the tx that makes the message durable (store/deliver). A claim
 * is a lease by the database's clock: a `send` that dies loses its leases after QUEUE_LEASE_S, and
 * the jobs are run again: at worst a remote recipient gets a message twice, never not at all.
 * No tx is open while a job is delivered. Claiming skips what others hold (SKIP LOCKED), gives each
 * destination its fair part, and lets a person's mail (priority 0) pass before bulk (1).
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/random.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

#define QUEUE_LEASE_S      900
#define QUEUE_REPLY_MAX    512 /* of a remote's words, cut and escaped before they come here */
#define QUEUE_RCPTS_MAX    100 /* jobs of one message that share a transaction */
#define QUEUE_DESTINATIONS 10000

enum notify { /* RFC 3461 */
	NOTIFY_DEFAULT = 0,
	NOTIFY_NEVER = 1,
	NOTIFY_SUCCESS = 2,
	NOTIFY_FAILURE = 4,
	NOTIFY_DELAY = 8,
};

struct job {
	int64_t job_id;
	struct uuid trace_id, blob_id;
	int64_t account_id, domain_id,
		mailbox_id;          /* whose mail it is; mailbox 0: forwarded or ours */
	struct span mail_from, rcpt; /* without brackets; "" is the null sender */
	struct span original_rcpt;   /* ORCPT as given (decoded), or the address before an alias */
	struct span destination;     /* A-label domain or address literal */
	struct span envid;
	unsigned notify; /* enum notify bits */
	bool ret_full, smtputf8, body_8bit;
	int priority; /* 0 a person's, 1 bulk */
	int attempts;
	int64_t created_at_s, next_at_s;
	bool delay_told;
	struct span state, hold_reason, last_reply; /* for lists */
};

/* A group: jobs of one message for one destination, to be delivered in one transaction. */
struct job_group {
	struct job *jobs;
	size_t len;
};

/* Claims up to max groups that are due, none for destinations in `busy` (those at their limit).
 * One round trip. Memory: ctx->arena. */
struct queue_claim {
	const char *owner; /* this process: host, pid, start */
	size_t max_groups;
	const struct span *busy;
	size_t n_busy;
};
MUST_CHECK enum rc queue_claim(
	struct ctx *ctx, const struct queue_claim *claim, struct job_group **out, size_t *out_len);
/* When the next job is due, by the database's clock, in ms from now; INT64_MAX: none. */
MUST_CHECK enum rc queue_next_due(struct ctx *ctx, int64_t *out_ms);

/* What an attempt has led to, one a recipient. */
enum outcome { OUTCOME_SENT, OUTCOME_LATER, OUTCOME_FAILED };
struct job_outcome {
	int64_t job_id;
	enum outcome outcome;
	struct span reply;    /* "250 2.0.0 ..." or our own words */
	int64_t next_at_s;    /* OUTCOME_LATER */
	bool delay_told;      /* OUTCOME_LATER: a delay notice has been made */
	struct span text;     /* the event's sentence */
	struct span evidence; /* JSON: mx, address, tls, attempt, reply */
};
/* Writes outcomes and their events, only for jobs that `owner` still holds. Inside the caller's tx
 * when a bounce is made with them. */
MUST_CHECK enum rc queue_settle(
	struct ctx *ctx, const char *owner, const struct job_outcome *items, size_t n);
/* Gives leases back unused (shutdown, destination at its limit). */
MUST_CHECK enum rc queue_unclaim(
	struct ctx *ctx, const char *owner, const int64_t *job_ids, size_t n);

/* Back-off: the wait after attempt n (1 = the first), from delivery.retry; the last step repeats.
 * A spread of 10 % is added by the caller. Returns false when lifetime_ms is over. */
struct backoff {
	int64_t steps_ms[32];
	size_t n_steps;
	int64_t lifetime_ms;
};
MUST_CHECK bool backoff_parse(struct span text, int64_t lifetime_ms, struct backoff *out);
bool backoff_next(const struct backoff *b, int attempts, int64_t age_ms, int64_t *out_wait_ms);
