/*
 * The outbound queue: one job is the delivery of one message to one remote recipient.
 *
 *   waiting --due--> ready --claim--> leased --sent, failed--> gone (an event tells)
 *      ^               ^ |              |  \--later--> waiting
 *      |               | |              \--unclaim, lease over--> ready
 *      |               | hold           hold: takes effect when the attempt is over
 *      |               release
 *      |               | v
 *      +--- hold --->  held                remove, cancel: gone, from ready, waiting and held
 *
 * Crash guarantees: jobs are made in the tx that makes the message durable (store/deliver). A claim
 * is a lease by the database's clock: a `send` that dies loses its leases after QUEUE_LEASE_S, or
 * when it starts again on the same node, and the jobs are run again: at worst a remote recipient
 * gets a message twice, never not at all. No tx is open while a job is delivered.
 *
 * Cost: what is ready stands in one index by priority and destination. A claim hops from
 * destination to destination in it (QUEUE_HOPS_MAX at most, the next claim goes on from there), so
 * a destination that is at its limit or down costs one look, however many jobs wait for it, and
 * each destination gets its part. Jobs for later are in an index of their own and become ready by
 * queue_wake. A destination that is down has one row (destination_state) for all its jobs.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/random.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/db/db.h"

#define QUEUE_LEASE_S      900
#define QUEUE_HOPS_MAX     1000 /* destinations that one claim looks at */
#define QUEUE_WAKE_MAX     1000 /* jobs that one queue_wake makes ready */
#define QUEUE_REPLY_MAX    512  /* of a remote's words, cut and escaped before they come here */
#define QUEUE_RCPTS_MAX    100  /* jobs of one message that share a transaction */
#define QUEUE_LIST_MAX     200
#define QUEUE_DESTINATIONS 10000

/* The destination of jobs that go nowhere: the message is in a mailbox of ours, its sender is to be told
 * (deliver/receipt.h). No domain is called that. */
#define QUEUE_RECEIPTS SPAN(".")

enum notify { /* RFC 3461 */
	NOTIFY_DEFAULT = 0,
	NOTIFY_NEVER = 1,
	NOTIFY_SUCCESS = 2,
	NOTIFY_FAILURE = 4,
	NOTIFY_DELAY = 8,
};

enum dsn_ret { RET_DEFAULT, RET_FULL, RET_HDRS }; /* RFC 3461 */

enum job_priority { PRIORITY_PERSON, PRIORITY_BULK };

struct job {
	int64_t job_id;
	struct uuid trace_id, blob_id;
	int64_t account_id, domain_id,
		mailbox_id;          /* whose mail it is; mailbox 0: forwarded or ours */
	struct span mail_from, rcpt; /* without brackets; "" is the null sender */
	struct span original_rcpt;   /* ORCPT as given ("rfc822;xtext"), or empty */
	struct span destination;     /* lower case: A-label domain or address literal */
	struct span envid;           /* as given, xtext */
	unsigned notify;             /* enum notify bits */
	enum dsn_ret ret;
	bool smtputf8, body_8bit;
	int priority; /* 0 a person's, 1 bulk */
	int attempts; /* before this one */
	int64_t created_at_s, next_at_s;
	bool delay_told;
	struct span state, hold_reason, last_reply;
};

/* A group: jobs of one message for one destination, to be delivered in one transaction. */
struct job_group {
	struct job *jobs;
	size_t len;
};

/* ------------------------------------------------------------------------ the runner's side */

/* Claims jobs that are ready, none for destinations in `busy` or down. One round trip. Groups of one
 * destination come one behind the other. Memory: ctx->arena. */
struct queue_claim {
	struct span owner; /* this process: host, role, start */
	int priority;      /* of the jobs: enum job_priority */
	size_t max_destinations;
	size_t max_jobs;   /* of one destination */
	struct span after; /* where the last claim ended; empty: at the start */
	const struct span *busy;
	size_t n_busy;
};
/* *out_after: for the next claim; empty when the end was reached. */
MUST_CHECK enum rc queue_claim(struct ctx *ctx, const struct queue_claim *claim,
	struct job_group **out, size_t *out_len, struct span *out_after);
/* Makes ready what is due and what a dead process held. *out_woken: QUEUE_WAKE_MAX: call again.
 * *out_next_ms: until the next job or destination is due, by the database's clock; INT64_MAX: none. */
MUST_CHECK enum rc queue_wake(struct ctx *ctx, size_t *out_woken, int64_t *out_next_ms);
/* Jobs that need a word to their sender although their destination is down: older than lifetime_s, or
 * older than delay_s and not told (these also when an attempt has failed). Leased like claimed ones.
 * What was never tried because nobody ran is not among them. */
MUST_CHECK enum rc queue_claim_old(struct ctx *ctx, struct span owner, int64_t lifetime_s,
	int64_t delay_s, struct job_group **out, size_t *out_len);

/* What an attempt has led to, one a recipient. */
enum outcome { OUTCOME_SENT, OUTCOME_LATER, OUTCOME_FAILED };
struct job_outcome {
	const struct job *job;
	enum outcome outcome;
	struct span reply;    /* "250 2.0.0 ..." or our own words; kept for lists */
	int64_t wait_ms;      /* OUTCOME_LATER: from now */
	bool delay_told;      /* OUTCOME_LATER: a delay notice has been made */
	struct span name;     /* of the event: "job.sent"; empty: none */
	struct span text;     /* the event's sentence */
	struct span evidence; /* JSON: mx, address, tls, attempt, reply; or empty */
};
/* Writes outcomes and their events, only for jobs that `owner` still holds. The statement alone is
 * for those who have something to commit with it (a bounce). args: ctx->arena. */
MUST_CHECK enum rc queue_settle(
	struct ctx *ctx, struct span owner, const struct job_outcome *items, size_t n);
void queue_settle_stmt(struct ctx *ctx, struct span owner, const struct job_outcome *items,
	size_t n, const struct stmt **out_stmt, const struct arg **out_args, size_t *out_n_args);
/* Gives leases back unused (shutdown, destination at its limit). */
MUST_CHECK enum rc queue_unclaim(
	struct ctx *ctx, struct span owner, const int64_t *job_ids, size_t n);
/* Takes back what all owners held whose names begin with this: what processes of this node that died
 * have left behind. */
MUST_CHECK enum rc queue_unclaim_all(struct ctx *ctx, struct span owner);
/* Leases of owner are good for QUEUE_LEASE_S from now. */
MUST_CHECK enum rc queue_renew(struct ctx *ctx, struct span owner);

/* A destination is down: none of its jobs is claimed before wait_ms are over. wait_ms 0: up again. */
MUST_CHECK enum rc queue_destination_set(
	struct ctx *ctx, struct span destination, int64_t wait_ms, struct span reply);
/* Those that are, QUEUE_DESTINATIONS at most; for the start of a process. */
struct destination_state {
	struct span destination;
	int failures; /* in a row */
};
MUST_CHECK enum rc queue_destinations_down(
	struct ctx *ctx, struct destination_state **out, size_t *out_len);

/* Destinations that a person has paused: claims pass them over, what is claimed already goes back. */
#define QUEUE_PAUSES_MAX 1000
MUST_CHECK enum rc queue_destinations_paused(struct ctx *ctx, struct span **out, size_t *out_len);

/* ------------------------------------------------------------------------ limits on sending */

/* A mailbox that has passed a limit and whose people have not been told. */
struct hold_notice {
	int64_t mailbox_id;
	struct span reason;         /* "mailbox_hour" and its like */
	struct span address, login; /* of the mailbox; of its account. Empty: it is gone */
	int64_t jobs;               /* held */
};
MUST_CHECK enum rc queue_hold_notices(struct ctx *ctx, struct hold_notice **out, size_t *out_len);
MUST_CHECK enum rc queue_hold_told(struct ctx *ctx, int64_t mailbox_id);
/* Housekeeping: counts that no limit looks at any more. */
MUST_CHECK enum rc queue_counts_forget(struct ctx *ctx, int64_t *out_deleted);

/* ------------------------------------------------------------------------ what was sent */

/* Of a message that a mailbox has submitted, by its Message-ID without brackets: the newest event for
 * each recipient. */
struct sent_state {
	struct span rcpt, state, text; /* state: "message.sent" and its like */
	int64_t at_s;
};
MUST_CHECK enum rc queue_sent_states(struct ctx *ctx, int64_t mailbox_id, struct span message_id,
	struct sent_state **out, size_t *out_len);

/* ------------------------------------------------------------------------ back-off */

/* The wait after attempt n (1 = the first), from delivery.retry; the last step repeats. A spread of
 * 10 % is added by the caller. */
#define BACKOFF_STEPS_MAX 32
struct backoff {
	int64_t steps_ms[BACKOFF_STEPS_MAX];
	size_t n_steps;
	int64_t lifetime_ms;
};
/* "5m,10m,4h"; units ms, s, m, h, d. False: no list of positive durations. */
MUST_CHECK bool backoff_parse(struct span text, int64_t lifetime_ms, struct backoff *out);
/* False when the lifetime is over; the last attempt is made at its end. */
bool backoff_next(const struct backoff *b, int attempts, int64_t age_ms, int64_t *out_wait_ms);
