/* EXPUNGE and UID EXPUNGE (RFC 9051 §6.4.3, §6.4.9). The EXPUNGE lines are the news that every
 * command tells before its tagged answer. */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/lex.h"
#include "mailcore/imap/uid_arg.h"

/* Clients that count changes learn what they have seen with it (RFC 7162 §3.2.7). */
static enum step reply_expunged(struct command *cmd)
{
	struct imap *s = cmd->s;

	if (!s->condstore)
		return imap_reply_ok(cmd, "Done.");
	if (imap_view_sync(s, cmd->ctx, false, true, cmd->uid, NULL) == RC_NOT_FOUND)
		return imap_reply_bye(s, "The selected folder was deleted.");
	imap_reply_tagged(
		s, "OK [HIGHESTMODSEQ %lld] Done.", (long long)s->view.seen->highestmodseq);
	return STEP_DONE;
}

enum step imap_cmd_expunge(struct command *cmd)
{
	struct imap *s = cmd->s;
	struct seqset set;
	struct index_runs runs = { 0 };
	const uint32_t *uids = NULL;

	if (cmd->uid) {
		if (!lex_sp(&cmd->args) || !seqset_parse(&cmd->args, cmd->ctx->arena, &set) ||
			!cur_done(&cmd->args))
			return imap_reply_bad(s, "UID EXPUNGE needs UIDs.");
		if (!imap_view_resolve(s, &set, true, cmd->ctx->arena, &runs) || !runs.count)
			return imap_reply_ok(cmd, "No messages.");
		uids = uids_of_runs(s, cmd->ctx->arena, &runs);
	} else if (!cur_done(&cmd->args)) {
		return imap_reply_bad(s, "EXPUNGE takes no arguments.");
	}
	enum rc rc = message_expunge(s->options->store, cmd->ctx, s->mailbox_id, s->view.folder_id,
		uids, runs.count, true, NULL, NULL);
	return rc == RC_OK ? reply_expunged(cmd) : imap_reply_rc(cmd, rc, NULL);
}
