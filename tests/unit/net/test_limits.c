/* mailcore/net/loop: limits, PROXY headers, stopping, work that is no connection; TLS stores. */
#include "tests/unit/net/echo.h"

#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"

static void wait_until(bool (*is)(void *arg), void *arg)
{
	int64_t until_ms = clock_mono_ms() + 30000;

	while (!is(arg) && clock_mono_ms() < until_ms)
		usleep(1000);
	assert_true(is(arg));
}

static bool nobody_left(void *arg)
{
	struct loop_stats stats;

	loop_get_stats(((struct echo *)arg)->loop, &stats);
	return stats.conns == 0;
}

static void one_address_has_a_limit(void **state)
{
	struct loop_options o = { .max_conns_per_addr = 2 };
	struct echo e;
	struct client a, b, c;

	echo_start(&e, &o);
	client_open(&a, &e, false);
	client_open(&b, &e, true);
	client_connect(&c, e.port);
	client_expect(&c, "refused");
	client_expect_end(&c);
	client_close(&c);
	client_close(&a);
	client_close(&b);
	wait_until(nobody_left, &e);
	client_open(&c, &e, false); /* places are given back */
	client_close(&c);
	echo_stop(&e, 1000);
}

static void exempt_addresses_have_none(void **state)
{
	struct loop_options o = { .max_conns_per_addr = 1, .exempt_networks = "127.0.0.0/8" };
	struct echo e;
	struct client all[5];

	echo_start(&e, &o);
	for (size_t i = 0; i < 5; i++)
		client_open(&all[i], &e, false);
	for (size_t i = 0; i < 5; i++)
		client_close(&all[i]);
	echo_stop(&e, 1000);
}

static void all_together_have_a_limit(void **state)
{
	struct loop_options o = { .max_conns = 3 };
	struct loop_stats stats;
	struct echo e;
	struct client all[3], c;

	echo_start(&e, &o);
	for (size_t i = 0; i < 3; i++)
		client_open(&all[i], &e, false);
	client_connect(&c, e.port);
	client_expect(&c, "refused");
	client_close(&c);
	loop_get_stats(e.loop, &stats);
	assert_int_equal(stats.refused, 1);
	assert_int_equal(stats.conns, 3);
	for (size_t i = 0; i < 3; i++)
		client_close(&all[i]);
	echo_stop(&e, 1000);
}

static void the_first_deadline_is_absolute(void **state)
{
	struct loop_options o = { .login_timeout_ms = 2000 };
	struct echo e;
	struct client c, silent;

	echo_start(&e, &o);
	client_open(&c, &e, false);
	int64_t start_ms = clock_mono_ms();
	client_connect(&silent, e.tls_port);
	/* Steps do not restart it. They end in time: what is sent to a closed socket is answered by
	 * a reset, and that takes the last words along. */
	while (clock_mono_ms() - start_ms < 1700) {
		usleep(20 * 1000);
		client_send(&c, "x\n");
		client_expect(&c, "x");
	}
	client_expect(&c, "* late");
	assert_true(clock_mono_ms() - start_ms < 3600);
	client_expect_end(&silent);
	client_close(&c);
	client_close(&silent);
	echo_stop(&e, 1000);
}

static bool has_news(const struct client *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	return poll(&p, 1, 0) == 1;
}

/* Requirement 73: who waits without a log-in gets less time once four fifths of the places are used. */
static void strangers_get_less_time_under_stress(void **state)
{
	struct loop_options o = { .max_conns = 6, .stress_timeout_ms = 1500 };
	struct echo e;
	struct client waiting[4], more;
	int64_t until_ms = clock_mono_ms() + 60000;

	echo_start(&e, &o);
	for (size_t i = 0; i < 4; i++)
		client_open(&waiting[i], &e, false);
	/* The fifth is late first, and with it the stress is over: again, until it has spread. */
	while (!has_news(&waiting[0]) && clock_mono_ms() < until_ms) {
		client_open(&more, &e, false);
		while (!has_news(&more) && !has_news(&waiting[0]))
			usleep(10000);
		client_close(&more);
	}
	client_expect(&waiting[0], "* late"); /* the login time-out is a minute */
	for (size_t i = 0; i < 4; i++)
		client_close(&waiting[i]);
	echo_stop(&e, 1000);
}

/* The lowest descriptor that is free. Linux takes one for accept() before it looks for a client, so
 * the loop may hold one for a moment: the lowest of many looks counts. */
static int lowest_free_fd(int any_fd)
{
	int lowest = INT_MAX;

	for (int i = 0; i < 50; i++) {
		int fd = dup(any_fd);
		assert_true(fd >= 0);
		(void)close(fd);
		lowest = fd < lowest ? fd : lowest;
		usleep(1000);
	}
	return lowest;
}

static void without_descriptors_clients_are_turned_away(void **state)
{
	struct rlimit former, low;
	struct echo e;
	struct client c, late;

	echo_start(&e, NULL);
	client_open(&c, &e, false);
	late = (struct client){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &former), 0);
	low = former;
	low.rlim_cur = (rlim_t)lowest_free_fd(c.fd);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	client_connect_fd(&late, e.port);
	client_expect(&late, "refused");
	client_send(&c, "still well\n");
	client_expect(&c, "still well");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &former), 0);
	client_close(&late);
	client_open(&late, &e, false);
	client_close(&late);
	client_close(&c);
	echo_stop(&e, 1000);
}

#define PROXY_LINE "PROXY TCP4 203.0.113.7 198.51.100.2 4711 25\r\n"

static void proxy_headers_tell_the_peer(void **state)
{
	struct loop_options o = { .proxy_networks = "127.0.0.1", .max_conns_per_addr = 1 };
	struct echo e;
	struct client c, second;

	echo_start(&e, &o);
	client_connect(&c, e.port);
	for (const char *p = PROXY_LINE; *p; p++) { /* byte by byte, without spinning */
		client_send_bytes(&c, p, 1);
		usleep(500);
	}
	client_send(&c, "WHO\n");
	client_expect(&c, "hello");
	client_expect(&c, "203.0.113.7 25");

	client_connect(&second, e.port); /* the limit counts the address behind the proxy */
	client_send(&second, PROXY_LINE);
	client_expect(&second, "refused");
	client_close(&second);
	client_close(&c);
	wait_until(nobody_left, &e);

	client_connect(&c, e.tls_port); /* before TLS */
	client_send(&c, PROXY_LINE);
	client_start_tls(&c);
	client_expect(&c, "hello");
	client_close(&c);

	client_connect(&c, e.port);
	client_send(&c, "EHLO example.org\r\n");
	client_expect_end(&c);
	client_close(&c);
	echo_stop(&e, 1000);
}

static void stopping_says_goodbye(void **state)
{
	struct echo e;
	struct client clear, tls, stuck, silent;

	echo_start(&e, NULL);
	client_open(&clear, &e, false);
	client_open(&tls, &e, true);
	client_open(&stuck, &e, false);
	client_connect(&silent, e.tls_port);
	client_send(&stuck, "BIG 1000000\n"); /* and does not read: ends with the grace */
	usleep(100 * 1000);
	int64_t start_ms = clock_mono_ms();
	echo_stop(&e, 300);
	assert_in_range(clock_mono_ms() - start_ms, 250, 30000);
	client_expect(&clear, "* down");
	client_expect_end(&clear);
	client_expect(&tls, "* down");
	client_expect_end(&silent);
	client_close(&clear);
	client_close(&tls);
	client_close(&stuck);
	client_close(&silent);
}

static void wakes_do_not_race_with_closing(void **state)
{
	struct echo e;

	echo_start(&e, NULL);
	for (int i = 0; i < 200; i++) {
		struct client c;
		client_open(&c, &e, false);
		client_send(&c, "REF\n");
		client_expect(&c, "ok");
		struct conn_ref *ref = echo_ref;
		client_send(&c, "QUIT\n");
		for (int j = 0; j < 20; j++)
			conn_wake(ref);
		client_close(&c);
		echo_ref = NULL;
		conn_wake(ref);
		conn_ref_free(ref);
	}
	echo_stop(&e, 1000);
}

static _Atomic int posts, ticks, watched;

static void count(struct ctx *ctx, void *arg)
{
	_Atomic int *n = arg;

	assert_non_null(ctx->arena);
	(*n)++;
}

static void on_readable(int fd, void *arg)
{
	uint64_t n;
	assert_int_equal(read(fd, &n, sizeof n), sizeof n);
	watched++;
}

static bool all_came(void *arg)
{
	return posts == 1000 && ticks >= 3 && watched == 1;
}

static void posts_periods_and_watches(void **state)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	uint64_t one = 1;
	struct echo e;

	posts = ticks = watched = 0;
	echo_prepare(&e, NULL);
	loop_every(e.loop, 10, count, &ticks);
	loop_watch(e.loop, fd, on_readable, NULL);
	echo_run_loop(&e);
	for (int i = 0; i < 1000; i++)
		assert_true(loop_post(e.loop, count, &posts));
	assert_int_equal(write(fd, &one, sizeof one), sizeof one);
	wait_until(all_came, NULL);
	echo_stop(&e, 1000);
	(void)close(fd);
}

/* A loop that has ended, or never ran, drops what is posted: the leak checker looks. */
static void a_late_post_is_dropped(void **state)
{
	struct loop_options options = {
		.role = "test", .workers = 1, .max_conns = 1, .max_conns_per_addr = 1
	};
	struct loop *loop = loop_new(&options);
	int before = posts;

	assert_true(loop_post(loop, count, &posts));
	assert_true(loop_post(loop, count, &posts));
	loop_free(loop);
	assert_int_equal(posts, before);
}

/* --- TLS stores ------------------------------------------------------------------------------- */

struct wish {
	const char *name, *alpn;
	size_t alpn_len;
};

static bool handshake(const struct echo *e, struct wish wish, char *out_cn, size_t cap)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct client c;

	client_connect(&c, e->tls_port);
	c.ssl = SSL_new(ctx);
	SSL_set_fd(c.ssl, c.fd);
	if (wish.name)
		SSL_set_tlsext_host_name(c.ssl, wish.name);
	if (wish.alpn)
		SSL_set_alpn_protos(
			c.ssl, (const unsigned char *)wish.alpn, (unsigned)wish.alpn_len);
	bool ok = SSL_connect(c.ssl) == 1;
	if (ok) {
		X509 *cert = SSL_get1_peer_certificate(c.ssl);
		X509_NAME_get_text_by_NID(
			X509_get_subject_name(cert), NID_commonName, out_cn, (int)cap);
		X509_free(cert);
		client_expect(&c, "hello");
	}
	client_close(&c);
	SSL_CTX_free(ctx);
	return ok;
}

static void copy_pair(const char *from, const char *to)
{
	char command[256], buf[8192];
	static const char *const parts[] = { "cert.pem", "key.pem" };

	FILE *out = fopen(to, "we");
	assert_non_null(out);
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(command, sizeof command, "%s/%s", from, parts[i]);
		FILE *in = fopen(command, "re");
		assert_non_null(in);
		size_t n = fread(buf, 1, sizeof buf, in);
		assert_int_equal(fwrite(buf, 1, n, out), n);
		(void)fclose(in);
	}
	assert_int_equal(fclose(out), 0);
}

static void remove_files(const char *dir, const char *const *files, size_t n)
{
	char path[256];

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(dir), 0);
}

static void certificates_by_name_and_reload(void **state)
{
	static const char *const made[] = { "ca.pem", "ca-key.pem", "cert.pem", "key.pem" };
	static const char *const sni[] = { "_.wild.example.pem", "broken.example.pem" };
	static const char *const other_names[] = { "other.example" };
	char dir[] = "/tmp/net-sni-XXXXXX", other[64], sni_dir[64], path[128], cn[64];
	struct err err;
	struct echo e;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(other, sizeof other, "%s/other", dir);
	(void)snprintf(sni_dir, sizeof sni_dir, "%s/sni", dir);
	assert_int_equal(tls_make_self_signed(other, other_names, 1, &err), RC_OK);
	assert_int_equal(mkdir(sni_dir, 0700), 0);
	echo_prepare_sni(&e, sni_dir);
	echo_run_loop(&e);

	assert_true(handshake(&e, (struct wish){ "a.wild.example" }, cn, sizeof cn));
	assert_string_equal(cn, "localhost");
	(void)snprintf(path, sizeof path, "%s/%s", sni_dir, sni[0]);
	copy_pair(other, path);
	(void)snprintf(path, sizeof path, "%s/%s", sni_dir, sni[1]);
	FILE *broken = fopen(path, "we");
	assert_non_null(broken);
	(void)fclose(broken);
	log_set_level(LOG_ERROR);
	assert_int_equal(tls_store_reload(e.tls, &err), RC_OK);
	assert_true(handshake(&e, (struct wish){ "A.Wild.Example" }, cn, sizeof cn));
	assert_string_equal(cn, "other.example");
	assert_true(handshake(&e, (struct wish){ "a.b.wild.example" }, cn, sizeof cn));
	assert_string_equal(cn, "localhost");
	assert_true(handshake(&e, (struct wish){ "broken.example" }, cn, sizeof cn));
	assert_string_equal(cn, "localhost");

	/* A default that cannot be used leaves the former one in place. */
	(void)snprintf(path, sizeof path, "%s/cert.pem", e.dir);
	assert_int_equal(truncate(path, 10), 0);
	assert_int_equal(tls_store_reload(e.tls, &err), RC_INVALID);
	assert_true(strlen(err.text) > 0);
	assert_true(handshake(&e, (struct wish){ NULL }, cn, sizeof cn));
	assert_string_equal(cn, "localhost");

	echo_stop(&e, 1000);
	remove_files(sni_dir, sni, 2);
	remove_files(other, made, 4);
	assert_int_equal(rmdir(dir), 0);
}

static void alpn_of_another_protocol_is_refused(void **state)
{
	struct echo e;
	char cn[64];

	echo_start(&e, NULL);
	assert_true(handshake(&e, (struct wish){ NULL, "\4echo", 5 }, cn, sizeof cn));
	assert_true(handshake(&e, (struct wish){ NULL, "\2h2\4echo", 8 }, cn, sizeof cn));
	assert_false(handshake(&e, (struct wish){ NULL, "\2h2\x08http/1.1", 12 }, cn, sizeof cn));
	echo_stop(&e, 1000);
}

static void the_certificate_names_hosts_and_addresses(void **state)
{
	struct echo e;
	char path[64];
	struct stat st;

	echo_start(&e, NULL);
	(void)snprintf(path, sizeof path, "%s/key.pem", e.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	(void)snprintf(path, sizeof path, "%s/cert.pem", e.dir);
	FILE *file = fopen(path, "re");
	X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);
	(void)fclose(file);
	assert_int_equal(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
	assert_int_equal(X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(cert, "::1", 0), 1);
	assert_int_equal(X509_check_host(cert, "example.org", 0, 0, NULL), 0);
	X509_free(cert);
	int64_t left_s = tls_store_expires_at(e.tls) - clock_now_us() / USEC_PER_SEC;
	assert_in_range(left_s, 396 * 86400, 398 * 86400);
	echo_stop(&e, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_has_a_limit),
		cmocka_unit_test(exempt_addresses_have_none),
		cmocka_unit_test(all_together_have_a_limit),
		cmocka_unit_test(the_first_deadline_is_absolute),
		cmocka_unit_test(strangers_get_less_time_under_stress),
		cmocka_unit_test(without_descriptors_clients_are_turned_away),
		cmocka_unit_test(proxy_headers_tell_the_peer),
		cmocka_unit_test(stopping_says_goodbye),
		cmocka_unit_test(wakes_do_not_race_with_closing),
		cmocka_unit_test(posts_periods_and_watches),
		cmocka_unit_test(a_late_post_is_dropped),
		cmocka_unit_test(certificates_by_name_and_reload),
		cmocka_unit_test(alpn_of_another_protocol_is_refused),
		cmocka_unit_test(the_certificate_names_hosts_and_addresses),
	};
	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
