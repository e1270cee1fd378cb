/*
 * The I/O loop and its workers (one loop per role process).
 *
 * No thread ever waits for a client. All idle connections are in one epoll set; the worker that
 * gets an event reads without blocking (through TLS where that is up) and asks the protocol's
 * framer whether the input starts with a complete frame: a command line with its literals, a
 * chunk of DATA. It runs the frame's command as straight-line code with blocking calls to
 * database and resolver (each with a deadline), goes on with further complete frames
 * (pipelining), writes what the socket takes, and puts the connection back into the set. A
 * thread of the loop's own accepts connections and fires timers. Inside: loop_private.h.
 *
 * Invariants:
 *  - A connection is in one thread's hands at a time; its frames run in order.
 *  - No lock, tx or database connection outlives a step.
 *  - After STEP_TLS every input byte that was not yet run is dropped, or the connection is closed
 *    when the protocol says so (RFC 3207 §6: nothing sent in clear survives the handshake).
 *  - Output above `out_high` stops the reading of commands; a step that would write more returns
 *    STEP_MORE with its place kept in the session and is continued by more().
 *  - An idle connection keeps no buffers: input and output memory is released when empty, TLS
 *    runs with released buffers.
 *
 * Limits: connections in all and per address (config limits.*), input per frame (in_max), output
 * (out_high + what one step adds), time (deadline, see conn_set_deadline).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"
#include "mailcore/net/addr.h"

struct loop;
struct conn;
struct tls_store; /* mailcore/net/tls.h */

enum frame {
	FRAME_WAIT,  /* not complete: read on */
	FRAME_READY, /* *out_len bytes make one frame */
};

enum step {
	STEP_DONE, /* the reply, if any, is in conn_out(); next frame */
	STEP_MORE, /* call more() when the client has drained the output */
	STEP_TLS, /* flush the output, forget buffered input, start the TLS handshake, then opened() */
	STEP_ZIP,   /* flush the output, then turn DEFLATE on in both directions (RFC 4978) */
	STEP_CLOSE, /* flush the output, then close */
	STEP_DROP,  /* close at once */
};

/* What a protocol gives to the loop. All but frame() run on a worker, one at a time per
 * connection. Functions marked optional may be NULL. */
struct protocol {
	const char *name; /* "imap": logs and metrics */
	size_t in_max;    /* the most input that is buffered; frame() must be ready by then */
	size_t out_high;  /* see above; 0: 256 KiB */
	int probe_s;      /* silent peers are probed (TCP keep-alive) after so long; 0: never */
	/* What a client is told in clear when a limit refuses it: "421 4.3.2 Too many
	 * connections\r\n". Not sent where TLS is implicit. Optional. */
	const char *refusal;

	/* Accepted (and TLS is up where it is implicit): make the session, write the greeting. */
	enum step (*open)(struct conn *c, struct ctx *ctx);
	/* Is there a frame at the head of `in`? Pure: looks at the session, changes only what belongs
	 * to the framer in it. Linear in new input: *scanned is how much of `in` was already looked
	 * at by earlier calls for this frame; update it. When `in` has in_max bytes it must answer
	 * FRAME_READY (and run() then refuses). */
	enum frame (*frame)(struct conn *c, struct span in, size_t *scanned, size_t *out_len);
	/* One frame. It is borrowed until run() returns. */
	enum step (*run)(struct conn *c, struct ctx *ctx, struct span frame);
	enum step (*more)(struct conn *c, struct ctx *ctx); /* optional */
	/* After STEP_TLS succeeded. Optional. */
	enum step (*opened)(struct conn *c, struct ctx *ctx);
	/* conn_wake() was called; several calls may arrive as one. Optional. */
	enum step (*wake)(struct conn *c, struct ctx *ctx);
	/* The deadline has passed: say so (IMAP "* BYE", SMTP 421) and return STEP_CLOSE. Optional. */
	enum step (*timeout)(struct conn *c, struct ctx *ctx);
	/* The role stops: say goodbye, return STEP_CLOSE. Optional. */
	enum step (*shutdown)(struct conn *c, struct ctx *ctx);
	/* Last call: free the session. No output any more. */
	void (*close)(struct conn *c);
};

struct loop_options {
	const char *role;
	unsigned workers; /* 0: chosen from the processors */
	size_t max_conns;
	size_t max_conns_per_addr;
	const char *exempt_networks; /* "10.0.0.0/8,::1/128": the address limit does not apply */
	const char *proxy_networks;  /* connections from there start with a PROXY header v1/v2 */
	/* First deadline of every connection, counted from its beginning and not restarted by steps
	 * until the protocol calls conn_set_deadline. */
	int64_t login_timeout_ms;
	/* The most that strangers get while four fifths of max_conns are used; 0: 10 s. */
	int64_t stress_timeout_ms;
	int64_t step_timeout_ms; /* ctx->deadline_ms = start of the step + this; 0: 30 s */
	/* Each worker thread opens what it needs (its database connection) and closes it at the end.
	 * Optional. */
	struct db *(*worker_open)(void *arg);
	void (*worker_close)(struct db *db);
	void *arg;
};

/* Starts nothing yet. Never fails (out of descriptors: abort at start-up). */
struct loop *loop_new(const struct loop_options *options);
/* fd: a listening socket, inherited; the loop does not close it. tls may be NULL (no STARTTLS);
 * implicit: TLS from the first byte. name is the port's name: "imaps". arg: what the protocol
 * needs, see conn_arg. */
void loop_listen(struct loop *l, int fd, const char *name, const struct protocol *protocol,
	struct tls_store *tls, bool implicit_tls, void *arg);
/* Runs until loop_stop; returns after all connections are closed and the workers have ended. */
void loop_run(struct loop *l);
/* From a signal handler or any thread. Stops accepting, calls shutdown() on every connection,
 * waits for steps in progress up to grace_ms. */
void loop_stop(struct loop *l, int64_t grace_ms);
void loop_free(struct loop *l);

/* Runs fn on a worker, once, soon. Thread-safe. False when the queue (10,000) is full. What is
 * posted when loop_run() has ended is never run: the owner of arg must not count on it then. */
MUST_CHECK bool loop_post(struct loop *l, void (*fn)(struct ctx *ctx, void *arg), void *arg);
/* Runs fn on a worker every period_ms, never twice at the same time. Before loop_run only. */
void loop_every(
	struct loop *l, int64_t period_ms, void (*fn)(struct ctx *ctx, void *arg), void *arg);
/* Calls fn on the loop thread when fd is readable; fn must not block. Before loop_run only. */
void loop_watch(struct loop *l, int fd, void (*fn)(int fd, void *arg), void *arg);

/* For GET /metrics and status. */
struct loop_stats {
	uint64_t accepted, refused, steps, step_us, timeouts;
	size_t conns, conns_tls, queue_len, workers_busy;
};
void loop_get_stats(struct loop *l, struct loop_stats *out);

/* --- for protocols; only while the connection is in the caller's hands ------------------------ */

void *conn_arg(const struct conn *c); /* of loop_listen */
void *conn_session(const struct conn *c);
void conn_set_session(struct conn *c, void *session);
/* The output. Append; the loop writes it after the step. Its maximum is out_high + 8 MiB. */
struct str *conn_out(struct conn *c);
/* True when more than out_high is waiting: return STEP_MORE. */
bool conn_is_full(const struct conn *c);
/* Writes what the socket takes right now without waiting (before a long computation). */
void conn_flush(struct conn *c);
const struct addr *conn_peer(const struct conn *c); /* the PROXY header's address, if any */
const struct addr *conn_local(const struct conn *c);
const char *conn_listener(const struct conn *c); /* "imaps" */
const char *conn_id(const struct conn *c);       /* short id for logs and headers */
struct loop *conn_loop(struct conn *c);
bool conn_is_tls(const struct conn *c);
bool conn_can_tls(const struct conn *c);            /* STARTTLS may be offered */
const char *conn_tls_version(const struct conn *c); /* "TLSv1.3", NULL in clear */
const char *conn_tls_cipher(const struct conn *c);
/* The channel's tls-exporter bytes (RFC 9266) for SASL; empty when it has none. */
struct span conn_tls_binding(const struct conn *c, struct arena *a);
bool conn_can_bind(const struct conn *c);
bool conn_is_exempt(const struct conn *c); /* peer in limits.exempt_networks */
/* Bytes of input that are buffered behind the current frame: for sync points (RFC 2920). */
size_t conn_pending(const struct conn *c);
/* The connection is closed (after timeout()) when it has not done a step by then. Counted from
 * now; restarted after every step with the same span. */
void conn_set_deadline(struct conn *c, int64_t ms);
/* The same for somebody who need not log in: under stress it is shorter. */
void conn_set_stranger_deadline(struct conn *c, int64_t ms);
/* Four fifths of the loop's connections are used. */
bool conn_is_stressed(const struct conn *c);
/* Something from the peer waits to be read. False with TLS: the bytes could be its own. */
bool conn_has_input(const struct conn *c);
/* The other end's kernel has not yet got all that we have sent: whatever the peer sent, it sent
 * before it could know. */
bool conn_is_unheard(const struct conn *c);
/* The next step of this connection starts after ms (tarpit); no thread waits. */
void conn_delay(struct conn *c, int64_t ms);
bool conn_is_zipped(const struct conn *c); /* DEFLATE is on */

/* --- from any thread -------------------------------------------------------------------------- */

/* A handle that outlives the connection: waking a closed one does nothing. */
struct conn_ref;
struct conn_ref *conn_ref_new(struct conn *c);
void conn_ref_free(struct conn_ref *ref);
/* Makes wake() run soon. Cheap when one is already pending. */
void conn_wake(struct conn_ref *ref);
