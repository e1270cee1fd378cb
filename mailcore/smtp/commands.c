/* The table of SMTP commands. */
#include "mailcore/smtp/commands.h"

#define ANY     (STATE_START | GREETED)
#define GREETED (STATE_READY | STATE_MAIL | STATE_RCPT | STATE_CHUNKS)

static const struct smtp_command commands[] = {
	{ "EHLO", ANY, NEED_SYNC, smtp_ehlo },
	{ "HELO", ANY, NEED_SYNC, smtp_helo },
	{ "STARTTLS", STATE_START | STATE_READY, NEED_SYNC | NEED_NO_ARG, smtp_starttls },
	{ "AUTH", STATE_READY, NEED_SYNC | NEED_SUBMISSION | NEED_PRIVACY, smtp_auth },
	{ "MAIL", STATE_READY, NEED_LOGIN, smtp_mail },
	{ "RCPT", STATE_MAIL | STATE_RCPT, NEED_LOGIN, smtp_rcpt },
	{ "DATA", STATE_RCPT, NEED_SYNC | NEED_NO_ARG, smtp_data },
	/* In every state: its chunk must be read before it can be refused. */
	{ "BDAT", ANY, 0, smtp_bdat },
	{ "RSET", ANY, NEED_NO_ARG | COUNTS_AS_JUNK, smtp_rset },
	{ "NOOP", ANY, COUNTS_AS_JUNK, smtp_noop },
	{ "VRFY", ANY, COUNTS_AS_JUNK, smtp_vrfy },
	{ "EXPN", ANY, COUNTS_AS_JUNK, smtp_expn },
	{ "HELP", ANY, COUNTS_AS_JUNK, smtp_help },
	{ "QUIT", ANY, NEED_NO_ARG, smtp_quit },
};

const struct smtp_command *smtp_command_find(struct span verb, bool submission)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		const struct smtp_command *c = &commands[i];
		if (span_ieq(verb, span_of(c->verb)))
			return (c->needs & NEED_SUBMISSION) && !submission ? NULL : c;
	}
	return NULL;
}
