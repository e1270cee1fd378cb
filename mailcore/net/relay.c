/*
 * HTTP connections, relayed to the HTTP library through a socket pair.
 *
 * Bytes go on to the library only when they belong to a request that passed http_head.c; the pair
 * is made when the first head has. Responses are relayed as they come and not parsed; "a response
 * is in flight" is known only until its first byte. Hence the deadlines: a head has 30 s in all,
 * a body 60 s for every 64 KiB, a request may be worked on for ever, and once something was
 * answered 75 s without a byte end the connection (event streams send a heartbeat every 25 s).
 *
 * The connection has two descriptors in the epoll set: its own and the pair's, which is marked in
 * the lowest bit of the event's data and leaves BIT_PAIR.
 */
#include "mailcore/net/relay.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/net/http_head.h"
#include "mailcore/net/loop_private.h"

#define HEAD_MS        30000
#define BODY_MS        60000
#define BODY_STEP      (64 * 1024)
#define IDLE_MS        75000
#define DRAIN_MS       300000 /* a client that takes nothing */
#define HALF_CLOSED_MS 30000  /* what is still answered to a client that has ended its side */
#define DOWN_CHUNK     (32 * 1024)

struct relay_target {
	relay_accept *accept;
	void *arg;
};

struct relay {
	int fd; /* our end of the pair; -1 before the first request */
	struct http_body body;
	size_t cleared; /* bytes at the head of the input that may go on */
	size_t head_scanned;
	uint64_t body_step; /* body bytes since its deadline was set */
	int64_t head_by_ms; /* 0: no head has begun */
	int64_t body_by_ms; /* 0: no body is being read */
	int64_t eof_by_ms;  /* 0: the client has not ended its side */
	uint8_t armed;
	bool in_body : 1;
	bool asked : 1;   /* a request went on and not a byte has come back */
	bool blocked : 1; /* the pair is full */
	bool drained : 1; /* the pair has nothing for us */
	bool told_eof : 1;
};

static const char bad_request[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n"
				  "Connection: close\r\n\r\n";
static const char too_large[] = "HTTP/1.1 431 Request Header Fields Too Large\r\n"
				"Content-Length: 0\r\nConnection: close\r\n\r\n";

static struct relay *relay_of(struct conn *c)
{
	return c->session;
}

/* --- client to library ------------------------------------------------------------------------ */

static bool connect_pair(struct conn *c, struct relay *r)
{
	const struct relay_target *target = c->listener->arg;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) {
		log_error("relay.no_pair", "conn=%s errno=%d", c->id, errno);
		return false;
	}
	struct epoll_event ev = { .data.u64 = (uintptr_t)c | 1, .events = EPOLLONESHOT };
	r->fd = fds[0];
	if (epoll_ctl(c->listener->loop->conn_epoll, EPOLL_CTL_ADD, r->fd, &ev) != 0) {
		(void)close(fds[1]); /* the other end goes with the connection */
		return false;
	}
	return target->accept(fds[1], &c->peer, c->tls != NULL, target->arg);
}

static enum verdict refuse_request(struct conn *c, struct relay *r, const char *answer)
{
	log_info("http.refused", "conn=%s listener=%s", c->id, c->listener->name);
	if (r->asked)
		return GONE; /* our answer would be taken for another request's */
	str_add_cstr(conn_out(c), answer);
	return conn_close_after_output(c);
}

static enum verdict examine_head(struct conn *c, struct relay *r, struct span in)
{
	struct http_head head;

	switch (http_head_check(in, &r->head_scanned, &head)) {
	case HTTP_WAIT:
		if (r->head_by_ms == 0)
			r->head_by_ms = clock_mono_ms() + HEAD_MS;
		return WAIT;
	case HTTP_BAD:
		return refuse_request(c, r, bad_request);
	case HTTP_TOO_LARGE:
		return refuse_request(c, r, too_large);
	case HTTP_OK:
		break;
	}
	if (r->fd < 0 && !connect_pair(c, r))
		return GONE;
	r->cleared += head.len;
	r->head_scanned = 0;
	r->head_by_ms = 0;
	r->asked = true;
	r->in_body = true;
	r->body_step = 0;
	http_body_begin(&r->body, &head);
	return GO_ON;
}

static enum verdict examine_body(struct conn *c, struct relay *r, struct span in)
{
	size_t used = 0;
	enum http_result result = http_body_take(&r->body, in, &used);

	if (result == HTTP_BAD) {
		log_info("http.refused", "conn=%s listener=%s", c->id, c->listener->name);
		return GONE; /* the library waits for the rest: there is nothing to say */
	}
	r->cleared += used;
	r->body_step += used;
	r->in_body = result == HTTP_WAIT;
	if (!r->in_body) {
		r->body_by_ms = 0;
	} else if (r->body_by_ms == 0 || r->body_step >= BODY_STEP) {
		r->body_by_ms = clock_mono_ms() + BODY_MS;
		r->body_step = 0;
	}
	return used > 0 || !r->in_body ? GO_ON : WAIT;
}

/* Looks at input that is not cleared yet, as far as it goes. */
static enum verdict examine(struct conn *c, struct relay *r)
{
	enum verdict v = GO_ON;

	while (v == GO_ON) {
		struct span in = span_from(conn_input(c), r->cleared);
		if (r->in_body)
			v = examine_body(c, r, in);
		else
			v = in.len > 0 ? examine_head(c, r, in) : WAIT;
		if (c->phase != PHASE_RELAY)
			return GO_ON; /* refused: the answer goes out */
	}
	return v;
}

/* *moved: something happened. */
static enum verdict forward(struct conn *c, struct relay *r, bool *moved)
{
	while (r->cleared > 0 && !r->blocked) {
		ssize_t n = send(r->fd, conn_input(c).ptr, r->cleared, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			r->blocked = true;
		} else if (n < 0) {
			return WAIT; /* the library has closed: its last words are still read */
		} else {
			conn_eat(c, (size_t)n);
			r->cleared -= (size_t)n;
			*moved = true;
		}
	}
	if (r->eof_by_ms && r->cleared == 0 && !r->told_eof) {
		(void)shutdown(r->fd, SHUT_WR); /* the library may have closed */
		r->told_eof = true;
	}
	return WAIT;
}

static enum verdict pump_up(struct conn *c, struct relay *r, bool *moved)
{
	if (examine(c, r) == GONE)
		return GONE;
	if (c->phase != PHASE_RELAY)
		return GO_ON;
	if (forward(c, r, moved) == GONE)
		return GONE;
	if (r->eof_by_ms || r->blocked || r->cleared > 0)
		return WAIT;
	switch (conn_fill(c)) {
	case IO_OK:
		*moved = true;
		return WAIT;
	case IO_WANT_READ:
	case IO_WANT_WRITE:
		return WAIT;
	case IO_EOF:
		if (r->fd < 0)
			return GONE;
		r->eof_by_ms = clock_mono_ms() + HALF_CLOSED_MS;
		*moved = true;
		return WAIT;
	case IO_FAILED:
		return GONE;
	}
	return GONE;
}

/* --- library to client ------------------------------------------------------------------------ */

static enum verdict pump_down(struct conn *c, struct relay *r, bool *moved)
{
	if (r->fd >= 0 && !r->drained && conn_unsent(c) < DOWN_CHUNK) {
		char *room = str_reserve(conn_out(c), DOWN_CHUNK);
		if (!room)
			return GONE;
		ssize_t n = recv(r->fd, room, DOWN_CHUNK, 0);
		if (n > 0) {
			c->out.len += (size_t)n;
			r->drained = n < DOWN_CHUNK;
			r->asked = false;
			*moved = true;
		} else if (n < 0 && errno == EAGAIN) {
			r->drained = true;
		} else {
			return conn_close_after_output(c);
		}
	}
	if (conn_unsent(c) > 0 && !c->out_blocked) {
		enum io io = conn_send(c);
		if (io == IO_EOF || io == IO_FAILED)
			return GONE;
		*moved = true;
	}
	return WAIT;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static int64_t earlier(int64_t a, int64_t b)
{
	return b != 0 && b < a ? b : a;
}

static bool is_idle(const struct conn *c, const struct relay *r)
{
	return !r->asked && !r->in_body && conn_unsent(c) == 0 && c->in_len == c->in_pos;
}

static void set_deadline(struct conn *c, const struct relay *r)
{
	int64_t now = clock_mono_ms();
	int64_t at = TIMER_NEVER;

	if (conn_unsent(c) > 0)
		at = now + DRAIN_MS;
	else if (is_idle(c, r))
		at = now + (r->fd < 0 ? HEAD_MS : IDLE_MS);
	at = earlier(at, r->head_by_ms);
	at = earlier(at, r->blocked ? 0 : r->body_by_ms);
	at = earlier(at, r->eof_by_ms);
	/* Before the first request it is the loop's deadline that counts, from the beginning. */
	if (r->fd < 0)
		at = earlier(at, atomic_load(&c->deadline_ms));
	atomic_store(&c->deadline_ms, at);
}

static void arm_pair(struct conn *c, struct relay *r)
{
	bool reads = conn_unsent(c) < DOWN_CHUNK;
	unsigned events = (reads ? EPOLLIN : 0u) | (r->blocked ? EPOLLOUT : 0u);
	struct epoll_event ev = { .data.u64 = (uintptr_t)c | 1, .events = events | EPOLLONESHOT };

	if (r->fd < 0 || events == r->armed || events == 0)
		return;
	r->armed = (uint8_t)events;
	if (epoll_ctl(c->listener->loop->conn_epoll, EPOLL_CTL_MOD, r->fd, &ev) != 0)
		log_error("conn.arm_failed", "conn=%s errno=%d", c->id, errno);
}

static enum verdict rest(struct conn *c, struct relay *r)
{
	if (is_idle(c, r) && (c->news & BIT_STOP))
		return GONE;
	set_deadline(c, r);
	arm_pair(c, r);
	if (conn_unsent(c) > 0)
		c->want |= EPOLLOUT;
	return WAIT;
}

static void begin(struct conn *c)
{
	struct relay *r = heap_zalloc(sizeof *r);

	r->fd = -1;
	c->session = r;
	c->opened = true;
	/* From here on a deadline is kept until it is set anew: see set_deadline. */
	atomic_store(&c->deadline_ms, clock_mono_ms() + HEAD_MS);
}

enum verdict run_relay(struct conn *c)
{
	bool moved = false;

	if (!c->opened)
		begin(c);
	struct relay *r = relay_of(c);
	if (c->news & BIT_PAIR) {
		c->news &= (uint8_t)~BIT_PAIR;
		r->armed = 0;
		r->blocked = r->drained = false;
	}
	c->want = 0;
	enum verdict v = pump_up(c, r, &moved);
	if (v != WAIT)
		return v;
	v = pump_down(c, r, &moved);
	if (v != WAIT)
		return v;
	return moved ? GO_ON : rest(c, r);
}

static void relay_close(struct conn *c)
{
	struct relay *r = relay_of(c);

	if (r->fd >= 0)
		(void)close(r->fd); /* which takes it out of the epoll set */
	heap_free(r);
}

/* Only what the loop itself looks at: run_relay stands for the steps. */
static const struct protocol relay_protocol = {
	.name = "http/1.1",
	.in_max = HTTP_HEAD_MAX,
	.refusal =
		"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	.close = relay_close,
};

void relay_listen(struct loop *l, int fd, const char *name, struct tls_store *tls,
	relay_accept *accept, void *arg)
{
	struct relay_target *target = heap_alloc(sizeof *target);

	*target = (struct relay_target){ accept, arg };
	loop_listen(l, fd, name, &relay_protocol, tls, tls != NULL, target);
	l->listeners->relayed = true; /* and owns the target */
}
