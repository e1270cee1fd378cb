/* Questions to servers that the caller names: a c-ares channel for each, driven by the caller. */
#include "mailcore/net/dns_direct.h"

#include <ares.h>
#include <poll.h>
#include <sys/time.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/random.h"

#define EDNS_SIZE 1232
#define TRIES     2

/* In a query's third and fourth byte (RFC 1035, 4035). */
#define BYTE_RD 0x01
#define BYTE_CD 0x10

struct direct;

struct asked {
	struct dns_direct *question;
	struct direct *run;
	ares_channel channel;
	bool edns;
};

struct direct {
	struct arena *arena;
	const char *recursive;
	int64_t timeout_ms;
	int64_t began_ms;
	size_t open;
	struct addr servers[DIRECT_SERVERS_MAX];
	ares_channel channels[DIRECT_SERVERS_MAX];
	size_t n;
};

static bool set_server(const struct direct *d, ares_channel channel, const struct addr *server)
{
	struct str text = str_in(d->arena, 80);

	if (server->family == AF_UNSPEC)
		return d->recursive[0] == '\0' ||
			ares_set_servers_ports_csv(channel, d->recursive) == ARES_SUCCESS;
	str_add_c(&text, '[');
	addr_add(&text, server);
	str_addf(&text, "]:%u", server->port);
	if (server->family == AF_INET) {
		str_clear(&text);
		addr_add(&text, server);
		str_addf(&text, ":%u", server->port);
	}
	return ares_set_servers_ports_csv(channel, str_cstr(&text)) == ARES_SUCCESS;
}

/* NULL: too many, or c-ares would not. */
static ares_channel channel_for(struct direct *d, const struct addr *server)
{
	/* c-ares doubles the time in the second round. */
	struct ares_options o = { .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
			ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS,
		.timeout = (int)(d->timeout_ms / 3 > 50 ? d->timeout_ms / 3 : 50),
		.tries = TRIES,
		.ednspsz = EDNS_SIZE };
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
		ARES_OPT_NOROTATE;

	for (size_t i = 0; i < d->n; i++) {
		if (d->servers[i].family == server->family && addr_eq(&d->servers[i], server) &&
			d->servers[i].port == server->port)
			return d->channels[i];
	}
	if (d->n == DIRECT_SERVERS_MAX ||
		ares_init_options(&d->channels[d->n], &o, mask) != ARES_SUCCESS)
		return NULL;
	d->servers[d->n] = *server;
	ares_channel channel = d->channels[d->n++];
	return set_server(d, channel, server) ? channel : NULL;
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *buf, int len);

static void send_question(struct asked *asked)
{
	struct dns_direct *q = asked->question;
	char msg[DNS_QUERY_MAX];
	uint16_t id;

	random_bytes(&id, sizeof id);
	size_t len = dns_query_build(&q->name, q->type, id, asked->edns, msg);
	if (q->server.family != AF_UNSPEC)
		msg[2] = (char)(msg[2] & ~BYTE_RD);
	if (q->unchecked)
		msg[3] = (char)(msg[3] | BYTE_CD);
	asked->run->open++;
	ares_send(asked->channel, (const unsigned char *)msg, (int)len, on_answer, asked);
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *buf, int len)
{
	struct asked *asked = arg;
	struct dns_direct *q = asked->question;
	struct direct *d = asked->run;
	struct span reply = span_make(buf, buf && len > 0 ? (size_t)len : 0);

	(void)timeouts;
	d->open--;
	q->ms = clock_mono_ms() - d->began_ms;
	if (reply.len >= 4 && asked->edns && (reply.ptr[3] & 15) == 1) {
		asked->edns = false; /* FORMERR: a server from before 1999 */
		send_question(asked);
	} else if (reply.len > 0) {
		q->outcome = DIRECT_REPLIED;
		q->reply = arena_span(d->arena, reply);
	} else if (status == ARES_ECONNREFUSED) {
		q->outcome = DIRECT_UNREACHABLE;
	}
}

static int64_t soonest_ms(const struct direct *d, int64_t left_ms)
{
	struct timeval tv, most = { .tv_sec = left_ms / MSEC_PER_SEC };

	most.tv_usec = (left_ms % MSEC_PER_SEC) * 1000;
	for (size_t i = 0; i < d->n; i++)
		most = *ares_timeout(d->channels[i], &most, &tv);
	return most.tv_sec * MSEC_PER_SEC + (most.tv_usec + 999) / 1000;
}

struct sockets {
	struct pollfd fds[DIRECT_SERVERS_MAX * ARES_GETSOCK_MAXNUM];
	ares_channel channels[DIRECT_SERVERS_MAX * ARES_GETSOCK_MAXNUM];
	nfds_t n;
};

static void collect_sockets(const struct direct *d, struct sockets *out)
{
	out->n = 0;
	for (size_t i = 0; i < d->n; i++) {
		ares_socket_t fds[ARES_GETSOCK_MAXNUM];
		unsigned bits = (unsigned)ares_getsock(d->channels[i], fds, ARES_GETSOCK_MAXNUM);
		for (unsigned k = 0; k < ARES_GETSOCK_MAXNUM; k++) {
			bool in = bits >> k & 1, to = bits >> (k + ARES_GETSOCK_MAXNUM) & 1;
			if (!in && !to)
				continue;
			out->channels[out->n] = d->channels[i];
			out->fds[out->n++] = (struct pollfd){ .fd = fds[k],
				.events = (short)((in ? POLLIN : 0) | (to ? POLLOUT : 0)) };
		}
	}
}

static void wait_and_process(struct direct *d, int64_t left_ms)
{
	struct sockets s;

	collect_sockets(d, &s);
	(void)poll(s.fds, s.n, (int)soonest_ms(d, left_ms)); /* a signal: the next turn waits */
	for (nfds_t i = 0; i < s.n; i++) {
		if (s.fds[i].revents == 0)
			continue;
		bool to = (s.fds[i].revents & POLLOUT) != 0;
		bool in = (s.fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
		ares_process_fd(s.channels[i], in ? s.fds[i].fd : ARES_SOCKET_BAD,
			to ? s.fds[i].fd : ARES_SOCKET_BAD);
	}
	for (size_t i = 0; i < d->n; i++) /* time-outs */
		ares_process_fd(d->channels[i], ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void dns_direct_ask(struct ctx *ctx, const char *recursive, struct dns_direct *questions, size_t n,
	int64_t timeout_ms)
{
	int64_t now_ms = clock_mono_ms(), end_ms = now_ms + timeout_ms;
	struct direct *d = arena_zalloc(ctx->arena, sizeof *d);
	struct asked *asked = arena_array(ctx->arena, n, sizeof *asked);

	end_ms = ctx->deadline_ms < end_ms ? ctx->deadline_ms : end_ms;
	*d = (struct direct){ .arena = ctx->arena,
		.recursive = recursive,
		.timeout_ms = timeout_ms,
		.began_ms = now_ms };
	for (size_t i = 0; i < n; i++) {
		ares_channel channel = channel_for(d, &questions[i].server);
		questions[i].outcome = DIRECT_SILENT;
		asked[i] = (struct asked){ &questions[i], d, channel, true };
		if (channel)
			send_question(&asked[i]);
	}
	for (; d->open > 0 && now_ms < end_ms; now_ms = clock_mono_ms())
		wait_and_process(d, end_ms - now_ms);
	for (size_t i = 0; i < d->n; i++)
		ares_destroy(d->channels[i]); /* ends what is open */
}
