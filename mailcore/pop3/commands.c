/* The table of POP3 commands. */
#include "mailcore/pop3/commands.h"

#define ANY (STATE_AUTH | STATE_TRANS)

static const struct pop3_command commands[] = {
	{ "CAPA", ANY, NEED_NO_ARG, pop3_capa },
	{ "STLS", STATE_AUTH, NEED_NO_ARG, pop3_stls },
	{ "USER", STATE_AUTH, NEED_ARG | NEED_PRIVACY, pop3_user },
	{ "PASS", STATE_AUTH, NEED_ARG | NEED_PRIVACY, pop3_pass },
	{ "AUTH", STATE_AUTH, NEED_PRIVACY, pop3_auth },
	{ "UTF8", STATE_AUTH, NEED_NO_ARG, pop3_utf8 },
	{ "STAT", STATE_TRANS, NEED_NO_ARG, pop3_stat },
	{ "LIST", STATE_TRANS, 0, pop3_list },
	{ "UIDL", STATE_TRANS, 0, pop3_uidl },
	{ "RETR", STATE_TRANS, NEED_ARG, pop3_retr },
	{ "TOP", STATE_TRANS, NEED_ARG, pop3_top },
	{ "DELE", STATE_TRANS, NEED_ARG, pop3_dele },
	{ "RSET", STATE_TRANS, NEED_NO_ARG, pop3_rset },
	{ "NOOP", STATE_TRANS, NEED_NO_ARG, pop3_noop },
	{ "QUIT", ANY, NEED_NO_ARG, pop3_quit },
};

const struct pop3_command *pop3_command_find(struct span verb)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (span_ieq(verb, span_of(commands[i].verb)))
			return &commands[i];
	}
	return NULL;
}
