/*
 * Commands of a client, as text; pure. What comes from messages and people is checked here: nothing
 * that could end a line or a path gets into a command.
 */
#pragma once

#include "mailcore/base/str.h"
#include "mailcore/smtpclient/smtpclient.h"

#define COMMAND_MAX       2048
#define COMMAND_PATH_MAX  320 /* 64 + "@" + 255 */
#define COMMAND_ENVID_MAX 100
#define COMMAND_ORCPT_MAX 500
#define DOT_PIECE_MAX     (64UL * 1024)

/* A path without brackets: printable, no blank or bracket outside quotes. utf8: beyond ASCII too. */
bool path_is_sayable(struct span path, bool utf8);
/* xtext of RFC 3461 §4, at least one character. */
bool xtext_is_valid(struct span text);

/* MAIL FROM:<...> with the parameters that `extensions` offers, and CRLF. False: cannot be said. An ENVID or
 * ORCPT that is malformed is left out: the message is worth more. */
MUST_CHECK bool command_add_mail(
	struct str *out, const struct smtpclient_message *m, unsigned extensions);
MUST_CHECK bool command_add_rcpt(struct str *out, const struct smtpclient_message *m,
	const struct smtpclient_rcpt *rcpt, unsigned extensions);

/* Dot-stuffing (RFC 5321 §4.5.2), and line ends made CRLF. Start with a zeroed one. */
struct stuffer {
	bool in_line; /* something of the line has been written */
	bool cr;      /* a CR came last, its LF may follow */
};
/* piece: at most DOT_PIECE_MAX; out grows by at most twice as much and 2. */
void stuffer_add(struct stuffer *s, struct str *out, struct span piece);
/* The end of the last line if it has none, and the final dot. */
void stuffer_end(struct stuffer *s, struct str *out);
