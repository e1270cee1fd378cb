/* The feeder: makes ready what is due, claims for all delivery threads, renews their leases. */
#include <time.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/deliver/runner_impl.h"

#define RENEW_EVERY_MS     (QUEUE_LEASE_S * MSEC_PER_SEC / 3)
#define CLAIM_JOBS         100 /* of one destination at a time */
#define CLAIM_DESTINATIONS 50

struct feeder {
	struct runner *r;
	struct db *db;
	struct arena arena;
	bool ready;         /* the database has been asked what was left behind */
	int64_t wake_at_ms; /* monotonic: something is due */
	int64_t renew_at_ms, old_at_ms;
	struct span after[2]; /* where the claims go on; in `kept` */
	char kept[2][256];
};

void runner_wake_feeder(struct runner *r)
{
	pthread_mutex_lock(&r->lock);
	r->hungry = true;
	pthread_cond_signal(&r->feed);
	pthread_mutex_unlock(&r->lock);
}

/* Until signalled or ms later; under the lock. */
static void wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / MSEC_PER_SEC;
	until.tv_nsec += (ms % MSEC_PER_SEC) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	(void)pthread_cond_timedwait(cond, lock, &until);
}

static void add_groups(struct runner *r, const struct job_group *groups, size_t n, bool old)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < n; i++) {
		schedule_add(&r->schedule, work_new(&groups[i], old));
		pthread_cond_signal(&r->work);
	}
	pthread_mutex_unlock(&r->lock);
}

static enum rc recover(struct feeder *f, struct ctx *ctx)
{
	struct destination_state *down;
	size_t n_down = 0;
	struct span node = arena_printf(ctx->arena, "%s/", f->r->options.node);

	enum rc rc = queue_unclaim_all(ctx, node);
	if (rc == RC_OK)
		rc = queue_destinations_down(ctx, &down, &n_down);
	if (rc != RC_OK)
		return rc;
	pthread_mutex_lock(&f->r->lock);
	for (size_t i = 0; i < n_down; i++)
		schedule_set_failures(&f->r->schedule, down[i].destination, down[i].failures);
	pthread_mutex_unlock(&f->r->lock);
	f->ready = true;
	return RC_OK;
}

/* *out_more: there may be more to claim at once. */
static enum rc claim(struct feeder *f, struct ctx *ctx, int priority, bool *out_more)
{
	struct runner *r = f->r;
	struct job_group *groups;
	struct span *full, after;
	size_t n_full, n = 0;

	pthread_mutex_lock(&r->lock);
	bool room = schedule_has_room(&r->schedule, priority);
	n_full = schedule_full(&r->schedule, priority, ctx->arena, &full);
	for (size_t i = 0; i < n_full; i++)
		full[i] = arena_span(ctx->arena, full[i]);
	pthread_mutex_unlock(&r->lock);
	if (!room)
		return RC_OK;
	struct queue_claim claim = { .owner = runner_owner(r),
		.priority = priority,
		.max_destinations = CLAIM_DESTINATIONS,
		.max_jobs = CLAIM_JOBS,
		.after = f->after[priority],
		.busy = full,
		.n_busy = n_full };
	enum rc rc = queue_claim(ctx, &claim, &groups, &n, &after);
	if (rc != RC_OK)
		return rc;
	add_groups(r, groups, n, false);
	bool around = claim.after.len > 0 && after.len == 0; /* what lies before the start, too */
	*out_more = *out_more || n > 0 || after.len > 0 || around;
	size_t len = after.len < sizeof f->kept[0] ? after.len : 0;
	if (len > 0)
		memcpy(f->kept[priority], after.ptr, len);
	f->after[priority] = span_make(f->kept[priority], len);
	return RC_OK;
}

static enum rc wake(struct feeder *f, struct ctx *ctx)
{
	size_t woken = QUEUE_WAKE_MAX;
	int64_t next_ms = 0;
	enum rc rc = RC_OK;

	while (rc == RC_OK && woken >= QUEUE_WAKE_MAX)
		rc = queue_wake(ctx, &woken, &next_ms);
	if (rc == RC_OK)
		f->wake_at_ms =
			clock_mono_ms() + (next_ms < RUNNER_POLL_MS ? next_ms + 1 : RUNNER_POLL_MS);
	return rc;
}

/* What was claimed before somebody paused its destination. Deliveries that run are finished. */
static enum rc drop_paused(struct feeder *f, struct ctx *ctx)
{
	struct runner *r = f->r;
	struct span *paused;
	struct list dropped;
	size_t n = 0;

	list_init(&dropped);
	enum rc rc = queue_destinations_paused(ctx, &paused, &n);
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		schedule_drop(&r->schedule, paused[i], &dropped);
	pthread_mutex_unlock(&r->lock);
	runner_give_back(r, ctx, &dropped);
	return rc;
}

/* How often to look for senders that wait for a word: often enough for the times that are set. */
static int64_t old_every_ms(const struct outcome_rules *rules)
{
	int64_t ms = rules->backoff.lifetime_ms;

	if (rules->delay_notice_ms > 0 && rules->delay_notice_ms < ms)
		ms = rules->delay_notice_ms;
	ms /= 10;
	return ms < MSEC_PER_SEC ? MSEC_PER_SEC : ms < 60000 ? ms : 60000;
}

static enum rc look_for_old(struct feeder *f, struct ctx *ctx)
{
	const struct outcome_rules *rules = &f->r->options.rules;
	int64_t lifetime_s = rules->backoff.lifetime_ms / MSEC_PER_SEC;
	int64_t delay_s =
		rules->delay_notice_ms > 0 ? rules->delay_notice_ms / MSEC_PER_SEC : lifetime_s;
	struct job_group *groups;
	size_t n = 0;

	/* A little later than an attempt would have told. */
	enum rc rc =
		queue_claim_old(ctx, runner_owner(f->r), lifetime_s + 1, delay_s + 1, &groups, &n);
	if (rc == RC_OK)
		add_groups(f->r, groups, n, true);
	return rc;
}

static enum rc feed_once(struct feeder *f, bool *out_more)
{
	struct ctx ctx = runner_step(&f->arena, f->db);
	int64_t now = clock_mono_ms();
	enum rc rc = f->ready ? RC_OK : recover(f, &ctx);

	if (rc == RC_OK)
		rc = wake(f, &ctx);
	if (rc == RC_OK)
		rc = drop_paused(f, &ctx);
	if (rc == RC_OK && now >= f->renew_at_ms) {
		rc = queue_renew(&ctx, runner_owner(f->r));
		f->renew_at_ms = now + RENEW_EVERY_MS;
	}
	if (rc == RC_OK && now >= f->old_at_ms) {
		rc = look_for_old(f, &ctx);
		f->old_at_ms = now + old_every_ms(&f->r->options.rules);
	}
	for (int p = PRIORITY_PERSON; rc == RC_OK && p <= PRIORITY_BULK; p++)
		rc = claim(f, &ctx, p, out_more);
	return rc;
}

/* Until there is something to do: a bell, the clock, or a thread with room. */
static void rest(struct feeder *f, enum rc rc)
{
	struct runner *r = f->r;
	int64_t now = clock_mono_ms(), until = f->wake_at_ms;

	if (f->old_at_ms < until)
		until = f->old_at_ms;
	if (rc != RC_OK)
		until = now + MSEC_PER_SEC;
	pthread_mutex_lock(&r->lock);
	if (rc != RC_OK)
		r->hungry = false;
	if (!r->hungry && !runner_is_stopping(r) && until > now)
		wait_ms(&r->feed, &r->lock, until - now);
	pthread_mutex_unlock(&r->lock);
}

void *runner_feed(void *arg)
{
	struct runner *r = arg;
	struct feeder f = { .r = r, .db = db_open(r->options.conninfo, "send") };

	arena_init(&f.arena, (size_t)256 << 10);
	f.after[0] = f.after[1] = SPAN("");
	while (!runner_is_stopping(r)) {
		bool more = false;
		pthread_mutex_lock(&r->lock);
		r->hungry = false;
		pthread_mutex_unlock(&r->lock);
		enum rc rc = feed_once(&f, &more);
		if (rc != RC_OK)
			log_warn("queue.feed", "rc=%s", rc_name(rc));
		if (rc != RC_OK || !more)
			rest(&f, rc);
	}
	db_close(f.db);
	arena_done(&f.arena);
	return NULL;
}
