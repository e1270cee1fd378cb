/*
 * The outbound queue as its people see it: what waits, why, and what may be done about it.
 *
 * States: "waiting", "sending" (under way at this moment), "held". The reason is the remote's last
 * reply, or for what is held one of mailbox_hour, mailbox_day, domain_*, account_*, hold_out, paused, manual.
 */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"
#include "mailcore/queue/queue.h"

#define QUEUE_GROUPS_MAX 500
#define QUEUE_BULK_MAX   1000

struct queue_item {
	struct job job; /* state as above */
	struct span domain;
};
struct queue_items {
	struct queue_item *items;
	size_t len;
	struct span next_cursor;
};
struct queue_ask {
	struct list_ask list; /* .domain */
	struct span destination, state, address, sender;
	struct span note; /* of queue_act_all: why, for trace and audit; may be empty */
	bool by_reason;
	struct span reason; /* when by_reason: exactly this one */
};
MUST_CHECK enum rc queue_list(const struct services *s, struct ctx *ctx,
	const struct queue_ask *ask, struct queue_items *out, struct err *err);
MUST_CHECK enum rc queue_get(const struct services *s, struct ctx *ctx, struct span id,
	struct queue_item *out, struct err *err);

/* Counts by destination, state and reason, the largest first. */
struct queue_group {
	struct span destination, state, reason;
	struct span words; /* what it means, from the newest attempt; may be empty */
	int64_t jobs, oldest_at_us, next_at_us;
	bool paused; /* the destination */
};
struct queue_groups {
	struct queue_group *items;
	size_t len;
};
MUST_CHECK enum rc queue_group_list(const struct services *s, struct ctx *ctx, struct span domain,
	struct queue_groups *out, struct err *err);

/* Who waits for something, those with the most first. */
#define QUEUE_SENDERS_MAX 100
struct queue_sender {
	struct span address;
	int64_t jobs, held, oldest_at_us;
	bool paused;
};
struct queue_senders {
	struct queue_sender *items;
	size_t len;
};
MUST_CHECK enum rc queue_sender_list(
	const struct services *s, struct ctx *ctx, struct queue_senders *out, struct err *err);

/* remove: RC_CONFLICT while it is being sent; release: RC_CONFLICT when it is not held; retry: when
 * it is. *out: as it is afterwards; for remove as it was. */
enum queue_action { QUEUE_RETRY, QUEUE_HOLD, QUEUE_RELEASE, QUEUE_REMOVE };
MUST_CHECK enum rc queue_act(const struct services *s, struct ctx *ctx, struct span id,
	enum queue_action action, struct queue_item *out, struct err *err);
/* The same with all that the question finds, QUEUE_BULK_MAX at most; what does not fit is left
 * alone. *out_done: how many. */
MUST_CHECK enum rc queue_act_all(const struct services *s, struct ctx *ctx,
	const struct queue_ask *ask, enum queue_action action, size_t *out_done, struct err *err);

/* Mailboxes below the actor that have gone beyond their limit. */
struct queue_hold {
	struct span address, reason;
	int64_t held_at_us, jobs;
};
struct queue_holds {
	struct queue_hold *items;
	size_t len;
};
MUST_CHECK enum rc queue_hold_list(
	const struct services *s, struct ctx *ctx, struct queue_holds *out, struct err *err);

struct cJSON *queue_item_json(struct arena *a, const struct queue_item *item);
struct cJSON *queue_sender_json(struct arena *a, const struct queue_sender *sender);
struct cJSON *queue_group_json(struct arena *a, const struct queue_group *group);
struct cJSON *queue_done_json(struct arena *a, size_t done); /* of queue_act_all */
