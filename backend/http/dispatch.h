/*
 * From a complete request to a finished answer, without the HTTP library: host, clear text, route,
 * log-in, fields, forgery, handler, conditional request, compression, headers.
 */
#pragma once

#include "backend/http/router.h"

struct hosts;

struct dispatcher {
	const struct services *services;
	void *env;
	struct server *server;
	const struct router *router;
	const struct hosts *hosts;
	unsigned https_port;
};

/* What the parser has: head as sent, body collected. */
struct incoming {
	struct span method; /* "GET" */
	struct span target; /* "/path?query" */
	struct params headers;
	struct span body;
	int body_fd; /* -1: in body */
	int64_t body_size;
	bool too_large; /* the body was longer than the route allows */
	struct span peer;
	bool is_loopback;
	bool is_tls;
};

/* Which row would serve this: for the limit of its body, before that is read. */
void dispatch_find(const struct dispatcher *d, struct arena *a, const struct incoming *in,
	struct route_match *out);
size_t dispatch_body_max(const struct route_match *match);
/* A head that is not worth reading a body for; pure. */
void dispatch_refuse(const struct dispatcher *d, struct ctx *ctx, const struct incoming *in,
	int status, struct req *r, struct reply *out);
/* ctx->arena must live until the answer is sent. Never fails: a refusal is an answer. */
void dispatch_run(const struct dispatcher *d, struct ctx *ctx, const struct incoming *in,
	struct req *r, struct reply *out);

/* hosts.c: the names under which we answer. */
struct hosts *hosts_new(const char *names, const char *hostname, const char *url);
void hosts_free(struct hosts *h);
/* host: a Host field, with or without port. */
bool hosts_has(const struct hosts *h, struct span host);
/* Host field without port and brackets' port, lower case; false when malformed. */
MUST_CHECK bool host_split(
	struct arena *a, struct span field, struct span *out_name, struct span *out_port);
