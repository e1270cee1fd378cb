/* The line protocol of the loop's tests, and its client. */
#include "tests/unit/net/echo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "mailcore/base/log.h"

struct conn_ref *_Atomic echo_ref;
_Atomic int echo_opened, echo_closed;

struct session {
	uint64_t left; /* lines that BIG owes */
};

/* --- the protocol ----------------------------------------------------------------------------- */

static enum step echo_open(struct conn *c, struct ctx *ctx)
{
	conn_set_session(c, heap_zalloc(sizeof(struct session)));
	echo_opened++;
	str_add_cstr(conn_out(c), "hello\n");
	return STEP_DONE;
}

static enum frame echo_frame(struct conn *c, struct span in, size_t *scanned, size_t *out_len)
{
	size_t at = span_find(span_from(in, *scanned), '\n');

	if (at != SPAN_NPOS) {
		*out_len = *scanned + at + 1;
		return FRAME_READY;
	}
	*scanned = in.len;
	*out_len = in.len;
	return in.len == 1000 ? FRAME_READY : FRAME_WAIT;
}

static enum step echo_more(struct conn *c, struct ctx *ctx)
{
	struct session *s = conn_session(c);

	while (s->left > 0 && !conn_is_full(c)) {
		str_addf(conn_out(c), "%079llu\n", (unsigned long long)s->left);
		s->left--;
	}
	return s->left > 0 ? STEP_MORE : STEP_DONE;
}

static uint64_t number(struct span line)
{
	uint64_t n = 0;
	size_t space = span_find(line, ' ');
	assert_true(space != SPAN_NPOS && span_u64(span_from(line, space + 1), 1u << 30, &n));
	return n;
}

static enum step say(struct conn *c, const char *text, enum step step)
{
	str_add_cstr(conn_out(c), text);
	return step;
}

static enum step echo_run(struct conn *c, struct ctx *ctx, struct span frame)
{
	struct session *s = conn_session(c);
	struct span line = span_trim(frame);

	if (!span_ends(frame, SPAN("\n")))
		return say(c, "too long\n", STEP_CLOSE);
	if (span_starts(line, SPAN("BIG "))) {
		s->left = number(line);
		return echo_more(c, ctx);
	}
	if (span_eq(line, SPAN("TLS")))
		return say(c, "go\n", STEP_TLS);
	if (span_eq(line, SPAN("QUIT")))
		return say(c, "bye\n", STEP_CLOSE);
	if (span_eq(line, SPAN("DROP")))
		return STEP_DROP;
	if (span_eq(line, SPAN("REF"))) {
		echo_ref = conn_ref_new(c);
		return say(c, "ok\n", STEP_DONE);
	}
	if (span_starts(line, SPAN("DEADLINE ")))
		conn_set_deadline(c, (int64_t)number(line));
	if (span_starts(line, SPAN("DELAY ")))
		conn_delay(c, (int64_t)number(line));
	if (span_starts(line, SPAN("SLOW ")))
		usleep((useconds_t)number(line) * 1000);
	if (span_eq(line, SPAN("SEEN"))) {
		str_addf(conn_out(c), "%zu\n", conn_pending(c));
		return STEP_DONE;
	}
	if (span_eq(line, SPAN("WHO"))) {
		addr_add(conn_out(c), conn_peer(c));
		str_addf(conn_out(c), " %d\n", conn_local(c)->port);
		return STEP_DONE;
	}
	str_add(conn_out(c), line);
	return say(c, "\n", STEP_DONE);
}

static enum step echo_tls_up(struct conn *c, struct ctx *ctx)
{
	str_addf(conn_out(c), "secure %s\n", conn_tls_version(c));
	return STEP_DONE;
}

static enum step echo_wake(struct conn *c, struct ctx *ctx)
{
	return say(c, "* wake\n", STEP_DONE);
}

static enum step echo_timeout(struct conn *c, struct ctx *ctx)
{
	return say(c, "* late\n", STEP_CLOSE);
}

static enum step echo_shutdown(struct conn *c, struct ctx *ctx)
{
	return say(c, "* down\n", STEP_CLOSE);
}

static void echo_close(struct conn *c)
{
	echo_closed++;
	heap_free(conn_session(c));
}

static const struct protocol echo_protocol = {
	.name = "echo",
	.in_max = 1000,
	.out_high = 64 * 1024,
	.refusal = "refused\n",
	.open = echo_open,
	.frame = echo_frame,
	.run = echo_run,
	.more = echo_more,
	.opened = echo_tls_up,
	.wake = echo_wake,
	.timeout = echo_timeout,
	.shutdown = echo_shutdown,
	.close = echo_close,
};

/* --- the server ------------------------------------------------------------------------------- */

int listen_somewhere(uint16_t *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
	assert_int_equal(listen(fd, 1024), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	return fd;
}

static void *run_loop(void *arg)
{
	loop_run(arg);
	return NULL;
}

static void open_store(struct echo *e, const char *sni_dir)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "::1" };
	char cert[64], key[64];

	(void)snprintf(e->dir, sizeof e->dir, "/tmp/net-test-XXXXXX");
	assert_non_null(mkdtemp(e->dir));
	assert_int_equal(tls_make_self_signed(e->dir, names, 3, NULL), RC_OK);
	(void)snprintf(cert, sizeof cert, "%s/cert.pem", e->dir);
	(void)snprintf(key, sizeof key, "%s/key.pem", e->dir);
	assert_int_equal(tls_store_open(cert, key, sni_dir, &e->tls, NULL), RC_OK);
}

static void prepare(struct echo *e, const struct loop_options *options, const char *sni_dir)
{
	struct loop_options o = options ? *options : (struct loop_options){ 0 };

	log_init("test", LOG_ERROR);
	echo_ref = NULL;
	echo_opened = echo_closed = 0;
	*e = (struct echo){ 0 };
	open_store(e, sni_dir);
	o.role = "test";
	o.workers = o.workers ? o.workers : 4;
	o.max_conns = o.max_conns ? o.max_conns : 1000;
	o.max_conns_per_addr = o.max_conns_per_addr ? o.max_conns_per_addr : 1000;
	o.login_timeout_ms = o.login_timeout_ms ? o.login_timeout_ms : 60000;
	e->loop = loop_new(&o);
	e->fds[0] = listen_somewhere(&e->port);
	e->fds[1] = listen_somewhere(&e->tls_port);
	loop_listen(e->loop, e->fds[0], "echo", &echo_protocol, e->tls, false, NULL);
	loop_listen(e->loop, e->fds[1], "echos", &echo_protocol, e->tls, true, NULL);
}

void echo_prepare(struct echo *e, const struct loop_options *options)
{
	prepare(e, options, NULL);
}

void echo_prepare_sni(struct echo *e, const char *sni_dir)
{
	prepare(e, NULL, sni_dir);
}

void echo_run_loop(struct echo *e)
{
	assert_int_equal(pthread_create(&e->thread, NULL, run_loop, e->loop), 0);
}

void echo_start(struct echo *e, const struct loop_options *options)
{
	echo_prepare(e, options);
	echo_run_loop(e);
}

void echo_stop(struct echo *e, int64_t grace_ms)
{
	static const char *const files[] = { "ca.pem", "ca-key.pem", "cert.pem", "key.pem" };
	char path[64];

	loop_stop(e->loop, grace_ms);
	assert_int_equal(pthread_join(e->thread, NULL), 0);
	conn_ref_free(echo_ref);
	loop_free(e->loop);
	tls_store_close(e->tls);
	(void)close(e->fds[0]);
	(void)close(e->fds[1]);
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", e->dir, files[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(e->dir), 0);
	assert_int_equal(echo_opened, echo_closed);
}

/* --- the client ------------------------------------------------------------------------------- */

void client_connect(struct client *c, uint16_t port)
{
	*c = (struct client){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	client_connect_fd(c, port);
}

void client_connect_fd(struct client *c, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port) };
	struct timeval five = { 5, 0 };

	assert_true(c->fd >= 0);
	assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &five, sizeof five), 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&in, sizeof in), 0);
}

static SSL_CTX *client_ctx(void)
{
	static SSL_CTX *ctx;

	if (!ctx)
		ctx = SSL_CTX_new(TLS_client_method());
	return ctx;
}

void client_start_tls(struct client *c)
{
	c->ssl = SSL_new(client_ctx());
	assert_non_null(c->ssl);
	assert_int_equal(SSL_set_fd(c->ssl, c->fd), 1);
	assert_int_equal(SSL_connect(c->ssl), 1);
}

void client_open(struct client *c, const struct echo *e, bool tls)
{
	client_connect(c, tls ? e->tls_port : e->port);
	if (tls)
		client_start_tls(c);
	client_expect(c, "hello");
}

void client_send_bytes(struct client *c, const void *bytes, size_t len)
{
	if (c->ssl)
		assert_int_equal(SSL_write(c->ssl, bytes, (int)len), len);
	else
		assert_int_equal(send(c->fd, bytes, len, MSG_NOSIGNAL), len);
}

void client_send(struct client *c, const char *text)
{
	client_send_bytes(c, text, strlen(text));
}

bool client_read(struct client *c)
{
	size_t room = sizeof c->buf - c->len;
	ssize_t n = c->ssl ? SSL_read(c->ssl, c->buf + c->len, (int)room)
			   : recv(c->fd, c->buf + c->len, room, 0);
	if (n <= 0)
		return false;
	c->len += (size_t)n;
	return true;
}

const char *client_line(struct client *c, char *out, size_t cap)
{
	char *end = memchr(c->buf, '\n', c->len);

	while (!end) {
		if (!client_read(c))
			return NULL;
		end = memchr(c->buf, '\n', c->len);
	}
	size_t len = (size_t)(end - c->buf);
	assert_true(len < cap);
	memcpy(out, c->buf, len);
	out[len] = '\0';
	c->len -= len + 1;
	memmove(c->buf, end + 1, c->len);
	return out;
}

void client_expect(struct client *c, const char *line)
{
	char got[2048];
	const char *text = client_line(c, got, sizeof got);

	assert_non_null(text);
	assert_string_equal(text, line);
}

void client_expect_end(struct client *c)
{
	char got[2048];

	errno = 0;
	const char *text = client_line(c, got, sizeof got);
	assert_null(text);
	assert_int_not_equal(errno, EAGAIN);
	assert_int_equal(c->len, 0);
}

void client_close(struct client *c)
{
	SSL_free(c->ssl);
	(void)close(c->fd);
}
