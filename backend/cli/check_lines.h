/*
 * `check lines`: one JSON request a line, one JSON answer a line, in order.
 *
 * An operation is a row in check_lines.c and a function that makes the answer. It finds in
 * `struct check` what it works with; the resolver answers from the request's "dns" when there is
 * one, else it asks.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/net/resolver.h"

struct cJSON;

struct check {
	const struct cJSON *request;
	struct ctx *ctx; /* its arena is the request's */
	struct resolver *resolver;
};

/* The text of a member; ptr is NULL when it is absent or null. */
struct span check_text(const struct check *c, const char *member);
struct cJSON *check_error(const char *sentence);

/* Exit status. server: "host:port", NULL: the system's resolvers. */
int check_lines(const char *server);
