/* mailcore/net/loop: a line protocol in clear and over TLS. */
#include "tests/unit/net/echo.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mailcore/base/clock.h"

static struct echo server;

static int start(void **state)
{
	echo_start(&server, NULL);
	return 0;
}

static int stop(void **state)
{
	echo_stop(&server, 2000);
	return 0;
}

static void steps_run_in_order(void **state)
{
	for (int tls = 0; tls < 2; tls++) {
		struct client c;
		client_open(&c, &server, tls);
		client_send(&c, "one\n");
		client_expect(&c, "one");
		client_send(&c, "two\nthree\nQUIT\n");
		client_expect(&c, "two");
		client_expect(&c, "three");
		client_expect(&c, "bye");
		client_expect_end(&c);
		client_close(&c);
	}
}

static void frames_arrive_in_pieces(void **state)
{
	for (int tls = 0; tls < 2; tls++) {
		struct client c;
		client_open(&c, &server, tls);
		for (const char *p = "pieces of a line\nnext\n"; *p; p++)
			client_send_bytes(&c, p, 1);
		client_expect(&c, "pieces of a line");
		client_expect(&c, "next");
		client_close(&c);
	}
}

static void thousands_are_pipelined(void **state)
{
	enum { LINES = 5000 };
	static char text[LINES * 8];
	size_t len = 0;

	for (int i = 0; i < LINES; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "l%05d\n", i);
	for (int tls = 0; tls < 2; tls++) {
		struct client c;
		char line[32];
		client_open(&c, &server, tls);
		client_send_bytes(&c, text, len);
		for (int i = 0; i < LINES; i++) {
			(void)snprintf(line, sizeof line, "l%05d", i);
			client_expect(&c, line);
		}
		client_close(&c);
	}
}

static void too_long_a_frame_ends_at_in_max(void **state)
{
	struct client c;
	char text[3000];

	memset(text, 'x', sizeof text);
	client_open(&c, &server, false);
	client_send_bytes(&c, text, sizeof text);
	/* The reply survives although input was not read: no RST overtakes it. */
	client_expect(&c, "too long");
	client_expect_end(&c);
	client_close(&c);
}

static void big_output_waits_for_a_slow_reader(void **state)
{
	enum { LINES = 200000 }; /* 16 MB, more than sockets and buffers hold */

	for (int tls = 0; tls < 2; tls++) {
		struct client slow, other;
		char line[128];
		client_open(&slow, &server, tls);
		client_open(&other, &server, tls);
		client_send(&slow, "BIG 200000\nafter\n");
		usleep(100 * 1000);
		client_send(&other, "prompt\n");
		client_expect(&other, "prompt");
		for (unsigned i = LINES; i > 0; i--) {
			assert_non_null(client_line(&slow, line, sizeof line));
			assert_int_equal(strtoul(line, NULL, 10), i);
		}
		client_expect(&slow, "after");
		client_close(&slow);
		client_close(&other);
	}
}

static void starttls(void **state)
{
	struct client c;

	client_open(&c, &server, false);
	client_send(&c, "TLS\n");
	client_expect(&c, "go");
	client_start_tls(&c);
	client_expect(&c, "secure TLSv1.3");
	client_send(&c, "text\nmore\n");
	client_expect(&c, "text");
	client_expect(&c, "more");
	client_close(&c);
}

static void starttls_with_trailing_bytes(void **state)
{
	struct client c;

	client_open(&c, &server, false);
	client_send(&c, "TLS\ninjected\n");
	client_expect_end(&c);
	client_close(&c);
}

static void pending_bytes_are_known(void **state)
{
	struct client c;

	client_open(&c, &server, false);
	client_send(&c, "SEEN\n");
	client_expect(&c, "0");
	client_send(&c, "SEEN\nQUIT\n");
	client_expect(&c, "5");
	client_expect(&c, "bye");
	client_close(&c);
}

static void deadline(void **state)
{
	for (int tls = 0; tls < 2; tls++) {
		struct client c;
		client_open(&c, &server, tls);
		client_send(&c, "DEADLINE 500\n");
		client_expect(&c, "DEADLINE 500");
		for (int i = 0; i < 4; i++) { /* each step starts it again */
			usleep(150 * 1000);
			client_send(&c, "x\n");
			client_expect(&c, "x");
		}
		client_send(&c, "half a li");
		client_expect(&c, "* late");
		client_expect_end(&c);
		client_close(&c);
	}
}

static void delay_holds_the_next_step(void **state)
{
	struct client c;
	int64_t start_ms = clock_mono_ms();

	client_open(&c, &server, false);
	client_send(&c, "DELAY 500\nnext\n");
	client_expect(&c, "DELAY 500");
	assert_true(clock_mono_ms() - start_ms < 490);
	client_expect(&c, "next");
	assert_true(clock_mono_ms() - start_ms >= 500);
	client_close(&c);
}

static void wake(void **state)
{
	struct client c;

	client_open(&c, &server, true);
	client_send(&c, "REF\n");
	client_expect(&c, "ok");
	for (int i = 0; i < 3; i++) {
		conn_wake(echo_ref);
		client_expect(&c, "* wake");
	}
	client_send(&c, "QUIT\n");
	client_expect(&c, "bye");
	client_expect_end(&c);
	client_close(&c);
	conn_wake(echo_ref); /* closed, or closing: nothing happens */
}

/* A slow step and a silent half of a handshake hold nobody up. */
static void the_slow_hold_nobody(void **state)
{
	struct client slow, silent, prompt;
	int64_t start_ms = clock_mono_ms();

	client_open(&slow, &server, false);
	client_send(&slow, "SLOW 1500\n");
	client_connect(&silent, server.tls_port);
	client_send_bytes(&silent, "\x16\x03\x01", 3);
	client_open(&prompt, &server, true);
	client_send(&prompt, "x\n");
	client_expect(&prompt, "x");
	assert_true(clock_mono_ms() - start_ms < 1400);
	client_expect(&slow, "SLOW 1500");
	client_close(&slow);
	client_close(&silent);
	client_close(&prompt);
}

static void clients_vanish_at_every_byte(void **state)
{
	static const char text[] = "one\nBIG 3000\ntwo\nQUIT\n";

	for (int tls = 0; tls < 2; tls++) {
		for (size_t n = 0; n < sizeof text; n++) {
			struct client c;
			client_open(&c, &server, tls);
			if (n > 0)
				client_send_bytes(&c, text, n);
			client_close(&c); /* unread output: an RST; no close_notify */
		}
	}
	struct client c; /* still well */
	client_open(&c, &server, true);
	client_close(&c);
}

static void garbage_instead_of_a_handshake(void **state)
{
	struct client c;
	char buf[64];

	client_connect(&c, server.tls_port);
	client_send(&c, "EHLO in the clear\r\n");
	while (recv(c.fd, buf, sizeof buf, 0) > 0)
		continue; /* an alert, perhaps */
	client_close(&c);
}

static void *one_of_many(void *arg)
{
	struct client c;
	char line[32];

	client_open(&c, &server, (uintptr_t)arg % 2);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(line, sizeof line, "%zu-%d", (size_t)arg, i);
		client_send(&c, line);
		client_send(&c, "\n");
		client_expect(&c, line);
	}
	client_close(&c);
	return NULL;
}

static void many_at_once(void **state)
{
	enum { CLIENTS = 200 };
	pthread_t threads[CLIENTS];
	struct loop_stats stats;

	for (uintptr_t i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, one_of_many, (void *)i), 0);
	for (size_t i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	loop_get_stats(server.loop, &stats);
	assert_true(stats.accepted >= CLIENTS);
	assert_true(stats.steps >= CLIENTS * 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_run_in_order),
		cmocka_unit_test(frames_arrive_in_pieces),
		cmocka_unit_test(thousands_are_pipelined),
		cmocka_unit_test(too_long_a_frame_ends_at_in_max),
		cmocka_unit_test(big_output_waits_for_a_slow_reader),
		cmocka_unit_test(starttls),
		cmocka_unit_test(starttls_with_trailing_bytes),
		cmocka_unit_test(pending_bytes_are_known),
		cmocka_unit_test(deadline),
		cmocka_unit_test(delay_holds_the_next_step),
		cmocka_unit_test(wake),
		cmocka_unit_test(the_slow_hold_nobody),
		cmocka_unit_test(clients_vanish_at_every_byte),
		cmocka_unit_test(garbage_instead_of_a_handshake),
		cmocka_unit_test(many_at_once),
	};
	return cmocka_run_group_tests_name("loop", tests, start, stop);
}
