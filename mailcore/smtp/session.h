/*
 * One SMTP connection: shared by session.c, reply.c and the commands.
 *
 * `tx` is the transaction. It has two ends, smtp_transaction_reset and smtp_message_finish, and both leave
 * it zeroed: nothing of a refused or finished message is seen by the next one.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/deliver/refused.h"
#include "mailcore/directory/directory.h"
#include "mailcore/directory/sasl.h"
#include "mailcore/smtp/frame.h"
#include "mailcore/smtp/parse.h"
#include "mailcore/smtp/smtp.h"
#include "mailcore/smtp/text.h"

enum smtp_state {
	STATE_START = 1, /* no EHLO yet */
	STATE_READY = 2,
	STATE_MAIL = 4,    /* a sender */
	STATE_RCPT = 8,    /* and a recipient */
	STATE_CHUNKS = 16, /* and a piece of the message, by BDAT */
};

struct smtp_tx {
	struct intake *intake; /* from MAIL on */
	struct intake_source source;
	bool smtputf8;
	uint64_t size; /* as MAIL said; 0: not said */
	size_t recipients;
	struct text_filter text;
	enum rc trouble; /* what intake_write said first */
	unsigned chunks;
	struct refused *refused; /* recipients, for the trace */
};

struct smtp_session {
	struct conn *conn;
	const struct smtp_options *options;
	enum smtp_state state;
	struct smtp_framer framer;
	struct arena arena;    /* the session's */
	struct arena tx_arena; /* emptied with tx */
	struct smtp_tx tx;

	char helo[SMTP_HELO_MAX];
	size_t helo_len;
	bool esmtp;

	struct mailbox_ref login; /* session arena */
	bool logged_in;
	struct sasl sasl; /* an AUTH exchange in progress */

	bool chunk_last, chunk_refused; /* the BDAT chunk that is being read */

	bool heard;        /* the first frame has come */
	int64_t quiet_ms;  /* when the session began, or its newest message was accepted */
	int last_code;     /* of the newest reply */
	size_t last_reply; /* where it begins in the output */
	unsigned errors, junk, commands, unknown_recipients, login_failures;
	size_t skipped_bytes; /* of lines that were too long */
};

/* --- session.c --- */

void smtp_transaction_reset(struct smtp_session *s);
/* Log-in may pass over this connection. */
bool smtp_is_private(const struct smtp_session *s);

/* --- the message: cmd_data.c, used by BDAT too --- */

void smtp_message_begin(struct smtp_session *s, bool dots);
void smtp_message_add(struct smtp_session *s, struct ctx *ctx, struct span frame);
/* Commits or refuses, and replies. The transaction is over. */
void smtp_message_finish(struct smtp_session *s, struct ctx *ctx);

/* Frames that are no commands. */
enum step smtp_auth_answer(struct smtp_session *s, struct ctx *ctx, struct span frame);
enum step smtp_data_frame(struct smtp_session *s, struct ctx *ctx, struct span frame);
enum step smtp_chunk_frame(struct smtp_session *s, struct ctx *ctx, struct span frame);
