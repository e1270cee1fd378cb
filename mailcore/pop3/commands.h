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

enum step pop3_auth(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_capa(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_dele(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_list(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_noop(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_pass(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_quit(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_retr(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_rset(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_stat(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_stls(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_top(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_uidl(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_user(struct pop3_session *s, struct ctx *ctx, struct span arg);
enum step pop3_utf8(struct pop3_session *s, struct ctx *ctx, struct span arg);
