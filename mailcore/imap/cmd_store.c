/* STORE (RFC 9051 §6.4.6, RFC 7162 §3.1.3). */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/item_text.h"
#include "mailcore/imap/syntax/lex.h"
#include "mailcore/imap/uid_arg.h"

struct store_args {
	struct seqset set;
	struct flag_list flags;
	enum flag_op op;
	bool silent;
	int64_t unchanged_since;
};

/* store-modifier = SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")" */
static bool take_modifier(struct cur *in, struct store_args *args)
{
	uint64_t modseq;

	args->unchanged_since = -1;
	if (cur_peek(in) != '(')
		return true;
	if (!cur_take(in, '(') || !lex_word(in, "UNCHANGEDSINCE") || !lex_sp(in) ||
		!lex_u64(in, &modseq) || !cur_take(in, ')') || !lex_sp(in))
		return false;
	args->unchanged_since = (int64_t)modseq;
	return true;
}

/* (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag))) */
static bool take_flags(struct cur *in, struct arena *a, struct store_args *args)
{
	struct span word;

	args->op = cur_take(in, '+') ? FLAGS_ADD : cur_take(in, '-') ? FLAGS_REMOVE : FLAGS_SET;
	if (!lex_name(in, &word))
		return false;
	args->silent = span_ieq(word, SPAN("FLAGS.SILENT"));
	return (args->silent || span_ieq(word, SPAN("FLAGS"))) && lex_sp(in) &&
		store_flags_parse(in, a, &args->flags);
}

static bool parse_args(struct command *cmd, struct store_args *args)
{
	struct cur *in = &cmd->args;

	return lex_sp(in) && seqset_parse(in, cmd->ctx->arena, &args->set) && lex_sp(in) &&
		take_modifier(in, args) && take_flags(in, cmd->ctx->arena, args) && cur_done(in);
}

/* Flags and keywords of a message before the change. */
struct before {
	uint64_t flags, keywords;
};

/* What bits become if nobody else changes them. */
static uint64_t expected(enum flag_op op, uint64_t old, uint64_t change)
{
	switch (op) {
	case FLAGS_SET:
		return change;
	case FLAGS_ADD:
		return old | change;
	case FLAGS_REMOVE:
		return old & ~change;
	}
	return old;
}

static uint64_t keyword_mask(const struct snapshot *snap, const struct flag_list *list)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < snap->n_keywords; i++) {
		for (size_t k = 0; k < list->n_keywords; k++) {
			if (span_ieq(snap->keyword_names[i], list->keywords[k]))
				mask |= (uint64_t)1 << i;
		}
	}
	return mask;
}

static bool is_as_expected(const struct store_args *args, const struct before *before,
	struct view_row row, uint64_t keywords)
{
	return row.snap->flags[row.i] == expected(args->op, before->flags, args->flags.flags) &&
		row.snap->keywords[row.i] == expected(args->op, before->keywords, keywords);
}

/* By message named, in their order. */
static struct before *note_before(
	const struct view *v, struct arena *a, const struct index_runs *runs)
{
	struct before *before = arena_array(a, runs->count, sizeof *before);

	for (size_t r = 0, k = 0; r < runs->len; r++) {
		for (size_t i = runs->items[r].from; i < runs->items[r].to; i++) {
			struct view_row row = imap_view_at(v, i);
			before[k++] = (struct before){ row.snap->flags[row.i],
				row.snap->keywords[row.i] };
		}
	}
	return before;
}

static void reply_row(struct command *cmd, size_t number, struct view_row row, bool modseq_only)
{
	struct imap *s = cmd->s;
	struct str *out = conn_out(s->conn);
	const char *gap = "";

	str_addf(out, "* %zu FETCH (", number);
	if (cmd->uid || s->rev2 || s->condstore) {
		str_addf(out, "UID %lu", (unsigned long)row.snap->uid[row.i]);
		gap = " ";
	}
	if (!modseq_only) {
		str_addf(out, "%sFLAGS ", gap);
		imap_reply_flags(s, row.snap, row.i);
		gap = " ";
	}
	if (s->condstore)
		str_addf(out, "%sMODSEQ (%llu)", gap, (unsigned long long)row.snap->modseq[row.i]);
	str_add_cstr(out, ")\r\n");
}

/* The state after the change, of every message named. With .SILENT only what the client cannot
 * know: its MODSEQ, and flags that someone else has changed meanwhile. */
static void reply_rows(struct command *cmd, const struct store_args *args,
	const struct index_runs *runs, const struct before *before)
{
	struct imap *s = cmd->s;
	uint64_t keywords = keyword_mask(s->view.seen, &args->flags);
	size_t k = 0;

	for (size_t r = 0; r < runs->len; r++) {
		for (size_t i = runs->items[r].from; i < runs->items[r].to; i++, k++) {
			struct view_row row = imap_view_at(&s->view, i);
			bool known =
				args->silent && is_as_expected(args, &before[k], row, keywords);
			if (!known || s->condstore)
				reply_row(cmd, i + 1, row, known);
		}
	}
}

static enum step reply_stored(struct command *cmd, const struct flag_result *result)
{
	struct imap *s = cmd->s;
	struct str set = str_in(cmd->ctx->arena, IMAP_LINE_MAX * 8);

	if (!result->n_failed)
		return imap_reply_ok(cmd, "Done.");
	if (cmd->uid) {
		uid_set_add(&set, result->failed, result->n_failed);
	} else {
		uint32_t *numbers = arena_array(cmd->ctx->arena, result->n_failed, sizeof *numbers);
		for (size_t i = 0; i < result->n_failed; i++)
			numbers[i] =
				(uint32_t)snapshot_lower_bound(s->view.seq, result->failed[i]) + 1;
		uid_set_add(&set, numbers, result->n_failed);
	}
	struct str *out = conn_out(s->conn);
	str_addf(out, "%s OK [MODIFIED ", s->tag);
	str_add(out, str_span(&set));
	str_add_cstr(out, "] Some were changed meanwhile.\r\n");
	return STEP_DONE;
}

enum step imap_cmd_store(struct command *cmd)
{
	struct imap *s = cmd->s;
	struct store_args args;
	struct index_runs runs;
	struct flag_result result = { 0 };

	if (!parse_args(cmd, &args))
		return imap_reply_bad(s, "STORE needs messages and flags.");
	s->condstore = s->condstore || args.unchanged_since >= 0;
	if (!imap_view_resolve(s, &args.set, cmd->uid, cmd->ctx->arena, &runs))
		return imap_reply_bad(s, "There is no such message.");
	if (!runs.count)
		return imap_reply_ok(cmd, "No messages.");
	uint32_t *uids = uids_of_runs(s, cmd->ctx->arena, &runs);
	struct before *before = note_before(&s->view, cmd->ctx->arena, &runs);
	struct flag_change change = { uids, runs.count, args.op, args.flags.flags,
		args.flags.keywords, args.flags.n_keywords, args.unchanged_since };
	enum rc rc = message_set_flags(
		s->options->store, cmd->ctx, s->mailbox_id, s->view.folder_id, &change, &result);
	if (rc == RC_LIMIT)
		return imap_reply_no(cmd, "[LIMIT] This folder has too many keywords.");
	if (rc != RC_OK)
		return imap_reply_rc(cmd, rc, NULL);
	struct view_quiet quiet = { uids, runs.count };
	rc = imap_view_sync(s, cmd->ctx, false, false, cmd->uid, &quiet);
	if (rc == RC_OK && result.modseq > s->view.seen->highestmodseq)
		rc = imap_view_sync(s, cmd->ctx, true, false, cmd->uid, &quiet);
	if (rc == RC_NOT_FOUND)
		return imap_reply_bye(s, "The selected folder was deleted.");
	if (rc != RC_OK)
		return imap_reply_ok(
			cmd, "Done."); /* stored; what became of the flags is told later */
	reply_rows(cmd, &args, &runs, before);
	return reply_stored(cmd, &result);
}
