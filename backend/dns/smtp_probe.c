/* A mail server's port 25 as a stranger finds it. */
#include "backend/dns/smtp_probe.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/dns/judge.h"
#include "mailcore/base/auto.h"
#include "mailcore/base/clock.h"
#include "mailcore/net/tls_client.h"

#define LINE_MAX_LEN 512
#define LINES_MAX    10

struct wire {
	struct ctx *ctx;
	int fd;
	int64_t end_ms;
	struct str line; /* the last one, without its end */
};

static bool wait_for(struct wire *w, short events)
{
	struct pollfd p = { .fd = w->fd, .events = events };
	int64_t left_ms = w->end_ms - clock_mono_ms();

	return left_ms > 0 && poll(&p, 1, (int)left_ms) == 1;
}

static bool open_wire(struct wire *w, const struct addr *server)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(server, &sa);
	int reason = 0;
	socklen_t size = sizeof reason;

	w->fd = socket(server->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (w->fd < 0)
		return false;
	if (connect(w->fd, (struct sockaddr *)&sa, len) == 0)
		return true;
	return errno == EINPROGRESS && wait_for(w, POLLOUT) &&
		getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &reason, &size) == 0 && reason == 0;
}

/* Byte by byte: what comes behind the answer to STARTTLS is not ours to take. */
static bool read_line(struct wire *w)
{
	str_clear(&w->line);
	for (;;) {
		char c;
		ssize_t n = recv(w->fd, &c, 1, 0);
		if (n < 0 && errno == EAGAIN && wait_for(w, POLLIN))
			continue;
		if (n != 1 || !str_ok(&w->line))
			return false;
		if (c == '\n')
			return true;
		if (c != '\r')
			str_add_c(&w->line, c);
	}
}

/* All lines of a reply; *out_has: one of them has the word. */
static bool read_reply(struct wire *w, struct span word, bool *out_has)
{
	for (int i = 0; i < LINES_MAX * 4 && read_line(w); i++) {
		struct span line = str_span(&w->line);
		*out_has |= word.len > 0 && span_ieq(span_trim(span_from(line, 4)), word);
		if (line.len < 4 || line.ptr[3] != '-')
			return true;
	}
	return false;
}

static bool say(struct wire *w, struct span line)
{
	return send(w->fd, line.ptr, line.len, MSG_NOSIGNAL) == (ssize_t)line.len;
}

static bool is_code(const struct wire *w, const char *code)
{
	return span_starts(str_span(&w->line), span_of(code));
}

static bool shake_hands(struct wire *w, struct tls *tls)
{
	for (;;) {
		switch (tls_handshake(tls)) {
		case IO_OK:
			return true;
		case IO_WANT_READ:
			if (!wait_for(w, POLLIN))
				return false;
			break;
		case IO_WANT_WRITE:
			if (!wait_for(w, POLLOUT))
				return false;
			break;
		case IO_EOF:
		case IO_FAILED:
			return false;
		}
	}
}

static enum probe_state encrypt(struct wire *w, struct span name, struct probe *out)
{
	struct tls_client_options options = { .host = name, .verify = true };
	struct tls *tls = tls_connect_new(w->fd, &options);

	if (!tls)
		return PROBE_UNHEARD;
	bool good = shake_hands(w, tls);
	out->tls = printable(w->ctx->arena, span_of(good ? tls_version(tls) : tls_failure(tls)));
	out->tls = arena_span(w->ctx->arena, out->tls);
	tls_free(tls);
	if (good)
		return PROBE_FINE;
	return clock_mono_ms() < w->end_ms ? PROBE_CERTIFICATE : PROBE_UNHEARD;
}

static enum probe_state talk(struct wire *w, struct span name, struct span helo, struct probe *out)
{
	struct arena *a = w->ctx->arena;
	bool offers = false, unused = false;

	if (!read_reply(w, SPAN_NONE, &unused))
		return PROBE_UNHEARD;
	out->greeting = printable(a, arena_span(a, str_span(&w->line)));
	if (!is_code(w, "220"))
		return is_code(w, "4") ? PROBE_UNHEARD : PROBE_NOT_SMTP;
	if (!say(w, arena_printf(a, "EHLO " SPAN_FMT "\r\n", SPAN_ARG(helo))) ||
		!read_reply(w, SPAN("STARTTLS"), &offers))
		return PROBE_UNHEARD;
	if (!offers)
		return is_code(w, "250") ? PROBE_NO_TLS : PROBE_UNHEARD;
	if (!say(w, SPAN("STARTTLS\r\n")) || !read_reply(w, SPAN_NONE, &unused))
		return PROBE_UNHEARD;
	return is_code(w, "220") ? encrypt(w, name, out) : PROBE_NO_TLS;
}

void smtp_probe(struct ctx *ctx, const struct addr *server, struct span name, struct span helo,
	int64_t wait_ms, struct probe *out)
{
	int64_t end_ms = clock_mono_ms() + wait_ms;
	struct wire w = { .ctx = ctx,
		.fd = -1,
		.end_ms = ctx->deadline_ms < end_ms ? ctx->deadline_ms : end_ms,
		.line = str_in(ctx->arena, LINE_MAX_LEN) };

	*out = (struct probe){ .state = PROBE_UNHEARD, .greeting = SPAN(""), .tls = SPAN("") };
	if (open_wire(&w, server))
		out->state = talk(&w, name, helo, out);
	if (w.fd >= 0)
		(void)close(w.fd); /* nothing was promised */
}
