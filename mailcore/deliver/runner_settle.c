/*
 * The settler: writes down what has become of groups, many in one commit.
 *
 * A delivery thread hands its work over and goes on with the next. What has been handed over while
 * a commit is on its way is written by the next one. Nothing of it is lost by a crash that the
 * attempt itself would not have risked: the jobs stay leased until they are written down.
 */
#include <poll.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/deliver/runner_impl.h"

#define JOBS_MAX     512 /* of one commit; one work is never cut */
#define SETTLE_TRIES 60  /* a second apart: a database that is away for a minute costs nothing */

static struct span kept(struct arena *a, struct span s)
{
	return arena_span(a, s);
}

void runner_note_outcomes(struct work *w, const struct verdict *verdicts)
{
	w->outcomes = arena_array(&w->arena, w->group.len, sizeof *w->outcomes);
	for (size_t i = 0; i < w->group.len; i++) {
		struct job_outcome o = verdicts[i].outcome;
		o.job = &w->group.jobs[i];
		o.reply = kept(&w->arena, o.reply);
		o.name = kept(&w->arena, o.name);
		o.text = kept(&w->arena, o.text);
		o.evidence = kept(&w->arena, o.evidence);
		w->outcomes[i] = o;
	}
}

void runner_settle_later(struct runner *r, struct work *w)
{
	pthread_mutex_lock(&r->lock);
	while (r->n_unsettled >= 2 * r->options.threads)
		pthread_cond_wait(&r->settled, &r->lock);
	list_add_tail(&r->unsettled, &w->node);
	r->n_unsettled++;
	pthread_cond_signal(&r->settle);
	pthread_mutex_unlock(&r->lock);
}

/* ------------------------------------------------------------------------ the thread */

/* Under the lock. */
static size_t take_works(struct runner *r, struct list *out)
{
	size_t jobs = 0, works = 0;

	list_init(out);
	LIST_EACH(it, &r->unsettled)
	{
		struct work *w = LIST_ITEM(it, struct work, node);
		if (works > 0 && jobs + w->group.len > JOBS_MAX)
			break;
		list_del(it);
		list_add_tail(out, it);
		jobs += w->group.len;
		works++;
	}
	return works;
}

static enum rc write_down(
	struct runner *r, struct ctx *ctx, const struct job_outcome *items, size_t n)
{
	enum rc rc = RC_TEMP;

	for (int try = 0; rc == RC_TEMP && try < SETTLE_TRIES; try++) {
		runner_renew(ctx);
		rc = queue_settle(ctx, runner_owner(r), items, n);
		if (rc == RC_OK)
			return rc;
		log_warn("queue.settle", "jobs=%zu rc=%s", n, rc_name(rc));
		if (runner_is_stopping(r))
			return rc; /* the leases will end */
		if (rc == RC_TEMP)
			(void)poll(NULL, 0, (int)MSEC_PER_SEC);
	}
	return rc;
}

/* Together; each alone when one of them cannot be written. */
static void settle_works(struct runner *r, struct ctx *ctx, struct list *works)
{
	struct job_outcome *items = NULL;
	size_t n = 0, all = 0;

	LIST_EACH(it, works)
	{
		all += LIST_ITEM(it, struct work, node)->group.len;
	}
	items = arena_array(ctx->arena, all, sizeof *items);
	LIST_EACH(it, works)
	{
		const struct work *w = LIST_ITEM(it, struct work, node);
		memcpy(items + n, w->outcomes, w->group.len * sizeof *items);
		n += w->group.len;
	}
	enum rc rc = write_down(r, ctx, items, n);
	LIST_EACH(it, works)
	{
		struct work *w = LIST_ITEM(it, struct work, node);
		if (rc != RC_OK && rc != RC_TEMP)
			(void)write_down(r, ctx, w->outcomes, w->group.len); /* logged there */
		work_free(w);
	}
}

void *runner_settle(void *arg)
{
	struct runner *r = arg;
	struct db *db = db_open(r->options.conninfo, "send");
	struct arena arena;
	struct list works;

	arena_init(&arena, (size_t)64 << 10);
	pthread_mutex_lock(&r->lock);
	while (r->n_unsettled > 0 || !r->delivered_all) {
		if (r->n_unsettled == 0) {
			pthread_cond_wait(&r->settle, &r->lock);
			continue;
		}
		size_t n = take_works(r, &works);
		pthread_mutex_unlock(&r->lock);
		struct ctx ctx = runner_step(&arena, db);
		settle_works(r, &ctx, &works);
		pthread_mutex_lock(&r->lock);
		r->n_unsettled -= n;
		pthread_cond_broadcast(&r->settled);
	}
	pthread_mutex_unlock(&r->lock);
	db_close(db);
	arena_done(&arena);
	return NULL;
}
