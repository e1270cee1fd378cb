/* mailcore/net/relay: requests go through, others are refused, both sides may end first. */
#include "tests/unit/net/echo.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/net/http_head.h"
#include "mailcore/net/relay.h"

static struct echo server;
static uint16_t clear_port, tls_port;
static int clear_fd, tls_fd;
static _Atomic int accepted, ended;

/* Stands for the HTTP library: a thread a connection. The path says what it does: /big answers
 * 4 MB, /slow after a while, /close ends the connection, /never says nothing, others the path. */
static void answer(int fd, const char *path)
{
	static char big[4096];
	char text[256];
	int len;

	if (strcmp(path, "/big") == 0) {
		memset(big, 'x', sizeof big);
		len = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n",
			1024 * 4096);
		/* The client may be gone. No assertion: that would end the process under its threads. */
		if (send(fd, text, (size_t)len, MSG_NOSIGNAL) != len)
			return;
		for (int i = 0; i < 1024; i++) {
			if (send(fd, big, sizeof big, MSG_NOSIGNAL) < 0)
				return;
		}
		return;
	}
	if (strcmp(path, "/never") == 0)
		return;
	if (strcmp(path, "/slow") == 0)
		usleep(200 * 1000);
	len = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s\n",
		strlen(path) + 1, path);
	(void)send(fd, text, (size_t)len, MSG_NOSIGNAL);
}

struct incoming {
	int fd;
	char buf[65536];
	size_t len;
};

static bool receive(struct incoming *in)
{
	ssize_t n = recv(in->fd, in->buf + in->len, sizeof in->buf - in->len, 0);
	in->len += n > 0 ? (size_t)n : 0;
	return n > 0;
}

static void eat(struct incoming *in, size_t len)
{
	in->len -= len;
	memmove(in->buf, in->buf + len, in->len);
}

/* The path of the next request, whose body is taken too; false at the end. */
static bool next_request(struct incoming *in, char *path, size_t cap)
{
	size_t scanned = 0, used = 0;
	struct http_head head;
	struct http_body body;

	while (http_head_check(span_make(in->buf, in->len), &scanned, &head) != HTTP_OK) {
		if (!receive(in))
			return false;
	}
	struct span target = span_make(in->buf, in->len);
	target = span_from(target, span_find(target, ' ') + 1);
	target = span_sub(target, 0, span_find(target, ' '));
	(void)snprintf(path, cap, SPAN_FMT, SPAN_ARG(target));
	eat(in, head.len);
	http_body_begin(&body, &head);
	while (http_body_take(&body, span_make(in->buf, in->len), &used) == HTTP_WAIT) {
		in->len = 0;
		if (!receive(in))
			return false;
	}
	eat(in, used);
	return true;
}

static void *serve(void *arg)
{
	struct incoming in = { .fd = (int)(intptr_t)arg };
	char path[64];

	while (next_request(&in, path, sizeof path)) {
		answer(in.fd, path);
		if (strcmp(path, "/close") == 0)
			(void)shutdown(in.fd, SHUT_WR);
	}
	ended++;
	(void)close(in.fd);
	return NULL;
}

static bool accept_pair(int fd, const struct addr *peer, bool tls, void *arg)
{
	pthread_t thread;

	assert_int_equal(fcntl(fd, F_SETFL, 0), 0); /* serve() wants to block */
	assert_true(addr_is_loopback(peer));
	assert_ptr_equal(arg, &server);
	accepted++;
	if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0)
		return false;
	(void)pthread_detach(thread);
	return true;
}

static int start(void **state)
{
	echo_prepare(&server, NULL);
	clear_fd = listen_somewhere(&clear_port);
	tls_fd = listen_somewhere(&tls_port);
	relay_listen(server.loop, clear_fd, "http", NULL, accept_pair, &server);
	relay_listen(server.loop, tls_fd, "https", server.tls, accept_pair, &server);
	echo_run_loop(&server);
	return 0;
}

static void wait_for(_Atomic int *value, int wanted)
{
	int64_t until_ms = clock_mono_ms() + 30000;

	while (*value != wanted && clock_mono_ms() < until_ms)
		usleep(1000);
	assert_int_equal(*value, wanted);
}

static int stop(void **state)
{
	echo_stop(&server, 2000);
	wait_for(&ended, accepted);
	(void)close(clear_fd);
	(void)close(tls_fd);
	return 0;
}

static void open_http(struct client *c, bool tls)
{
	client_connect(c, tls ? tls_port : clear_port);
	if (tls)
		client_start_tls(c);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static void expect_answer(struct client *c, const char *path)
{
	char length[64];

	(void)snprintf(length, sizeof length, "Content-Length: %zu\r", strlen(path) + 1);
	client_expect(c, "HTTP/1.1 200 OK\r");
	client_expect(c, length);
	client_expect(c, "\r");
	client_expect(c, path);
}

static void keep_alive_and_pipelining(void **state)
{
	for (int tls = 0; tls < 2; tls++) {
		struct client c;
		open_http(&c, tls);
		client_send(&c, GET("/one"));
		expect_answer(&c, "/one");
		client_send(&c, GET("/two") GET("/three"));
		expect_answer(&c, "/two");
		expect_answer(&c, "/three");
		client_close(&c);
	}
}

static void bodies_in_pieces(void **state)
{
	static const char text[] =
		"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /"
		"POST /q HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
		"4\r\nGET \r\n0\r\n\r\n" GET("/r");

	for (int tls = 0; tls < 2; tls++) {
		struct client c;
		open_http(&c, tls);
		for (const char *p = text; *p; p++)
			client_send_bytes(&c, p, 1);
		expect_answer(&c, "/p");
		expect_answer(&c, "/q");
		expect_answer(&c, "/r");
		client_close(&c);
	}
}

static void big_answer_to_a_slow_reader(void **state)
{
	for (int tls = 0; tls < 2; tls++) {
		struct client c, other;
		size_t total = 0;
		open_http(&c, tls);
		client_send(&c, GET("/big"));
		usleep(100 * 1000);
		open_http(&other, tls);
		client_send(&other, GET("/prompt"));
		expect_answer(&other, "/prompt");
		client_close(&other);
		client_expect(&c, "HTTP/1.1 200 OK\r");
		client_expect(&c, "Content-Length: 4194304\r");
		client_expect(&c, "\r");
		for (; total < 4194304; c.len = 0) {
			if (c.len == 0)
				assert_true(client_read(&c));
			total += c.len;
		}
		assert_int_equal(total, 4194304);
		client_send(&c, GET("/after"));
		expect_answer(&c, "/after");
		client_close(&c);
	}
}

static void bad_requests_are_answered_here(void **state)
{
	static const char *const bad[] = {
		"GET / HTTP/1.1\nHost: a\n\n",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	};
	int before = accepted;

	for (int tls = 0; tls < 2; tls++) {
		for (size_t i = 0; i < 3; i++) {
			struct client c;
			open_http(&c, tls);
			client_send(&c, bad[i]);
			client_expect(&c, "HTTP/1.1 400 Bad Request\r");
			client_expect(&c, "Content-Length: 0\r");
			client_expect(&c, "Connection: close\r");
			client_expect(&c, "\r");
			client_expect_end(&c);
			client_close(&c);
		}
	}
	assert_int_equal(accepted, before); /* the library has seen nothing */
}

static void a_bad_second_request(void **state)
{
	struct client c;

	open_http(&c, false);
	client_send(&c, GET("/one"));
	expect_answer(&c, "/one");
	client_send(&c, "GET / HTTP/1.1\r\nX : y\r\n\r\n");
	client_expect(&c, "HTTP/1.1 400 Bad Request\r");
	client_close(&c);

	/* While the first is worked on, our answer would be taken for its. */
	open_http(&c, false);
	client_send(&c, GET("/never"));
	usleep(50 * 1000);
	client_send(&c, "GET / HTTP/1.1\r\nX : y\r\n\r\n");
	client_expect_end(&c);
	client_close(&c);
}

static void a_head_that_is_too_large(void **state)
{
	static char big[HTTP_HEAD_MAX];
	struct client c;

	memset(big, 'x', sizeof big);
	open_http(&c, false);
	client_send(&c, "GET / HTTP/1.1\r\nX: ");
	client_send_bytes(&c, big, sizeof big);
	client_expect(&c, "HTTP/1.1 431 Request Header Fields Too Large\r");
	client_close(&c);
}

static void either_side_may_end_first(void **state)
{
	struct client c;

	open_http(&c, true); /* the library ends */
	client_send(&c, GET("/close"));
	expect_answer(&c, "/close");
	client_expect_end(&c);
	client_close(&c);

	open_http(&c, false); /* the client ends its half, and still gets the answer */
	client_send(&c, GET("/slow"));
	(void)shutdown(c.fd, SHUT_WR);
	expect_answer(&c, "/slow");
	client_expect_end(&c);
	client_close(&c);

	open_http(&c, true); /* the client vanishes */
	client_send(&c, GET("/never"));
	usleep(20 * 1000);
	client_close(&c);
	wait_for(&ended, accepted);
}

static void clients_vanish_at_every_byte(void **state)
{
	static const char text[] =
		"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde" GET("/big");

	for (int tls = 0; tls < 2; tls++) {
		for (size_t n = 1; n < sizeof text; n++) {
			struct client c;
			open_http(&c, tls);
			client_send_bytes(&c, text, n);
			client_close(&c);
		}
	}
	struct client c;
	open_http(&c, true);
	client_send(&c, GET("/well"));
	expect_answer(&c, "/well");
	client_close(&c);
	wait_for(&ended, accepted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keep_alive_and_pipelining),
		cmocka_unit_test(bodies_in_pieces),
		cmocka_unit_test(big_answer_to_a_slow_reader),
		cmocka_unit_test(bad_requests_are_answered_here),
		cmocka_unit_test(a_bad_second_request),
		cmocka_unit_test(a_head_that_is_too_large),
		cmocka_unit_test(either_side_may_end_first),
		cmocka_unit_test(clients_vanish_at_every_byte),
	};
	return cmocka_run_group_tests_name("relay", tests, start, stop);
}
