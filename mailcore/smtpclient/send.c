/*
 * One transaction: MAIL, RCPT ..., DATA in one go where the server allows it, then the message.
 *
 * Replies are read in the order of the commands. in_doubt is true from the moment the final dot is
 * given to the socket until its reply has been read (RFC 1047).
 */
#include "mailcore/smtpclient/client_impl.h"
#include "mailcore/smtpclient/command.h"

#define CANCEL_GRACE_MS 5000 /* a message whose end has been sent is worth that wait */

struct sending {
	struct smtpclient *c;
	struct ctx *ctx;
	struct smtpclient_message *m;
	struct smtpclient_reply *last;
	bool *in_doubt;
	bool pipelined;
	size_t n_accepted;
};

static int64_t reply_wait(const struct smtpclient *c, int64_t fallback)
{
	return client_wait(c->command_ms, fallback);
}

/* Everybody who has not been refused gets this reply. */
static void answer_all(struct sending *s, const struct smtpclient_reply *reply)
{
	for (size_t i = 0; i < s->m->n_rcpts; i++) {
		struct smtpclient_rcpt *r = &s->m->rcpts[i];
		if (r->accepted || r->reply.code == 0)
			r->reply = *reply;
	}
}

/* --- the envelope ----------------------------------------------------------------------------- */

/* All of it is checked before the first byte is sent. */
static bool is_sayable(const struct sending *s, struct str *scratch)
{
	unsigned ext = s->c->extensions;
	bool ok = s->m->n_rcpts > 0 && s->m->n_rcpts <= CLIENT_RCPTS_MAX &&
		command_add_mail(scratch, s->m, ext);

	for (size_t i = 0; ok && i < s->m->n_rcpts; i++) {
		str_clear(scratch);
		ok = command_add_rcpt(scratch, s->m, &s->m->rcpts[i], ext);
	}
	str_clear(scratch);
	return ok;
}

/* One command, or the whole group of them; nothing may be waiting from the server. */
static enum rc push(struct sending *s)
{
	struct smtpclient *c = s->c;

	if (!client_is_in_step(c, s->ctx, s->last))
		return RC_TEMP;
	return client_flush(c, s->ctx, reply_wait(c, CLIENT_COMMAND_MS), s->last) ? RC_OK : RC_TEMP;
}

/* A reply to RCPT or MAIL that belongs to DATA, or to nothing at all, tells that we are out of
 * step. */
static bool is_answer(struct sending *s, const struct smtpclient_reply *reply)
{
	if (reply->code / 100 != 3)
		return true;
	s->c->broken = true;
	client_say(s->ctx, s->last, "4.5.0", "the server is out of step");
	return false;
}

static enum rc read_mail_reply(struct sending *s)
{
	enum rc rc =
		client_read_reply(s->c, s->ctx, reply_wait(s->c, CLIENT_COMMAND_MS), s->last, NULL);
	if (rc != RC_OK)
		return rc;
	if (!is_answer(s, s->last))
		return RC_TEMP;
	if (s->last->code / 100 != 2)
		answer_all(s, s->last);
	return s->last->code == 421 ? RC_TEMP : RC_OK;
}

static enum rc read_rcpt_reply(struct sending *s, struct smtpclient_rcpt *r, bool mail_accepted)
{
	struct smtpclient_reply reply;
	enum rc rc =
		client_read_reply(s->c, s->ctx, reply_wait(s->c, CLIENT_COMMAND_MS), &reply, NULL);

	if (rc != RC_OK || reply.code == 421) {
		*s->last = reply;
		return RC_TEMP;
	}
	if (!is_answer(s, &reply))
		return RC_TEMP;
	if (!mail_accepted)
		return RC_OK; /* says no more than "MAIL first" */
	r->reply = reply;
	r->accepted = reply.code / 100 == 2;
	s->n_accepted += r->accepted;
	return RC_OK;
}

/* One command at a time: the next only after the reply. */
static enum rc send_envelope_slowly(struct sending *s)
{
	struct str *out = &s->c->wire.out;
	bool ok = command_add_mail(out, s->m, s->c->extensions);
	enum rc rc = push(s);

	if (rc == RC_OK)
		rc = read_mail_reply(s);
	if (rc != RC_OK || s->last->code / 100 != 2)
		return rc;
	for (size_t i = 0; ok && rc == RC_OK && i < s->m->n_rcpts; i++) {
		ok = command_add_rcpt(out, s->m, &s->m->rcpts[i], s->c->extensions);
		rc = push(s);
		if (rc == RC_OK)
			rc = read_rcpt_reply(s, &s->m->rcpts[i], true);
	}
	ASSERT(ok); /* is_sayable has looked */
	if (rc != RC_OK || s->n_accepted == 0)
		return rc;
	str_add_cstr(out, "DATA\r\n");
	return push(s);
}

/* RFC 2920: all in one write, DATA is the last of the group. */
static enum rc send_envelope_at_once(struct sending *s)
{
	struct str *out = &s->c->wire.out;
	bool ok = command_add_mail(out, s->m, s->c->extensions);

	for (size_t i = 0; ok && i < s->m->n_rcpts; i++)
		ok = command_add_rcpt(out, s->m, &s->m->rcpts[i], s->c->extensions);
	str_add_cstr(out, "DATA\r\n");
	ASSERT(ok); /* is_sayable has looked; CLIENT_RCPTS_MAX commands fit */

	enum rc rc = push(s);
	if (rc == RC_OK)
		rc = read_mail_reply(s);
	bool accepted = rc == RC_OK && s->last->code / 100 == 2;
	for (size_t i = 0; rc == RC_OK && i < s->m->n_rcpts; i++)
		rc = read_rcpt_reply(s, &s->m->rcpts[i], accepted);
	return rc;
}

/* --- the message ------------------------------------------------------------------------------ */

static enum rc send_break(struct sending *s, const char *status, const char *why)
{
	s->c->broken = true;
	client_say(s->ctx, s->last, status, why);
	return RC_TEMP;
}

/* The connection broke while we were sending: perhaps the server has said why. */
static enum rc hear_last_words(struct sending *s)
{
	struct smtpclient *c = s->c;
	struct smtpclient_reply reply;
	char why[sizeof c->wire.why];

	memcpy(why, c->wire.why, sizeof why);
	(void)wire_poll(&c->wire); /* it is dead; what had arrived is what counts */
	enum rc rc = client_read_reply(c, s->ctx, 0, &reply, NULL);
	c->broken = true;
	if (rc != RC_OK)
		return send_break(s, "4.4.2", why[0] ? why : c->wire.why);
	if (reply.code / 100 < 4)
		return send_break(s, "4.5.0", "the server answered before it had the message");
	*s->last = reply;
	if (reply.code == 421)
		return RC_TEMP;
	answer_all(s, &reply);
	return RC_OK;
}

static enum rc flush_block(struct sending *s)
{
	return wire_flush(&s->c->wire, client_wait(s->c->data_ms, CLIENT_BLOCK_MS));
}

/* Everything but the final dot. */
static enum rc send_body(struct sending *s, struct stuffer *stuffer)
{
	struct wire *w = &s->c->wire;

	for (;;) {
		struct span piece;
		if (s->m->read(s->m->read_arg, s->ctx, &piece) != RC_OK)
			return send_break(s, "4.3.0", "the message could not be read");
		if (piece.len == 0)
			return RC_OK;
		for (; piece.len > 0; piece = span_from(piece, DOT_PIECE_MAX)) {
			/* Room for a stuffed piece, or the block goes out. */
			if (w->out.len + 2 * DOT_PIECE_MAX + 2 > WIRE_OUT_MAX &&
				flush_block(s) != RC_OK)
				return RC_CLOSED;
			stuffer_add(stuffer, &w->out, span_sub(piece, 0, DOT_PIECE_MAX));
		}
	}
}

/* What it says before it has seen the end cannot be consent. */
static bool has_spoken_early(struct sending *s)
{
	return !wire_poll(&s->c->wire) || s->c->wire.in.len > 0;
}

static enum rc finish(struct sending *s, struct stuffer *stuffer)
{
	struct smtpclient *c = s->c;
	struct smtpclient_reply reply;

	if (has_spoken_early(s))
		return hear_last_words(s);
	stuffer_end(stuffer, &c->wire.out);
	c->wire.cancel_grace_ms = CANCEL_GRACE_MS;
	*s->in_doubt = true;
	if (!client_flush(c, s->ctx, client_wait(c->data_ms, CLIENT_BLOCK_MS), s->last))
		return RC_TEMP;
	enum rc rc = client_read_reply(c, s->ctx, reply_wait(c, CLIENT_END_MS), &reply, NULL);
	c->wire.cancel_grace_ms = 0;
	*s->last = reply;
	if (rc != RC_OK || !is_answer(s, &reply))
		return RC_TEMP;
	*s->in_doubt = false;
	if (reply.code == 421)
		return RC_TEMP;
	answer_all(s, &reply);
	return RC_OK;
}

static enum rc send_message(struct sending *s)
{
	struct stuffer stuffer = { 0 };

	enum rc rc = send_body(s, &stuffer);
	if (rc == RC_CLOSED)
		return hear_last_words(s);
	return rc == RC_OK ? finish(s, &stuffer) : rc;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* After refusals: the server must not hold on to our transaction (RFC 5321 §4.1.1.5). */
static enum rc reset(struct sending *s)
{
	struct smtpclient_reply reply;

	str_add_cstr(&s->c->wire.out, "RSET\r\n");
	enum rc rc = client_ask(s->c, s->ctx, reply_wait(s->c, CLIENT_COMMAND_MS), &reply, NULL);
	if (rc != RC_OK || reply.code / 100 != 2)
		s->c->broken = true;
	return RC_OK; /* the replies stand, whatever becomes of the connection */
}

static enum rc send_after_envelope(struct sending *s)
{
	struct smtpclient_reply reply;

	if (s->pipelined || s->n_accepted > 0) {
		enum rc rc = client_read_reply(
			s->c, s->ctx, reply_wait(s->c, CLIENT_DATA_MS), &reply, NULL);
		if (rc != RC_OK || reply.code == 421) {
			*s->last = reply;
			return RC_TEMP;
		}
		if (reply.code == 354 && s->n_accepted == 0) {
			/* It wants a message for nobody. Hanging up is the one way not to send it. */
			s->c->broken = true;
			return RC_OK;
		}
		if (reply.code / 100 == 2 || (reply.code / 100 == 3 && reply.code != 354))
			return send_break(s, "4.5.0", "the server is out of step");
		if (s->n_accepted > 0) {
			*s->last = reply;
			if (reply.code == 354)
				return send_message(s);
			answer_all(s, &reply);
		}
	}
	return reset(s);
}

enum rc smtpclient_send(struct smtpclient *c, struct ctx *ctx, struct smtpclient_message *message,
	struct smtpclient_reply *last, bool *in_doubt)
{
	struct sending s = { .c = c,
		.ctx = ctx,
		.m = message,
		.last = last,
		.in_doubt = in_doubt,
		.pipelined = (c->extensions & CLIENT_PIPELINING) != 0 };

	*in_doubt = false;
	*last = (struct smtpclient_reply){ 0 };
	for (size_t i = 0; i < message->n_rcpts; i++) {
		message->rcpts[i].reply = (struct smtpclient_reply){ 0 };
		message->rcpts[i].accepted = false;
	}
	if (!is_sayable(&s, &c->wire.out))
		return RC_INVALID;
	c->uses++;
	enum rc rc = s.pipelined ? send_envelope_at_once(&s) : send_envelope_slowly(&s);
	return rc == RC_OK ? send_after_envelope(&s) : rc;
}
