/*
 * The HTTP server: libmicrohttpd behind our TLS relay. server.c alone includes microhttpd.h.
 *
 * libmicrohttpd parses in its own epoll thread. A complete request is suspended there, run as
 * straight-line code on a worker of the loop, and resumed with the finished reply; no handler runs
 * in its thread, no thread waits for a client. Deadlines, address limits and the strict look at
 * heads are the relay's (mailcore/net/relay.h).
 *
 * On every answer: CSP, HSTS (over TLS), nosniff, Referrer-Policy, COOP, CORP, Permissions-Policy,
 * X-Request-Id. A Host that is not ours is 421; the clear-text port redirects to HTTPS but for
 * ROUTE_CLEARTEXT rows.
 */
#pragma once

#include <stddef.h>

#include "backend/http/router.h"
#include "mailcore/base/rc.h"

struct loop;
struct server;
struct services;
struct tls_store;

struct server_options {
	struct loop *loop;
	const struct services *services;
	void *env;                               /* req->env */
	const struct route_table *const *tables; /* the last one has prefix "/" */
	size_t n_tables;
	const char *hosts;     /* comma-separated names and addresses under which we answer, besides
				  the services' hostname, the host of their url, localhost and the
				  loopback addresses */
	const char *spool_dir; /* for uploads */
	unsigned https_port;   /* where the clear-text port redirects to; 0: services' url */
};

MUST_CHECK enum rc server_new(
	const struct server_options *options, struct server **out, struct err *err);
/* fd: a listening socket of the role; tls NULL: the clear-text port. Before loop_run. */
void server_listen(struct server *s, int fd, const char *name, struct tls_store *tls);
/* Before loop_stop: ends streams. */
void server_stop(struct server *s);
/* After loop_run. */
void server_free(struct server *s);

struct server_stats {
	uint64_t requests, answers_4xx, answers_5xx;
	uint64_t accepted, refused; /* connections */
	size_t streams, conns, queue_len, workers_busy;
};
void server_get_stats(const struct server *s, struct server_stats *out);
struct loop *server_loop(const struct server *s);
