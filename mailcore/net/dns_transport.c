/*
 * c-ares in a thread.
 *
 * Only the thread touches the channel. Others put queries into a list under the lock and wake it
 * through an eventfd. c-ares tells which sockets it wants polled (SOCK_STATE_CB).
 */
#include "mailcore/net/dns_transport.h"

#include <ares.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "mailcore/base/list.h"
#include "mailcore/base/log.h"
#include "mailcore/base/random.h"

#define EDNS_SIZE      1232
#define TRIES          3
#define EVENTS_AT_ONCE 16

struct dns_transport {
	char *servers;
	int64_t timeout_ms;
	dns_done *done;
	void *arg;
	pthread_t thread;
	int epoll, wake_fd;
	ares_channel channel; /* NULL: c-ares would not start */
	size_t in_flight;
	bool stale; /* no server answered: read the system's list again */

	pthread_mutex_t lock;
	struct list waiting;
	bool stop;
};

struct query {
	struct list list;
	struct dns_transport *transport;
	void *token;
	struct dns_name name;
	enum dns_type type;
	bool edns;
};

/* --- the channel ------------------------------------------------------------------------------ */

static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct dns_transport *t = arg;
	struct epoll_event ev = { .data.fd = fd,
		.events = (readable ? (uint32_t)EPOLLIN : 0u) |
			(writable ? (uint32_t)EPOLLOUT : 0u) };

	if (ev.events == 0) {
		(void)epoll_ctl(t->epoll, EPOLL_CTL_DEL, fd, NULL); /* perhaps closed already */
		return;
	}
	if (epoll_ctl(t->epoll, EPOLL_CTL_MOD, fd, &ev) != 0 &&
		epoll_ctl(t->epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
		log_error("dns.poll_failed", "fd=%d", fd);
}

static void open_channel(struct dns_transport *t)
{
	/* c-ares doubles the time in each round: a twelfth fits three rounds into the whole, and a lost
	 * datagram costs 0.4 s instead of a second. */
	struct ares_options o = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP |
			ARES_FLAG_EDNS,
		.timeout = (int)(t->timeout_ms / 12 > 100 ? t->timeout_ms / 12 : 100),
		.tries = TRIES,
		.ednspsz = EDNS_SIZE,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = t,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
		ARES_OPT_SOCK_STATE_CB | ARES_OPT_NOROTATE;

	int status = ares_init_options(&t->channel, &o, mask);
	if (status != ARES_SUCCESS) {
		t->channel = NULL;
		log_error("dns.init_failed", "reason=\"%s\"", ares_strerror(status));
		return;
	}
	if (t->servers[0] == '\0')
		return;
	status = ares_set_servers_ports_csv(t->channel, t->servers);
	if (status != ARES_SUCCESS) {
		log_error("dns.servers_malformed", "servers=\"%s\" reason=\"%s\"", t->servers,
			ares_strerror(status));
		ares_destroy(t->channel);
		t->channel = NULL;
	}
}

static void close_channel(struct dns_transport *t)
{
	if (t->channel)
		ares_destroy(t->channel); /* ends what is in flight */
	t->channel = NULL;
}

/* --- queries ---------------------------------------------------------------------------------- */

static void finish(struct query *q, enum dns_outcome outcome, struct span reply)
{
	struct dns_transport *t = q->transport;

	t->done(t->arg, q->token, outcome, reply);
	heap_free(q);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *buf, int len);

static void send_query(struct query *q)
{
	struct dns_transport *t = q->transport;
	char msg[DNS_QUERY_MAX];
	uint16_t id;

	if (!t->channel) {
		finish(q, DNS_SILENCE, SPAN_NONE);
		return;
	}
	random_bytes(&id, sizeof id);
	size_t len = dns_query_build(&q->name, q->type, id, q->edns, msg);
	t->in_flight++;
	ares_send(t->channel, (const unsigned char *)msg, (int)len, on_answer, q);
}

static bool is_formerr(struct span reply)
{
	return reply.len >= 4 && ((uint8_t)reply.ptr[3] & 15) == 1;
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *buf, int len)
{
	struct query *q = arg;
	struct span reply = span_make(buf, buf && len > 0 ? (size_t)len : 0);

	(void)timeouts;
	q->transport->in_flight--;
	if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) {
		finish(q, DNS_STOPPED, SPAN_NONE);
	} else if (reply.len > 0 && q->edns && is_formerr(reply)) {
		q->edns = false; /* a server from before 1999 */
		send_query(q);
	} else if (reply.len > 0) {
		finish(q, DNS_REPLIED, reply);
	} else {
		q->transport->stale = true;
		finish(q, DNS_SILENCE, SPAN_NONE);
	}
}

void dns_transport_send(
	struct dns_transport *t, const struct dns_name *name, enum dns_type type, void *token)
{
	struct query *q = heap_alloc(sizeof *q);
	uint64_t one = 1;

	*q = (struct query){
		.transport = t, .token = token, .name = *name, .type = type, .edns = true
	};
	pthread_mutex_lock(&t->lock);
	list_add_tail(&t->waiting, &q->list);
	pthread_mutex_unlock(&t->lock);
	ssize_t ignored = write(t->wake_fd, &one, sizeof one); /* cannot be full */
	(void)ignored;
}

/* --- the thread ------------------------------------------------------------------------------- */

/* Starts what waits; false when it is time to end. */
static bool take_waiting(struct dns_transport *t)
{
	struct list taken;

	list_init(&taken);
	pthread_mutex_lock(&t->lock);
	LIST_EACH(it, &t->waiting)
	{
		list_del(it);
		list_add_tail(&taken, it);
	}
	bool go_on = !t->stop;
	pthread_mutex_unlock(&t->lock);

	if (!list_empty(&taken) && t->in_flight == 0 && t->stale && t->servers[0] == '\0') {
		close_channel(t); /* resolv.conf may have come or changed */
		open_channel(t);
		t->stale = false;
	}
	LIST_EACH(it, &taken)
	{
		struct query *q = LIST_ITEM(it, struct query, list);
		list_del(it);
		if (go_on)
			send_query(q);
		else
			finish(q, DNS_STOPPED, SPAN_NONE);
	}
	return go_on;
}

static int poll_timeout(struct dns_transport *t)
{
	struct timeval tv;

	if (!t->channel || !ares_timeout(t->channel, NULL, &tv))
		return -1;
	return (int)(tv.tv_sec * 1000 + (tv.tv_usec + 999) / 1000);
}

static void process(struct dns_transport *t, const struct epoll_event *ev)
{
	uint64_t count;

	if (ev->data.fd == t->wake_fd) {
		ssize_t ignored = read(t->wake_fd, &count, sizeof count); /* only to clear it */
		(void)ignored;
	} else if (t->channel) {
		bool in = (ev->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
		ares_process_fd(t->channel, in ? ev->data.fd : ARES_SOCKET_BAD,
			ev->events & EPOLLOUT ? ev->data.fd : ARES_SOCKET_BAD);
	}
}

static void *transport_main(void *arg)
{
	struct dns_transport *t = arg;
	struct epoll_event events[EVENTS_AT_ONCE];

	open_channel(t);
	while (take_waiting(t)) {
		int n = epoll_wait(t->epoll, events, EVENTS_AT_ONCE, poll_timeout(t));
		for (int i = 0; i < n; i++)
			process(t, &events[i]);
		if (t->channel) /* time-outs */
			ares_process_fd(t->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	}
	close_channel(t);
	return NULL;
}

static void init_library(void)
{
	int status = ares_library_init(ARES_LIB_INIT_ALL);
	ASSERT(status == ARES_SUCCESS);
}

struct dns_transport *dns_transport_open(
	const char *servers, int64_t timeout_ms, dns_done *done, void *arg)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct dns_transport *t = heap_zalloc(sizeof *t);

	pthread_once(&once, init_library);
	t->servers = heap_strdup(servers ? servers : "");
	t->timeout_ms = timeout_ms;
	t->done = done;
	t->arg = arg;
	pthread_mutex_init(&t->lock, NULL);
	list_init(&t->waiting);
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	t->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = t->wake_fd };
	bool ready = t->epoll >= 0 && t->wake_fd >= 0 &&
		epoll_ctl(t->epoll, EPOLL_CTL_ADD, t->wake_fd, &ev) == 0 &&
		pthread_create(&t->thread, NULL, transport_main, t) == 0;
	ASSERT(ready); /* at start-up: no descriptors or no threads */
	return t;
}

void dns_transport_close(struct dns_transport *t)
{
	uint64_t one = 1;

	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_mutex_unlock(&t->lock);
	ssize_t ignored = write(t->wake_fd, &one, sizeof one);
	(void)ignored;
	(void)pthread_join(t->thread, NULL);
	(void)close(t->wake_fd);
	(void)close(t->epoll);
	pthread_mutex_destroy(&t->lock);
	heap_free(t->servers);
	heap_free(t);
}
