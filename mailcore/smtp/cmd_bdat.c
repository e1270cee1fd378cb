/*
 * BDAT (RFC 3030): the message in counted chunks.
 *
 * A chunk is read in any case, then answered: also one that comes without a recipient, or after
 * an earlier chunk was refused, because the peer has sent it already.
 */
#include "mailcore/smtp/commands.h"
#include "mailcore/smtp/reply.h"

static enum step chunk_done(struct smtp_session *s, struct ctx *ctx)
{
	smtp_framer_expect(&s->framer, INPUT_LINE);
	if (s->chunk_refused) {
		smtp_reply(s, 503, "5.5.1", "There is no recipient that was accepted");
		return STEP_DONE;
	}
	if (s->chunk_last && !s->logged_in && conn_pending(s->conn) > 0) {
		smtp_transaction_reset(s);
		smtp_reply(
			s, 554, "5.5.0", "You may send nothing behind BDAT LAST before my answer");
		return STEP_CLOSE;
	}
	if (s->chunk_last || s->tx.trouble != RC_OK)
		smtp_message_finish(s, ctx);
	else
		smtp_reply(s, 250, "2.0.0", "Chunk accepted");
	return STEP_DONE;
}

static void chunk_begin(struct smtp_session *s)
{
	s->chunk_refused = !(s->state & (STATE_RCPT | STATE_CHUNKS));
	if (s->chunk_refused)
		return;
	if (s->state == STATE_RCPT)
		smtp_message_begin(s, false);
	s->state = STATE_CHUNKS;
	s->tx.chunks++;
}

enum step smtp_bdat(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	uint64_t size;
	bool last;

	/* Without its length the chunk cannot be told from commands. */
	if (!smtp_bdat_parse(arg, &size, &last)) {
		smtp_reply(
			s, 501, "5.5.4", "Please say BDAT, a length, and LAST with the last chunk");
		return STEP_CLOSE;
	}
	if (s->tx.chunks >= SMTP_CHUNKS_MAX) {
		smtp_reply(s, 421, "4.7.0", "Too many chunks, closing the connection");
		return STEP_CLOSE;
	}
	chunk_begin(s);
	s->chunk_last = last;
	s->framer.chunk_left = size;
	if (size == 0)
		return chunk_done(s, ctx);
	smtp_framer_expect(&s->framer, INPUT_CHUNK);
	return STEP_DONE;
}

enum step smtp_chunk_frame(struct smtp_session *s, struct ctx *ctx, struct span frame)
{
	s->framer.chunk_left -= frame.len;
	if (!s->chunk_refused)
		smtp_message_add(s, ctx, frame);
	return s->framer.chunk_left == 0 ? chunk_done(s, ctx) : STEP_DONE;
}
