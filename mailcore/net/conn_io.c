/*
 * Bytes of a connection: input and output buffers, socket and TLS.
 *
 * A connection that is being run borrows its buffers from the worker and gives them back when it
 * waits; an idle one has none. Nothing here blocks.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "mailcore/base/clock.h"
#include "mailcore/net/loop_private.h"

/* --- plain or TLS ----------------------------------------------------------------------------- */

static enum io from_errno(enum io when_blocked)
{
	if (errno == EAGAIN || errno == EINTR)
		return when_blocked;
	return IO_FAILED;
}

static enum io wire_read(struct conn *c, char *buf, size_t size, size_t *out_n)
{
	if (c->tls)
		return tls_read(c->tls, buf, size, out_n);
	ssize_t n = recv(c->fd, buf, size, 0);
	if (n < 0)
		return from_errno(IO_WANT_READ);
	*out_n = (size_t)n;
	return n == 0 ? IO_EOF : IO_OK;
}

static enum io wire_write(struct conn *c, const char *buf, size_t len, size_t *out_n)
{
	if (c->tls)
		return tls_write(c->tls, buf, len, out_n);
	ssize_t n = send(c->fd, buf, len, MSG_NOSIGNAL);
	if (n < 0)
		return from_errno(IO_WANT_WRITE);
	*out_n = (size_t)n;
	return IO_OK;
}

/* --- with DEFLATE above it -------------------------------------------------------------------- */

static enum io unpack_read(struct conn *c, char *buf, size_t size, size_t *out_n)
{
	for (;;) {
		size_t n = 0;
		if (!zip_unpack(c->zip, buf, size, out_n))
			return IO_FAILED;
		if (*out_n)
			return IO_OK;
		enum io io = wire_read(c, zip_input(c->zip), ZIP_CHUNK, &n);
		if (io != IO_OK)
			return io;
		zip_received(c->zip, n);
	}
}

/* *out_n: of buf; what was packed may still be waiting. */
static enum io pack_write(struct conn *c, const char *buf, size_t len, size_t *out_n)
{
	struct span waiting = zip_waiting(c->zip);
	size_t n = 0;

	*out_n = 0;
	if (!waiting.len) {
		*out_n = zip_pack(c->zip, span_make(buf, len));
		return IO_OK;
	}
	enum io io = wire_write(c, waiting.ptr, waiting.len, &n);
	if (io == IO_OK)
		zip_written(c->zip, n);
	return io;
}

static enum io raw_read(struct conn *c, char *buf, size_t size, size_t *out_n)
{
	return c->zip ? unpack_read(c, buf, size, out_n) : wire_read(c, buf, size, out_n);
}

static enum io raw_write(struct conn *c, const char *buf, size_t len, size_t *out_n)
{
	return c->zip ? pack_write(c, buf, len, out_n) : wire_write(c, buf, len, out_n);
}

void conn_start_zip(struct conn *c)
{
	struct span received = conn_input(c);

	c->zip = zip_new(received);
	conn_eat(c, received.len);
	c->drained = false;
}

/* --- input ------------------------------------------------------------------------------------ */

struct span conn_input(const struct conn *c)
{
	return span_make(c->in + c->in_pos, c->in_len - c->in_pos);
}

void conn_eat(struct conn *c, size_t len)
{
	ASSERT(len <= c->in_len - c->in_pos);
	c->in_pos += len;
	c->scanned = 0;
	if (c->in_pos == c->in_len)
		c->in_pos = c->in_len = 0;
}

static void use_input(struct conn *c, char *buf, size_t cap)
{
	if (c->in_len > c->in_pos)
		memcpy(buf, c->in + c->in_pos, c->in_len - c->in_pos);
	c->in_len -= c->in_pos;
	c->in_pos = 0;
	heap_free(c->in);
	c->in = buf;
	c->in_cap = cap;
}

/* Makes room for at least one more byte; false when the buffer has reached its maximum. */
static bool make_room(struct conn *c)
{
	size_t in_max = c->listener->protocol->in_max;
	size_t max = in_max > IN_CHUNK ? in_max : IN_CHUNK;

	if (c->in_cap < IN_CHUNK) {
		char *chunk = c->worker->spare_in;
		c->worker->spare_in = NULL;
		use_input(c, chunk ? chunk : heap_alloc(IN_CHUNK), IN_CHUNK);
	}
	if (c->in_len < c->in_cap)
		return true;
	if (c->in_pos > 0) {
		c->in_len -= c->in_pos;
		memmove(c->in, c->in + c->in_pos, c->in_len);
		c->in_pos = 0;
		return true;
	}
	if (c->in_cap >= max)
		return false;
	size_t cap = c->in_cap * 2 < max ? c->in_cap * 2 : max;
	use_input(c, heap_alloc(cap), cap);
	return true;
}

enum io conn_fill(struct conn *c)
{
	size_t n = 0;

	if (c->drained) {
		c->want |= EPOLLIN;
		return IO_WANT_READ;
	}
	if (!make_room(c))
		return IO_FAILED; /* the framer wants more than in_max: a bug, told by the caller */
	size_t room = c->in_cap - c->in_len;
	enum io io = raw_read(c, c->in + c->in_len, room, &n);
	if (io == IO_OK) {
		c->in_len += n;
		/* Less than asked for: the socket is empty, epoll tells of the rest. */
		c->drained = c->zip ? false : c->tls ? !tls_has_pending(c->tls) : n < room;
	} else if (io == IO_WANT_READ) {
		c->want |= EPOLLIN;
	} else if (io == IO_WANT_WRITE) {
		c->want |= EPOLLOUT;
	}
	return io;
}

/* --- output ----------------------------------------------------------------------------------- */

size_t conn_out_high(const struct conn *c)
{
	size_t high = c->listener->protocol->out_high;
	return high ? high : OUT_HIGH_DEFAULT;
}

size_t conn_unsent(const struct conn *c)
{
	return c->out.len - c->out_pos + (c->zip ? zip_waiting(c->zip).len : 0);
}

struct str *conn_out(struct conn *c)
{
	struct worker *w = c->worker;

	if (!c->out.ptr && w && w->spare_out) {
		c->out.ptr = w->spare_out;
		c->out.cap = w->spare_out_cap;
		w->spare_out = NULL;
	}
	return &c->out;
}

/* Keeps the sent part from eating up the maximum. */
static void drop_sent(struct conn *c)
{
	if (c->out_pos == c->out.len) {
		c->out.len = c->out_pos = 0;
	} else if (c->out_pos >= 64 * 1024 && c->out_pos > c->out.len / 2) {
		str_eat(&c->out, c->out_pos);
		c->out_pos = 0;
	}
}

enum io conn_send(struct conn *c)
{
	enum io io = IO_OK;

	while (conn_unsent(c) > 0 && io == IO_OK) {
		size_t n = 0;
		io = raw_write(c, c->out.ptr + c->out_pos, c->out.len - c->out_pos, &n);
		if (io == IO_OK)
			c->out_pos += n;
	}
	drop_sent(c);
	if (io == IO_WANT_READ)
		c->want |= EPOLLIN;
	else if (io == IO_WANT_WRITE)
		c->want |= EPOLLOUT;
	c->out_blocked = io == IO_WANT_READ || io == IO_WANT_WRITE;
	return io;
}

void conn_flush(struct conn *c)
{
	/* A failure shows itself again when the step has ended. */
	(void)conn_send(c);
}

/* --- buffers of waiting connections ----------------------------------------------------------- */

static void keep_or_free_in(struct conn *c)
{
	struct worker *w = c->worker;

	if (w && c->in_cap == IN_CHUNK && !w->spare_in)
		w->spare_in = c->in;
	else
		heap_free(c->in);
	c->in = NULL;
	c->in_cap = c->in_pos = c->in_len = 0;
}

static void keep_or_free_out(struct conn *c)
{
	struct worker *w = c->worker;

	if (w && c->out.cap <= OUT_KEEP_MAX && !w->spare_out) {
		w->spare_out = c->out.ptr;
		w->spare_out_cap = c->out.cap;
	} else {
		heap_free(c->out.ptr);
	}
	c->out.ptr = NULL;
	c->out.cap = c->out.len = c->out_pos = 0;
}

/* A thousand clients that stop in the middle of a line must not hold a thousand chunks. */
static void shrink_in(struct conn *c)
{
	size_t rest = c->in_len - c->in_pos;
	char *small = heap_alloc(rest);

	memcpy(small, c->in + c->in_pos, rest);
	keep_or_free_in(c);
	c->in = small;
	c->in_cap = c->in_len = rest;
}

void conn_return_buffers(struct conn *c)
{
	size_t rest = c->in_len - c->in_pos;

	if (c->in && rest == 0)
		keep_or_free_in(c);
	else if (c->in_cap >= IN_CHUNK && rest < IN_CHUNK / 4)
		shrink_in(c);
	if (c->out.ptr && conn_unsent(c) == 0)
		keep_or_free_out(c);
	if (c->zip && conn_unsent(c) == 0)
		zip_rest(c->zip);
}

void conn_free_buffers(struct conn *c)
{
	if (c->in)
		keep_or_free_in(c);
	if (c->out.ptr)
		keep_or_free_out(c);
}

/* --- who has heard whom ----------------------------------------------------------------------- */

bool conn_has_input(const struct conn *c)
{
	int waiting = 0;

	if (c->tls)
		return false;
	return c->in_len > c->in_pos || (ioctl(c->fd, FIONREAD, &waiting) == 0 && waiting > 0);
}

bool conn_is_unheard(const struct conn *c)
{
	int unacknowledged = 0;

	return conn_unsent(c) > 0 ||
		(ioctl(c->fd, SIOCOUTQ, &unacknowledged) == 0 && unacknowledged > 0);
}
