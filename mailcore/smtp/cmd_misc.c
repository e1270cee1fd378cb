/* The small commands: RSET, NOOP, VRFY, HELP, QUIT. */
#include "mailcore/base/utf8.h"
#include "mailcore/smtp/commands.h"
#include "mailcore/smtp/reply.h"

enum step smtp_rset(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	smtp_transaction_reset(s);
	smtp_reply(s, 250, "2.0.0", "Forgotten");
	return STEP_DONE;
}

enum step smtp_noop(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	smtp_reply(s, 250, "2.0.0", "Nothing done");
	return STEP_DONE;
}

/* RFC 5321 §7.3: who exists is nobody's business; RCPT will tell. */
enum step smtp_vrfy(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	bool utf8 = span_iends(arg, SPAN(" SMTPUTF8"));

	if (arg.len == 0)
		smtp_reply(s, 501, "5.5.4", "Please say whom to verify");
	else if (!utf8_is_ascii(arg) && !utf8) /* RFC 6531 §3.7.4.2 */
		smtp_reply(s, 553, "5.6.7", "This address needs SMTPUTF8");
	else
		smtp_reply(s, 252, "2.5.0", "I do not tell who exists; send mail and see");
	return STEP_DONE;
}

/* RFC 5321 §3.5.1: known, and not offered. */
enum step smtp_expn(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	smtp_reply(s, 502, "5.5.1", "I do not tell who is on a list");
	return STEP_DONE;
}

enum step smtp_help(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	smtp_reply(s, 214, "2.0.0", "See RFC 5321");
	return STEP_DONE;
}

enum step smtp_quit(struct smtp_session *s, struct ctx *ctx, struct span arg)
{
	smtp_reply(s, 221, "2.0.0", "%s Goodbye", s->options->hostname);
	return STEP_CLOSE;
}
