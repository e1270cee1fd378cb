/* EHLO and HELO: who speaks, and what we offer. Both end a transaction (RFC 5321 §4.1.4). */
#include <string.h>

#include "mailcore/smtp/commands.h"
#include "mailcore/smtp/reply.h"

static bool greet(struct smtp_session *s, struct span arg, bool esmtp)
{
	struct span name;

	if (!smtp_helo_parse(arg, &name)) {
		smtp_reply(s, 501, "5.5.4", "Please say your host name or address literal");
		return false;
	}
	smtp_transaction_reset(s);
	memcpy(s->helo, name.ptr, name.len);
	s->helo_len = name.len;
	s->esmtp = esmtp;
	s->state = STATE_READY;
	return true;
}

enum step smtp_helo(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	if (greet(s, arg, false))
		smtp_reply(s, 250, NULL, "%s", s->options->hostname);
	return STEP_DONE;
}

enum step smtp_ehlo(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	const struct smtp_options *o = s->options;

	if (!greet(s, arg, true))
		return STEP_DONE;
	smtp_reply_part(s, 250, o->hostname);
	smtp_reply_part(s, 250, "PIPELINING");
	smtp_reply_part(s, 250, arena_printf(ctx->arena, "SIZE %zu", o->intake->max_size).ptr);
	smtp_reply_part(s, 250, "8BITMIME");
	smtp_reply_part(s, 250, "SMTPUTF8");
	smtp_reply_part(s, 250, "CHUNKING");
	smtp_reply_part(s, 250, "ENHANCEDSTATUSCODES");
	smtp_reply_part(s, 250, "DSN");
	smtp_reply_part(
		s, 250, arena_printf(ctx->arena, "LIMITS RCPTMAX=%zu", o->max_recipients).ptr);
	if (conn_can_tls(s->conn))
		smtp_reply_part(s, 250, "STARTTLS");
	if (o->submission && !s->logged_in && smtp_is_private(s))
		smtp_reply_part(s, 250,
			conn_can_bind(s->conn) ? "AUTH PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS"
					       : "AUTH PLAIN LOGIN SCRAM-SHA-256");
	smtp_reply(s, 250, NULL, "HELP");
	return STEP_DONE;
}
