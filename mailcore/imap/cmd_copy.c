/* COPY and MOVE (RFC 9051 §6.4.7, §6.4.8, RFC 4315). */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/folder_arg.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/lex.h"
#include "mailcore/imap/uid_arg.h"

#define SET_MAX ((size_t)8 << 20)

uint32_t *uids_of_runs(const struct imap *s, struct arena *a, const struct index_runs *runs)
{
	uint32_t *uids = arena_array(a, runs->count, sizeof *uids);
	size_t n = 0;

	for (size_t r = 0; r < runs->len; r++) {
		size_t len = runs->items[r].to - runs->items[r].from;
		memcpy(uids + n, s->view.seq->uid + runs->items[r].from, len * sizeof *uids);
		n += len;
	}
	return uids;
}

/* [COPYUID uidvalidity from to] */
static void add_copyuid(struct command *cmd, const struct uid_pairs *pairs)
{
	struct str *out = conn_out(cmd->s->conn);
	struct str from = str_in(cmd->ctx->arena, SET_MAX), to = str_in(cmd->ctx->arena, SET_MAX);

	uid_set_pairs_add(&from, &to, pairs->from, pairs->to, pairs->len);
	str_addf(out, " OK [COPYUID %lld ", (long long)pairs->uidvalidity);
	str_add(out, str_span(&from));
	str_add_c(out, ' ');
	str_add(out, str_span(&to));
	str_add_cstr(out, "] Done.\r\n");
}

static enum step reply_copied(struct command *cmd, bool move, const struct uid_pairs *pairs)
{
	struct imap *s = cmd->s;
	struct str *out = conn_out(s->conn);

	if (!pairs->len)
		return imap_reply_ok(cmd, "No messages.");
	if (move) {
		str_add_c(out, '*');
		add_copyuid(cmd, pairs);
		return imap_reply_ok(cmd, "Moved.");
	}
	if (imap_view_sync(s, cmd->ctx, false, true, cmd->uid, NULL) == RC_NOT_FOUND)
		return imap_reply_bye(s, "The selected folder was deleted.");
	str_add_cstr(out, s->tag);
	add_copyuid(cmd, pairs);
	return STEP_DONE;
}

static enum step refuse(struct command *cmd, enum rc rc)
{
	if (rc == RC_NOT_FOUND)
		return imap_reply_no(cmd, "[TRYCREATE] There is no such folder.");
	if (rc == RC_LIMIT)
		return imap_reply_no(cmd, "[OVERQUOTA] The mailbox is full.");
	return imap_reply_rc(cmd, rc, NULL);
}

/* copy = "COPY" SP sequence-set SP mailbox */
static enum step copy(struct command *cmd, bool move)
{
	struct imap *s = cmd->s;
	struct store *store = s->options->store;
	struct cur *in = &cmd->args;
	struct seqset set;
	struct span wire;
	struct index_runs runs;
	struct folder to;
	struct uid_pairs pairs = { 0 };

	if (!lex_sp(in) || !seqset_parse(in, cmd->ctx->arena, &set) ||
		!folder_wire_take(cmd, &wire) || !cur_done(in))
		return imap_reply_bad(s, "%s needs messages and a folder.", cmd->row->name);
	if (!imap_view_resolve(s, &set, cmd->uid, cmd->ctx->arena, &runs))
		return imap_reply_bad(s, "There is no such message.");
	enum rc rc = folder_of_arg(s, cmd->ctx, wire, &to);
	if (rc != RC_OK)
		return refuse(cmd, rc);
	uint32_t *uids = uids_of_runs(s, cmd->ctx->arena, &runs);
	if (runs.count && move && to.folder_id == s->view.folder_id)
		return imap_reply_no(cmd, "[CANNOT] The messages are in this folder already.");
	if (runs.count)
		rc = (move ? message_move : message_copy)(store, cmd->ctx, s->mailbox_id,
			s->view.folder_id, uids, runs.count, to.folder_id, &pairs);
	return rc == RC_OK ? reply_copied(cmd, move, &pairs) : refuse(cmd, rc);
}

enum step imap_cmd_copy(struct command *cmd)
{
	return copy(cmd, false);
}

enum step imap_cmd_move(struct command *cmd)
{
	return copy(cmd, true);
}
