/*
 * One small file from an HTTPS server whose name the certificate must prove (RFC 9110, 9112).
 *
 * GET, no redirects, no cookies, no compression, one request a connection; addresses come from our
 * own resolver. For MTA-STS policies. An answer must say where it ends (Content-Length or chunks), so
 * that nobody can cut it short. Limits: HTTPS_ANSWER_MAX bytes with its head, HTTPS_MS in all.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/net/resolver.h"

#define HTTPS_ANSWER_MAX ((size_t)64 << 10)
#define HTTPS_MS         (20 * 1000)

struct http_answer {
	int status;
	struct span type; /* Content-Type as it came, or empty */
	struct span body; /* chunks joined */
};

/* RC_OK; RC_NOT_FOUND: it is not complete yet; RC_INVALID: it will never be. Memory: the arena. */
MUST_CHECK enum rc http_answer_parse(struct arena *a, struct span bytes, struct http_answer *out);

struct https_get {
	struct resolver *resolver;
	struct span host;
	uint16_t port;
	const char *path;
	bool (*cancelled)(void *arg);
	void *cancelled_arg;
};
/* RC_OK: an answer, whatever its status. RC_TEMP: none, *out_why says why. Memory: ctx->arena. */
MUST_CHECK enum rc https_get(struct ctx *ctx, const struct https_get *what, struct http_answer *out,
	struct span *out_why);
