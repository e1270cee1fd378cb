/* backend/http/server: bodies, files, event streams, overload, stopping in the middle. */
#include "tests/unit/cmocka_all.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "backend/accounts/services.h"
#include "backend/http/server.h"
#include "backend/http/sse.h"
#include "mailcore/base/log.h"
#include "mailcore/net/loop.h"

#define UPLOAD_MAX (1024UL * 1024)
#define BIG_BYTES  (5UL * 1024 * 1024)

static struct {
	struct loop *loop;
	struct server *server;
	pthread_t thread;
	struct sockaddr_in at;
	int listen_fd;
	char spool[64];
} web;

/* As whoever wakes streams must do: after close() a stream is not touched. */
static pthread_mutex_t stream_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sse *_Atomic stream;
static _Atomic int wakes, closes;

/* ------------------------------------------------------------------------ handlers */

static enum rc say_hello(struct req *r, struct reply *out, struct err *err)
{
	reply_text(r, out, 200, SPAN("hello\n"));
	out->etag = "\"one\"";
	return RC_OK;
}

static const struct field echo_fields[] = { { "text", FIELD_TEXT, .max = 100 }, { 0 } };

static enum rc echo(struct req *r, struct reply *out, struct err *err)
{
	reply_text(r, out, 200, form_text(&r->form, "text"));
	return RC_OK;
}

static enum rc upload(struct req *r, struct reply *out, struct err *err)
{
	char buf[65536];
	unsigned long sum = 0;
	ssize_t n;

	assert_int_equal(r->body.len, 0);
	while ((n = read(r->body_fd, buf, sizeof buf)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			sum += (unsigned char)buf[i];
	}
	reply_text(
		r, out, 200, arena_printf(r->ctx->arena, "%lld %lu", (long long)r->body_size, sum));
	return RC_OK;
}

static enum rc send_file(struct req *r, struct reply *out, struct err *err)
{
	int fd = open(web.spool, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	reply_file(r, out, "text/plain", fd, 2, 5);
	return RC_OK;
}

static enum rc be_slow(struct req *r, struct reply *out, struct err *err)
{
	usleep(100000);
	reply_text(r, out, 200, SPAN("slow\n"));
	return RC_OK;
}

static enum rc fail_temp(struct req *r, struct reply *out, struct err *err)
{
	return err_set(err, RC_TEMP, "", "Away.");
}

static enum rc be_big(struct req *r, struct reply *out, struct err *err)
{
	char *room = str_reserve(reply_begin(r, out, 200, "application/octet-stream"), BIG_BYTES);
	memset(room, 'x', BIG_BYTES);
	out->body.len = BIG_BYTES;
	return RC_OK;
}

static enum rc be_too_big(struct req *r, struct reply *out, struct err *err)
{
	struct str *body = reply_begin(r, out, 200, "text/plain");
	while (str_ok(body))
		str_add(body, SPAN("0123456789012345678901234567890123456789012345678901234"));
	return RC_OK;
}

static void on_wake(struct sse *s, struct ctx *ctx)
{
	(void)sse_send(
		s, SPAN("count"), SPAN("7"), arena_printf(ctx->arena, "%d\nsecond line", ++wakes));
}

static void on_close(struct sse *s)
{
	assert_string_equal(sse_arg(s), "arg");
	(void)pthread_mutex_lock(&stream_lock);
	if (stream == s)
		stream = NULL;
	(void)pthread_mutex_unlock(&stream_lock);
	closes++;
}

static void wake_stream(void)
{
	(void)pthread_mutex_lock(&stream_lock);
	if (stream)
		sse_wake(stream);
	(void)pthread_mutex_unlock(&stream_lock);
}

static enum rc open_stream(struct req *r, struct reply *out, struct err *err)
{
	static const struct sse_source source = { on_wake, on_close };
	static char arg[] = "arg";
	struct sse *s = reply_sse(r, out, &source, arg);

	if (s) {
		(void)sse_send(s, SPAN(""), SPAN(""), sse_last_id(s));
		stream = s;
	}
	return RC_OK;
}

static enum rc abandon_stream(struct req *r, struct reply *out, struct err *err)
{
	(void)open_stream(r, out, err);
	return RC_TEMP;
}

static void refuse(struct req *r, const struct problem *p, struct reply *out)
{
	reply_text(r, out, p->status, span_of(p->code));
}

#define OPEN ROUTE_CLEARTEXT
static const struct route rows[] = {
	{ METHOD_GET, "/hello", GUARD_PUBLIC, .handler = say_hello, .flags = OPEN },
	{ METHOD_POST, "/echo", GUARD_PUBLIC, .fields = echo_fields, .handler = echo,
		.flags = OPEN },
	{ METHOD_POST, "/upload", GUARD_PUBLIC, .handler = upload, .body_max = UPLOAD_MAX,
		.flags = OPEN | ROUTE_UPLOAD },
	{ METHOD_GET, "/file", GUARD_PUBLIC, .handler = send_file, .flags = OPEN },
	{ METHOD_GET, "/slow", GUARD_PUBLIC, .handler = be_slow, .flags = OPEN },
	{ METHOD_GET, "/fail", GUARD_PUBLIC, .handler = fail_temp, .flags = OPEN },
	{ METHOD_GET, "/big", GUARD_PUBLIC, .handler = be_big, .flags = OPEN },
	{ METHOD_GET, "/too-big", GUARD_PUBLIC, .handler = be_too_big, .flags = OPEN },
	{ METHOD_GET, "/events", GUARD_PUBLIC, .handler = open_stream, .flags = OPEN },
	{ METHOD_GET, "/abandoned", GUARD_PUBLIC, .handler = abandon_stream, .flags = OPEN },
};
static const struct route_table table = { rows, sizeof rows / sizeof rows[0], .refuse = refuse,
	.prefix = "/" };
static const struct route_table *const tables[] = { &table };

/* ------------------------------------------------------------------------ server */

static void *run_loop(void *arg)
{
	loop_run(web.loop);
	return NULL;
}

static int start(void **state)
{
	static const struct services services = { .hostname = "mail.example.test",
		.url = "https://mail.example.test" };
	struct loop_options options = { .role = "test",
		.workers = 2,
		.max_conns = 200,
		.max_conns_per_addr = 200,
		.login_timeout_ms = 20000 };
	struct server_options web_options = {
		.services = &services, .tables = tables, .n_tables = 1
	};
	socklen_t len = sizeof web.at;

	log_init("test", LOG_ERROR);
	(void)snprintf(web.spool, sizeof web.spool, "/tmp");
	web.at = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	web.listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(web.listen_fd, (struct sockaddr *)&web.at, len), 0);
	assert_int_equal(getsockname(web.listen_fd, (struct sockaddr *)&web.at, &len), 0);
	assert_int_equal(listen(web.listen_fd, 100), 0);

	web.loop = loop_new(&options);
	web_options.loop = web.loop;
	web_options.spool_dir = web.spool;
	struct err err;
	assert_int_equal(server_new(&web_options, &web.server, &err), RC_OK);
	server_listen(web.server, web.listen_fd, "http", NULL);
	return pthread_create(&web.thread, NULL, run_loop, NULL);
}

static int stop(void **state)
{
	server_stop(web.server);
	loop_stop(web.loop, 2000);
	(void)pthread_join(web.thread, NULL);
	server_free(web.server);
	loop_free(web.loop);
	return close(web.listen_fd);
}

/* ------------------------------------------------------------------------ client */

static int dial(void)
{
	struct timeval patience = { .tv_sec = 20 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	assert_int_equal(connect(fd, (struct sockaddr *)&web.at, sizeof web.at), 0);
	return fd;
}

static void put(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void ask(int fd, const char *method, const char *path, const char *more)
{
	char head[2000];
	(void)snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", method,
		path, more);
	put(fd, head);
}

/* Reads on until `text` is there. */
static bool wait_for(int fd, struct str *seen, const char *text)
{
	char buf[65536];

	while (span_find_span(str_span(seen), span_of(text)) == SPAN_NPOS) {
		ssize_t n = recv(fd, buf, sizeof buf, 0);
		if (n <= 0)
			return false;
		str_add(seen, span_make(buf, (size_t)n));
	}
	return true;
}

static void read_all(int fd, struct str *seen)
{
	(void)wait_for(fd, seen, "\x01 never");
}

/* One request on a connection of its own; the whole answer. */
static struct str get(const char *method, const char *path, const char *more, const char *body)
{
	struct str seen;
	char head[500];
	int fd = dial();

	str_init(&seen, 32UL * 1024 * 1024);
	(void)snprintf(head, sizeof head, "Connection: close\r\n%s", more);
	ask(fd, method, path, head);
	put(fd, body);
	read_all(fd, &seen);
	(void)close(fd);
	return seen;
}

static bool has(const struct str *seen, const char *text)
{
	return span_find_span(str_span(seen), span_of(text)) != SPAN_NPOS;
}

static void expect(struct str seen, const char *status, const char *text)
{
	if (!span_starts(str_span(&seen), span_of(status)) || !has(&seen, text))
		fail_msg("wanted %s and %s, came %.600s", status, text, str_cstr(&seen));
	str_done(&seen);
}

static void wait_count(_Atomic int *count, int wanted)
{
	for (int i = 0; i < 2000 && *count < wanted; i++)
		usleep(10000);
	assert_int_equal(*count, wanted);
}

/* ------------------------------------------------------------------------ tests */

static void answers(void **state)
{
	struct str seen;
	int fd = dial();

	str_init(&seen, 65536);
	for (int i = 0; i < 3; i++) { /* on one connection */
		ask(fd, "GET", "/hello", "");
		assert_true(wait_for(fd, &seen, "hello\n"));
		assert_true(span_starts(str_span(&seen), SPAN("HTTP/1.1 200 ")));
		str_clear(&seen);
	}
	(void)close(fd);
	str_done(&seen);
	expect(get("GET", "/hello", "If-None-Match: \"zero\", W/\"one\"\r\n", ""), "HTTP/1.1 304 ",
		"ETag: \"one\"");
	expect(get("GET", "/fail", "", ""), "HTTP/1.1 503 ", "Retry-After");
	expect(get("GET", "/nothing", "", ""), "HTTP/1.1 301 ",
		"Location: https://localhost/nothing");
	expect(get("BREW", "/hello", "", ""), "HTTP/1.1 308 ", "Location: https://localhost/hello");
	expect(get("GET", "/hello", "Host: evil.example\r\n", ""), "HTTP/1.1 400 ", "");
	expect(get("POST", "/echo",
		       "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n",
		       "text=a%2B"),
		"HTTP/1.1 200 ", "\r\n\r\na+");
	expect(get("POST", "/echo", "Origin: https://evil.example\r\nContent-Length: 0\r\n", ""),
		"HTTP/1.1 403 ", "cross_site");
	expect(get("POST", "/echo", "Content-Type: text/xml\r\nContent-Length: 3\r\n", "<a>"),
		"HTTP/1.1 415 ", "media_type");
	expect(get("GET", "/too-big", "", ""), "HTTP/1.1 500 ", "internal");

	seen = get("GET", "/big", "", "");
	assert_true(has(&seen, "Content-Length: 5242880") && seen.len > BIG_BYTES);
	str_done(&seen);
	seen = get("GET", "/file", "", "");
	assert_true(span_ends(str_span(&seen), SPAN("\r\n\r\n23456")));
	str_done(&seen);
}

static void uploads(void **state)
{
	struct str body, seen;
	int fd = dial();

	str_init(&body, 2 * UPLOAD_MAX);
	while (body.len < 900000)
		str_add_c(&body, (char)(body.len % 251));
	unsigned long sum = 0;
	for (size_t i = 0; i < body.len; i++)
		sum += (unsigned char)body.ptr[i];
	char wanted[64];
	(void)snprintf(wanted, sizeof wanted, "\r\n\r\n900000 %lu", sum);

	ask(fd, "POST", "/upload", "Content-Length: 900000\r\nConnection: close\r\n");
	for (size_t at = 0; at < body.len;) {
		ssize_t n = send(fd, body.ptr + at, body.len - at, MSG_NOSIGNAL);
		assert_true(n > 0);
		at += (size_t)n;
	}
	str_init(&seen, 65536);
	read_all(fd, &seen);
	(void)close(fd);
	assert_true(has(&seen, wanted));
	str_done(&seen);
	str_done(&body);

	expect(get("POST", "/upload", "Content-Length: 99999999\r\n", "abc"), "HTTP/1.1 413 ",
		"too_large");
	fd = dial(); /* leaves in the middle */
	ask(fd, "POST", "/upload", "Content-Length: 900000\r\n");
	put(fd, "some bytes");
	(void)close(fd);
	expect(get("GET", "/hello", "", ""), "HTTP/1.1 200 ", "hello");
}

static void *ask_slow(void *arg)
{
	struct str seen = get("GET", "/slow", "", "");
	*(bool *)arg = span_starts(str_span(&seen), SPAN("HTTP/1.1 200 "));
	str_done(&seen);
	return NULL;
}

/* More than there are workers: they wait in the queue, none is lost. */
static void more_than_workers(void **state)
{
	pthread_t threads[20];
	bool good[20] = { false };

	for (int i = 0; i < 20; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_slow, &good[i]), 0);
	for (int i = 0; i < 20; i++) {
		(void)pthread_join(threads[i], NULL);
		assert_true(good[i]);
	}
}

static void streams(void **state)
{
	struct str seen;
	int fd = dial();

	str_init(&seen, 1024 * 1024);
	wakes = closes = 0;
	ask(fd, "GET", "/events", "Last-Event-ID: 42\r\n");
	assert_true(wait_for(fd, &seen, "data: 42\n\n"));
	assert_true(has(&seen, "Content-Type: text/event-stream"));
	assert_true(has(&seen, "retry: 3000\n\n"));

	sse_wake(stream);
	assert_true(wait_for(fd, &seen, "event: count\nid: 7\ndata: 1\ndata: second line\n\n"));
	for (int i = 0; i < 1000; i++) /* many become few */
		sse_wake(stream);
	assert_true(wait_for(fd, &seen, "data: 2\n"));
	assert_true(wakes < 1000);

	assert_true(sse_send(stream, SPAN("bye"), SPAN(""), SPAN("")));
	sse_close(stream);
	assert_true(wait_for(fd, &seen, "\r\n0\r\n\r\n")); /* the last chunk */
	assert_true(has(&seen, "event: bye\ndata: \n\n"));
	(void)close(fd);
	wait_count(&closes, 1);
	str_done(&seen);
}

/* A client that has gone is noticed when something is sent to it. */
static void streams_end_with_their_client(void **state)
{
	struct str seen;
	int fd = dial();

	str_init(&seen, 65536);
	closes = 0;
	ask(fd, "GET", "/events", "");
	assert_true(wait_for(fd, &seen, "retry"));
	(void)close(fd);
	for (int i = 0; i < 500 && closes == 0; i++) {
		usleep(10000);
		wake_stream();
	}
	wait_count(&closes, 1);
	str_done(&seen);
}

/* A client that does not read loses the stream, not our memory. */
static void streams_are_bounded(void **state)
{
	static char kilo[1024];
	int fd = dial(), size = 4096;
	bool open = true;

	closes = 0;
	memset(kilo, 'k', sizeof kilo);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	stream = NULL;
	ask(fd, "GET", "/events", "");
	while (!stream)
		usleep(1000);
	for (int i = 0; i < 100000 && open; i++)
		open = sse_send(stream, SPAN("k"), SPAN(""), span_make(kilo, sizeof kilo));
	assert_false(open);
	(void)close(fd);
	wait_count(&closes, 1);
}

static void streams_have_a_number(void **state)
{
	int fds[9];
	struct str seen;

	closes = 0;
	str_init(&seen, 65536);
	for (int i = 0; i < 9; i++) {
		fds[i] = dial();
		ask(fds[i], "GET", "/events", "");
		str_clear(&seen);
		assert_true(wait_for(fds[i], &seen, i < 8 ? "retry" : "Too many"));
		assert_int_equal(has(&seen, "HTTP/1.1 429 "), i == 8);
	}
	server_stop(web.server); /* ends all of them */
	wait_count(&closes, 8);
	for (int i = 0; i < 9; i++)
		(void)close(fds[i]);
	str_done(&seen);

	closes = 0; /* a handler that fails after all */
	expect(get("GET", "/abandoned", "", ""), "HTTP/1.1 503 ", "try_again");
	wait_count(&closes, 1);
}

/* The group's teardown finds an open stream, a half-sent body and requests at work. */
static void stopping_in_the_middle(void **state)
{
	struct str seen;
	int fd = dial();

	str_init(&seen, 65536);
	ask(fd, "GET", "/events", "");
	assert_true(wait_for(fd, &seen, "retry"));
	str_done(&seen);
	ask(dial(), "POST", "/upload", "Content-Length: 900000\r\n");
	for (int i = 0; i < 10; i++)
		ask(dial(), "GET", "/slow", "");
	usleep(50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(uploads),
		cmocka_unit_test(more_than_workers),
		cmocka_unit_test(streams),
		cmocka_unit_test(streams_end_with_their_client),
		cmocka_unit_test(streams_are_bounded),
		cmocka_unit_test(streams_have_a_number),
		cmocka_unit_test(stopping_in_the_middle),
	};
	return cmocka_run_group_tests_name("http_server", tests, start, stop);
}
