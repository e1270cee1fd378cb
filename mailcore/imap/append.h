/*
 * APPEND while it is being received: messages flow into memory, above spool_threshold into an
 * unlinked file, and are prepared for the store as each is complete. Nothing is stored before the
 * command's last line; then all of them are, or none (MULTIAPPEND, RFC 3502).
 *
 * The functions that return text return why the literal is refused ("NO [TRYCREATE] ..."), or
 * NULL when its octets may come. Limits: APPEND_MESSAGES_MAX messages and APPEND_MEMORY_MAX octets
 * of prepared ones in one command, max_message_size each.
 */
#pragma once

#include "mailcore/imap/session.h"

#define APPEND_MESSAGES_MAX 1000
#define APPEND_MEMORY_MAX   ((size_t)32 << 20)

/* Is s->command an APPEND up to the announcement of its first message? */
bool imap_append_is_message_next(struct imap *s, struct ctx *ctx);
const char *imap_append_begin(struct imap *s, struct ctx *ctx, const struct literal *lit);
/* s->command holds what follows a message: " (flags) {n}". */
const char *imap_append_next(struct imap *s, struct ctx *ctx, const struct literal *lit);
void imap_append_octets(struct append *ap, const struct imap_options *options, struct span octets);
/* The literal is complete. */
enum step imap_append_message_end(struct imap *s, struct ctx *ctx);
/* The command's last line, in s->command, has come: stores, answers. */
enum step imap_append_end(struct imap *s, struct ctx *ctx);
void imap_append_free(struct append *ap);
