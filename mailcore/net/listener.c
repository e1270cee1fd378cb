/*
 * Accepting connections, within limits, by the loop thread.
 *
 * A refused client hears the protocol's refusal. Without descriptors the one kept in reserve is
 * given up for a moment, so that clients are turned away instead of spinning on a listener that
 * stays readable.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/net/loop_private.h"

#define ACCEPTS_IN_A_ROW 64
#define PAUSE_MS         100

void listeners_arm(struct loop *l, bool on)
{
	for (struct listener *li = l->listeners; li; li = li->next) {
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = li };
		int op = on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL;
		if (epoll_ctl(l->loop_epoll, op, li->fd, &ev) != 0)
			log_error("listener.arm_failed", "listener=%s errno=%d", li->name, errno);
	}
}

void refuse(int fd, const struct listener *li)
{
	const char *text = li->protocol->refusal;

	atomic_fetch_add(&li->loop->refused, 1);
	if (text && !li->implicit_tls)
		(void)send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT); /* a courtesy */
}

static void log_refused(const struct conn *c)
{
	struct str peer;

	str_init(&peer, 64);
	addr_add(&peer, &c->peer);
	log_info("conn.refused", "listener=%s peer=%s reason=address", c->listener->name,
		str_cstr(&peer));
	str_done(&peer);
}

static void take(struct listener *li, int fd, const struct addr *peer)
{
	struct loop *l = li->loop;
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;

	struct conn *c = conn_new(l, li, fd);
	if (!c) {
		refuse(fd, li);
		(void)close(fd);
		return;
	}
	c->peer = *peer;
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		addr_from_sockaddr((const struct sockaddr *)&ss, &c->local);
	c->proxied = net_list_has(&l->proxies, peer);
	if (!c->proxied && !conn_count_addr(c)) { /* the header of a proxied one tells who it is */
		log_refused(c);
		refuse(fd, li);
		conn_end(c);
		return;
	}
	atomic_fetch_add(&l->accepted, 1);
	conn_begin(c);
}

/* Out of descriptors: turn one client away with the reserve. */
static bool turn_one_away(struct listener *li)
{
	struct loop *l = li->loop;

	if (l->reserve_fd < 0)
		return false;
	(void)close(l->reserve_fd);
	int fd = accept4(li->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		refuse(fd, li);
		(void)close(fd);
	}
	l->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return fd >= 0;
}

static void pause_listeners(struct loop *l)
{
	listeners_arm(l, false);
	l->accept_paused = true;
	l->accept_resume_ms = clock_mono_ms() + PAUSE_MS;
}

/* True: go on with the next one. */
static bool on_accept_error(struct listener *li)
{
	switch (errno) {
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case EPERM:
	case ENETDOWN:
	case EHOSTUNREACH:
	case ENETUNREACH:
		return true; /* that one client's trouble */
	case EMFILE:
	case ENFILE:
		log_error("listener.no_descriptors", "listener=%s", li->name);
		if (turn_one_away(li))
			return true;
		pause_listeners(li->loop);
		return false;
	case EAGAIN:
		return false;
	default:
		log_error("listener.accept_failed", "listener=%s errno=%d", li->name, errno);
		pause_listeners(li->loop);
		return false;
	}
}

void listener_accept(struct listener *li)
{
	for (unsigned i = 0; i < ACCEPTS_IN_A_ROW; i++) {
		struct sockaddr_storage ss;
		struct addr peer;
		socklen_t len = sizeof ss;

		int fd =
			accept4(li->fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			addr_from_sockaddr((const struct sockaddr *)&ss, &peer);
			take(li, fd, &peer);
		} else if (!on_accept_error(li)) {
			return;
		}
	}
}

/* Peers that have vanished without a FIN are found by probes. Accepted sockets inherit all this; on
 * a unix socket, where nobody vanishes, it fails. */
static void set_probes(int fd, int after_s)
{
	int on = 1, every_s = 15, times = 4;

	if (!after_s)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &after_s, sizeof after_s);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
}

void loop_listen(struct loop *l, int fd, const char *name, const struct protocol *protocol,
	struct tls_store *tls, bool implicit_tls, void *arg)
{
	struct listener *li = heap_zalloc(sizeof *li);
	int one = 1, flags = fcntl(fd, F_GETFL);

	ASSERT(flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0);
	ASSERT(tls || !implicit_tls);
	/* Accepted sockets inherit it; without it tickets and first reply wait for a delayed ACK. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* not on a unix socket */
	set_probes(fd, protocol->probe_s);
	*li = (struct listener){
		.next = l->listeners,
		.loop = l,
		.fd = fd,
		.name = name,
		.protocol = protocol,
		.tls = tls,
		.implicit_tls = implicit_tls,
		.arg = arg,
	};
	l->listeners = li;
}
