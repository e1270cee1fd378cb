/* CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 9051 §6.3, RFC 6154). */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/folder_arg.h"
#include "mailcore/imap/object_id.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/special_use.h"
#include "mailcore/imap/syntax/lex.h"

static enum step refuse_name(struct command *cmd)
{
	return imap_reply_no(cmd, "[CANNOT] No folder can have this name.");
}

/* SP mailbox, decoded. False: *out_step is the answer. */
static bool take_name(struct command *cmd, struct span *out, enum step *out_step)
{
	struct span wire;

	if (!folder_wire_take(cmd, &wire)) {
		*out_step = imap_reply_bad(cmd->s, "%s needs a folder.", cmd->row->name);
		return false;
	}
	if (!folder_name_decode(cmd->s, cmd->ctx->arena, wire, out)) {
		*out_step = refuse_name(cmd);
		return false;
	}
	return true;
}

static enum step refuse_more(struct command *cmd)
{
	return imap_reply_bad(cmd->s, "%s has too many arguments.", cmd->row->name);
}

/* create-param = SP "(" "USE" SP "(" [use-attr] ")" ")"; one role a folder */
static bool take_use(struct cur *in, struct span *role)
{
	if (cur_done(in))
		return true;
	if (!lex_sp(in) || !cur_take(in, '(') || !lex_word(in, "USE") || !lex_sp(in) ||
		!cur_take(in, '('))
		return false;
	if (cur_peek(in) == '\\' && !special_use_take(in, role))
		return false;
	return cur_take(in, ')') && cur_take(in, ')') && cur_done(in);
}

enum step imap_cmd_create(struct command *cmd)
{
	struct imap *s = cmd->s;
	struct span name, role = SPAN("");
	struct folder folder;
	struct err err = { 0 };
	enum step step;

	if (!take_name(cmd, &name, &step))
		return step;
	if (!take_use(&cmd->args, &role))
		return imap_reply_no(cmd, "[USEATTR] This use is not known here.");
	enum rc rc = folder_create(
		s->options->store, cmd->ctx, s->mailbox_id, name, role, &folder, &err);
	if (rc != RC_OK)
		return imap_reply_rc(cmd, rc, &err);
	struct str id = str_in(cmd->ctx->arena, 64);
	object_id_add_folder(&id, folder.folder_id);
	return imap_reply_ok(cmd, "[MAILBOXID %s] Created.", str_cstr(&id));
}

/* Who deletes the folder that is selected leaves it; other sessions in it are sent away. */
enum step imap_cmd_delete(struct command *cmd)
{
	struct imap *s = cmd->s;
	struct store *store = s->options->store;
	struct span name;
	struct folder folder;
	struct err err = { 0 };
	enum step step;

	if (!take_name(cmd, &name, &step))
		return step;
	if (!cur_done(&cmd->args))
		return refuse_more(cmd);
	enum rc rc = folder_find(store, cmd->ctx, s->mailbox_id, name, &folder);
	if (rc == RC_OK)
		rc = folder_delete(store, cmd->ctx, s->mailbox_id, name, &err);
	if (rc == RC_OK && s->state == STATE_SELECTED && folder.folder_id == s->view.folder_id) {
		imap_session_deselect(s);
		imap_reply_untagged(s, "OK [CLOSED] The selected folder was deleted.");
	}
	return imap_reply_rc(cmd, rc, &err);
}

enum step imap_cmd_rename(struct command *cmd)
{
	struct imap *s = cmd->s;
	struct span from, to;
	struct err err = { 0 };
	enum step step;

	if (!take_name(cmd, &from, &step) || !take_name(cmd, &to, &step))
		return step;
	if (!cur_done(&cmd->args))
		return refuse_more(cmd);
	enum rc rc = folder_rename(s->options->store, cmd->ctx, s->mailbox_id, from, to, &err);
	return imap_reply_rc(cmd, rc, &err);
}

static enum step subscribe(struct command *cmd, bool on)
{
	struct imap *s = cmd->s;
	struct span name;
	enum step step;

	if (!take_name(cmd, &name, &step))
		return step;
	if (!cur_done(&cmd->args))
		return refuse_more(cmd);
	return imap_reply_rc(
		cmd, folder_subscribe(s->options->store, cmd->ctx, s->mailbox_id, name, on), NULL);
}

enum step imap_cmd_subscribe(struct command *cmd)
{
	return subscribe(cmd, true);
}

enum step imap_cmd_unsubscribe(struct command *cmd)
{
	return subscribe(cmd, false);
}
