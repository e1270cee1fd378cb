/* SELECT, EXAMINE, UNSELECT, CLOSE (RFC 9051 §6.3.2, §6.4.1; RFC 7162 §3.1.8, §3.2.5; RFC 8474). */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/folder_arg.h"
#include "mailcore/imap/object_id.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/lex.h"
#include "mailcore/imap/syntax/select_params.h"
#include "mailcore/imap/vanished.h"

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
	if (!s->rev2) {
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
	str_add_cstr(out, "* OK [MAILBOXID ");
	object_id_add_folder(out, snap->folder_id);
	str_add_cstr(out, "] Its name may change, this does not.\r\n");
	if (s->rev2) {
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

	if (!read_only && !s->rev2)
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

/* ------------------------------------------------------------------ what a client missed */

/* The place in what a client with QRESYNC is told. */
struct catching_up {
	struct resync resync;
	struct index_runs known; /* as UIDs - 1 */
	struct uidset vanished;
	size_t vanished_at, at;
};

static enum step reply_opened(struct command *cmd)
{
	return imap_reply_ok(
		cmd, cmd->s->view.read_only ? "[READ-ONLY] Examined." : "[READ-WRITE] Selected.");
}

static void reply_changed(struct imap *s, size_t i)
{
	const struct snapshot *snap = s->view.seq;
	struct str *out = conn_out(s->conn);

	str_addf(out, "* %zu FETCH (UID %lu FLAGS ", i + 1, (unsigned long)snap->uid[i]);
	imap_reply_flags(s, snap, i);
	str_addf(out, " MODSEQ (%llu))\r\n", (unsigned long long)snap->modseq[i]);
}

static enum step catch_up_go(struct answer *answer)
{
	struct catching_up *c = answer->data;
	struct imap *s = answer->cmd.s;
	const struct snapshot *snap = s->view.seq;

	if (!vanished_write(s, &c->vanished, &c->vanished_at))
		return STEP_MORE;
	for (; c->at < snap->len; c->at++) {
		if (snap->modseq[c->at] <= c->resync.modseq ||
			!index_runs_has(&c->known, snap->uid[c->at] - 1))
			continue;
		if (conn_is_full(s->conn))
			return STEP_MORE;
		reply_changed(s, c->at);
	}
	return reply_opened(&answer->cmd);
}

/* Expunges and changes since the client was here last; a folder that was made again has a history
 * of its own. */
static enum step catch_up(struct command *cmd, const struct select_params *params)
{
	struct imap *s = cmd->s;
	static const struct seq_range all = { 1, SEQ_STAR };
	struct seqset known = params->resync.known;

	if (!params->qresync || params->resync.uidvalidity != s->view.seq->uidvalidity)
		return reply_opened(cmd);
	struct answer *answer = answer_new(cmd, catch_up_go, sizeof(struct catching_up));
	struct catching_up *c = answer->data;
	c->resync = params->resync;
	if (!known.len)
		known = (struct seqset){ .items = &all, .len = 1 };
	(void)seqset_resolve_numbers(&known, UINT32_MAX, &answer->arena, &c->known); /* all exist */
	enum rc rc = vanished_find(s, cmd->ctx, &answer->arena, &c->resync, &c->vanished);
	if (rc == RC_OK)
		return answer_start(answer);
	s->answer = NULL;
	answer_free(answer);
	imap_session_deselect(s);
	return imap_reply_rc(cmd, rc, NULL);
}

/* ------------------------------------------------------------------ the commands */

static bool take_args(struct command *cmd, struct span *wire, struct select_params *params)
{
	return folder_wire_take(cmd, wire) &&
		select_params_parse(&cmd->args, cmd->ctx->arena, params) &&
		(cmd->s->qresync || !params->qresync); /* RFC 7162 §3.2.5: ENABLE first */
}

/* The folder selected before is left even when the new one cannot be opened. */
static enum step select_folder(struct command *cmd, bool read_only)
{
	struct imap *s = cmd->s;
	struct select_params params;
	struct span wire;
	struct folder folder;

	if (!take_args(cmd, &wire, &params))
		return imap_reply_bad(s, "%s needs a folder.", cmd->row->name);
	s->condstore = s->condstore || params.condstore;
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
	return catch_up(cmd, &params);
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
