/* The bytes of a client's connection; see wire.h. */
#include "mailcore/smtpclient/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/net/tls_client.h"

#define LOOK_EVERY_MS 1000
#define READ_SIZE     ((size_t)4096)

void wire_init(struct wire *w)
{
	*w = (struct wire){ .fd = -1 };
	str_init(&w->in, WIRE_IN_MAX);
	str_init(&w->out, WIRE_OUT_MAX);
}

void wire_done(struct wire *w)
{
	if (w->tls)
		tls_free(w->tls);
	if (w->fd >= 0)
		(void)close(w->fd); /* nothing to do about it */
	str_done(&w->in);
	str_done(&w->out);
}

int64_t wire_deadline(const struct wire *w, int64_t wait_ms)
{
	int64_t deadline = clock_mono_ms() + wait_ms;
	return w->until_ms > 0 && w->until_ms < deadline ? w->until_ms : deadline;
}

static enum rc say(struct wire *w, enum rc rc, const char *why)
{
	(void)snprintf(w->why, sizeof w->why, "%s", why);
	return rc;
}

static enum rc say_errno(struct wire *w, const char *what, int reason)
{
	(void)snprintf(w->why, sizeof w->why, "%s: %s", what, strerror(reason));
	return reason == EPIPE || reason == ECONNRESET ? RC_CLOSED : RC_TEMP;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static bool is_cancelled(struct wire *w)
{
	if (!w->cancelled || !w->cancelled(w->cancelled_arg))
		return false;
	if (w->cancelled_at_ms == 0)
		w->cancelled_at_ms = clock_mono_ms();
	return clock_mono_ms() >= w->cancelled_at_ms + w->cancel_grace_ms;
}

/* Until one of the events, in *out_events. RC_TEMP: time-out, or we are to stop. */
static enum rc wait_for(struct wire *w, short events, int64_t deadline_ms, short *out_events)
{
	for (;;) {
		int64_t left = deadline_ms - clock_mono_ms();
		if (left <= 0)
			return say(w, RC_TEMP, "the server did not answer in time");
		if (is_cancelled(w))
			return say(w, RC_TEMP, "interrupted by a stop of this server");
		struct pollfd p = { .fd = w->fd, .events = events };
		int n = poll(&p, 1, (int)(left < LOOK_EVERY_MS ? left : LOOK_EVERY_MS));
		if (n < 0 && errno != EINTR)
			return say_errno(w, "poll", errno);
		if (n > 0) {
			*out_events = p.revents;
			return RC_OK;
		}
	}
}

/* --- connecting ------------------------------------------------------------------------------- */

static enum rc bind_to(struct wire *w, const struct addr *bind_addr)
{
	struct sockaddr_storage sa;
	int on = 1;

	if (bind_addr->family == AF_UNSPEC)
		return RC_OK;
	socklen_t len = addr_to_sockaddr(bind_addr, &sa);
	/* The port is chosen at connect, so that many connections may share one address. */
	(void)setsockopt(w->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	if (bind(w->fd, (struct sockaddr *)&sa, len) != 0)
		return say_errno(w, "our outgoing address cannot be used", errno);
	return RC_OK;
}

static enum rc finish_connect(struct wire *w, int64_t deadline_ms)
{
	int reason = 0;
	socklen_t len = sizeof reason;
	short events;

	enum rc rc = wait_for(w, POLLOUT, deadline_ms, &events);
	if (rc != RC_OK)
		return rc;
	if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &reason, &len) != 0)
		reason = errno;
	return reason == 0 ? RC_OK : say_errno(w, "connection failed", reason);
}

enum rc wire_connect(
	struct wire *w, const struct addr *peer, const struct addr *bind_addr, int64_t wait_ms)
{
	struct sockaddr_storage sa;
	int on = 1;

	w->fd = socket(peer->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (w->fd < 0)
		return say_errno(w, "no socket", errno);
	enum rc rc = bind_to(w, bind_addr);
	if (rc != RC_OK)
		return rc;
	/* Commands and the end of a message are written in one piece: nothing to gather. */
	(void)setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	socklen_t len = addr_to_sockaddr(peer, &sa);
	if (connect(w->fd, (struct sockaddr *)&sa, len) == 0)
		return RC_OK;
	if (errno != EINPROGRESS)
		return say_errno(w, "connection failed", errno);
	return finish_connect(w, wire_deadline(w, wait_ms));
}

/* --- moving bytes ----------------------------------------------------------------------------- */

static enum io from_errno(struct wire *w, enum io when_blocked)
{
	if (errno == EAGAIN || errno == EINTR)
		return when_blocked;
	(void)say_errno(w, "the connection broke", errno);
	return IO_FAILED;
}

static enum io failed_tls(struct wire *w, enum io io)
{
	if (io == IO_FAILED)
		(void)snprintf(w->why, sizeof w->why, "TLS failed: %s", tls_failure(w->tls));
	return io;
}

static enum io raw_read(struct wire *w, char *buf, size_t size, size_t *out_n)
{
	if (w->tls)
		return failed_tls(w, tls_read(w->tls, buf, size, out_n));
	ssize_t n = recv(w->fd, buf, size, 0);
	if (n < 0)
		return from_errno(w, IO_WANT_READ);
	*out_n = (size_t)n;
	return n == 0 ? IO_EOF : IO_OK;
}

static enum io raw_write(struct wire *w, struct span bytes, size_t *out_n)
{
	if (w->tls)
		return failed_tls(w, tls_write(w->tls, bytes.ptr, bytes.len, out_n));
	ssize_t n = send(w->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
	if (n < 0)
		return from_errno(w, IO_WANT_WRITE);
	*out_n = (size_t)n;
	return IO_OK;
}

/* One read into `in`. */
static enum io read_some(struct wire *w)
{
	size_t n = 0, room = WIRE_IN_MAX - w->in.len;
	char *at = str_reserve(&w->in, room < READ_SIZE ? room : READ_SIZE);
	enum io io = raw_read(w, at, room < READ_SIZE ? room : READ_SIZE, &n);

	if (io == IO_OK)
		w->in.len += n;
	if (io == IO_EOF)
		(void)say(w, RC_CLOSED, "the server closed the connection");
	return io;
}

enum rc wire_fill(struct wire *w, int64_t deadline_ms)
{
	for (;;) {
		short events;
		if (w->in.len >= WIRE_IN_MAX)
			return say(w, RC_LIMIT, "the server says too much");
		switch (read_some(w)) {
		case IO_OK:
			return RC_OK;
		case IO_EOF:
		case IO_FAILED:
			return RC_CLOSED;
		case IO_WANT_READ:
			events = POLLIN;
			break;
		case IO_WANT_WRITE:
			events = POLLOUT;
			break;
		}
		enum rc rc = wait_for(w, events, deadline_ms, &events);
		if (rc != RC_OK)
			return rc;
	}
}

bool wire_poll(struct wire *w)
{
	while (w->in.len < WIRE_IN_MAX) {
		switch (read_some(w)) {
		case IO_OK:
			break;
		case IO_WANT_READ:
		case IO_WANT_WRITE:
			return true;
		case IO_EOF:
		case IO_FAILED:
			return false;
		}
	}
	return true;
}

/* The peer may wait for us to read before it reads on: both directions at the same time. */
static enum rc wait_to_write(struct wire *w, enum io io, int64_t deadline_ms)
{
	bool room = w->in.len < WIRE_IN_MAX;
	short events = (short)((io == IO_WANT_WRITE ? POLLOUT : POLLIN) | (room ? POLLIN : 0));

	enum rc rc = wait_for(w, events, deadline_ms, &events);
	if (rc == RC_OK && room && (events & POLLIN) && io == IO_WANT_WRITE) {
		enum io got = read_some(w);
		if (got == IO_EOF || got == IO_FAILED)
			return RC_CLOSED;
	}
	return rc;
}

enum rc wire_flush(struct wire *w, int64_t wait_ms)
{
	int64_t deadline_ms = wire_deadline(w, wait_ms);
	size_t sent = 0;
	enum rc rc = RC_OK;

	ASSERT(str_ok(&w->out)); /* whoever adds knows how much fits */
	while (sent < w->out.len && rc == RC_OK) {
		size_t n = 0;
		enum io io = raw_write(w, span_from(str_span(&w->out), sent), &n);
		sent += n;
		if (io == IO_WANT_READ || io == IO_WANT_WRITE)
			rc = wait_to_write(w, io, deadline_ms);
		else if (io != IO_OK)
			rc = RC_CLOSED;
	}
	str_clear(&w->out);
	return rc;
}

/* --- TLS -------------------------------------------------------------------------------------- */

static enum rc handshake(struct wire *w, int64_t deadline_ms)
{
	for (;;) {
		enum io io = tls_handshake(w->tls);
		short events = io == IO_WANT_WRITE ? POLLOUT : POLLIN;
		if (io == IO_OK)
			return RC_OK;
		if (io == IO_EOF || io == IO_FAILED) {
			(void)failed_tls(w, IO_FAILED);
			return RC_TEMP;
		}
		enum rc rc = wait_for(w, events, deadline_ms, &events);
		if (rc != RC_OK)
			return rc;
	}
}

enum rc wire_start_tls(struct wire *w, const struct tls_client_options *options, int64_t wait_ms)
{
	w->in.len = 0; /* said in clear text, by whomever: not the server's word under TLS */
	w->tls = tls_connect_new(w->fd, options);
	if (!w->tls)
		return say(w, RC_TEMP, "TLS could not be started");
	enum rc rc = handshake(w, wire_deadline(w, wait_ms));
	w->tls_failed = rc != RC_OK;
	return rc;
}
