/*
 * FETCH (RFC 9051 §6.4.5, §7.5.2; RFC 3516; RFC 7162).
 *
 * Messages are taken in batches: what the snapshot knows (FLAGS, UID, INTERNALDATE, RFC822.SIZE,
 * MODSEQ) needs no database, ENVELOPE, BODYSTRUCTURE and the usual headers come as they were
 * computed at delivery, bytes only when an item needs them. A batch is one round trip of each kind
 * and its memory is emptied before the next. When the output is full the place is kept: the next
 * message, and within a large literal the next octet.
 */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/message_part.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/lex.h"
#include "mailcore/mime/bodystructure.h"
#include "mailcore/mime/date.h"
#include "mailcore/mime/envelope.h"
#include "mailcore/mime/header.h"

#define BATCH_MESSAGES 256
#define BATCH_BYTES    ((size_t)1 << 20)
#define LITERAL_STEP   ((size_t)4 << 20) /* octets of one literal that are written at a time */

enum bytes_need { BYTES_NONE, BYTES_HEAD, BYTES_ALL };

struct fetch {
	struct fetch_items items;
	struct index_runs runs;
	uint64_t changed_since;
	unsigned meta; /* enum meta_want */
	enum bytes_need bytes;
	bool sets_seen;
	bool add_flags; /* the implicit \Seen is told */

	/* the place */
	size_t run, at;
	size_t item;   /* of the message at the place; > 0 or offset > 0: begun */
	size_t offset; /* in that item's literal */
	bool begun;
	bool some_gone, undecodable;
};

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

/* SP "(" "CHANGEDSINCE" SP mod-sequence-value ")" */
static bool take_modifiers(struct cur *in, struct fetch *f)
{
	if (cur_done(in))
		return true;
	return lex_sp(in) && cur_take(in, '(') && lex_word(in, "CHANGEDSINCE") && lex_sp(in) &&
		lex_u64(in, &f->changed_since) && f->changed_since > 0 && cur_take(in, ')') &&
		cur_done(in);
}

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
		fetch_items_parse(in, a, &f->items) && take_modifiers(in, f);
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

	if (f->changed_since || has_item(f, FETCH_MODSEQ))
		s->condstore = true; /* RFC 7162 §3.1 */
	if (f->changed_since)
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
	if (!f->changed_since)
		return true;
	struct view_row row = imap_view_at(v, i);
	return row.snap->modseq[row.i] > f->changed_since;
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

/* ------------------------------------------------------------------ one message */

struct message {
	struct view_row row;
	const struct message_row *meta; /* NULL: gone, or not needed */
	bool has_bytes;
	struct open_message open;
};

/* False: something that is needed is not there any more. */
static bool find_data(struct answer *answer, const struct fetch *f, struct batch *b, size_t k,
	struct message *out)
{
	*out = (struct message){ .row = imap_view_at(&answer->cmd.s->view, b->index[k]),
		.open = { .a = &answer->batch } };
	while (b->row < b->n_rows && b->rows[b->row].uid < b->uid[k])
		b->row++;
	while (b->byte < b->n_bytes && b->bytes[b->byte].uid < b->uid[k])
		b->byte++;
	if (b->row < b->n_rows && b->rows[b->row].uid == b->uid[k])
		out->meta = &b->rows[b->row];
	if (b->byte < b->n_bytes && b->bytes[b->byte].uid == b->uid[k]) {
		out->has_bytes = true;
		out->open.bytes = b->bytes[b->byte].bytes;
	} else if (out->meta) {
		out->open.bytes = out->meta->headers;
	}
	return (out->meta || !f->meta) && (out->has_bytes || f->bytes == BYTES_NONE);
}

/* The octets of the item between its partial's ends. */
static struct span cut_partial(const struct fetch_item *item, struct span bytes)
{
	if (!item->partial)
		return bytes;
	size_t offset = item->offset < bytes.len ? (size_t)item->offset : bytes.len;
	size_t count = item->count < bytes.len - offset ? (size_t)item->count : bytes.len - offset;
	return span_sub(bytes, offset, count);
}

/* Writes a literal from f->offset on; false: there is more. */
static bool write_literal(
	struct fetch *f, struct str *out, const struct fetch_item *item, struct span bytes)
{
	bool binary = item->kind == FETCH_BINARY && bytes.len && memchr(bytes.ptr, '\0', bytes.len);

	if (!bytes.len) {
		str_add_cstr(out, "\"\"");
		return true;
	}
	if (!f->offset) {
		if (binary)
			str_add_c(out, '~');
		imap_reply_literal_head(out, bytes.len);
	}
	struct span piece = span_sub(bytes, f->offset, LITERAL_STEP);
	if (binary)
		str_add(out, piece);
	else
		imap_reply_octets(out, piece);
	f->offset += piece.len;
	return f->offset == bytes.len;
}

static bool write_section(
	struct fetch *f, struct str *out, const struct fetch_item *item, struct message *m)
{
	struct span bytes;

	if (!open_message_section(&m->open, item->section, &bytes)) {
		str_add_cstr(out, "NIL");
		return true;
	}
	return write_literal(f, out, item, cut_partial(item, bytes));
}

static bool write_binary(
	struct fetch *f, struct str *out, const struct fetch_item *item, struct message *m)
{
	struct span bytes;
	enum rc rc = open_message_binary(&m->open, item->section, &bytes);

	if (rc != RC_OK) {
		f->undecodable = f->undecodable || rc == RC_INVALID;
		str_add_cstr(out, item->kind == FETCH_BINARY_SIZE ? "0" : "NIL");
		return true;
	}
	if (item->kind == FETCH_BINARY_SIZE) {
		str_add_u64(out, bytes.len);
		return true;
	}
	return write_literal(f, out, item, cut_partial(item, bytes));
}

/* The value of one item, from f->offset on; false: it does not fit now. */
static bool write_value(
	struct imap *s, struct fetch *f, const struct fetch_item *item, struct message *m)
{
	struct str *out = conn_out(s->conn);
	const struct snapshot *snap = m->row.snap;
	size_t i = m->row.i;

	switch (item->kind) {
	case FETCH_FLAGS:
		imap_reply_flags(s, snap, i);
		return true;
	case FETCH_UID:
		str_add_u64(out, snap->uid[i]);
		return true;
	case FETCH_INTERNALDATE:
		str_add_c(out, '"');
		date_add_imap(out, snap->internal_at[i], snap->internal_zone[i]);
		str_add_c(out, '"');
		return true;
	case FETCH_SIZE:
		str_add_u64(out, snap->size_bytes[i]);
		return true;
	case FETCH_MODSEQ:
		str_addf(out, "(%llu)", (unsigned long long)snap->modseq[i]);
		return true;
	case FETCH_ENVELOPE:
		str_add(out, m->meta->envelope);
		return true;
	case FETCH_BODYSTRUCTURE:
		str_add(out, m->meta->bodystructure);
		return true;
	case FETCH_BODY:
		bodystructure_add(out, open_message_root(&m->open), false);
		return true;
	case FETCH_SECTION:
		return write_section(f, out, item, m);
	case FETCH_BINARY:
	case FETCH_BINARY_SIZE:
		return write_binary(f, out, item, m);
	}
	return true;
}

/* False: the output is full, f->item and f->offset are the place. */
static bool write_message(
	struct imap *s, struct fetch *f, size_t index, bool newly_seen, struct message *m)
{
	struct str *out = conn_out(s->conn);

	if (!f->begun)
		str_addf(out, "* %zu FETCH (", index + 1);
	if (!f->begun && f->add_flags && newly_seen) {
		str_add_cstr(out, "FLAGS ");
		imap_reply_flags(s, m->row.snap, m->row.i);
		str_add_c(out, ' ');
	}
	for (; f->item < f->items.len; f->item++, f->offset = 0) {
		const struct fetch_item *item = &f->items.items[f->item];
		if (f->offset == 0) {
			if (f->item)
				str_add_c(out, ' ');
			str_add(out, item->label);
			str_add_c(out, ' ');
		}
		bool whole = write_value(s, f, item, m);
		if (whole && (f->item + 1 == f->items.len || !conn_is_full(s->conn)))
			continue;
		f->begun = true;
		f->item += whole;
		f->offset = whole ? 0 : f->offset;
		return false;
	}
	str_add_cstr(out, ")\r\n");
	f->item = 0;
	f->begun = false;
	return true;
}

/* ------------------------------------------------------------------ the command */

/* STEP_MORE: the output is full, the place is set. STEP_DROP: a message vanished while half of it
 * was sent, and nothing can be said in the middle of a literal. */
static enum step batch_write(struct answer *answer, struct fetch *f, struct batch *b)
{
	struct imap *s = answer->cmd.s;
	struct message m;

	for (size_t k = 0; k < b->len; k++) {
		if (!find_data(answer, f, b, k, &m)) {
			if (f->begun)
				return STEP_DROP;
			f->some_gone = true;
			continue;
		}
		if (!write_message(s, f, b->index[k], b->newly_seen[k], &m)) {
			place_back(f, b, k);
			return STEP_MORE;
		}
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
	return imap_reply_ok(cmd, "Done.");
}

static enum step fetch_go(struct answer *answer)
{
	struct fetch *f = answer->data;

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

enum step imap_cmd_fetch(struct command *cmd)
{
	struct answer *answer = answer_new(cmd, fetch_go, sizeof(struct fetch));
	struct fetch *f = answer->data;
	struct seqset set;
	const char *why = NULL;

	if (!parse_args(&answer->cmd.args, &answer->arena, &set, f))
		why = "FETCH needs messages and items.";
	else if (!imap_view_resolve(cmd->s, &set, cmd->uid, &answer->arena, &f->runs))
		why = "There is no such message.";
	if (why) {
		cmd->s->answer = NULL;
		answer_free(answer);
		return imap_reply_bad(cmd->s, "%s", why);
	}
	finish_items(cmd, f);
	return answer_start(answer);
}
