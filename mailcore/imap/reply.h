/*
 * Answers: the only place where rc becomes IMAP, where strings are quoted, and where what changed
 * in the folder is told before a tagged answer.
 *
 * Everything goes straight into the connection's output. Texts for people are reduced to printable
 * ASCII; strings are quoted when they can be and literals otherwise, so that no stored byte can
 * break the syntax.
 */
#pragma once

#include "mailcore/imap/session.h"

/* Tagged OK and NO, after what the command's row lets be announced. fmt may begin with a response
 * code: "[READ-WRITE] Selected." */
enum step imap_reply_ok(struct command *cmd, const char *fmt, ...) PRINTF(2, 3);
enum step imap_reply_no(struct command *cmd, const char *fmt, ...) PRINTF(2, 3);
/* Tagged BAD; the client is hung up on after IMAP_ERRORS_MAX of them. */
enum step imap_reply_bad(struct imap *s, const char *fmt, ...) PRINTF(2, 3);
/* Any rc of a lower layer; err may be NULL. RC_OK says "Done." */
enum step imap_reply_rc(struct command *cmd, enum rc rc, const struct err *err);
/* Tagged line without anything before it. */
void imap_reply_tagged(struct imap *s, const char *fmt, ...) PRINTF(2, 3);
/* "* " line. */
void imap_reply_untagged(struct imap *s, const char *fmt, ...) PRINTF(2, 3);
void imap_reply_continue(struct imap *s, const char *text);
/* "* BYE", then close. */
enum step imap_reply_bye(struct imap *s, const char *text);

/* string: quoted if short and printable ASCII, else a literal. NUL becomes 0x80: a literal must
 * not hold it and the length must stay. */
void imap_reply_string(struct str *out, struct span text);
void imap_reply_literal(struct str *out, struct span bytes);
/* "{size}" CRLF, for a literal that is written in portions. */
void imap_reply_literal_head(struct str *out, uint64_t size);
/* The octets of a literal, NUL as above. */
void imap_reply_octets(struct str *out, struct span bytes);
/* A folder's name in the form that the client understands. */
void imap_reply_mailbox(struct imap *s, struct span name);
/* (\Seen $Junk) of row i. */
void imap_reply_flags(struct imap *s, const struct snapshot *snap, size_t i);
/* Untagged FLAGS and PERMANENTFLAGS. */
void imap_reply_known_flags(struct imap *s, const struct snapshot *snap);
/* The capabilities now, without "CAPABILITY ". */
void imap_reply_capabilities(struct imap *s);
