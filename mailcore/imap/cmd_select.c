/* SELECT, EXAMINE, UNSELECT, CLOSE (RFC 9051 §6.3.2, §6.4.1; RFC 7162 §3.1.8). */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/folder_arg.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/lex.h"

/* select-params = SP "(" "CONDSTORE" ")" */
static bool take_params(struct cur *in, bool *condstore)
{
	if (cur_done(in))
		return true;
	if (!lex_sp(in) || !cur_take(in, '(') || !lex_word(in, "CONDSTORE") || !cur_take(in, ')'))
		return false;
	*condstore = true;
	return cur_done(in);
}

static void reply_first_unseen(struct imap *s, const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->len; i++) {
		if (!(snap->flags[i] & FLAG_SEEN)) {
			imap_reply_untagged(s, "OK [UNSEEN %zu] First unseen message.", i + 1);
			return;
		}
	}
}

static void reply_selected(struct imap *s, struct span name)
{
	const struct snapshot *snap = s->view.seq;
	struct str *out = conn_out(s->conn);

	imap_reply_known_flags(s, snap);
	imap_reply_untagged(s, "%zu EXISTS", snap->len);
	if (!s->utf8) {
		size_t recent = s->view.first_recent > UINT32_MAX
			? 0
			: snap->len - snapshot_lower_bound(snap, (uint32_t)s->view.first_recent);
		imap_reply_untagged(s, "%zu RECENT", recent);
		reply_first_unseen(s, snap);
	}
	imap_reply_untagged(
		s, "OK [UIDVALIDITY %lld] UIDs are valid.", (long long)snap->uidvalidity);
	imap_reply_untagged(s, "OK [UIDNEXT %lld] Predicted next UID.", (long long)snap->uidnext);
	imap_reply_untagged(s, "OK [HIGHESTMODSEQ %lld] Highest.", (long long)snap->highestmodseq);
	if (s->utf8) {
		str_add_cstr(out, "* LIST () \"/\" ");
		imap_reply_mailbox(s, name);
		str_add_cstr(out, "\r\n");
	}
}

static enum rc open_folder(
	struct command *cmd, const struct folder *folder, bool read_only, struct view *out)
{
	struct imap *s = cmd->s;
	const struct snapshot *snap;
	int64_t first_recent = INT64_MAX;
	enum rc rc = RC_OK;

	if (!read_only && !s->utf8)
		rc = folder_claim_recent(s->options->store, cmd->ctx, s->mailbox_id,
			folder->folder_id, &first_recent);
	if (rc == RC_OK)
		rc = snapshot_get(
			s->options->store, cmd->ctx, s->mailbox_id, folder->folder_id, true, &snap);
	if (rc != RC_OK)
		return rc;
	imap_view_open(out, folder->folder_id, read_only, snap);
	out->first_recent = first_recent;
	return RC_OK;
}

/* The folder selected before is left even when the new one cannot be opened. */
static enum step select_folder(struct command *cmd, bool read_only)
{
	struct imap *s = cmd->s;
	struct span wire;
	struct folder folder;
	bool condstore = false;

	if (!folder_wire_take(cmd, &wire) || !take_params(&cmd->args, &condstore))
		return imap_reply_bad(s, "%s needs a folder.", cmd->row->name);
	s->condstore = s->condstore || condstore;
	if (s->state == STATE_SELECTED) {
		imap_session_deselect(s);
		imap_reply_untagged(s, "OK [CLOSED] The former folder is closed.");
	}
	enum rc rc = folder_of_arg(s, cmd->ctx, wire, &folder);
	if (rc == RC_OK)
		rc = open_folder(cmd, &folder, read_only, &s->view);
	if (rc != RC_OK)
		return imap_reply_rc(cmd, rc == RC_INVALID ? RC_NOT_FOUND : rc, NULL);
	s->state = STATE_SELECTED;
	reply_selected(s, folder.name);
	return imap_reply_ok(cmd, read_only ? "[READ-ONLY] Examined." : "[READ-WRITE] Selected.");
}

enum step imap_cmd_select(struct command *cmd)
{
	return select_folder(cmd, false);
}

enum step imap_cmd_examine(struct command *cmd)
{
	return select_folder(cmd, true);
}

enum step imap_cmd_unselect(struct command *cmd)
{
	imap_session_deselect(cmd->s);
	return imap_reply_ok(cmd, "Done.");
}

/* Removes what is \Deleted and says nothing of it. */
enum step imap_cmd_close(struct command *cmd)
{
	struct imap *s = cmd->s;

	if (!s->view.read_only) {
		enum rc rc = message_expunge(s->options->store, cmd->ctx, s->mailbox_id,
			s->view.folder_id, NULL, 0, true, NULL, NULL);
		if (rc != RC_OK && rc != RC_NOT_FOUND)
			return imap_reply_rc(cmd, rc, NULL);
	}
	imap_session_deselect(s);
	return imap_reply_ok(cmd, "Done.");
}
