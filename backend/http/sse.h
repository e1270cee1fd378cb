/*
 * Server-sent events: an answer that goes on.
 *
 *   static void inbox_wake(struct sse *s, struct ctx *ctx) { ... look, render, sse_send ... }
 *   static void inbox_close(struct sse *s) { bell_unwatch(...); heap_free(sse_arg(s)); }
 *   static const struct sse_source inbox = { inbox_wake, inbox_close };
 *
 *   struct sse *s = reply_sse(r, out, &inbox, arg);   // in the handler
 *   watch->bell = bell_watch(bells, mailbox_id, ring, s);   // ring() calls sse_wake(s)
 *
 * wake() runs on a worker, one at a time per stream, with the actor of the request entered and a
 * fresh step arena; wakes that arrive meanwhile become one. close() is the last call, on a worker,
 * after the client has gone (noticed by the heartbeat, at most 25 s later), the stream was closed,
 * or its session has ended; the stream is freed after it. Every stream ends after 15 minutes at
 * most (the browser comes again with Last-Event-ID) so that log-outs take effect.
 *
 * Limits: 1,000 streams, 8 of one session, 256 KiB of unsent output (then the stream is closed).
 */
#pragma once

#include "backend/http/reply.h"

struct sse;

struct sse_source {
	void (*wake)(struct sse *s, struct ctx *ctx);
	void (*close)(struct sse *s);
};

/* NULL when there are too many streams: the reply is then a 429 already. */
struct sse *reply_sse(struct req *r, struct reply *out, const struct sse_source *source, void *arg);
void *sse_arg(const struct sse *s);
const struct actor *sse_actor(const struct sse *s);
/* Last-Event-ID of the request; empty when there was none. */
struct span sse_last_id(const struct sse *s);

/* All three: from any thread, while the stream lives (until close() returns). */
/* event, id may be empty; data may have several lines. False: the stream is closing. */
bool sse_send(struct sse *s, struct span event, struct span id, struct span data);
void sse_wake(struct sse *s);
void sse_close(struct sse *s);
