/*
 * SMTP replies: the only place where an rc becomes a reply code (RFC 5321 §4.2, RFC 3463).
 *
 * Every 2yz, 4yz and 5yz carries an enhanced status code, but the greeting and EHLO's (RFC 2034).
 * Text is ours or err->text; bytes that are not printable ASCII become '?'.
 */
#pragma once

#include "mailcore/smtp/session.h"

/* enhanced may be NULL. */
void smtp_reply(struct smtp_session *s, int code, const char *enhanced, const char *fmt, ...)
	PRINTF(4, 5);
/* The newest reply, until the end of the step. */
struct span smtp_reply_text(const struct smtp_session *s);
/* One line of several: `code-text`. */
void smtp_reply_part(struct smtp_session *s, int code, const char *text);

void smtp_reply_parse(struct smtp_session *s, enum parse result, const char *bad_address);
/* What recipient_resolve said. */
void smtp_reply_recipient(struct smtp_session *s, enum rc rc, const struct err *err);
/* What mailbox_login said. */
void smtp_reply_login(struct smtp_session *s, enum rc rc);
/* What mailbox_may_send_as said about MAIL FROM. */
void smtp_reply_sender(struct smtp_session *s, enum rc rc);
/* What intake_write or intake_commit said. err->field may hold the enhanced status. */
void smtp_reply_message(struct smtp_session *s, enum rc rc, const struct err *err);
