/*
 * The life of an IMAP session: greeting, putting commands together from pieces, admission, end.
 *
 * A literal's octets are read only after its announcement was looked at: an APPEND's message flows
 * to cmd_append.c, any other literal becomes part of the command as long as the command stays
 * below its limit. A command that is refused before its end is still read to its end when the
 * client does not wait for us (LITERAL+), so that its octets are never taken for commands.
 */
#include "mailcore/imap/session.h"

#include "mailcore/base/clock.h"
#include "mailcore/imap/append.h"
#include "mailcore/imap/commands.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/lex.h"

#define OVERLONG_MAX   ((size_t)1 << 20) /* bytes of too long lines in a session */
#define ANSWER_STEP_MS 500
/* More octets than this of a refused literal are not worth reading. */
#define SWALLOW_MAX ((uint64_t)256 << 20)

/* ------------------------------------------------------------------ begin and end */

static enum step greet(struct imap *s)
{
	str_add_cstr(conn_out(s->conn), "* OK [CAPABILITY ");
	imap_reply_capabilities(s);
	str_addf(conn_out(s->conn), "] %s ready.\r\n", s->options->hostname);
	return STEP_DONE;
}

static enum step session_open(struct conn *c, struct ctx *ctx)
{
	struct imap *s = heap_zalloc(sizeof *s);

	s->conn = c;
	s->options = conn_arg(c);
	s->state = STATE_GREETED;
	s->framer.line_max = IMAP_LINE_BEFORE_LOGIN;
	str_init(&s->command, IMAP_LINE_MAX);
	conn_set_session(c, s);
	return greet(s);
}

static void session_close(struct conn *c)
{
	struct imap *s = conn_session(c);

	if (!s)
		return;
	imap_idle_end(s);
	answer_free(s->answer);
	imap_append_free(s->append);
	sasl_done(&s->sasl);
	imap_session_forget_saved(s);
	imap_view_close(&s->view);
	str_done(&s->command);
	heap_free(s->address);
	heap_free(s);
}

static enum step session_timeout(struct conn *c, struct ctx *ctx)
{
	return imap_reply_bye(conn_session(c), "Idle for too long.");
}

static enum step session_shutdown(struct conn *c, struct ctx *ctx)
{
	return imap_reply_bye(conn_session(c), "The server is restarting.");
}

bool imap_session_may_log_in(const struct imap *s)
{
	return conn_is_tls(s->conn) ||
		net_list_has(s->options->plaintext_networks, conn_peer(s->conn));
}

bool imap_session_is_utf8(const struct imap *s)
{
	return s->rev2 || s->utf8_accept;
}

void imap_session_logged_in(struct imap *s, const struct mailbox_ref *mailbox)
{
	s->mailbox_id = mailbox->mailbox_id;
	s->address = heap_alloc(mailbox->address.len + 1);
	memcpy(s->address, mailbox->address.ptr, mailbox->address.len);
	s->address[mailbox->address.len] = '\0';
	s->state = STATE_AUTHENTICATED;
	s->framer.line_max = IMAP_LINE_MAX;
	conn_set_deadline(s->conn, s->options->timeout_ms);
}

void imap_session_deselect(struct imap *s)
{
	imap_view_close(&s->view);
	imap_session_forget_saved(s);
	s->state = STATE_AUTHENTICATED;
}

void imap_session_forget_saved(struct imap *s)
{
	heap_free(s->saved);
	s->saved = NULL;
	s->n_saved = 0;
}

/* ------------------------------------------------------------------ running a command */

/* tag SP command-name; the tag of what cannot be read is "*". */
static bool take_tag(struct imap *s, struct cur *in)
{
	struct span tag;

	memcpy(s->tag, "*", 2);
	if (!lex_tag(in, &tag) || tag.len > IMAP_TAG_MAX || !lex_sp(in))
		return false;
	memcpy(s->tag, tag.ptr, tag.len);
	s->tag[tag.len] = '\0';
	return true;
}

/* command-name, or "UID" SP command-name */
static bool take_command(struct cur *in, struct command *cmd)
{
	struct span name;

	if (!lex_atom(in, &name))
		return false;
	cmd->uid = span_ieq(name, SPAN("UID"));
	if (cmd->uid && (!lex_sp(in) || !lex_atom(in, &name)))
		return false;
	cmd->row = imap_command_find(name);
	return cmd->row && (!cmd->uid || cmd->row->needs & (NEED_UID_FORM | NEED_UID_ONLY));
}

static enum step admit(struct command *cmd)
{
	struct imap *s = cmd->s;
	const struct command_row *row = cmd->row;

	if (!(row->states & s->state)) {
		return imap_reply_bad(s, "%s",
			s->state == STATE_GREETED               ? "Please log in first."
				: row->states == STATE_SELECTED ? "No folder is selected."
								: "You are logged in already.");
	}
	if (row->needs & NEED_NO_ARGS && !cur_done(&cmd->args))
		return imap_reply_bad(s, "%s takes no arguments.", row->name);
	if (row->needs & NEED_WRITE && s->view.read_only)
		return imap_reply_no(cmd, "[NOPERM] The folder is open for reading only.");
	return row->run(cmd);
}

static enum step run_command(struct imap *s, struct ctx *ctx, struct span text)
{
	struct command cmd = { .s = s, .ctx = ctx };
	struct cur in = cur_of(text);

	if (!take_tag(s, &in))
		return imap_reply_bad(s, "A command begins with a tag.");
	if (!take_command(&in, &cmd))
		return imap_reply_bad(s, "Unknown command.");
	cmd.args = in;
	return admit(&cmd);
}

/* ------------------------------------------------------------------ putting commands together */

static void forget_command(struct imap *s)
{
	str_done(&s->command);
	str_init(&s->command, IMAP_LINE_MAX);
	imap_append_free(s->append);
	s->append = NULL;
	s->refusal = NULL;
}

/* The refused command has been read to its end. */
static enum step say_refusal(struct imap *s)
{
	const char *why = s->refusal;

	forget_command(s);
	if (span_starts(span_of(why), SPAN("BAD ")))
		return imap_reply_bad(s, "%s", why + 4);
	imap_reply_tagged(s, "%s", why);
	return STEP_DONE;
}

/* A literal that is not wanted: a client that waits for "+" gets the answer instead, one that does
 * not is listened to until its command ends. */
static enum step refuse_literal(struct imap *s, const struct literal *lit, const char *why)
{
	s->refusal = why;
	if (lit->sync)
		return say_refusal(s);
	if (lit->size > SWALLOW_MAX || (s->state == STATE_GREETED && lit->size > IMAP_LINE_MAX))
		return imap_reply_bye(s, "Literal too large.");
	s->framer.literal_left = lit->size;
	s->swallow = lit->size > 0;
	return STEP_DONE;
}

static enum step begin_literal(struct imap *s, struct ctx *ctx, const struct literal *lit)
{
	const char *why = NULL;

	if (s->append)
		why = imap_append_next(s, ctx, lit);
	else if (s->state & STATE_LOGGED_IN && imap_append_is_message_next(s, ctx))
		why = imap_append_begin(s, ctx, lit);
	else if (s->command.len + lit->size + 2 > s->framer.line_max)
		why = "NO [TOOBIG] The command is too long.";
	if (why)
		return refuse_literal(s, lit, why);
	str_add_cstr(&s->command, "\r\n");
	s->framer.literal_left = lit->size;
	if (lit->sync)
		imap_reply_continue(s, "OK");
	return lit->size || !s->append ? STEP_DONE : imap_append_message_end(s, ctx);
}

/* The last line of a command. */
static enum step end_command(struct imap *s, struct ctx *ctx, struct span line)
{
	enum step step;

	if (s->append) {
		step = imap_append_end(s, ctx);
	} else if (s->command.len == line.len) {
		step = run_command(s, ctx, line);
	} else {
		step = run_command(s, ctx, str_span(&s->command));
	}
	forget_command(s);
	return step;
}

static enum step command_line(struct imap *s, struct ctx *ctx, struct span line, bool clean)
{
	struct literal lit;
	bool announces = literal_announced(line, &lit);

	if (!s->command.len && !s->append && !s->refusal) {
		struct cur in = cur_of(line);
		(void)take_tag(s, &in); /* "*" when there is none */
	}
	if (!clean && !s->refusal)
		s->refusal = "BAD Lines end with CRLF and hold no other control characters.";
	if (s->refusal)
		return announces ? refuse_literal(s, &lit, s->refusal) : say_refusal(s);
	if (s->append)
		str_clear(&s->command);
	/* The usual command is one line and runs where it lies. */
	if (!announces && !s->command.len && !s->append)
		return run_command(s, ctx, line);
	str_add(&s->command, line);
	if (!str_ok(&s->command) || s->command.len > s->framer.line_max) {
		s->refusal = "BAD The command is too long.";
		return announces ? refuse_literal(s, &lit, s->refusal) : say_refusal(s);
	}
	return announces ? begin_literal(s, ctx, &lit) : end_command(s, ctx, line);
}

/* A line longer than allowed comes in parts; the last one has the line end. */
static enum step overlong_line(struct imap *s, struct span part)
{
	s->overlong += part.len;
	if (s->mode != MODE_COMMAND || s->overlong > OVERLONG_MAX)
		return imap_reply_bye(s, "Line too long.");
	if (!s->command.len && !s->refusal) {
		struct cur in = cur_of(part);
		(void)take_tag(s, &in); /* "*" when there is none */
	}
	s->refusal = "BAD The line is too long.";
	return STEP_DONE;
}

/* Browsers that were lured into speaking to us (ALPACA). */
static bool is_http(struct span line)
{
	static const char *const verbs[] = { "GET ", "POST ", "PUT ", "HEAD ", "OPTIONS ",
		"CONNECT ", "DELETE ", "PATCH ", "TRACE ", "PRI * HTTP" };

	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (span_starts(line, span_of(verbs[i])))
			return true;
	}
	return false;
}

static enum step session_line(struct imap *s, struct ctx *ctx, struct span frame)
{
	struct span line = frame;

	if (!span_ends(frame, SPAN("\n")))
		return overlong_line(s, frame);
	line.len -= span_ends(frame, SPAN("\r\n")) ? 2 : 1;
	bool clean = line.len + 2 == frame.len && !memchr(line.ptr, '\0', line.len) &&
		!memchr(line.ptr, '\r', line.len);
	if (!s->spoken && is_http(line))
		return STEP_DROP;
	s->spoken = true;
	switch (s->mode) {
	case MODE_COMMAND:
		return command_line(s, ctx, line, clean);
	case MODE_SASL:
		return imap_sasl_line(s, ctx, line);
	case MODE_IDLE:
		return imap_idle_line(s, ctx, line);
	}
	return STEP_DROP;
}

static enum step session_literal(struct imap *s, struct ctx *ctx, struct span octets)
{
	s->framer.literal_left -= octets.len;
	bool last = s->framer.literal_left == 0;
	if (s->swallow) {
		s->swallow = !last;
		return STEP_DONE;
	}
	if (!s->append) {
		str_add(&s->command, octets);
		return STEP_DONE;
	}
	imap_append_octets(s->append, s->options, octets);
	return last ? imap_append_message_end(s, ctx) : STEP_DONE;
}

/* ------------------------------------------------------------------ long answers */

struct answer *answer_new(struct command *cmd, enum step (*go)(struct answer *answer), size_t size)
{
	struct answer *answer = heap_zalloc(sizeof *answer);

	arena_init(&answer->arena, 4096);
	arena_init(&answer->batch, 65536);
	answer->go = go;
	answer->data = arena_zalloc(&answer->arena, size);
	answer->cmd = *cmd;
	answer->cmd.args = cur_of(arena_span(&answer->arena, cur_rest(&cmd->args)));
	cmd->s->answer = answer;
	return answer;
}

void answer_free(struct answer *answer)
{
	if (!answer)
		return;
	arena_done(&answer->arena);
	arena_done(&answer->batch);
	heap_free(answer);
}

bool answer_is_long(const struct answer *answer)
{
	return conn_is_full(answer->cmd.s->conn) ||
		clock_mono_ms() - answer->step_began_ms > ANSWER_STEP_MS;
}

enum step answer_start(struct answer *answer)
{
	struct imap *s = answer->cmd.s;

	answer->step_began_ms = clock_mono_ms();
	enum step step = answer->go(answer);
	if (step != STEP_MORE) {
		s->answer = NULL;
		answer_free(answer);
	}
	return step;
}

/* ------------------------------------------------------------------ what the loop calls */

static enum frame session_frame(struct conn *c, struct span in, size_t *scanned, size_t *out_len)
{
	struct imap *s = conn_session(c);

	return framer_cut(&s->framer, in, scanned, out_len) ? FRAME_READY : FRAME_WAIT;
}

static enum step session_run(struct conn *c, struct ctx *ctx, struct span frame)
{
	struct imap *s = conn_session(c);

	return s->framer.literal_left ? session_literal(s, ctx, frame)
				      : session_line(s, ctx, frame);
}

static enum step session_more(struct conn *c, struct ctx *ctx)
{
	struct imap *s = conn_session(c);

	if (!s->answer)
		return STEP_DONE;
	s->answer->cmd.ctx = ctx;
	return answer_start(s->answer);
}

static enum step session_wake(struct conn *c, struct ctx *ctx)
{
	struct imap *s = conn_session(c);

	if (s->mode == MODE_IDLE)
		return imap_idle_wake(s, ctx);
	return s->answer ? STEP_MORE : STEP_DONE; /* a late bell must not end an answer */
}

const struct protocol imap_protocol = {
	.name = "imap",
	.in_max = IMAP_LINE_MAX,
	.out_high = 1024 * 1024,
	.refusal = "* BYE [UNAVAILABLE] Too many connections, try again later.\r\n",
	.open = session_open,
	.frame = session_frame,
	.run = session_run,
	.more = session_more,
	.wake = session_wake,
	.timeout = session_timeout,
	.shutdown = session_shutdown,
	.close = session_close,
};
