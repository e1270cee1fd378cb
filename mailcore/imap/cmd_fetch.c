/*
 * FETCH (RFC 9051 §6.4.5, §7.5.2; RFC 3516, 7162, 8474, 8514, 8970, 9394).
 *
 * Messages are taken in batches: what the snapshot knows (FLAGS, UID, INTERNALDATE, RFC822.SIZE,
 * MODSEQ) needs no database, ENVELOPE, BODYSTRUCTURE and the usual headers come as they were
 * computed at delivery, bytes only when an item needs them. A batch is one round trip of each kind
 * and its memory is emptied before the next. When the output is full the place is kept: the next
 * message, and within a large literal the next octet.
 */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/fetch.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/lex.h"

#define BATCH_MESSAGES 256
#define BATCH_BYTES    ((size_t)1 << 20)

struct batch {
	size_t index[BATCH_MESSAGES];
	uint32_t uid[BATCH_MESSAGES];
	size_t len;
	struct message_row *rows;
	size_t n_rows, row;
	struct message_bytes *bytes;
	size_t n_bytes, byte;
	bool newly_seen[BATCH_MESSAGES];
};

/* ------------------------------------------------------------------ arguments */

static bool has_item(const struct fetch *f, enum fetch_kind kind)
{
	for (size_t i = 0; i < f->items.len; i++) {
		if (f->items.items[i].kind == kind)
			return true;
	}
	return false;
}

static void add_item(struct fetch *f, enum fetch_kind kind, const char *label)
{
	if (!has_item(f, kind))
		f->items.items[f->items.len++] =
			(struct fetch_item){ .kind = kind, .label = span_of(label) };
}

static bool is_header_only(const struct section *s)
{
	return s->n_path == 0 && s->kind == SECTION_HEADER;
}

/* HEADER.FIELDS of fields that the store keeps with the row. */
static bool is_cached(const struct section *s)
{
	if (!is_header_only(s) || !s->fields || s->fields_not)
		return false;
	for (size_t i = 0; i < s->n_names; i++) {
		if (!message_header_is_cached(s->names[i]))
			return false;
	}
	return true;
}

static void note_needs(struct fetch *f)
{
	for (size_t i = 0; i < f->items.len; i++) {
		const struct fetch_item *item = &f->items.items[i];
		enum bytes_need bytes = BYTES_NONE;
		if (item->kind == FETCH_ENVELOPE)
			f->meta |= META_ENVELOPE;
		else if (item->kind == FETCH_BODYSTRUCTURE)
			f->meta |= META_BODYSTRUCTURE;
		else if (item->kind == FETCH_PREVIEW)
			f->meta |= META_LIST;
		else if (item->kind >= FETCH_SAVEDATE && item->kind <= FETCH_THREADID)
			f->meta |= META_IDS;
		else if (item->kind == FETCH_SECTION && is_cached(item->section))
			f->meta |= META_HEADERS;
		else if (item->kind == FETCH_SECTION)
			bytes = is_header_only(item->section) ? BYTES_HEAD : BYTES_ALL;
		else if (item->kind >= FETCH_BODY && item->kind != FETCH_BODYSTRUCTURE)
			bytes = BYTES_ALL;
		if (bytes > f->bytes)
			f->bytes = bytes;
		if (item->section && !item->peek)
			f->sets_seen = true;
	}
}

/* fetch = "FETCH" SP sequence-set SP (macro / items) [modifiers] */
static bool parse_args(struct cur *in, struct arena *a, struct seqset *set, struct fetch *f)
{
	return lex_sp(in) && seqset_parse(in, a, set) && lex_sp(in) &&
		fetch_items_parse(in, a, &f->items) && fetch_modifiers_parse(in, &f->modifiers);
}

/* What is short before what is long, as simple clients expect: a literal ends their line. */
static void order_items(struct fetch *f)
{
	struct fetch_items in = f->items;

	f->items.len = 0;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < in.len; i++) {
			int place = in.items[i].kind == FETCH_UID ? 0 : in.items[i].section ? 2 : 1;
			if (place == round)
				f->items.items[f->items.len++] = in.items[i];
		}
	}
}

static void finish_items(struct command *cmd, struct fetch *f)
{
	struct imap *s = cmd->s;

	if (f->modifiers.changed_since || has_item(f, FETCH_MODSEQ))
		s->condstore = true; /* RFC 7162 §3.1 */
	if (s->condstore)
		add_item(f, FETCH_MODSEQ, "MODSEQ");
	if (cmd->uid)
		add_item(f, FETCH_UID, "UID");
	order_items(f);
	note_needs(f);
	f->sets_seen = f->sets_seen && !s->view.read_only;
	f->add_flags = f->sets_seen && !has_item(f, FETCH_FLAGS);
}

/* ------------------------------------------------------------------ batches */

static bool is_wanted(const struct view *v, const struct fetch *f, size_t i)
{
	if (!f->modifiers.changed_since)
		return true;
	struct view_row row = imap_view_at(v, i);
	return row.snap->modseq[row.i] > f->modifiers.changed_since;
}

/* The next messages; leaves the place behind them. */
static void batch_collect(struct command *cmd, struct fetch *f, struct batch *b)
{
	const struct view *v = &cmd->s->view;
	size_t max = f->begun ? 1 : BATCH_MESSAGES;

	b->len = 0;
	for (; f->run < f->runs.len; f->run++, f->at = 0) {
		const struct index_run *run = &f->runs.items[f->run];
		for (; run->from + f->at < run->to; f->at++) {
			if (b->len == max)
				return;
			size_t i = run->from + f->at;
			if (!is_wanted(v, f, i))
				continue;
			b->index[b->len] = i;
			b->uid[b->len++] = v->seq->uid[i];
		}
	}
}

/* Goes back to message k of the batch: it and those after it come again. */
static void place_back(struct fetch *f, struct batch *b, size_t k)
{
	if (k >= b->len)
		return;
	size_t r = f->run < f->runs.len ? f->run : f->runs.len - 1;
	while (f->runs.items[r].from > b->index[k])
		r--;
	f->run = r;
	f->at = b->index[k] - f->runs.items[r].from;
	b->len = k;
}

/* A header too large for its column was left out: the message itself has to be asked. */
static bool lacks_headers(const struct fetch *f, const struct batch *b)
{
	for (size_t k = 0; f->meta & META_HEADERS && k < b->n_rows; k++) {
		if (!b->rows[k].headers.len)
			return true;
	}
	return false;
}

static enum rc batch_load(struct answer *answer, struct fetch *f, struct batch *b)
{
	struct imap *s = answer->cmd.s;
	struct ctx ctx = *answer->cmd.ctx;
	size_t done;
	enum rc rc = RC_OK;

	ctx.arena = &answer->batch;
	if (f->meta) {
		b->rows = arena_array(&answer->batch, b->len, sizeof *b->rows);
		rc = message_rows(s->options->store, &ctx, s->mailbox_id, s->view.folder_id, b->uid,
			b->len, f->meta, b->rows, &b->n_rows);
	}
	if (rc == RC_OK && f->bytes == BYTES_NONE && lacks_headers(f, b))
		f->bytes = BYTES_HEAD;
	if (rc != RC_OK || f->bytes == BYTES_NONE)
		return rc;
	b->bytes = arena_array(&answer->batch, b->len, sizeof *b->bytes);
	rc = message_read(s->options->store, &ctx, s->mailbox_id, s->view.folder_id, b->uid, b->len,
		f->bytes == BYTES_HEAD, BATCH_BYTES, b->bytes, &b->n_bytes, &done);
	if (rc == RC_OK)
		place_back(f, b, done);
	return rc;
}

/* Sets \Seen on those of the batch that lack it, before their bytes are sent; the FETCH answers
 * tell it themselves. */
static enum rc batch_mark_seen(struct answer *answer, struct fetch *f, struct batch *b)
{
	struct imap *s = answer->cmd.s;
	uint32_t uids[BATCH_MESSAGES];
	struct flag_result result;
	struct flag_change change = { uids, 0, FLAGS_ADD, FLAG_SEEN, NULL, 0, -1 };
	struct view_quiet quiet = { uids, 0 };

	if (!f->sets_seen || f->begun)
		return RC_OK;
	for (size_t k = 0; k < b->len; k++) {
		struct view_row row = imap_view_at(&s->view, b->index[k]);
		b->newly_seen[k] = !(row.snap->flags[row.i] & FLAG_SEEN);
		if (b->newly_seen[k])
			uids[change.n_uids++] = b->uid[k];
	}
	if (!change.n_uids)
		return RC_OK;
	enum rc rc = message_set_flags(s->options->store, answer->cmd.ctx, s->mailbox_id,
		s->view.folder_id, &change, &result);
	if (rc != RC_OK)
		return rc;
	quiet.n = change.n_uids;
	/* Numbers must hold until the command ends, with UID too. */
	rc = imap_view_sync(s, answer->cmd.ctx, false, false, answer->cmd.uid, &quiet);
	if (rc == RC_OK && result.modseq > s->view.seen->highestmodseq)
		rc = imap_view_sync(s, answer->cmd.ctx, true, false, answer->cmd.uid, &quiet);
	return rc;
}

/* ------------------------------------------------------------------ the answer */

enum found { FOUND, FOUND_GONE, FOUND_UNREADABLE };

static enum found find_data(struct answer *answer, const struct fetch *f, struct batch *b, size_t k,
	struct fetch_message *out)
{
	*out = (struct fetch_message){ .index = b->index[k],
		.row = imap_view_at(&answer->cmd.s->view, b->index[k]),
		.open = { .a = &answer->batch },
		.newly_seen = b->newly_seen[k] };
	while (b->row < b->n_rows && b->rows[b->row].uid < b->uid[k])
		b->row++;
	while (b->byte < b->n_bytes && b->bytes[b->byte].uid < b->uid[k])
		b->byte++;
	if (b->row < b->n_rows && b->rows[b->row].uid == b->uid[k])
		out->meta = &b->rows[b->row];
	if (f->meta && !out->meta)
		return FOUND_GONE;
	if (f->bytes == BYTES_NONE) {
		out->open.bytes = out->meta ? out->meta->headers : SPAN("");
		return FOUND;
	}
	if (b->byte == b->n_bytes || b->bytes[b->byte].uid != b->uid[k])
		return FOUND_GONE;
	out->open.bytes = b->bytes[b->byte].bytes;
	return b->bytes[b->byte].unreadable ? FOUND_UNREADABLE : FOUND;
}

/* One damaged message must not keep the client from all the others. */
static void leave_out(
	struct imap *s, struct fetch *f, const struct fetch_message *m, enum found why)
{
	if (why == FOUND_GONE) {
		f->some_gone = true;
		return;
	}
	f->unreadable++;
	imap_reply_untagged(s, "NO [CORRUPTION] Message %zu (UID %lu) cannot be read.",
		m->index + 1, (unsigned long)m->row.snap->uid[m->row.i]);
}

/* STEP_MORE: the output is full, the place is set. STEP_DROP: a message vanished while half of it
 * was sent, and nothing can be said in the middle of a literal. */
static enum step batch_write(struct answer *answer, struct fetch *f, struct batch *b)
{
	struct imap *s = answer->cmd.s;
	struct fetch_message m;

	for (size_t k = 0; k < b->len; k++) {
		enum found found = find_data(answer, f, b, k, &m);
		if (found != FOUND) {
			if (f->begun)
				return STEP_DROP;
			leave_out(s, f, &m, found);
			continue;
		}
		if (!fetch_write_message(s, f, &m)) {
			place_back(f, b, k);
			return STEP_MORE;
		}
		f->written++;
		if (k + 1 < b->len && conn_is_full(s->conn)) {
			place_back(f, b, k + 1);
			return STEP_MORE;
		}
	}
	return STEP_DONE;
}

static enum step reply_fetched(struct command *cmd, const struct fetch *f)
{
	if (f->undecodable)
		return imap_reply_no(cmd, "[UNKNOWN-CTE] Some parts have an unknown encoding.");
	if (f->some_gone)
		return imap_reply_no(
			cmd, "[EXPUNGEISSUED] Some of the messages have been expunged.");
	if (f->unreadable && !f->written)
		return imap_reply_no(cmd, "[CORRUPTION] The messages cannot be read.");
	return imap_reply_ok(cmd, "Done.");
}

static enum step fetch_go(struct answer *answer)
{
	struct fetch *f = answer->data;

	if (!vanished_write(answer->cmd.s, &f->vanished, &f->vanished_at))
		return STEP_MORE;
	for (;;) {
		arena_reset(&answer->batch);
		struct batch *b = arena_zalloc(&answer->batch, sizeof *b);
		batch_collect(&answer->cmd, f, b);
		if (!b->len)
			return reply_fetched(&answer->cmd, f);
		enum rc rc = batch_load(answer, f, b);
		if (rc == RC_OK)
			rc = batch_mark_seen(answer, f, b);
		if (rc == RC_NOT_FOUND)
			return imap_reply_bye(answer->cmd.s, "The selected folder was deleted.");
		if (rc != RC_OK)
			return f->begun ? STEP_DROP : imap_reply_rc(&answer->cmd, rc, NULL);
		enum step step = batch_write(answer, f, b);
		if (step != STEP_DONE || answer_is_long(answer))
			return step == STEP_DONE ? STEP_MORE : step;
	}
}

/* ------------------------------------------------------------------ the command */

static enum step give_up(struct command *cmd, enum step step)
{
	answer_free(cmd->s->answer);
	cmd->s->answer = NULL;
	return step;
}

/* Keeps the messages in the window (RFC 9394 §3.3). */
static void cut_runs(struct fetch *f)
{
	struct index_runs cut = { f->runs.items, 0, 0 };
	size_t from, to, at = 0;

	if (!f->modifiers.partial.text.ptr)
		return;
	partial_range_cut(&f->modifiers.partial, f->runs.count, &from, &to);
	for (size_t r = 0; r < f->runs.len; r++) {
		struct index_run run = f->runs.items[r];
		size_t len = run.to - run.from;
		size_t a = from > at ? from - at : 0, b = to > at ? to - at : 0;
		at += len;
		b = b < len ? b : len;
		if (a >= b)
			continue;
		cut.items[cut.len++] = (struct index_run){ run.from + a, run.from + b };
		cut.count += b - a;
	}
	f->runs = cut;
}

/* UID FETCH ... (CHANGEDSINCE n VANISHED), RFC 7162 §3.2.6. */
static enum rc find_vanished(struct answer *answer, struct fetch *f, const struct seqset *set)
{
	struct resync resync = { .modseq = f->modifiers.changed_since, .known = *set };

	if (!f->modifiers.vanished || set->saved)
		return RC_OK;
	return vanished_find(answer->cmd.s, answer->cmd.ctx, &answer->arena, &resync, &f->vanished);
}

static bool modifiers_are_allowed(const struct command *cmd, const struct fetch_modifiers *m)
{
	if (m->vanished && (!cmd->uid || !cmd->s->qresync || !m->changed_since))
		return false;
	return cmd->uid || !m->partial.text.ptr;
}

enum step imap_cmd_fetch(struct command *cmd)
{
	struct answer *answer = answer_new(cmd, fetch_go, sizeof(struct fetch));
	struct fetch *f = answer->data;
	struct seqset set;

	if (!parse_args(&answer->cmd.args, &answer->arena, &set, f) ||
		!modifiers_are_allowed(cmd, &f->modifiers))
		return give_up(cmd, imap_reply_bad(cmd->s, "FETCH needs messages and items."));
	if (!imap_view_resolve(cmd->s, &set, cmd->uid, &answer->arena, &f->runs))
		return give_up(cmd, imap_reply_bad(cmd->s, "There is no such message."));
	enum rc rc = find_vanished(answer, f, &set);
	if (rc != RC_OK)
		return give_up(cmd, imap_reply_rc(cmd, rc, NULL));
	cut_runs(f);
	finish_items(cmd, f);
	return answer_start(answer);
}
