/*
 * POP3 sessions: from line to command, admission, replies, limits, and the lease's life.
 */
#include "mailcore/pop3/session.h"

#include <stdarg.h>
#include <stdio.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/pop3/commands.h"
#include "mailcore/pop3/parse.h"

#define IN_MAX   (POP3_AUTH_LINE_MAX + 1)
#define TEXT_MAX 500 /* RFC 2449 §4: 512 with CRLF */

/* --- replies --- */

PRINTF(3, 0)
static void add_line(struct pop3_session *s, const char *status, const char *fmt, va_list ap)
{
	struct str *out = conn_out(s->conn);
	char text[TEXT_MAX];

	(void)vsnprintf(text, sizeof text, fmt, ap); /* a longer one is cut */
	str_add_cstr(out, status);
	str_add_cstr(out, text);
	str_add(out, SPAN("\r\n"));
}

void pop3_ok(struct pop3_session *s, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	add_line(s, "+OK ", fmt, ap);
	va_end(ap);
}

void pop3_err(struct pop3_session *s, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	add_line(s, "-ERR ", fmt, ap);
	va_end(ap);
	s->failed = true;
}

void pop3_refuse(struct pop3_session *s, enum rc rc)
{
	switch (rc) {
	case RC_DENIED:
	case RC_INVALID:
		pop3_err(s, "[AUTH] User name or password is wrong");
		return;
	case RC_LIMIT:
		pop3_err(s, "[LOGIN-DELAY] Too many failed log-ins, please try again later");
		return;
	case RC_CONFLICT:
		pop3_err(s, "[IN-USE] Another POP3 session has this mailbox open");
		return;
	case RC_NOT_FOUND:
		pop3_err(s, "The message has been removed meanwhile");
		return;
	case RC_OK:
	case RC_EXISTS:
	case RC_CLOSED:
	case RC_TEMP:
		break;
	}
	pop3_err(s, "[SYS/TEMP] Something is not available here, please try again later");
}

/* --- admission --- */

bool pop3_is_private(const struct pop3_session *s)
{
	const struct net_list *plaintext = s->options->plaintext_networks;

	return conn_is_tls(s->conn) || (plaintext && net_list_has(plaintext, conn_peer(s->conn)));
}

static bool admits(struct pop3_session *s, const struct pop3_command *c, struct span arg)
{
	if (!(c->states & s->state))
		pop3_err(s,
			s->state == STATE_AUTH ? "Please log in first"
					       : "You are logged in already");
	else if ((c->needs & NEED_NO_ARG) && span_trim(arg).len > 0)
		pop3_err(s, "%s has no arguments", c->verb);
	else if ((c->needs & NEED_ARG) && arg.len == 0)
		pop3_err(s, "%s needs an argument", c->verb);
	else if ((c->needs & NEED_PRIVACY) && !pop3_is_private(s))
		pop3_err(s, "[AUTH] Please start TLS first");
	else
		return true;
	return false;
}

/* --- lines --- */

static size_t line_max(const struct pop3_session *s)
{
	return s->in_auth ? POP3_AUTH_LINE_MAX : POP3_LINE_MAX;
}

static enum step run_command(struct pop3_session *s, struct ctx *ctx, struct span frame)
{
	struct span verb, arg;

	if (!pop3_line_parse(frame, &verb, &arg)) {
		pop3_err(s, "There is a control character in this line");
		return STEP_DONE;
	}
	const struct pop3_command *c = pop3_command_find(verb);
	if (!c) {
		pop3_err(s, "I do not know this command");
		return STEP_DONE;
	}
	return admits(s, c, arg) ? c->run(s, ctx, arg) : STEP_DONE;
}

/* A line that is too long comes in pieces: swallowed to its end, then refused. */
static enum step skip_line(struct pop3_session *s, struct span frame)
{
	s->skipping = !span_ends(frame, SPAN("\n"));
	s->errors += s->skipping; /* endless lines end */
	if (!s->skipping) {
		s->in_auth = false;
		sasl_done(&s->sasl);
		pop3_err(s, "This line is too long");
	}
	return STEP_DONE;
}

static bool looks_like_another_protocol(struct span frame)
{
	return span_istarts(frame, SPAN("GET ")) || span_istarts(frame, SPAN("POST ")) ||
		span_istarts(frame, SPAN("CONNECT ")) || span_istarts(frame, SPAN("PUT ")) ||
		span_starts(frame, SPAN("\x16\x03"));
}

static enum step run_line(struct pop3_session *s, struct ctx *ctx, struct span frame)
{
	if (s->state == STATE_AUTH && looks_like_another_protocol(frame)) {
		pop3_err(s, "This port speaks POP3");
		return STEP_CLOSE;
	}
	if (s->skipping || frame.len > line_max(s) || !span_ends(frame, SPAN("\n")))
		return skip_line(s, frame);
	if (s->in_auth)
		return pop3_auth_answer(s, ctx, frame);
	return run_command(s, ctx, frame);
}

/* --- the lease --- */

static int lease_ttl_s(const struct pop3_session *s)
{
	return (int)(s->options->timeout_ms / MSEC_PER_SEC) + POP3_LEASE_SPARE_S;
}

/* False: somebody else has it, because we were away for too long. Database trouble is no reason to
 * stop; the lease lasts longer than a client may be silent. */
static bool renew_lease(struct pop3_session *s, struct ctx *ctx)
{
	int64_t now_ms = clock_mono_ms();

	if (!s->lease[0] || now_ms - s->lease_at_ms < POP3_LEASE_SPARE_S * MSEC_PER_SEC / 2)
		return true;
	enum rc rc = pop3_lease_take(ctx, s->mailbox_id, span_of(s->lease), lease_ttl_s(s));
	if (rc == RC_OK)
		s->lease_at_ms = now_ms;
	return rc != RC_CONFLICT;
}

struct lease {
	int64_t mailbox_id;
	char owner[32];
};

static void drop_posted_lease(struct ctx *ctx, void *arg)
{
	struct lease *lease = arg;

	pop3_lease_drop(ctx, lease->mailbox_id, span_of(lease->owner));
	heap_free(lease);
}

/* The connection has gone without QUIT: a worker gives the lease back. */
static void post_lease_drop(struct pop3_session *s)
{
	if (!s->lease[0])
		return;
	struct lease *lease = heap_zalloc(sizeof *lease);
	lease->mailbox_id = s->mailbox_id;
	memcpy(lease->owner, s->lease, sizeof lease->owner);
	if (!loop_post(conn_loop(s->conn), drop_posted_lease, lease))
		heap_free(lease); /* it ends by itself after its time */
}

/* --- life --- */

static enum step run_frame(struct conn *c, struct ctx *ctx, struct span frame)
{
	struct pop3_session *s = conn_session(c);

	s->failed = false;
	if (!renew_lease(s, ctx)) {
		s->lease[0] = '\0';
		pop3_err(s, "[IN-USE] Another POP3 session has opened this mailbox");
		return STEP_CLOSE;
	}
	enum step step = run_line(s, ctx, frame);
	s->errors += s->failed;
	bool exempt = conn_is_exempt(c) && !s->skipping; /* nobody may send a line without end */
	if (step == STEP_DONE && s->errors >= POP3_ERRORS_MAX && !exempt) {
		pop3_err(s, "Too many errors, closing the connection");
		return STEP_CLOSE;
	}
	return step;
}

static enum step session_more(struct conn *c, struct ctx *ctx)
{
	struct pop3_session *s = conn_session(c);

	if (!renew_lease(s, ctx)) {
		s->lease[0] = '\0';
		return STEP_DROP; /* in the middle of an answer there is nothing to say */
	}
	if (s->more == MORE_OPEN)
		return pop3_maildrop_open(s, ctx, s->opening);
	return pop3_go_on(s);
}

static enum frame session_frame(struct conn *c, struct span in, size_t *scanned, size_t *out_len)
{
	const struct pop3_session *s = conn_session(c);
	return pop3_line_cut(in, line_max(s), scanned, out_len);
}

static enum step session_open(struct conn *c, struct ctx *ctx)
{
	struct pop3_session *s = heap_zalloc(sizeof *s);

	s->conn = c;
	s->options = conn_arg(c);
	s->state = STATE_AUTH;
	arena_init(&s->arena, 512);
	arena_init(&s->message_arena, (size_t)64 << 10);
	arena_init(&s->ahead_arena, (size_t)64 << 10);
	conn_set_session(c, s);
	pop3_ok(s, "%s POP3 server is ready", s->options->hostname);
	return STEP_DONE;
}

static enum step session_secured(struct conn *c, struct ctx *ctx)
{
	struct pop3_session *s = conn_session(c);

	s->name_len = 0; /* said in clear: forgotten (RFC 2595 §4) */
	return STEP_DONE;
}

static enum step session_timeout(struct conn *c, struct ctx *ctx)
{
	struct pop3_session *s = conn_session(c);

	if (s->more <= MORE_OPEN)
		pop3_err(s, "I have waited too long, goodbye");
	pop3_maildrop_lease_drop(s, ctx);
	return STEP_CLOSE;
}

static enum step session_shutdown(struct conn *c, struct ctx *ctx)
{
	struct pop3_session *s = conn_session(c);

	if (s->more <= MORE_OPEN)
		pop3_err(s, "[SYS/TEMP] The server is going down, please come back soon");
	pop3_maildrop_lease_drop(s, ctx);
	return STEP_CLOSE;
}

static void session_close(struct conn *c)
{
	struct pop3_session *s = conn_session(c);

	post_lease_drop(s);
	if (s->snap)
		snapshot_unref(s->snap);
	sasl_done(&s->sasl);
	arena_done(&s->message_arena);
	arena_done(&s->ahead_arena);
	arena_done(&s->arena);
	heap_free(s);
	conn_set_session(c, NULL);
}

const struct protocol pop3_protocol = {
	.name = "pop3",
	.in_max = IN_MAX,
	.probe_s = 60, /* a vanished client's lease must not keep its owner out for long */
	.refusal = "-ERR [SYS/TEMP] Too many connections, try again later.\r\n",
	.open = session_open,
	.frame = session_frame,
	.run = run_frame,
	.more = session_more,
	.opened = session_secured,
	.timeout = session_timeout,
	.shutdown = session_shutdown,
	.close = session_close,
};
