/* The runner of the send role: its threads, and what deliveries mean for destinations. */
#include "mailcore/deliver/runner.h"

#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/deliver/runner_impl.h"

#define DB_MS       30000
#define DOWN_MS_MAX (3600 * MSEC_PER_SEC)
#define STACK_BYTES ((size_t)1 << 20)

bool runner_is_stopping(void *arg)
{
	return atomic_load(&((struct runner *)arg)->stopping);
}

struct ctx runner_step(struct arena *a, struct db *db)
{
	arena_reset(a);
	return (struct ctx){ .arena = a,
		.db = db,
		.now_us = clock_now_us(),
		.deadline_ms = clock_mono_ms() + DB_MS };
}

void runner_borrow_db(struct runner *r, struct ctx *ctx)
{
	pthread_mutex_lock(&r->lock);
	while (r->n_dbs == 0)
		pthread_cond_wait(&r->db_back, &r->lock);
	ctx->db = r->dbs[--r->n_dbs];
	pthread_mutex_unlock(&r->lock);
}

void runner_return_db(struct ctx *ctx, void *runner)
{
	struct runner *r = runner;

	if (!ctx->db)
		return;
	pthread_mutex_lock(&r->lock);
	r->dbs[r->n_dbs++] = ctx->db;
	pthread_cond_signal(&r->db_back);
	pthread_mutex_unlock(&r->lock);
	ctx->db = NULL;
}

void runner_renew(struct ctx *ctx)
{
	ctx->now_us = clock_now_us();
	ctx->deadline_ms = clock_mono_ms() + DB_MS;
}

/* ------------------------------------------------------------------------ destinations */

void runner_give_back(struct runner *r, struct ctx *ctx, struct list *works)
{
	LIST_EACH(it, works)
	{
		struct work *w = LIST_ITEM(it, struct work, node);
		list_del(it);
		runner_back_to_queue(r, ctx, &w->group);
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

	runner_borrow_db(r, ctx);
	enum rc rc = queue_destination_set(ctx, name, ms, reply.ptr ? reply : SPAN(""));
	if (rc != RC_OK)
		log_warn("destination.set", "rc=%s", rc_name(rc));
	log_info(change.down ? "destination.down" : "destination.up",
		"name=%s failures=%d wait_ms=%lld", log_text(ctx->arena, name), change.failures,
		(long long)ms);
	runner_give_back(r, ctx, dropped);
	runner_return_db(ctx, r);
	runner_wake_feeder(r); /* it knows neither the new time nor the jobs */
}

static void run_work(struct runner *r, struct arena *a, struct work *w)
{
	struct ctx ctx = runner_step(a, NULL);
	struct span reply = SPAN("");
	struct list dropped;

	list_init(&dropped);
	enum feedback feedback = runner_run_group(r, &ctx, w, &reply);
	pthread_mutex_lock(&r->lock);
	struct schedule_change change = schedule_end(&r->schedule, w, feedback);
	if (change.down)
		schedule_drop(&r->schedule, w->group.jobs[0].destination, &dropped);
	r->hungry = r->hungry || change.hungry;
	if (change.hungry)
		pthread_cond_signal(&r->feed);
	if (r->schedule.waiting > 0)
		pthread_cond_signal(&r->work); /* there may be room for one more at a time */
	pthread_mutex_unlock(&r->lock);
	if (change.down || change.up)
		change_destination(r, &ctx, w->group.jobs[0].destination, change, reply, &dropped);
	if (w->outcomes)
		runner_settle_later(r, w);
	else
		work_free(w);
}

static void *deliver_thread(void *arg)
{
	struct runner *r = arg;
	struct arena arena;

	arena_init(&arena, (size_t)64 << 10);
	pthread_mutex_lock(&r->lock);
	while (!runner_is_stopping(r)) {
		struct work *w = schedule_take(&r->schedule);
		if (!w) {
			pthread_cond_wait(&r->work, &r->lock);
			continue;
		}
		pthread_mutex_unlock(&r->lock);
		run_work(r, &arena, w);
		pthread_mutex_lock(&r->lock);
	}
	pthread_mutex_unlock(&r->lock);
	arena_done(&arena);
	return NULL;
}

/* ------------------------------------------------------------------------ life */

static void on_bell(int64_t mailbox_id, int64_t folder_id, void *arg)
{
	runner_wake_feeder(arg);
}

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
	r->remote.cancelled = runner_is_stopping;
	r->remote.cancelled_arg = r;
	r->remote.db_done = runner_return_db;
	r->remote.db_done_arg = r;
	for (; r->n_dbs < RUNNER_DBS; r->n_dbs++)
		r->dbs[r->n_dbs] = db_open(options->conninfo, "send");
	(void)snprintf(r->owner, sizeof r->owner, "%.150s/%d.%llx", options->node, (int)getpid(),
		(unsigned long long)random_u64());
	pthread_mutex_init(&r->lock, NULL);
	init_cond(&r->work);
	init_cond(&r->feed);
	init_cond(&r->db_back);
	init_cond(&r->settle);
	init_cond(&r->settled);
	list_init(&r->unsettled);
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
	int failed = pthread_create(&r->feeder, &attr, runner_feed, r);
	ASSERT(failed == 0);
	failed = pthread_create(&r->settler, &attr, runner_settle, r);
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
	struct ctx ctx = runner_step(&arena, db);
	enum rc rc = queue_unclaim_all(&ctx, runner_owner(r));
	if (rc != RC_OK)
		log_warn("queue.unclaim", "rc=%s", rc_name(rc));
	db_close(db);
	arena_done(&arena);
}

static void end_settler(struct runner *r)
{
	pthread_mutex_lock(&r->lock);
	r->delivered_all = true;
	pthread_cond_signal(&r->settle);
	pthread_mutex_unlock(&r->lock);
	(void)pthread_join(r->settler, NULL);
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
	end_settler(r);
	return_leases(r);
	for (size_t i = 0; i < r->n_dbs; i++)
		db_close(r->dbs[i]);
	schedule_done(&r->schedule);
	pthread_cond_destroy(&r->work);
	pthread_cond_destroy(&r->feed);
	pthread_cond_destroy(&r->db_back);
	pthread_cond_destroy(&r->settle);
	pthread_cond_destroy(&r->settled);
	pthread_mutex_destroy(&r->lock);
	heap_free(r->threads);
	heap_free(r);
}
