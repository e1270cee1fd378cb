/* EHLO and HELO: who speaks, and what we offer. Both end a transaction (RFC 5321 §4.1.4). */
#include <string.h>

#include "mailcore/smtp/commands.h"
#include "mailcore/smtp/reply.h"

static bool greet(struct smtp_session *s, struct span arg, bool esmtp)
{
	struct span name;

	if (!smtp_helo_parse(arg, &name)) {
		reply(s, 501, "5.5.4", "Please say your host name or address literal");
		return false;
	}
	transaction_reset(s);
	memcpy(s->helo, name.ptr, name.len);
	s->helo_len = name.len;
	s->esmtp = esmtp;
	s->state = STATE_READY;
	return true;
}

enum step cmd_helo(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	if (greet(s, arg, false))
		reply(s, 250, NULL, "%s", s->options->hostname);
	return STEP_DONE;
}

enum step cmd_ehlo(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	const struct smtp_options *o = s->options;

	if (!greet(s, arg, true))
		return STEP_DONE;
	reply_part(s, 250, o->hostname);
	reply_part(s, 250, "PIPELINING");
	reply_part(s, 250, arena_printf(ctx->arena, "SIZE %zu", o->intake->max_size).ptr);
	reply_part(s, 250, "8BITMIME");
	reply_part(s, 250, "SMTPUTF8");
	reply_part(s, 250, "CHUNKING");
	reply_part(s, 250, "ENHANCEDSTATUSCODES");
	reply_part(s, 250, arena_printf(ctx->arena, "LIMITS RCPTMAX=%zu", o->max_recipients).ptr);
	if (conn_can_tls(s->conn))
		reply_part(s, 250, "STARTTLS");
	if (o->submission && !s->logged_in && session_is_private(s))
		reply_part(s, 250, "AUTH PLAIN LOGIN");
	reply(s, 250, NULL, "HELP");
	return STEP_DONE;
}
