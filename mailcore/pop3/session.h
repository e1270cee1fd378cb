/* One POP3 connection: shared by session.c and the commands. */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/directory/sasl.h"
#include "mailcore/pop3/pop3.h"
#include "mailcore/store/store.h"

#define POP3_AHEAD_MESSAGES 16
#define POP3_AHEAD_BYTES    ((size_t)128 << 10)

enum pop3_state {
	STATE_AUTH = 1,  /* not logged in */
	STATE_TRANS = 2, /* the maildrop is open */
};

/* A long answer in progress (STEP_MORE). */
enum pop3_more { MORE_NONE, MORE_OPEN, MORE_LIST, MORE_UIDL, MORE_MESSAGE };

struct pop3_session {
	struct conn *conn;
	const struct pop3_options *options;
	enum pop3_state state;
	struct arena arena; /* the session's */

	char name[SASL_NAME_MAX]; /* of USER */
	size_t name_len;
	struct sasl sasl;
	bool in_auth;  /* the next line is an answer in an AUTH exchange */
	bool skipping; /* inside a line that was too long */
	unsigned errors;
	bool failed; /* the newest reply is -ERR */

	int64_t opening;      /* mailbox whose lease is waited for (MORE_OPEN) */
	unsigned lease_tries; /* that have failed */

	/* STATE_TRANS */
	int64_t mailbox_id, folder_id;
	const struct snapshot *snap; /* INBOX; message n is index n - 1 */
	bool *deleted;               /* by index */
	char lease[32];              /* who we are; "": none held */
	int64_t lease_at_ms;         /* taken or renewed, monotonic */

	enum pop3_more more;
	size_t more_at;             /* index, or offset into message */
	struct arena message_arena; /* the message being sent, alive over its steps */
	struct span message;

	/* Read in one go for a client that takes one message after the other. */
	struct arena ahead_arena;
	struct message_bytes ahead[POP3_AHEAD_MESSAGES];
	size_t n_ahead;
	size_t next; /* index behind the last RETR */
};

/* A single reply line; fmt follows "+OK " or "-ERR ". */
void pop3_ok(struct pop3_session *s, const char *fmt, ...) PRINTF(2, 3);
void pop3_err(struct pop3_session *s, const char *fmt, ...) PRINTF(2, 3);
/* -ERR for what a look-up or the store said. */
void pop3_refuse(struct pop3_session *s, enum rc rc);

bool pop3_is_private(const struct pop3_session *s);

/* Opens the maildrop of a mailbox that has logged in, and replies. cmd_auth.c */
enum step pop3_maildrop_open(struct pop3_session *s, struct ctx *ctx, int64_t mailbox_id);
void pop3_maildrop_lease_drop(struct pop3_session *s, struct ctx *ctx);
enum step pop3_auth_answer(struct pop3_session *s, struct ctx *ctx, struct span line);

/* Goes on with a long answer. cmd_mail.c */
enum step pop3_go_on(struct pop3_session *s);
