/* The small commands: RSET, NOOP, VRFY, HELP, QUIT. */
#include "mailcore/smtp/commands.h"
#include "mailcore/smtp/reply.h"

enum step cmd_rset(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	transaction_reset(s);
	reply(s, 250, "2.0.0", "Forgotten");
	return STEP_DONE;
}

enum step cmd_noop(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	reply(s, 250, "2.0.0", "Nothing done");
	return STEP_DONE;
}

/* RFC 5321 §7.3: who exists is nobody's business; RCPT will tell. */
enum step cmd_vrfy(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	if (arg.len == 0)
		reply(s, 501, "5.5.4", "Please say whom to verify");
	else
		reply(s, 252, "2.5.0", "I do not tell who exists; send mail and see");
	return STEP_DONE;
}

enum step cmd_help(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	reply(s, 214, "2.0.0", "See RFC 5321");
	return STEP_DONE;
}

enum step cmd_quit(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	reply(s, 221, "2.0.0", "%s Goodbye", s->options->hostname);
	return STEP_CLOSE;
}
