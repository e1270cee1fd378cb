/*
 * Workers: threads that run connections and the items of the run queue.
 *
 * A worker sleeps in epoll_wait on the set of all connections. The run queue (new connections,
 * wakes, timers, posted functions) is looked at before; who adds to it kicks one sleeping worker
 * through an eventfd, which is edge-triggered and never read. A worker that leaves something
 * behind in the queue kicks the next.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/net/loop_private.h"

#define WORKER_ARENA   (32 * 1024)
#define STEP_MS        30000
#define QUEUE_IN_A_ROW 8 /* then a look at the connections */

/* --- the run queue ---------------------------------------------------------------------------- */

static void kick(struct loop *l)
{
	uint64_t one = 1;

	if (atomic_load(&l->idle) == 0 || atomic_exchange(&l->kicked, true))
		return;
	ssize_t ignored = write(l->kick_fd, &one, sizeof one); /* cannot be full */
	(void)ignored;
}

void queue_push(struct loop *l, struct work *work)
{
	work->next = NULL;
	pthread_mutex_lock(&l->queue_lock);
	*l->queue_tail = work;
	l->queue_tail = &work->next;
	atomic_fetch_add(&l->queue_len, 1);
	pthread_mutex_unlock(&l->queue_lock);
	kick(l);
}

static struct work *queue_pop(struct loop *l)
{
	if (atomic_load(&l->queue_len) == 0)
		return NULL;
	pthread_mutex_lock(&l->queue_lock);
	struct work *work = l->queue_head;
	if (work) {
		l->queue_head = work->next;
		if (!work->next)
			l->queue_tail = &l->queue_head;
		atomic_fetch_sub(&l->queue_len, 1);
	}
	pthread_mutex_unlock(&l->queue_lock);
	return work;
}

static bool run_queue(struct worker *w)
{
	struct loop *l = w->loop;

	for (unsigned i = 0; i < QUEUE_IN_A_ROW; i++) {
		struct work *work = queue_pop(l);
		if (!work)
			return i > 0;
		if (atomic_load(&l->queue_len) > 0)
			kick(l);
		work->run(w, work);
	}
	return true;
}

/* --- steps ------------------------------------------------------------------------------------ */

struct ctx *step_begin(struct worker *w, const char *trace)
{
	int64_t limit = w->loop->options.step_timeout_ms;

	w->mono_us = clock_mono_us();
	w->ctx.now_us = clock_now_us();
	w->ctx.deadline_ms = w->mono_us / 1000 + (limit ? limit : STEP_MS);
	w->ctx.actor = NULL;
	(void)snprintf(w->ctx.trace, sizeof w->ctx.trace, "%s", trace); /* shorter */
	return &w->ctx;
}

void step_end(struct worker *w)
{
	int64_t started_us = w->mono_us;

	arena_reset(&w->arena);
	w->mono_us = clock_mono_us();
	atomic_fetch_add_explicit(&w->steps, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(
		&w->step_us, (uint64_t)(w->mono_us - started_us), memory_order_relaxed);
}

/* --- threads ---------------------------------------------------------------------------------- */

static void on_event(struct worker *w, const struct epoll_event *ev)
{
	/* The lowest bit tells the second descriptor of a relayed connection. */
	struct conn *c = (struct conn *)(uintptr_t)(ev->data.u64 & ~UINT64_C(1));

	if (!c)
		atomic_store(&w->loop->kicked, false);
	else if (conn_claim(c, ev->data.u64 & 1 ? BIT_PAIR : BIT_EVENT))
		conn_run(w, c);
}

/* Sleeps only when there is nothing in the queue. */
static void poll_conns(struct worker *w, bool may_sleep)
{
	struct loop *l = w->loop;
	struct epoll_event ev;

	atomic_fetch_add(&l->idle, 1);
	bool sleep = may_sleep && atomic_load(&l->queue_len) == 0 && !atomic_load(&l->ended);
	int n = epoll_wait(l->conn_epoll, &ev, 1, sleep ? -1 : 0);
	atomic_fetch_sub(&l->idle, 1);
	if (n == 1)
		on_event(w, &ev);
}

static void wake_all(struct loop *l)
{
	uint64_t one = 1;
	ssize_t ignored = write(l->kick_fd, &one, sizeof one);
	(void)ignored;
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct loop *l = w->loop;

	if (l->options.worker_open)
		w->ctx.db = l->options.worker_open(l->options.arg);
	for (;;) {
		bool worked = run_queue(w);
		if (!worked && atomic_load(&l->ended))
			break;
		poll_conns(w, !worked);
	}
	wake_all(l); /* each wakes the next */
	if (l->options.worker_close)
		l->options.worker_close(w->ctx.db);
	return NULL;
}

void workers_start(struct loop *l)
{
	for (unsigned i = 0; i < l->n_workers; i++) {
		struct worker *w = &l->workers[i];
		w->loop = l;
		arena_init(&w->arena, WORKER_ARENA);
		w->ctx.arena = &w->arena;
		int failed = pthread_create(&w->thread, NULL, worker_main, w);
		ASSERT(failed == 0);
	}
}

void workers_join(struct loop *l)
{
	atomic_store(&l->ended, true);
	wake_all(l);
	for (unsigned i = 0; i < l->n_workers; i++) {
		struct worker *w = &l->workers[i];
		(void)pthread_join(w->thread, NULL);
		arena_done(&w->arena);
		heap_free(w->spare_in);
		heap_free(w->spare_out);
	}
}
