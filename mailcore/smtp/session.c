/*
 * SMTP sessions: from frame to command, admission, limits.
 *
 * What a command may assume is checked here by its row in commands.c; handlers parse, decide,
 * apply. Counting and closing are here too.
 */
#include "mailcore/smtp/session.h"

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/smtp/abuse.h"
#include "mailcore/smtp/commands.h"
#include "mailcore/smtp/reply.h"

#define SKIPPED_MAX ((size_t)1 << 20) /* bytes of too long lines in a session */

void smtp_transaction_reset(struct smtp_session *s)
{
	if (s->tx.intake)
		intake_abort(s->tx.intake);
	refused_post(&s->tx.refused, conn_loop(s->conn));
	s->tx = (struct smtp_tx){ 0 };
	arena_reset(&s->tx_arena);
	if (s->state != STATE_START)
		s->state = STATE_READY;
}

bool smtp_is_private(const struct smtp_session *s)
{
	const struct net_list *plaintext = s->options->plaintext_networks;

	return conn_is_tls(s->conn) || (plaintext && net_list_has(plaintext, conn_peer(s->conn)));
}

/* --- admission --- */

/* 503 in the words that help: what should have come first, or what is in the way. */
static void refuse_state(struct smtp_session *s, const struct smtp_command *c)
{
	if (s->state == STATE_START)
		smtp_reply(s, 503, "5.5.1", "Please say EHLO first");
	else if (s->state == STATE_CHUNKS)
		smtp_reply(
			s, 503, "5.5.1", "Please send the rest of the message with BDAT, or RSET");
	else if (s->state == STATE_READY)
		smtp_reply(s, 503, "5.5.1", "Please name the sender first (MAIL)");
	else if (s->state == STATE_MAIL && (c->states & STATE_RCPT))
		smtp_reply(s, 503, "5.5.1", "There is no recipient that was accepted");
	else
		smtp_reply(s, 503, "5.5.1", "There is a message under way already");
}

static bool admits(struct smtp_session *s, const struct smtp_command *c, struct span arg)
{
	if ((c->needs & NEED_NO_ARG) && arg.len > 0)
		smtp_reply(s, 501, "5.5.4", "%s has no arguments", c->verb);
	else if (!(c->states & s->state))
		refuse_state(s, c);
	else if ((c->needs & NEED_LOGIN) && s->options->submission && !s->logged_in)
		smtp_reply(s, 530, "5.7.0", "Please log in first");
	else if ((c->needs & NEED_PRIVACY) && !smtp_is_private(s))
		smtp_reply(s, 538, "5.7.11", "Please start TLS first");
	else
		return true;
	return false;
}

/* --- limits --- */

static enum step too_much(struct smtp_session *s, const char *what)
{
	smtp_strike(s);
	smtp_reply(s, 421, "4.7.0", "Too many %s, closing the connection", what);
	log_info("smtp.too_much", "conn=%s listener=%s what=\"%s\"", conn_id(s->conn),
		conn_listener(s->conn), what);
	return STEP_CLOSE;
}

/* After every command. An accepted message has set the counters back (smtp_message_finish). */
static enum step count(struct smtp_session *s, enum step step)
{
	unsigned most = conn_is_stressed(s->conn) ? SMTP_ERRORS_STRESS : SMTP_ERRORS_MAX;

	if (s->last_code >= 400)
		s->errors++;
	if (step != STEP_DONE || conn_is_exempt(s->conn))
		return step;
	if (s->errors >= most)
		return too_much(s, "errors");
	if (s->last_code >= 400 && s->errors > SMTP_ERRORS_FREE)
		conn_delay(s->conn, SMTP_TARPIT_MS);
	if (s->framer.input == INPUT_LINE && clock_mono_ms() - s->quiet_ms > SMTP_TALK_MS)
		return too_much(s, "minutes without a message");
	bool chunks = s->state == STATE_CHUNKS; /* they have a limit of their own */
	if (s->junk >= SMTP_JUNK_MAX || (s->commands >= SMTP_COMMANDS_MAX && !chunks))
		return too_much(s, "commands without a message");
	return step;
}

/* --- lines --- */

/* Browsers and proxies can be made to talk to mail ports (ALPACA); so can TLS to a clear one. */
static bool is_foreign(struct span frame)
{
	static const struct span words[] = { SPAN("GET "), SPAN("POST "), SPAN("HEAD "),
		SPAN("PUT "), SPAN("OPTIONS "), SPAN("CONNECT "), SPAN("DELETE "), SPAN("PRI "),
		SPAN("\x16\x03") };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (span_istarts(frame, words[i]))
			return true;
	}
	return false;
}

/* A line that is too long comes in pieces: swallowed to its end, then refused. */
static enum step skip_line(struct smtp_session *s, struct span frame)
{
	s->skipped_bytes += frame.len;
	if (s->skipped_bytes > SKIPPED_MAX)
		return too_much(s, "bytes in one line");
	s->framer.skipping = !span_ends(frame, SPAN("\n"));
	if (!s->framer.skipping)
		smtp_reply(s, 500, "5.5.2", "This line is too long");
	return STEP_DONE;
}

static enum step run_command(struct smtp_session *s, struct ctx *ctx, struct span frame)
{
	struct span verb, arg;

	if (is_foreign(frame)) {
		smtp_strike(s);
		smtp_reply(s, 554, "5.5.1", "This port speaks SMTP");
		return STEP_CLOSE;
	}
	if (s->framer.skipping || !smtp_line_is_whole(&s->framer, frame))
		return skip_line(s, frame);
	s->commands++;
	if (!smtp_line_parse(frame, &verb, &arg)) {
		smtp_reply(s, 500, "5.5.2", "There is a control character in this line");
		return STEP_DONE;
	}
	const struct smtp_command *c = smtp_command_find(verb, s->options->submission);
	if (!c) {
		smtp_reply(s, 500, "5.5.1", "I do not know this command");
		return STEP_DONE;
	}
	if ((c->needs & NEED_SYNC) && !s->logged_in && conn_pending(s->conn) > 0) {
		smtp_reply(s, 554, "5.5.0", "You may send nothing behind %s before my answer",
			c->verb);
		return STEP_CLOSE;
	}
	if (c->needs & COUNTS_AS_JUNK)
		s->junk++;
	return admits(s, c, arg) ? c->run(s, ctx, arg) : STEP_DONE;
}

/* Who sends before it can have seen the greeting does not care for answers: a spammer's engine, or
 * somebody who lets another program's bytes through (RFC 5321 §4.3.1). */
static enum step too_early(struct smtp_session *s)
{
	smtp_strike(s);
	smtp_reply(s, 554, "5.5.0", "You spoke before my greeting");
	log_info("smtp.too_early", "conn=%s listener=%s", conn_id(s->conn), conn_listener(s->conn));
	return STEP_CLOSE;
}

static bool is_too_early(struct smtp_session *s)
{
	bool first = !s->heard;

	s->heard = true;
	return first && !conn_is_tls(s->conn) && conn_is_unheard(s->conn);
}

static enum step run_frame(struct conn *c, struct ctx *ctx, struct span frame)
{
	struct smtp_session *s = conn_session(c);
	enum step step = STEP_DROP;

	if (is_too_early(s))
		return too_early(s);
	s->last_code = 0;
	switch (s->framer.input) {
	case INPUT_LINE:
		step = run_command(s, ctx, frame);
		break;
	case INPUT_AUTH_LINE:
		step = smtp_auth_answer(s, ctx, frame);
		break;
	case INPUT_DATA:
		step = smtp_data_frame(s, ctx, frame);
		break;
	case INPUT_CHUNK:
		step = smtp_chunk_frame(s, ctx, frame);
		break;
	}
	return count(s, step);
}

/* --- life --- */

static enum step greet(struct smtp_session *s)
{
	if (conn_has_input(s->conn))
		return too_early(s);
	smtp_reply(s, 220, NULL, "%s ESMTP Mailstead", s->options->hostname);
	return STEP_DONE;
}

static enum step session_open(struct conn *c, struct ctx *ctx)
{
	struct smtp_session *s = heap_zalloc(sizeof *s);

	s->conn = c;
	s->options = conn_arg(c);
	s->state = STATE_START;
	arena_init(&s->arena, 512);
	arena_init(&s->tx_arena, 1024);
	conn_set_session(c, s);
	s->quiet_ms = clock_mono_ms();
	/* Until log-in, submission keeps the loop's total deadline. */
	if (!s->options->submission)
		conn_set_stranger_deadline(c, s->options->timeout_ms);
	if (!smtp_rate_allows(s, SMTP_CONNECTIONS)) {
		smtp_reply(s, 421, "4.7.0",
			"%s Too many connections from your network in a minute, come back later",
			s->options->hostname);
		return STEP_CLOSE;
	}
	int64_t wait_ms = smtp_greeting_delay(s);
	if (wait_ms == 0)
		return greet(s);
	conn_delay(c, wait_ms);
	return STEP_MORE;
}

static enum step session_more(struct conn *c, struct ctx *ctx)
{
	return greet(conn_session(c));
}

static enum step session_secured(struct conn *c, struct ctx *ctx)
{
	struct smtp_session *s = conn_session(c);

	/* RFC 3207 §4.2: all that was said in clear is forgotten. */
	smtp_transaction_reset(s);
	s->state = STATE_START;
	s->helo_len = 0;
	return STEP_DONE;
}

static enum frame session_frame(struct conn *c, struct span in, size_t *scanned, size_t *out_len)
{
	struct smtp_session *s = conn_session(c);
	return smtp_framer_cut(&s->framer, in, scanned, out_len);
}

static enum step session_timeout(struct conn *c, struct ctx *ctx)
{
	smtp_reply(conn_session(c), 421, "4.4.2", "%s I have waited too long, goodbye",
		((struct smtp_session *)conn_session(c))->options->hostname);
	return STEP_CLOSE;
}

static enum step session_shutdown(struct conn *c, struct ctx *ctx)
{
	smtp_reply(conn_session(c), 421, "4.3.2",
		"%s The server is going down, please come back soon",
		((struct smtp_session *)conn_session(c))->options->hostname);
	return STEP_CLOSE;
}

static void session_close(struct conn *c)
{
	struct smtp_session *s = conn_session(c);

	smtp_transaction_reset(s);
	sasl_done(&s->sasl);
	arena_done(&s->tx_arena);
	arena_done(&s->arena);
	heap_free(s);
	conn_set_session(c, NULL);
}

const struct protocol smtp_protocol = {
	.name = "smtp",
	.in_max = SMTP_FRAME_MAX,
	.refusal = "421 4.3.2 Too many connections, try again later.\r\n",
	.open = session_open,
	.frame = session_frame,
	.run = run_frame,
	.more = session_more,
	.opened = session_secured,
	.timeout = session_timeout,
	.shutdown = session_shutdown,
	.close = session_close,
};
