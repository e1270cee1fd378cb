/* GETQUOTA, GETQUOTAROOT (RFC 9208): one root, "", for all folders; storage in KiB. Not
 * everybody has a limit of storage, of messages all have. */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/folder_arg.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/lex.h"

static enum rc reply_quota(struct command *cmd)
{
	struct imap *s = cmd->s;
	struct mailbox_ref mailbox;
	struct mailbox_usage usage;
	enum rc rc = mailbox_find_id(cmd->ctx, s->mailbox_id, &mailbox);

	if (rc == RC_OK)
		rc = mailbox_usage(cmd->ctx, s->mailbox_id, &usage);
	if (rc != RC_OK)
		return rc;
	struct str *out = conn_out(s->conn);
	str_add_cstr(out, "* QUOTA \"\" (");
	if (mailbox.quota_bytes)
		str_addf(out, "STORAGE %lld %lld ", (long long)((usage.size_bytes + 1023) / 1024),
			(long long)((mailbox.quota_bytes + 1023) / 1024));
	str_addf(out, "MESSAGE %lld %d)\r\n", (long long)usage.messages, MAILBOX_MESSAGES_MAX);
	return RC_OK;
}

enum step imap_cmd_getquota(struct command *cmd)
{
	struct span root;

	if (!lex_sp(&cmd->args) || !lex_astring(&cmd->args, cmd->ctx->arena, &root) ||
		!cur_done(&cmd->args))
		return imap_reply_bad(cmd->s, "GETQUOTA needs a quota root.");
	if (root.len)
		return imap_reply_no(cmd, "[NONEXISTENT] There is no such quota root.");
	return imap_reply_rc(cmd, reply_quota(cmd), NULL);
}

enum step imap_cmd_getquotaroot(struct command *cmd)
{
	struct imap *s = cmd->s;
	struct span wire;
	struct folder folder;

	if (!folder_wire_take(cmd, &wire) || !cur_done(&cmd->args))
		return imap_reply_bad(s, "GETQUOTAROOT needs a folder.");
	enum rc rc = folder_of_arg(s, cmd->ctx, wire, &folder);
	if (rc != RC_OK)
		return imap_reply_rc(cmd, rc == RC_INVALID ? RC_NOT_FOUND : rc, NULL);
	str_add_cstr(conn_out(s->conn), "* QUOTAROOT ");
	imap_reply_mailbox(s, folder.name);
	str_add_cstr(conn_out(s->conn), " \"\"\r\n");
	return imap_reply_rc(cmd, reply_quota(cmd), NULL);
}
