/* The table of POP3 commands. */
#pragma once

#include "mailcore/pop3/session.h"

enum pop3_need {
	NEED_NO_ARG = 1,
	NEED_ARG = 2,
	NEED_PRIVACY = 4, /* TLS, or a network that may do without */
};

struct pop3_command {
	const char *verb;
	unsigned states;
	unsigned needs;
	enum step (*run)(struct pop3_session *s, struct ctx *ctx, struct span arg);
};

/* NULL: no such command. */
const struct pop3_command *pop3_command_find(struct span verb);

enum step cmd_auth(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_capa(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_dele(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_list(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_noop(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_pass(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_quit(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_retr(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_rset(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_stat(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_stls(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_top(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_uidl(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_user(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step cmd_utf8(struct pop3_session *s, struct ctx *ctx, struct span arg);
