/* The commands: one row says everything about admission. */
#pragma once

#include "mailcore/imap/session.h"

/* What may be announced before the tagged answer (RFC 9051 §5.2, §7.5.1). */
enum sync {
	SYNC_NONE,
	SYNC_FLAGS, /* new messages and flags, but no EXPUNGE: numbers must not move */
	SYNC_ALL,
	SYNC_FRESH, /* all, and the database is asked */
};

enum command_need {
	NEED_NONE = 0,
	NEED_UID_FORM = 1, /* exists as UID <name> too */
	NEED_UID_ONLY = 2, /* exists as UID <name> only with arguments (EXPUNGE) */
	NEED_WRITE = 4,    /* not in a folder opened with EXAMINE */
	NEED_NO_ARGS = 8,
};

struct command_row {
	const char *name;
	unsigned states; /* enum imap_state */
	unsigned needs;  /* enum command_need */
	enum sync sync;
	enum step (*run)(struct command *cmd);
};

/* NULL: no such command. */
const struct command_row *imap_command_find(struct span name);

/* One command, one function; cmd->args is what follows the name. */
enum step imap_cmd_append(struct command *cmd);
enum step imap_cmd_authenticate(struct command *cmd);
enum step imap_cmd_capability(struct command *cmd);
enum step imap_cmd_close(struct command *cmd);
enum step imap_cmd_compress(struct command *cmd);
enum step imap_cmd_copy(struct command *cmd);
enum step imap_cmd_create(struct command *cmd);
enum step imap_cmd_delete(struct command *cmd);
enum step imap_cmd_enable(struct command *cmd);
enum step imap_cmd_examine(struct command *cmd);
enum step imap_cmd_expunge(struct command *cmd);
enum step imap_cmd_fetch(struct command *cmd);
enum step imap_cmd_getquota(struct command *cmd);
enum step imap_cmd_getquotaroot(struct command *cmd);
enum step imap_cmd_id(struct command *cmd);
enum step imap_cmd_idle(struct command *cmd);
enum step imap_cmd_list(struct command *cmd);
enum step imap_cmd_login(struct command *cmd);
enum step imap_cmd_logout(struct command *cmd);
enum step imap_cmd_lsub(struct command *cmd);
enum step imap_cmd_move(struct command *cmd);
enum step imap_cmd_namespace(struct command *cmd);
enum step imap_cmd_noop(struct command *cmd);
enum step imap_cmd_rename(struct command *cmd);
enum step imap_cmd_search(struct command *cmd);
enum step imap_cmd_select(struct command *cmd);
enum step imap_cmd_sort(struct command *cmd);
enum step imap_cmd_starttls(struct command *cmd);
enum step imap_cmd_status(struct command *cmd);
enum step imap_cmd_store(struct command *cmd);
enum step imap_cmd_subscribe(struct command *cmd);
enum step imap_cmd_thread(struct command *cmd);
enum step imap_cmd_unselect(struct command *cmd);
enum step imap_cmd_unsubscribe(struct command *cmd);

/* Lines that are no commands, while such a command waits for them. line: without line end. */
enum step imap_sasl_line(struct imap *s, struct ctx *ctx, struct span line);
enum step imap_idle_line(struct imap *s, struct ctx *ctx, struct span line);
enum step imap_idle_wake(struct imap *s, struct ctx *ctx);
void imap_idle_end(struct imap *s);
