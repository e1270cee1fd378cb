/*
 * What a connection does while a worker has it: PROXY header, handshake, steps, farewell.
 *
 * Each phase function does one thing and says whether to go on, to wait for what c->want and the
 * timer say, or that the connection is over. Replies to pipelined commands leave together, unless
 * they get large or a step takes long.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/net/loop_private.h"
#include "mailcore/net/proxy_header.h"

#define STEPS_PER_TURN   128         /* then others have their turn */
#define SEND_ABOVE       (16 * 1024) /* replies that wait for their company */
#define SEND_AFTER_US    2000
#define STAY_US          40
#define QUICK_US         120   /* from rest to news: worth a look before the next rest */
#define CLOSING_MS       30000 /* to take the last reply */
#define TIMED_OUT_MS     5000  /* the same, for who was slow already */
#define LINGER_MS        2000
#define LINGER_MAX_BYTES (1024 * 1024)

static enum verdict verdict_of(enum io io)
{
	if (io == IO_EOF || io == IO_FAILED)
		return GONE;
	return io == IO_OK ? GO_ON : WAIT;
}

/* --- steps ------------------------------------------------------------------------------------ */

static void restart_deadline(struct conn *c)
{
	c->hurried = c->span_ms == 0 && c->hurried;
	if (c->span_ms)
		atomic_store(
			&c->deadline_ms, c->worker->mono_us / 1000 + conn_patience(c, c->span_ms));
}

static void limit_deadline(struct conn *c, int64_t ms)
{
	int64_t at = clock_mono_ms() + ms;

	c->span_ms = ms;
	if (at < atomic_load(&c->deadline_ms))
		atomic_store(&c->deadline_ms, at);
}

/* RFC 3207 §6, requirement 4: nothing that was sent in clear survives. */
static bool tls_may_start(struct conn *c)
{
	if (c->in_len > c->in_pos) {
		log_warn("starttls.trailing", "conn=%s listener=%s bytes=%zu", c->id,
			c->listener->name, c->in_len - c->in_pos);
		return false;
	}
	ASSERT(conn_can_tls(c));
	return true;
}

static enum verdict after_step(struct conn *c, enum step step)
{
	if (!str_ok(&c->out)) {
		log_error("conn.output_overflow", "conn=%s listener=%s max=%zu", c->id,
			c->listener->name, c->out.max);
		return GONE;
	}
	restart_deadline(c);
	switch (step) {
	case STEP_DONE:
		c->next = NEXT_FRAME;
		return GO_ON;
	case STEP_MORE:
		c->next = NEXT_MORE;
		return GO_ON;
	case STEP_TLS:
		c->next = NEXT_TLS;
		return tls_may_start(c) ? GO_ON : GONE;
	case STEP_ZIP:
		c->next = NEXT_ZIP;
		return GO_ON;
	case STEP_CLOSE:
		c->next = NEXT_CLOSE;
		limit_deadline(c, CLOSING_MS);
		return GO_ON;
	case STEP_DROP:
		return GONE;
	}
	return GONE;
}

static enum verdict run_step(struct conn *c, enum step (*handler)(struct conn *, struct ctx *))
{
	if (!handler)
		return after_step(c, STEP_DONE);
	struct ctx *ctx = step_begin(c->worker, c->id);
	enum step step = handler(c, ctx);
	step_end(c->worker);
	return after_step(c, step);
}

static enum verdict run_frame(struct conn *c, size_t len)
{
	struct ctx *ctx = step_begin(c->worker, c->id);

	c->frame_len = len;
	enum step step = c->listener->protocol->run(c, ctx, span_sub(conn_input(c), 0, len));
	c->frame_len = 0;
	conn_eat(c, len);
	step_end(c->worker);
	return after_step(c, step);
}

static bool find_frame(struct conn *c, size_t *out_len)
{
	const struct protocol *p = c->listener->protocol;
	struct span in = span_sub(conn_input(c), 0, p->in_max);

	if (in.len == 0 || p->frame(c, in, &c->scanned, out_len) == FRAME_WAIT)
		return false;
	ASSERT(*out_len > 0 && *out_len <= in.len);
	return true;
}

/* The last words of somebody who must go; without a handler it goes without. */
static enum verdict say_last(struct conn *c, enum step (*handler)(struct conn *, struct ctx *))
{
	if (!handler)
		return GONE;
	if (run_step(c, handler) == GONE)
		return GONE;
	c->next = NEXT_CLOSE;
	limit_deadline(c, TIMED_OUT_MS);
	return GO_ON;
}

static enum verdict say_timeout(struct conn *c)
{
	atomic_fetch_add(&c->listener->loop->timeouts, 1);
	c->timed_out = false;
	return say_last(c, c->listener->protocol->timeout);
}

/* --- output ----------------------------------------------------------------------------------- */

static bool should_send(const struct conn *c)
{
	size_t unsent = conn_unsent(c);

	if (unsent == 0 || c->out_blocked)
		return false;
	return c->next != NEXT_FRAME || unsent >= SEND_ABOVE ||
		c->worker->mono_us - c->out_since_us > SEND_AFTER_US;
}

static bool output_blocks(const struct conn *c)
{
	size_t unsent = conn_unsent(c);

	if (c->next == NEXT_TLS || c->next == NEXT_ZIP || c->next == NEXT_CLOSE)
		return unsent > 0;
	return unsent > conn_out_high(c) / 4;
}

static enum verdict send_out(struct conn *c)
{
	if (conn_unsent(c) == 0 || c->out_blocked)
		return GO_ON;
	return verdict_of(conn_send(c)) == GONE ? GONE : GO_ON;
}

/* Waits for news, having sent what can be sent. */
static enum verdict wait_with(struct conn *c, unsigned events)
{
	if (send_out(c) == GONE)
		return GONE;
	c->want |= (uint8_t)(events | (conn_unsent(c) > 0 ? EPOLLOUT : 0u));
	return WAIT;
}

enum verdict conn_close_after_output(struct conn *c)
{
	c->phase = PHASE_RUN;
	c->next = NEXT_CLOSE;
	limit_deadline(c, CLOSING_MS);
	return GO_ON;
}

/* --- phases ----------------------------------------------------------------------------------- */

static enum phase after_tls(const struct listener *li)
{
	return li->relayed ? PHASE_RELAY : PHASE_OPEN;
}

static enum phase after_proxy(const struct listener *li)
{
	return li->implicit_tls ? PHASE_HANDSHAKE : after_tls(li);
}

/* Nothing behind the header may be taken: TLS reads the socket itself. */
static enum verdict run_proxy(struct conn *c)
{
	char buf[PROXY_HEADER_MAX];
	struct proxy_header h = { .len = 0 };
	ssize_t n = recv(c->fd, buf, sizeof buf, MSG_PEEK);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return wait_with(c, EPOLLIN);
	if (n <= 0)
		return GONE;
	switch (proxy_header_parse(span_make(buf, (size_t)n), &h)) {
	case PROXY_WAIT: {
		/* What was peeked at stays readable: ask for more than that. */
		int low = (int)n + 1;
		(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low);
		return wait_with(c, EPOLLIN);
	}
	case PROXY_OK:
		c->peer = h.src;
		c->local = h.dst;
		break;
	case PROXY_LOCAL:
		break;
	case PROXY_MALFORMED:
		log_warn("proxy.malformed", "conn=%s listener=%s", c->id, c->listener->name);
		return GONE;
	}
	int one = 1;
	(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
	if (recv(c->fd, buf, h.len, 0) != (ssize_t)h.len)
		return GONE;
	if (!conn_count_addr(c)) {
		refuse(c->fd, c->listener);
		return GONE;
	}
	c->phase = after_proxy(c->listener);
	return GO_ON;
}

static void log_tls_failure(struct conn *c)
{
	struct str peer;

	if (!log_is_on(LOG_INFO))
		return;
	str_init(&peer, 64);
	addr_add(&peer, &c->peer);
	log_info("tls.handshake_failed", "conn=%s listener=%s peer=%s reason=\"%s\"", c->id,
		c->listener->name, str_cstr(&peer), tls_failure(c->tls));
	str_done(&peer);
}

static enum verdict run_handshake(struct conn *c)
{
	struct listener *li = c->listener;

	if (!c->tls) {
		c->tls = tls_accept_new(li->tls, c->fd, li->name, li->protocol->name);
		if (!c->tls)
			return GONE;
		atomic_fetch_add(&li->loop->conns_tls, 1);
	}
	enum io io = tls_handshake(c->tls);
	switch (io) {
	case IO_OK:
		c->drained = !tls_has_pending(c->tls);
		c->phase = after_tls(li);
		return GO_ON;
	case IO_WANT_READ:
		return wait_with(c, EPOLLIN);
	case IO_WANT_WRITE:
		return wait_with(c, EPOLLOUT);
	case IO_EOF:
	case IO_FAILED:
		log_tls_failure(c);
		return GONE;
	}
	return GONE;
}

static enum verdict run_open(struct conn *c)
{
	const struct protocol *p = c->listener->protocol;

	c->phase = PHASE_RUN;
	if (c->opened)
		return run_step(c, p->opened);
	c->opened = true;
	return run_step(c, p->open);
}

static enum verdict start_tls(struct conn *c)
{
	c->phase = PHASE_HANDSHAKE;
	c->next = NEXT_FRAME;
	c->drained = false;
	return GO_ON;
}

/* Everything is sent. Closing with unread input would send RST, which may overtake the reply. */
static enum verdict finish(struct conn *c)
{
	int unread = 0;
	bool rest = c->in_len > c->in_pos;

	conn_end_session(c);
	if (c->tls)
		tls_say_goodbye(c->tls);
	if (!rest && ioctl(c->fd, FIONREAD, &unread) == 0 && unread == 0)
		return GONE;
	(void)shutdown(c->fd, SHUT_WR); /* the peer may be gone already */
	c->phase = PHASE_LINGER;
	limit_deadline(c, LINGER_MS);
	return GO_ON;
}

static enum verdict run_linger(struct conn *c)
{
	char buf[4096];
	ssize_t n = recv(c->fd, buf, sizeof buf, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return wait_with(c, EPOLLIN);
	if (n <= 0)
		return GONE;
	c->lingered += (uint32_t)n;
	return c->lingered < LINGER_MAX_BYTES ? GO_ON : GONE;
}

/* Is there nobody else to serve? */
static bool is_alone(struct loop *l)
{
	return atomic_load(&l->queue_len) == 0 && atomic_load(&l->idle) + 1 >= l->n_workers;
}

/* A client that answered its last reply at once is given a moment to do it again: it would wait for
 * our going to sleep and being woken. */
static void stay(struct conn *c)
{
	char byte;

	if (!c->quick || !c->drained || c->phase != PHASE_RUN || conn_unsent(c) > 0 ||
		!is_alone(c->listener->loop))
		return;
	int64_t until_us = clock_mono_us() + STAY_US;
	bool came = false;
	while (!came && clock_mono_us() < until_us)
		came = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
	c->quick = came;
	c->drained = !came;
}

static enum verdict read_more(struct conn *c)
{
	if (send_out(c) == GONE)
		return GONE;
	stay(c);
	enum io io = conn_fill(c);
	if (io == IO_FAILED && conn_input(c).len >= c->listener->protocol->in_max)
		log_error("conn.framer_stuck", "conn=%s listener=%s", c->id, c->listener->name);
	enum verdict v = verdict_of(io);
	return v == WAIT ? wait_with(c, 0) : v;
}

/* News first, then what the client sent. */
static enum verdict run_next(struct conn *c)
{
	const struct protocol *p = c->listener->protocol;
	size_t len = 0;

	if (c->timed_out)
		return say_timeout(c);
	if (c->news & BIT_STOP) {
		c->news &= (uint8_t)~BIT_STOP;
		return say_last(c, p->shutdown);
	}
	if (c->news & BIT_WAKE) {
		c->news &= (uint8_t)~BIT_WAKE;
		return run_step(c, p->wake);
	}
	return find_frame(c, &len) ? run_frame(c, len) : read_more(c);
}

static bool is_delayed(struct conn *c)
{
	if (c->resume_ms == 0)
		return false;
	if (clock_mono_ms() < c->resume_ms)
		return true;
	c->resume_ms = 0;
	return false;
}

static enum verdict run_session(struct conn *c)
{
	if (should_send(c) && send_out(c) == GONE)
		return GONE;
	if (output_blocks(c)) /* a client that does not read need not be told that it is late */
		return c->timed_out ? GONE : wait_with(c, 0);

	switch ((enum next)c->next) {
	case NEXT_TLS:
		return start_tls(c);
	case NEXT_ZIP:
		conn_start_zip(c);
		c->next = NEXT_FRAME;
		return GO_ON;
	case NEXT_CLOSE:
		return finish(c);
	case NEXT_MORE:
		if (c->timed_out)
			return GONE;
		return is_delayed(c) ? wait_with(c, 0) : run_step(c, c->listener->protocol->more);
	case NEXT_FRAME:
		return is_delayed(c) && !c->timed_out ? wait_with(c, 0) : run_next(c);
	}
	return GONE;
}

/* --- turns ------------------------------------------------------------------------------------ */

static enum verdict (*const phases[])(struct conn *c) = {
	[PHASE_PROXY] = run_proxy,
	[PHASE_HANDSHAKE] = run_handshake,
	[PHASE_OPEN] = run_open,
	[PHASE_RUN] = run_session,
	[PHASE_RELAY] = run_relay,
	[PHASE_LINGER] = run_linger,
};

static void take_news(struct conn *c)
{
	c->news |= (uint8_t)conn_take_news(c);
	if (c->news & BIT_EVENT) {
		c->armed = 0;
		c->quick = clock_mono_us() - c->rested_us < QUICK_US;
		c->drained = c->out_blocked = false;
	}
	if (c->news & BIT_TIMER)
		conn_feel_stress(c);
	if ((c->news & BIT_TIMER) && clock_mono_ms() >= atomic_load(&c->deadline_ms))
		c->timed_out = true;
	c->news &= (uint8_t) ~(BIT_EVENT | BIT_TIMER);
}

/* Must it go without a word? */
static bool is_doomed(struct conn *c)
{
	bool speaks = c->phase == PHASE_RUN && c->next != NEXT_CLOSE;

	if (atomic_load(&c->listener->loop->dropping))
		return true;
	return !speaks && (c->timed_out || ((c->news & BIT_STOP) && c->phase < PHASE_RUN));
}

static enum verdict run_turn(struct conn *c)
{
	c->want = 0;
	if (is_doomed(c))
		return GONE;
	for (unsigned i = 0; i < STEPS_PER_TURN; i++) {
		enum verdict v = phases[c->phase](c);
		if (v != GO_ON)
			return v;
	}
	return GO_ON;
}

void conn_run(struct worker *w, struct conn *c)
{
	do {
		c->worker = w;
		take_news(c);
		enum verdict v = run_turn(c);
		if (v == GONE) {
			conn_end(c);
			return;
		}
		conn_return_buffers(c);
		c->worker = NULL;
		if (v == GO_ON) { /* others first */
			conn_enqueue(c);
			return;
		}
		conn_update_timer(c);
		c->rested_us = clock_mono_us();
		if (c->want)
			conn_arm(c, c->want);
	} while (!conn_release(c));
}

void conn_work(struct worker *w, struct work *work)
{
	conn_run(w, LIST_ITEM(work, struct conn, work));
}

void conn_begin(struct conn *c)
{
	struct loop *l = c->listener->loop;

	atomic_store(
		&c->deadline_ms, clock_mono_ms() + conn_patience(c, l->options.login_timeout_ms));
	conn_update_timer(c);
	c->phase = c->proxied ? PHASE_PROXY : after_proxy(c->listener);
	if (c->phase == PHASE_OPEN) {
		conn_enqueue(c);
		return;
	}
	conn_arm(c, EPOLLIN);
	if (!conn_release(c))
		conn_enqueue(c);
}
