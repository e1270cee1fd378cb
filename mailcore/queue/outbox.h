/*
 * Mail that waits for its time: undo and send later.
 *
 *   made (one tx: message, jobs that wait, a row here) --send_at--> jobs are due, nothing is left to cancel
 *                    \--cancel, before send_at--> jobs and row gone, draft back (one tx)
 *
 * Exactly one of the two happens: the cancel locks all jobs, looks whether they are all there and
 * untouched, and only then reads the database's clock. Nothing makes them ready before send_at.
 *
 * Recipients of our own wait as jobs for QUEUE_LOCAL, the sender's own copy as one for QUEUE_SENT
 * (deliver/local.h); neither can be the name of a domain.
 */
#pragma once

#include "mailcore/queue/queue.h"

#define QUEUE_LOCAL       ":local"
#define QUEUE_SENT        ":sent"
#define OUTBOX_UNDO_S     10 /* when nobody has said otherwise */
#define OUTBOX_UNDO_S_MAX 60
#define ZONE_NAME_MAX     64

struct outbox_item {
	struct uuid id; /* of the trace */
	int64_t send_at_s, made_at_s;
	int64_t send_at_wall_s; /* as a clock in the asker's zone shows it */
	struct span subject, to;
	bool held; /* by a limit or a person: it will not leave by itself */
};
/* For the tx that makes the message (delivery.also). Memory: ctx->arena. */
void outbox_insert_stmt(struct ctx *ctx, int64_t mailbox_id, const struct outbox_item *item,
	size_t jobs, const struct stmt **out_stmt, const struct arg **out_args, size_t *out_n_args);
/* For the tx that makes the draft. Too late: the tx ends with RC_EXISTS and nothing is done. */
void outbox_cancel_stmt(struct ctx *ctx, int64_t mailbox_id, struct uuid id,
	const struct stmt **out_stmt, const struct arg **out_args, size_t *out_n_args);
/* What may still be taken back, the next one first, 500 at most. zone: as in send_setting. */
MUST_CHECK enum rc outbox_list(struct ctx *ctx, int64_t mailbox_id, struct span zone,
	struct outbox_item **out, size_t *out_len);
/* RC_NOT_FOUND: it has gone out, or was never there. */
MUST_CHECK enum rc outbox_find(struct ctx *ctx, int64_t mailbox_id, struct uuid id,
	struct span zone, struct outbox_item *out);
MUST_CHECK enum rc outbox_count(struct ctx *ctx, int64_t mailbox_id, int64_t *out);

/* How a person sends. */
struct send_setting {
	int undo_s;       /* 0: at once */
	struct span zone; /* "Europe/Berlin"; empty: UTC */
};
MUST_CHECK enum rc send_setting_get(struct ctx *ctx, int64_t mailbox_id, struct send_setting *out);
/* RC_INVALID: there is no such zone. */
MUST_CHECK enum rc send_setting_set(
	struct ctx *ctx, int64_t mailbox_id, const struct send_setting *setting);
/* What a clock on the wall of that zone shows, as a time. RC_INVALID: no such zone. */
MUST_CHECK enum rc zone_time(
	struct ctx *ctx, int64_t wall_s, struct span zone, int64_t *out_time_s);
