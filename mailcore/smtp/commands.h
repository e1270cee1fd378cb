/* The table of SMTP commands: who may use which when. Admission is decided here, not in handlers. */
#pragma once

#include "mailcore/smtp/session.h"

enum smtp_need {
	NEED_SYNC = 1,  /* nothing may be pipelined behind it (RFC 2920) */
	NEED_LOGIN = 2, /* on submission */
	NEED_NO_ARG = 4,
	NEED_SUBMISSION = 8, /* unknown elsewhere */
	NEED_PRIVACY = 16,   /* TLS, or a network that may do without */
	COUNTS_AS_JUNK = 32,
};

struct smtp_command {
	const char *verb;
	unsigned states; /* enum smtp_state, those in which it is legal */
	unsigned needs;
	enum step (*run)(struct smtp_session *s, struct ctx *ctx, struct span arg);
};

/* NULL: no such command (on this kind of listener). */
const struct smtp_command *smtp_command_find(struct span verb, bool submission);

enum step smtp_auth(struct smtp_session *s, struct ctx *ctx, struct span arg);
enum step smtp_bdat(struct smtp_session *s, struct ctx *ctx, struct span arg);
enum step smtp_data(struct smtp_session *s, struct ctx *ctx, struct span arg);
enum step smtp_ehlo(struct smtp_session *s, struct ctx *ctx, struct span arg);
enum step smtp_expn(struct smtp_session *s, struct ctx *ctx, struct span arg);
enum step smtp_helo(struct smtp_session *s, struct ctx *ctx, struct span arg);
enum step smtp_help(struct smtp_session *s, struct ctx *ctx, struct span arg);
enum step smtp_mail(struct smtp_session *s, struct ctx *ctx, struct span arg);
enum step smtp_noop(struct smtp_session *s, struct ctx *ctx, struct span arg);
enum step smtp_quit(struct smtp_session *s, struct ctx *ctx, struct span arg);
enum step smtp_rcpt(struct smtp_session *s, struct ctx *ctx, struct span arg);
enum step smtp_rset(struct smtp_session *s, struct ctx *ctx, struct span arg);
enum step smtp_starttls(struct smtp_session *s, struct ctx *ctx, struct span arg);
enum step smtp_vrfy(struct smtp_session *s, struct ctx *ctx, struct span arg);
