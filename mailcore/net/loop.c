/* The loop thread: accepting, timers, the role's own descriptors, stopping. */
#include "mailcore/net/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/base/random.h"
#include "mailcore/net/loop_private.h"

#define EVENTS_AT_ONCE 64
#define WORKERS_MIN    8
#define WORKERS_MAX    32

/* --- making ----------------------------------------------------------------------------------- */

static unsigned default_workers(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN) * 4;

	if (n < WORKERS_MIN)
		return WORKERS_MIN;
	return n < WORKERS_MAX ? (unsigned)n : WORKERS_MAX;
}

static int open_epoll(int wake_fd, void *data, unsigned flags)
{
	struct epoll_event ev = { .events = EPOLLIN | flags, .data.ptr = data };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	ASSERT(fd >= 0 && epoll_ctl(fd, EPOLL_CTL_ADD, wake_fd, &ev) == 0);
	return fd;
}

static int open_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT(fd >= 0);
	return fd;
}

struct loop *loop_new(const struct loop_options *options)
{
	struct loop *l = heap_zalloc(sizeof *l);

	(void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
	l->options = *options;
	bool nets_fit = net_list_parse(span_of(options->exempt_networks), &l->exempt) &&
		net_list_parse(span_of(options->proxy_networks), &l->proxies);
	if (!nets_fit)
		log_error("loop.networks_malformed", "exempt=\"%s\" proxy=\"%s\"",
			options->exempt_networks ? options->exempt_networks : "",
			options->proxy_networks ? options->proxy_networks : "");
	l->n_workers = options->workers ? options->workers : default_workers();
	l->workers = heap_zalloc(l->n_workers * sizeof *l->workers);
	l->alarm_fd = open_eventfd();
	l->kick_fd = open_eventfd();
	l->loop_epoll = open_epoll(l->alarm_fd, NULL, 0);
	l->conn_epoll = open_epoll(l->kick_fd, NULL, EPOLLET);
	l->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pthread_mutex_init(&l->queue_lock, NULL);
	pthread_mutex_init(&l->timers_lock, NULL);
	pthread_mutex_init(&l->pool_lock, NULL);
	l->queue_tail = &l->queue_head;
	timers_init(&l->timers);
	map_init(&l->per_addr);
	l->id_seed = random_u64();
	atomic_store(&l->stop_grace_ms, -1);
	if (l->options.stress_timeout_ms == 0)
		l->options.stress_timeout_ms = STRESS_TIMEOUT_MS;
	loop_every(l, STRESS_EVERY_MS, stress_spread, l);
	return l;
}

/* --- timers ----------------------------------------------------------------------------------- */

void loop_alarm(struct loop *l)
{
	uint64_t one = 1;
	ssize_t ignored = write(l->alarm_fd, &one, sizeof one); /* cannot be full */
	(void)ignored;
}

void loop_set_timer(struct loop *l, struct timer *t, int64_t at_ms)
{
	pthread_mutex_lock(&l->timers_lock);
	timer_set(&l->timers, t, at_ms);
	bool too_late = at_ms < l->sleep_until_ms;
	if (too_late)
		l->sleep_until_ms = at_ms; /* one alarm is enough */
	pthread_mutex_unlock(&l->timers_lock);
	if (too_late)
		loop_alarm(l);
}

void loop_cancel_timer(struct loop *l, struct timer *t)
{
	/* Locked even when it is in no heap: the loop thread may just be firing it. */
	pthread_mutex_lock(&l->timers_lock);
	timer_cancel(&l->timers, t);
	pthread_mutex_unlock(&l->timers_lock);
}

/* Fires what is due; returns when to wake up again. */
static int64_t fire_timers(struct loop *l, int64_t latest_ms)
{
	int64_t now = clock_mono_ms();

	pthread_mutex_lock(&l->timers_lock);
	for (struct timer *t = timers_pop(&l->timers, now); t; t = timers_pop(&l->timers, now))
		t->fire(t, now);
	int64_t next = timers_next(&l->timers);
	next = next < latest_ms ? next : latest_ms;
	l->sleep_until_ms = next;
	pthread_mutex_unlock(&l->timers_lock);
	return next;
}

/* --- work that is no connection --------------------------------------------------------------- */

struct post {
	struct work work;
	void (*fn)(struct ctx *ctx, void *arg);
	void *arg;
};

static void run_post(struct worker *w, struct work *work)
{
	struct post *p = LIST_ITEM(work, struct post, work);

	p->fn(step_begin(w, w->loop->options.role), p->arg);
	step_end(w);
	atomic_fetch_sub(&w->loop->posts, 1);
	heap_free(p);
}

bool loop_post(struct loop *l, void (*fn)(struct ctx *ctx, void *arg), void *arg)
{
	if (atomic_fetch_add(&l->posts, 1) >= POSTS_MAX) {
		atomic_fetch_sub(&l->posts, 1);
		return false;
	}
	struct post *p = heap_alloc(sizeof *p);
	*p = (struct post){ .work.run = run_post, .fn = fn, .arg = arg };
	queue_push(l, &p->work);
	return true;
}

static void run_periodic(struct worker *w, struct work *work)
{
	struct periodic *p = LIST_ITEM(work, struct periodic, work);

	p->fn(step_begin(w, w->loop->options.role), p->arg);
	step_end(w);
	atomic_store(&p->running, false);
}

/* Under timers_lock. */
static void fire_periodic(struct timer *t, int64_t now_ms)
{
	struct periodic *p = LIST_ITEM(t, struct periodic, timer);

	if (!atomic_load(&p->loop->stopping) && !atomic_exchange(&p->running, true))
		queue_push(p->loop, &p->work);
	timer_set(&p->loop->timers, t, now_ms + p->period_ms);
}

void loop_every(
	struct loop *l, int64_t period_ms, void (*fn)(struct ctx *ctx, void *arg), void *arg)
{
	struct periodic *p = heap_zalloc(sizeof *p);

	ASSERT(period_ms > 0);
	p->next = l->periodics;
	p->loop = l;
	p->work.run = run_periodic;
	p->period_ms = period_ms;
	p->fn = fn;
	p->arg = arg;
	timer_init(&p->timer, fire_periodic);
	l->periodics = p;
	loop_set_timer(l, &p->timer, clock_mono_ms() + period_ms);
}

void loop_watch(struct loop *l, int fd, void (*fn)(int fd, void *arg), void *arg)
{
	struct watch *w = heap_alloc(sizeof *w);

	*w = (struct watch){ l->watches, fd, fn, arg };
	l->watches = w;
}

/* --- running ---------------------------------------------------------------------------------- */

static void arm_watches(struct loop *l)
{
	for (struct watch *w = l->watches; w; w = w->next) {
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = w };
		int failed = epoll_ctl(l->loop_epoll, EPOLL_CTL_ADD, w->fd, &ev);
		ASSERT(failed == 0);
	}
}

static bool is_listener(const struct loop *l, const void *ptr)
{
	for (const struct listener *li = l->listeners; li; li = li->next) {
		if (li == ptr)
			return true;
	}
	return false;
}

static void on_event(struct loop *l, void *ptr)
{
	uint64_t count;

	if (!ptr) {
		ssize_t ignored = read(l->alarm_fd, &count, sizeof count);
		(void)ignored; /* only to clear it */
	} else if (is_listener(l, ptr)) {
		if (!l->accept_paused && !atomic_load(&l->stopping))
			listener_accept(ptr);
	} else {
		struct watch *w = ptr;
		w->fn(w->fd, w->arg);
	}
}

static int wait_ms(int64_t until_ms)
{
	if (until_ms == TIMER_NEVER)
		return -1;
	int64_t ms = until_ms - clock_mono_ms();
	if (ms <= 0)
		return 0;
	return ms < 60000 ? (int)ms : 60000;
}

static void wait_and_dispatch(struct loop *l, int64_t latest_ms)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int64_t until = fire_timers(l,
		l->accept_paused && l->accept_resume_ms < latest_ms ? l->accept_resume_ms
								    : latest_ms);
	int n = epoll_wait(l->loop_epoll, events, EVENTS_AT_ONCE, wait_ms(until));
	for (int i = 0; i < n; i++)
		on_event(l, events[i].data.ptr);
}

static void resume_listeners(struct loop *l)
{
	if (l->accept_paused && clock_mono_ms() >= l->accept_resume_ms) {
		l->accept_paused = false;
		listeners_arm(l, true);
	}
}

static void drain(struct loop *l)
{
	int64_t grace_ends_ms = clock_mono_ms() + atomic_load(&l->stop_grace_ms);

	atomic_store(&l->stopping, true);
	if (!l->accept_paused)
		listeners_arm(l, false);
	l->accept_paused = false;
	conns_mark_all(l, BIT_STOP);
	while (atomic_load(&l->n_conns) > 0) {
		if (clock_mono_ms() >= grace_ends_ms && !atomic_load(&l->dropping)) {
			atomic_store(&l->dropping, true);
			conns_mark_all(l, BIT_STOP);
			grace_ends_ms = TIMER_NEVER;
		}
		wait_and_dispatch(l, grace_ends_ms);
	}
}

void loop_run(struct loop *l)
{
	workers_start(l);
	arm_watches(l);
	listeners_arm(l, true);
	while (atomic_load(&l->stop_grace_ms) < 0) {
		resume_listeners(l);
		wait_and_dispatch(l, TIMER_NEVER);
	}
	drain(l);
	workers_join(l);
}

void loop_stop(struct loop *l, int64_t grace_ms)
{
	atomic_store(&l->stop_grace_ms, grace_ms < 0 ? 0 : grace_ms);
	loop_alarm(l);
}

void loop_get_stats(struct loop *l, struct loop_stats *out)
{
	struct loop_stats s = {
		.accepted = atomic_load(&l->accepted),
		.refused = atomic_load(&l->refused),
		.timeouts = atomic_load(&l->timeouts),
		.conns = atomic_load(&l->n_conns),
		.conns_tls = atomic_load(&l->conns_tls),
		.queue_len = atomic_load(&l->queue_len),
	};
	unsigned idle = atomic_load(&l->idle);

	s.workers_busy = idle < l->n_workers ? l->n_workers - idle : 0;
	for (unsigned i = 0; i < l->n_workers; i++) {
		s.steps += atomic_load(&l->workers[i].steps);
		s.step_us += atomic_load(&l->workers[i].step_us);
	}
	*out = s;
}

/* --- ending ----------------------------------------------------------------------------------- */

#define FREE_LIST(type, head)                                                                      \
	for (type *it = (head), *it_next; it; it = it_next) {                                      \
		it_next = it->next;                                                                \
		heap_free(it);                                                                     \
	}

/* What was posted after the last worker had looked; nothing else of the queue is ours to free. */
static void drop_posts(struct loop *l)
{
	struct work *work = l->queue_head;

	while (work) {
		struct work *next = work->next;
		if (work->run == run_post)
			heap_free(LIST_ITEM(work, struct post, work));
		work = next;
	}
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	ASSERT(atomic_load(&l->n_conns) == 0);
	drop_posts(l);
	for (struct listener *li = l->listeners; li; li = li->next) {
		if (li->relayed)
			heap_free(li->arg);
	}
	FREE_LIST(struct listener, l->listeners)
	FREE_LIST(struct periodic, l->periodics)
	FREE_LIST(struct watch, l->watches)
	FREE_LIST(struct pool_chunk, l->chunks)
	timers_done(&l->timers);
	map_done(&l->per_addr);
	pthread_mutex_destroy(&l->queue_lock);
	pthread_mutex_destroy(&l->timers_lock);
	pthread_mutex_destroy(&l->pool_lock);
	(void)close(l->loop_epoll);
	(void)close(l->conn_epoll);
	(void)close(l->alarm_fd);
	(void)close(l->kick_fd);
	if (l->reserve_fd >= 0)
		(void)close(l->reserve_fd);
	heap_free(l->workers);
	heap_free(l);
}
