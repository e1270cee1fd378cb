/* The runner of the send role: threads, and the way of one group. */
#include "mailcore/deliver/runner.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/deliver/schedule.h"

#define DB_MS              30000
#define SETTLE_TRIES       60 /* a second apart: a database that is away for a minute costs nothing */
#define RENEW_EVERY_MS     (QUEUE_LEASE_S * MSEC_PER_SEC / 3)
#define CLAIM_JOBS         50 /* of one destination at a time */
#define CLAIM_DESTINATIONS 50
#define DOWN_MS_MAX        (3600 * MSEC_PER_SEC)
#define STACK_BYTES        ((size_t)1 << 20)

struct runner {
	struct runner_options options;
	struct remote_env remote;
	char owner[200];
	_Atomic bool stopping;

	pthread_mutex_t lock; /* of all below; a leaf */
	pthread_cond_t work;  /* for delivery threads */
	pthread_cond_t feed;  /* for the feeder */
	struct schedule schedule;
	bool hungry; /* claim again */

	struct bell_watch *watch;
	pthread_t feeder, *threads;
	size_t n_threads;
};

static struct span owner_of(const struct runner *r)
{
	return span_of(r->owner);
}

static bool is_stopping(void *arg)
{
	return atomic_load(&((struct runner *)arg)->stopping);
}

static struct ctx step(struct arena *a, struct db *db)
{
	arena_reset(a);
	return (struct ctx){ .arena = a,
		.db = db,
		.now_us = clock_now_us(),
		.deadline_ms = clock_mono_ms() + DB_MS };
}

static void renew(struct ctx *ctx)
{
	ctx->now_us = clock_now_us();
	ctx->deadline_ms = clock_mono_ms() + DB_MS;
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

static void wake_feeder(struct runner *r)
{
	pthread_mutex_lock(&r->lock);
	r->hungry = true;
	pthread_cond_signal(&r->feed);
	pthread_mutex_unlock(&r->lock);
}

static void on_bell(int64_t mailbox_id, int64_t folder_id, void *arg)
{
	wake_feeder(arg);
}

/* ------------------------------------------------------------------------ one group */

/* What is known of jobs that are not tried again. */
static void repeat(struct ctx *ctx, const struct job_group *group, struct remote_attempt *out)
{
	*out = (struct remote_attempt){ .results = arena_array(
						ctx->arena, group->len, sizeof *out->results) };
	for (size_t i = 0; i < group->len; i++) {
		struct span reply = group->jobs[i].last_reply;
		out->results[i] = (struct remote_result){ .outcome = OUTCOME_LATER,
			.status = SPAN("4.4.1"),
			.reply = reply,
			.text = reply.len > 0
				? arena_printf(ctx->arena, "The last answer was: " SPAN_FMT ".",
					  SPAN_ARG(reply))
				: SPAN("The server of the recipient could not be reached."),
			.advice =
				SPAN("The server of the recipient does not take mail at present."
				     " If it is urgent, please reach the recipient another way.") };
	}
}

static void back_to_queue(struct runner *r, struct ctx *ctx, const struct job_group *group)
{
	int64_t *ids = arena_array(ctx->arena, group->len, sizeof *ids);

	for (size_t i = 0; i < group->len; i++)
		ids[i] = group->jobs[i].job_id;
	enum rc rc = queue_unclaim(ctx, owner_of(r), ids, group->len);
	if (rc != RC_OK)
		log_warn("queue.unclaim", "jobs=%zu rc=%s", group->len, rc_name(rc));
}

static bool has_notice(const struct verdict *v, size_t n, enum notice notice)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].notice == notice)
			return true;
	}
	return false;
}

/* Notices first, the last of them with the outcomes in its tx. Running it again after RC_TEMP may
 * tell twice when there were several notices of one group, never not at all. */
static enum rc settle_once(struct runner *r, struct ctx *ctx, const struct job_group *group,
	const struct verdict *verdicts, bool told[NOTICES])
{
	struct job_outcome *items = arena_array(ctx->arena, group->len, sizeof *items);
	struct bounce_env env = { r->options.intake, r->options.remote.blobs };
	struct bounce_also also;
	enum notice last = NOTICE_NONE;

	for (size_t i = 0; i < group->len; i++)
		items[i] = verdicts[i].outcome;
	queue_settle_stmt(
		ctx, owner_of(r), items, group->len, &also.stmt, &also.args, &also.n_args);
	for (enum notice n = NOTICE_FAILED; n < NOTICES; n++) {
		if (!told[n] && has_notice(verdicts, group->len, n))
			last = n;
	}
	for (enum notice n = NOTICE_FAILED; n < NOTICES; n++) {
		if (told[n] || !has_notice(verdicts, group->len, n))
			continue;
		enum rc rc = bounce_send(&env, ctx, group, verdicts, n,
			n == last ? &also : &(struct bounce_also){ 0 });
		if (rc == RC_OK && n == last)
			return RC_OK;
		if (rc == RC_TEMP)
			return rc;
		told[n] = true; /* or cannot be */
	}
	return queue_settle(ctx, owner_of(r), items, group->len);
}

static void settle(struct runner *r, struct ctx *ctx, const struct job_group *group,
	const struct verdict *verdicts)
{
	bool told[NOTICES] = { 0 };

	for (int try = 0; try < SETTLE_TRIES; try++) {
		renew(ctx);
		enum rc rc = settle_once(r, ctx, group, verdicts, told);
		if (rc == RC_OK)
			return;
		log_warn("queue.settle", "jobs=%zu rc=%s", group->len, rc_name(rc));
		if (is_stopping(r))
			return; /* the lease will end */
		(void)poll(NULL, 0, (int)MSEC_PER_SEC);
	}
}

static void log_outcomes(
	struct ctx *ctx, const struct job_group *group, const struct remote_attempt *attempt)
{
	static const char *const words[] = { "sent", "later", "failed" };

	for (size_t i = 0; i < group->len; i++) {
		struct str id = str_in(ctx->arena, 64);
		uuid_add(&id, group->jobs[i].trace_id);
		log_info("job.done", "id=%s job=%lld rcpt=%s outcome=%s reply=%s", str_cstr(&id),
			(long long)group->jobs[i].job_id, log_text(ctx->arena, group->jobs[i].rcpt),
			words[attempt->results[i].outcome],
			log_text(ctx->arena, attempt->results[i].reply));
	}
}

static bool all_later(const struct remote_attempt *attempt, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (attempt->results[i].outcome != OUTCOME_LATER || attempt->results[i].in_doubt)
			return false;
	}
	return true;
}

static enum feedback feedback_of(const struct work *w, const struct remote_attempt *attempt)
{
	if (w->old)
		return FEEDBACK_NONE;
	if (attempt->unreachable)
		return FEEDBACK_UNREACHABLE;
	return attempt->busy ? FEEDBACK_BUSY : FEEDBACK_GOOD;
}

static enum feedback run_group(
	struct runner *r, struct ctx *ctx, const struct work *w, struct span *out_reply)
{
	const struct job_group *group = &w->group;
	struct remote_attempt attempt = { 0 };
	struct verdict *verdicts = arena_array(ctx->arena, group->len, sizeof *verdicts);

	if (w->old)
		repeat(ctx, group, &attempt);
	else
		remote_deliver(&r->remote, ctx, group, &attempt);
	renew(ctx);
	if (is_stopping(r) && all_later(&attempt, group->len)) {
		back_to_queue(r, ctx, group); /* it was we who broke off */
		return FEEDBACK_NONE;
	}
	log_outcomes(ctx, group, &attempt);
	for (size_t i = 0; i < group->len; i++)
		outcome_decide(ctx, &r->options.rules, &group->jobs[i], &attempt.results[i], w->old,
			&verdicts[i]);
	settle(r, ctx, group, verdicts);
	*out_reply = attempt.results[0].reply;
	return feedback_of(w, &attempt);
}

/* ------------------------------------------------------------------------ destinations */

static void give_back(struct runner *r, struct ctx *ctx, struct list *works)
{
	LIST_EACH(it, works)
	{
		struct work *w = LIST_ITEM(it, struct work, node);
		list_del(it);
		back_to_queue(r, ctx, &w->group);
		work_free(w);
	}
}

static int64_t down_ms(const struct runner *r, int failures)
{
	int64_t ms = DOWN_MS_MAX;

	(void)backoff_next(&r->options.rules.backoff, failures, 0, &ms);
	return ms < DOWN_MS_MAX ? ms : DOWN_MS_MAX;
}

static void change_destination(struct runner *r, struct ctx *ctx, struct span name,
	struct schedule_change change, struct span reply, struct list *dropped)
{
	int64_t ms = change.down ? down_ms(r, change.failures) : 0;

	enum rc rc = queue_destination_set(ctx, name, ms, reply.ptr ? reply : SPAN(""));
	if (rc != RC_OK)
		log_warn("destination.set", "rc=%s", rc_name(rc));
	log_info(change.down ? "destination.down" : "destination.up",
		"name=%s failures=%d wait_ms=%lld", log_text(ctx->arena, name), change.failures,
		(long long)ms);
	give_back(r, ctx, dropped);
	wake_feeder(r); /* it knows neither the new time nor the jobs */
}

static void run_work(struct runner *r, struct arena *a, struct db *db, struct work *w)
{
	struct ctx ctx = step(a, db);
	struct span reply = SPAN("");
	struct list dropped;

	list_init(&dropped);
	enum feedback feedback = run_group(r, &ctx, w, &reply);
	pthread_mutex_lock(&r->lock);
	struct schedule_change change = schedule_end(&r->schedule, w, feedback);
	if (change.down)
		schedule_drop(&r->schedule, w->group.jobs[0].destination, &dropped);
	r->hungry = r->hungry || change.hungry;
	if (change.hungry)
		pthread_cond_signal(&r->feed);
	pthread_mutex_unlock(&r->lock);
	if (change.down || change.up)
		change_destination(r, &ctx, w->group.jobs[0].destination, change, reply, &dropped);
	work_free(w);
}

static void *deliver_thread(void *arg)
{
	struct runner *r = arg;
	struct db *db = db_open(r->options.conninfo, "send");
	struct arena arena;

	arena_init(&arena, (size_t)64 << 10);
	pthread_mutex_lock(&r->lock);
	while (!is_stopping(r)) {
		struct work *w = schedule_take(&r->schedule);
		if (!w) {
			pthread_cond_wait(&r->work, &r->lock);
			continue;
		}
		pthread_mutex_unlock(&r->lock);
		run_work(r, &arena, db, w);
		pthread_mutex_lock(&r->lock);
	}
	pthread_mutex_unlock(&r->lock);
	db_close(db);
	arena_done(&arena);
	return NULL;
}

/* ------------------------------------------------------------------------ feeding */

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
	bool room = r->schedule.waiting < SCHEDULE_TOTAL;
	n_full = schedule_full(&r->schedule, priority, ctx->arena, &full);
	for (size_t i = 0; i < n_full; i++)
		full[i] = arena_span(ctx->arena, full[i]);
	pthread_mutex_unlock(&r->lock);
	if (!room)
		return RC_OK;
	struct queue_claim claim = { .owner = owner_of(r),
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
	enum rc rc = queue_claim_old(ctx, owner_of(f->r), lifetime_s + 1, delay_s + 1, &groups, &n);
	if (rc == RC_OK)
		add_groups(f->r, groups, n, true);
	return rc;
}

static enum rc feed_once(struct feeder *f, bool *out_more)
{
	struct ctx ctx = step(&f->arena, f->db);
	int64_t now = clock_mono_ms();
	enum rc rc = f->ready ? RC_OK : recover(f, &ctx);

	if (rc == RC_OK)
		rc = wake(f, &ctx);
	if (rc == RC_OK && now >= f->renew_at_ms) {
		rc = queue_renew(&ctx, owner_of(f->r));
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
	if (!r->hungry && !is_stopping(r) && until > now)
		wait_ms(&r->feed, &r->lock, until - now);
	pthread_mutex_unlock(&r->lock);
}

static void *feed_thread(void *arg)
{
	struct runner *r = arg;
	struct feeder f = { .r = r, .db = db_open(r->options.conninfo, "send") };

	arena_init(&f.arena, (size_t)256 << 10);
	f.after[0] = f.after[1] = SPAN("");
	while (!is_stopping(r)) {
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

/* ------------------------------------------------------------------------ life */

static void init_cond(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

struct runner *runner_start(const struct runner_options *options)
{
	struct runner *r = heap_zalloc(sizeof *r);
	pthread_attr_t attr;

	r->options = *options;
	r->remote = options->remote;
	r->remote.cancelled = is_stopping;
	r->remote.cancelled_arg = r;
	(void)snprintf(r->owner, sizeof r->owner, "%.150s/%d.%llx", options->node, (int)getpid(),
		(unsigned long long)random_u64());
	pthread_mutex_init(&r->lock, NULL);
	init_cond(&r->work);
	init_cond(&r->feed);
	schedule_init(&r->schedule, options->threads);
	if (options->bells)
		r->watch = bell_watch(options->bells, BELL_QUEUE, on_bell, r);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	r->threads = heap_zalloc(options->threads * sizeof *r->threads);
	for (; r->n_threads < options->threads; r->n_threads++) {
		int failed = pthread_create(&r->threads[r->n_threads], &attr, deliver_thread, r);
		ASSERT(failed == 0);
	}
	int failed = pthread_create(&r->feeder, &attr, feed_thread, r);
	ASSERT(failed == 0);
	pthread_attr_destroy(&attr);
	return r;
}

/* What was claimed and not begun. */
static void return_leases(struct runner *r)
{
	struct db *db = db_open(r->options.conninfo, "send");
	struct arena arena;

	arena_init(&arena, 4096);
	struct ctx ctx = step(&arena, db);
	enum rc rc = queue_unclaim_all(&ctx, owner_of(r));
	if (rc != RC_OK)
		log_warn("queue.unclaim", "rc=%s", rc_name(rc));
	db_close(db);
	arena_done(&arena);
}

void runner_stop(struct runner *r)
{
	if (!r)
		return;
	if (r->watch)
		bell_unwatch(r->options.bells, r->watch);
	pthread_mutex_lock(&r->lock);
	atomic_store(&r->stopping, true);
	pthread_cond_broadcast(&r->work);
	pthread_cond_broadcast(&r->feed);
	pthread_mutex_unlock(&r->lock);
	(void)pthread_join(r->feeder, NULL);
	for (size_t i = 0; i < r->n_threads; i++)
		(void)pthread_join(r->threads[i], NULL);
	return_leases(r);
	schedule_done(&r->schedule);
	pthread_cond_destroy(&r->work);
	pthread_cond_destroy(&r->feed);
	pthread_mutex_destroy(&r->lock);
	heap_free(r->threads);
	heap_free(r);
}
