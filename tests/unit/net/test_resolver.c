/* mailcore/net/resolver against a small server in a thread, and against none. */
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
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/net/dns_given.h"
#include "mailcore/net/resolver.h"

/* What it says depends on the first letter of the name: a: one address; n: NXDOMAIN; s: SERVFAIL;
 * t: nothing at all; w: the address after a while; o: FORMERR to EDNS, then the address. */
static struct server {
	int fd;
	char text[32];
	pthread_t thread;
	_Atomic int asked;
} server;

static size_t make_reply(char *msg, size_t len)
{
	bool edns = msg[11] == 1;
	size_t end = edns ? len - 11 : len;
	static const char address[] = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1";

	msg[2] = (char)0x81;
	msg[3] = (char)0x80;
	msg[11] = 0;
	switch (msg[13]) {
	case 'n':
		msg[3] |= 3;
		return end;
	case 's':
		msg[3] |= 2;
		return end;
	case 't':
		return 0;
	case 'o':
		if (edns) {
			msg[3] |= 1;
			return end;
		}
		break;
	case 'w':
		usleep(150 * 1000);
		break;
	default:
		break;
	}
	msg[7] = 1;
	memcpy(msg + end, address, 16);
	return end + 16;
}

static void *serve(void *arg)
{
	char msg[1500];
	struct sockaddr_in from;

	for (;;) {
		socklen_t from_len = sizeof from;
		ssize_t n = recvfrom(server.fd, msg, 1000, 0, (struct sockaddr *)&from, &from_len);
		if (n < 17)
			return NULL;
		server.asked++;
		size_t len = make_reply(msg, (size_t)n);
		if (len > 0)
			(void)sendto(server.fd, msg, len, 0, (struct sockaddr *)&from, from_len);
	}
}

static void bind_udp(int *fd, char *text, size_t cap)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;

	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*fd, (struct sockaddr *)&in, sizeof in), 0);
	assert_int_equal(getsockname(*fd, (struct sockaddr *)&in, &len), 0);
	(void)snprintf(text, cap, "127.0.0.1:%d", ntohs(in.sin_port));
}

static int start(void **state)
{
	log_init("test", LOG_ERROR);
	bind_udp(&server.fd, server.text, sizeof server.text);
	return pthread_create(&server.thread, NULL, serve, NULL);
}

static int stop(void **state)
{
	struct sockaddr_in in;
	socklen_t len = sizeof in;

	assert_int_equal(getsockname(server.fd, (struct sockaddr *)&in, &len), 0);
	assert_int_equal(sendto(server.fd, "end", 3, 0, (struct sockaddr *)&in, len), 3);
	(void)pthread_join(server.thread, NULL);
	return close(server.fd);
}

struct asked {
	struct arena arena;
	struct ctx ctx;
	struct dns_answer answer;
	bool nxdomain;
	enum rc rc;
	int64_t took_ms;
};

static enum rc ask(struct asked *q, struct resolver *r, const char *name, int64_t limit_ms)
{
	int64_t start_ms = clock_mono_ms();

	*q = (struct asked){ .nxdomain = false };
	arena_init(&q->arena, 1024);
	q->ctx.arena = &q->arena;
	q->ctx.deadline_ms = start_ms + limit_ms;
	q->rc = resolver_query(r, &q->ctx, span_of(name), DNS_A, &q->answer, &q->nxdomain);
	q->took_ms = clock_mono_ms() - start_ms;
	arena_done(&q->arena); /* counts only are looked at */
	return q->rc;
}

static void answers_are_told_apart_and_cached(void **state)
{
	struct resolver *r = resolver_open(server.text, 2000);
	struct asked q;

	assert_int_equal(ask(&q, r, "a.example", 2000), RC_OK);
	assert_int_equal(q.answer.len, 1);
	assert_int_equal(q.answer.ttl, 60);
	int asked = server.asked;
	assert_int_equal(ask(&q, r, "A.example.", 2000), RC_OK);
	assert_int_equal(server.asked, asked); /* from the cache */

	assert_int_equal(ask(&q, r, "n.example", 2000), RC_NOT_FOUND);
	assert_true(q.nxdomain);
	assert_int_equal(ask(&q, r, "s.example", 2000), RC_TEMP);
	asked = server.asked;
	assert_int_equal(ask(&q, r, "s.example", 2000), RC_TEMP);
	assert_int_equal(server.asked, asked);
	assert_int_equal(ask(&q, r, "o.example", 2000), RC_OK);
	assert_int_equal(ask(&q, r, "o2.example", 2000), RC_OK);
	assert_int_equal(ask(&q, r, "no..name", 2000), RC_INVALID);
	resolver_close(r);
}

struct together {
	struct resolver *resolver;
	struct asked q;
};

static void *ask_slow(void *arg)
{
	struct together *t = arg;

	(void)ask(&t->q, t->resolver, "w.example", 2000);
	return NULL;
}

static void identical_questions_are_merged(void **state)
{
	struct resolver *r = resolver_open(server.text, 2000);
	struct together all[8];
	pthread_t threads[8];
	int asked = server.asked;

	for (size_t i = 0; i < 8; i++) {
		all[i].resolver = r;
		assert_int_equal(pthread_create(&threads[i], NULL, ask_slow, &all[i]), 0);
	}
	for (size_t i = 0; i < 8; i++) {
		(void)pthread_join(threads[i], NULL);
		assert_int_equal(all[i].q.rc, RC_OK);
	}
	assert_int_equal(server.asked - asked, 1);
	resolver_close(r);
}

static void silence_ends_at_the_deadline(void **state)
{
	struct resolver *r = resolver_open(server.text, 5000);
	struct asked q;

	assert_int_equal(ask(&q, r, "t.example", 200), RC_TEMP);
	assert_in_range(q.took_ms, 150, 4500);
	/* It does not stand in another question's way. */
	assert_int_equal(ask(&q, r, "a3.example", 2000), RC_OK);
	resolver_close(r); /* with a question in flight */
}

static void without_a_server_it_is_fast(void **state)
{
	char text[32];
	struct asked q;
	int fd;

	bind_udp(&fd, text, sizeof text);
	(void)close(fd); /* nobody there: refused */
	struct resolver *r = resolver_open(text, 2000);
	log_set_level(LOG_ERROR);
	for (int i = 0; i < 10; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "a%d.example", i);
		assert_int_equal(ask(&q, r, name, 2000), RC_TEMP);
	}
	assert_true(q.took_ms < 1500);
	resolver_close(r);
}

/* Names that nobody answers for are no proof that there is no resolver. */
static void slow_zones_do_not_make_us_deaf(void **state)
{
	struct resolver *r = resolver_open(server.text, 500);
	struct asked q;

	for (int i = 0; i < 5; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "t%d.example", i);
		assert_int_equal(ask(&q, r, name, 20000), RC_TEMP);
	}
	assert_int_equal(ask(&q, r, "a-after.example", 20000), RC_OK);
	resolver_close(r);
}

/* With a probe at the start not even the first question waits for servers that are not there. */
static void probed_in_advance(void **state)
{
	char text[32];
	struct asked q;
	int fd;

	bind_udp(&fd, text, sizeof text); /* there, and silent */
	struct resolver *r = resolver_open(text, 500);
	log_set_level(LOG_ERROR);
	resolver_probe(r);
	do {
		assert_int_equal(ask(&q, r, "a.example", 20000), RC_TEMP);
	} while (q.took_ms > 50); /* else the test's time-out ends it */
	resolver_close(r);
	(void)close(fd);
}

/* A server that starts later is found at once, but for what was asked and has failed just now. */
static void servers_may_start_later(void **state)
{
	char text[32], bytes[512];
	struct asked q;
	int fd;

	bind_udp(&fd, text, sizeof text);
	(void)close(fd);
	struct resolver *r = resolver_open(text, 500);
	log_set_level(LOG_ERROR);
	for (int i = 0; i < 5; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "early%d.example", i);
		assert_int_equal(ask(&q, r, name, 20000), RC_TEMP);
	}
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)strtoul(strrchr(text, ':') + 1, NULL, 10)) };
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	bool heard = false;
	for (int i = 0; i < 3000 && !heard; i++) { /* the canary comes with the next question */
		char name[32];
		(void)snprintf(name, sizeof name, "later%d.example", i);
		(void)ask(&q, r, name, 10);
		usleep(10000);
		heard = recv(fd, bytes, sizeof bytes, 0) > 12 && bytes[12] == 0; /* the root */
	}
	assert_true(heard);
	resolver_close(r);
	(void)close(fd);
}

static void prefetched(void **state)
{
	struct resolver *r = resolver_open(server.text, 5000);
	struct asked q;
	int before = server.asked;

	resolver_prefetch(r, SPAN("a-early.example"), DNS_A);
	resolver_prefetch(r, SPAN("a-early.example"), DNS_A);
	resolver_prefetch(r, SPAN("a..example"), DNS_A);
	assert_int_equal(ask(&q, r, "a-early.example", 20000), RC_OK);
	resolver_prefetch(r, SPAN("a-early.example"), DNS_A);
	assert_int_equal(ask(&q, r, "a-early.example", 20000), RC_OK);
	assert_int_equal(server.asked, before + 1);
	resolver_close(r);
}

static void negatives_are_kept(void **state)
{
	struct resolver *r = resolver_open(server.text, 5000);
	struct asked q;
	int before = server.asked;

	resolver_keep_negatives(r, 60000);
	assert_int_equal(ask(&q, r, "n-kept.example", 20000), RC_NOT_FOUND);
	assert_int_equal(ask(&q, r, "n-kept.example", 20000), RC_NOT_FOUND);
	assert_int_equal(server.asked, before + 1);
	resolver_close(r);
	r = resolver_open(server.text, 5000);
	assert_int_equal(ask(&q, r, "n-kept.example", 20000), RC_NOT_FOUND);
	assert_int_equal(ask(&q, r, "n-kept.example", 20000), RC_NOT_FOUND);
	assert_int_equal(server.asked, before + 3);
	resolver_close(r);
}

static void nonsense_for_servers(void **state)
{
	struct asked q;
	struct resolver *r = resolver_open("not an address", 500);

	assert_int_equal(ask(&q, r, "a.example", 2000), RC_TEMP);
	assert_true(q.took_ms < 1900);
	resolver_close(r);
}

static void reverse(void **state)
{
	struct resolver *r = resolver_open(server.text, 2000);
	struct arena arena;
	struct dns_answer answer;
	struct addr a;

	arena_init(&arena, 1024);
	struct ctx ctx = { .arena = &arena, .deadline_ms = clock_mono_ms() + 2000 };
	/* 4...: the default answer is an A record, which is no PTR: not found, but asked well. */
	assert_true(addr_parse(SPAN("192.0.2.4"), &a));
	assert_int_equal(resolver_reverse(r, &ctx, &a, &answer), RC_NOT_FOUND);
	assert_true(addr_parse(SPAN("2001:db8::4"), &a));
	assert_int_equal(resolver_reverse(r, &ctx, &a, &answer), RC_NOT_FOUND);
	a.family = AF_UNSPEC;
	assert_int_equal(resolver_reverse(r, &ctx, &a, &answer), RC_INVALID);
	arena_done(&arena);
	resolver_close(r);
}

/* --- answers given in advance --- */

static enum rc ask_given(struct resolver *r, struct ctx *ctx, struct span name, enum dns_type type,
	struct dns_answer *answer, bool *nxdomain)
{
	*nxdomain = false;
	return resolver_query(r, ctx, name, type, answer, nxdomain);
}

static struct dns_given *given_zone(void)
{
	struct dns_given *g = dns_given_new();
	struct dns_rr mx = { .type = DNS_MX, .priority = 10, .text = SPAN("MX.A.test.") };
	struct dns_rr alias = { .type = DNS_CNAME, .text = SPAN("a.test") };
	struct dns_rr circle = { .type = DNS_CNAME, .text = SPAN("circle.test") };

	assert_true(dns_given_add(g, SPAN("A.test."), &mx));
	assert_true(dns_given_fail(g, SPAN("a.test"), DNS_A));
	assert_true(dns_given_add(g, SPAN("alias.test"), &alias));
	assert_true(dns_given_add(g, SPAN("circle.test"), &circle));
	assert_true(dns_given_fail(g, SPAN("dead.test"), DNS_GIVEN_ANY));
	assert_false(dns_given_add_name(g, SPAN("a..test")));
	return g;
}

static void given_answers(void **state)
{
	struct dns_given *g = given_zone();
	struct resolver *r = resolver_open_given(g);
	struct arena arena;
	struct dns_answer answer;
	bool nxdomain;

	arena_init(&arena, 1024);
	struct ctx ctx = { .arena = &arena };
	assert_int_equal(ask_given(r, &ctx, SPAN("alias.TEST"), DNS_MX, &answer, &nxdomain), RC_OK);
	assert_int_equal(answer.len, 1);
	assert_true(span_eq(answer.items[0].text, SPAN("mx.a.test")));
	assert_true(span_eq(answer.cname, SPAN("a.test")));
	assert_int_equal(
		ask_given(r, &ctx, SPAN("a.test"), DNS_TXT, &answer, &nxdomain), RC_NOT_FOUND);
	assert_false(nxdomain);
	assert_int_equal(
		ask_given(r, &ctx, SPAN("b.test"), DNS_TXT, &answer, &nxdomain), RC_NOT_FOUND);
	assert_true(nxdomain);
	assert_int_equal(ask_given(r, &ctx, SPAN("a.test"), DNS_A, &answer, &nxdomain), RC_TEMP);
	assert_int_equal(
		ask_given(r, &ctx, SPAN("dead.test"), DNS_MX, &answer, &nxdomain), RC_TEMP);
	assert_int_equal(
		ask_given(r, &ctx, SPAN("circle.test"), DNS_A, &answer, &nxdomain), RC_TEMP);
	assert_int_equal(ask_given(r, &ctx, SPAN(""), DNS_A, &answer, &nxdomain), RC_INVALID);
	arena_done(&arena);
	resolver_close(r);
	dns_given_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_told_apart_and_cached),
		cmocka_unit_test(identical_questions_are_merged),
		cmocka_unit_test(silence_ends_at_the_deadline),
		cmocka_unit_test(without_a_server_it_is_fast),
		cmocka_unit_test(slow_zones_do_not_make_us_deaf),
		cmocka_unit_test(probed_in_advance),
		cmocka_unit_test(servers_may_start_later),
		cmocka_unit_test(prefetched),
		cmocka_unit_test(negatives_are_kept),
		cmocka_unit_test(nonsense_for_servers),
		cmocka_unit_test(reverse),
		cmocka_unit_test(given_answers),
	};
	return cmocka_run_group_tests_name("resolver", tests, start, stop);
}
