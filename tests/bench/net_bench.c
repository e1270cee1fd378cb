/*
 * How fast the loop is, and what an idle connection costs: an echo server on mailcore/net in a
 * child process, clients in this one.
 *
 *   net_bench step 10 tls 3     10 connections over TLS, one line to and fro each, for 3 s
 *   net_bench idle 1000 tls     memory of the server for each of 1,000 idle connections
 *
 * Clients share the processors with the server: compare, do not quote.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mailcore/base/auto.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/net/loop.h"
#include "mailcore/net/tls.h"

#define LINE "a line of forty bytes, as commands are\r\n"

/* --- the server ------------------------------------------------------------------------------- */

static enum step bench_open(struct conn *c, struct ctx *ctx)
{
	str_add_cstr(conn_out(c), "hello\r\n");
	return STEP_DONE;
}

static enum frame bench_frame(struct conn *c, struct span in, size_t *scanned, size_t *out_len)
{
	size_t end = span_find(in, '\n');

	*out_len = end == SPAN_NPOS ? in.len : end + 1;
	return end == SPAN_NPOS && in.len < 1000 ? FRAME_WAIT : FRAME_READY;
}

static enum step bench_run(struct conn *c, struct ctx *ctx, struct span frame)
{
	str_add(conn_out(c), frame);
	return STEP_DONE;
}

static const struct protocol bench_protocol = {
	.name = "bench",
	.in_max = 1000,
	.open = bench_open,
	.frame = bench_frame,
	.run = bench_run,
};

static struct loop *server_loop;

static void on_term(int sig)
{
	loop_stop(server_loop, 0);
}

static void serve(int fd, bool tls)
{
	static const char *const names[] = { "localhost" };
	char dir[] = "/tmp/net-bench-XXXXXX", cert[64], key[64];
	struct loop_options o = { .role = "bench",
		.max_conns = 20000,
		.max_conns_per_addr = 20000,
		.login_timeout_ms = 3600000 };
	struct tls_store *store = NULL;
	struct err err;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed client must not leave us behind */
	ASSERT(mkdtemp(dir));
	(void)snprintf(cert, sizeof cert, "%s/cert.pem", dir);
	(void)snprintf(key, sizeof key, "%s/key.pem", dir);
	ASSERT(tls_make_self_signed(dir, names, 1, &err) == RC_OK);
	ASSERT(tls_store_open(cert, key, NULL, &store, &err) == RC_OK);
	server_loop = loop_new(&o);
	loop_listen(server_loop, fd, "bench", &bench_protocol, store, tls, NULL);
	(void)signal(SIGTERM, on_term);
	loop_run(server_loop);
	for (size_t i = 0; i < 4; i++) {
		static const char *const files[] = { "ca.pem", "ca-key.pem", "cert.pem",
			"key.pem" };
		(void)snprintf(cert, sizeof cert, "%s/%s", dir, files[i]);
		(void)unlink(cert);
	}
	(void)rmdir(dir);
	_exit(0);
}

/* --- clients ---------------------------------------------------------------------------------- */

struct client {
	int fd;
	SSL *ssl;
	int64_t sent_us;
};

static SSL_CTX *client_ctx;

static ssize_t client_read(struct client *c, char *buf, size_t size)
{
	return c->ssl ? SSL_read(c->ssl, buf, (int)size) : recv(c->fd, buf, size, 0);
}

static void client_send(struct client *c)
{
	ssize_t n = c->ssl ? SSL_write(c->ssl, LINE, sizeof LINE - 1)
			   : send(c->fd, LINE, sizeof LINE - 1, MSG_NOSIGNAL);

	ASSERT(n == sizeof LINE - 1);
	c->sent_us = clock_mono_us();
}

static void client_open(struct client *c, const struct sockaddr_in *to, bool tls)
{
	char buf[256];
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT(c->fd >= 0 && connect(c->fd, (const struct sockaddr *)to, sizeof *to) == 0);
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (tls) {
		c->ssl = SSL_new(client_ctx);
		SSL_set_fd(c->ssl, c->fd);
		ASSERT(SSL_connect(c->ssl) == 1);
	}
	ASSERT(client_read(c, buf, sizeof buf) > 0); /* the greeting */
}

static int compare(const void *a, const void *b)
{
	uint32_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

#define SAMPLES (1u << 22)

static void report(uint64_t steps, int64_t took_us, uint32_t *us, const struct rusage *server)
{
	size_t n = steps < SAMPLES ? steps : SAMPLES;
	double cpu_us = (double)(server->ru_utime.tv_sec + server->ru_stime.tv_sec) * 1e6 +
		(double)(server->ru_utime.tv_usec + server->ru_stime.tv_usec);

	qsort(us, n, sizeof *us, compare);
	printf("%.0f steps/s  p50 %u us  p99 %u us  server cpu %.1f us/step  switches %.2f/step\n",
		(double)steps * 1e6 / (double)took_us, us[n / 2], us[n * 99 / 100],
		cpu_us / (double)steps,
		(double)(server->ru_nvcsw + server->ru_nivcsw) / (double)steps);
}

static void run_steps(struct client *clients, size_t n, int seconds, pid_t server)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	uint32_t *us = heap_alloc(SAMPLES * sizeof *us);
	int64_t start_us = clock_mono_us(), end_us = start_us + seconds * USEC_PER_SEC;
	int64_t now_us = start_us;
	uint64_t steps = 0;
	struct rusage usage;

	for (size_t i = 0; i < n; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &clients[i] };
		ASSERT(epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &ev) == 0);
		client_send(&clients[i]);
	}
	while (now_us < end_us) {
		struct epoll_event events[64];
		char buf[4096];
		int ready = epoll_wait(epoll, events, 64, 1000);
		now_us = clock_mono_us();
		for (int i = 0; i < ready; i++) {
			struct client *c = events[i].data.ptr;
			ASSERT(client_read(c, buf, sizeof buf) > 0);
			us[steps++ % SAMPLES] = (uint32_t)(now_us - c->sent_us);
			client_send(c);
		}
	}
	(void)kill(server, SIGTERM);
	ASSERT(wait4(server, NULL, 0, &usage) == server);
	report(steps, now_us - start_us, us, &usage);
	heap_free(us);
}

/* Private_Dirty of the server in KiB. */
static long memory_of(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;

	(void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	AUTO(close_file) FILE *file = fopen(path, "re");
	ASSERT(file);
	while (fgets(line, sizeof line, file)) {
		if (strncmp(line, "Private_Dirty:", 14) == 0)
			kib = strtol(line + 14, NULL, 10);
	}
	return kib;
}

static void run_idle(
	struct client *clients, size_t n, const struct sockaddr_in *to, bool tls, pid_t server)
{
	char buf[256];
	struct client first[8] = { 0 };

	for (size_t i = 0; i < 8; i++) /* what is loaded once is not counted */
		client_open(&first[i], to, tls);
	usleep(200 * 1000);
	long before = memory_of(server);
	for (size_t i = 0; i < n; i++) {
		client_open(&clients[i], to, tls);
		client_send(&clients[i]);
		ASSERT(client_read(&clients[i], buf, sizeof buf) > 0);
	}
	usleep(500 * 1000);
	long after = memory_of(server);
	printf("%zu idle connections: %.2f KiB each\n", n, (double)(after - before) / (double)n);
	(void)kill(server, SIGTERM);
	(void)waitpid(server, NULL, 0);
}

int main(int argc, char **argv)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	uint64_t n = 0, seconds = 3;

	bool tls = argc > 3 && strcmp(argv[3], "tls") == 0;
	if (argc < 3 || !span_u64(span_of(argv[2]), 15000, &n) || n == 0 ||
		(argc > 4 && !span_u64(span_of(argv[4]), 600, &seconds))) {
		fprintf(stderr, "usage: net_bench step|idle CONNECTIONS [tls|plain [SECONDS]]\n");
		return 2;
	}
	log_init("bench", LOG_ERROR);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT(bind(fd, (struct sockaddr *)&in, sizeof in) == 0 && listen(fd, 4096) == 0);
	ASSERT(getsockname(fd, (struct sockaddr *)&in, &len) == 0);
	pid_t server = fork();
	if (server == 0)
		serve(fd, tls);
	(void)close(fd);
	client_ctx = SSL_CTX_new(TLS_client_method());
	struct client *clients = heap_zalloc(n * sizeof *clients);
	if (strcmp(argv[1], "idle") == 0) {
		run_idle(clients, n, &in, tls, server);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		client_open(&clients[i], &in, tls);
	run_steps(clients, n, (int)seconds, server);
	return 0;
}
