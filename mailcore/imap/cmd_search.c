/*
 * SEARCH (RFC 9051 §6.4.4, RFC 4731, RFC 5182): runs the three rounds of search.h over the folder,
 * in portions when it takes long; answers SEARCH or ESEARCH.
 */
#include "mailcore/base/clock.h"
#include "mailcore/base/vec.h"
#include "mailcore/imap/commands.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/search.h"
#include "mailcore/imap/syntax/lex.h"

#define BATCH_MESSAGES 256
#define BATCH_BYTES    ((size_t)1 << 20)

struct search {
	struct search_query query;
	size_t at; /* the place: index of the next message */
	struct {
		uint32_t *items; /* indexes of what was found */
		size_t len, cap;
	} found;
	bool some_gone;
};

/* Messages that the last round could not decide. */
struct undecided {
	size_t index[BATCH_MESSAGES];
	uint32_t uid[BATCH_MESSAGES];
	size_t len;
};

/* ------------------------------------------------------------------ rounds */

static void note(struct answer *answer, struct search *q, size_t index, enum match m)
{
	if (m == MATCH_YES)
		VEC_PUSH(&answer->arena, &q->found, (uint32_t)index);
}

static enum match match_one(struct answer *answer, struct search *q, struct candidate *c)
{
	c->view = &answer->cmd.s->view;
	c->now_s = answer->cmd.ctx->now_us / USEC_PER_SEC;
	c->a = &answer->batch;
	return search_match(q->query.root, c);
}

/* Found ones must stay in order, so results of a batch are noted in the batch first. */
struct results {
	enum match of[BATCH_MESSAGES];
};

static void first_round(struct answer *answer, struct search *q, size_t n, struct results *r)
{
	for (size_t k = 0; k < n; k++) {
		struct candidate c = { .index = q->at + k };
		r->of[k] = match_one(answer, q, &c);
	}
}

static void collect_undecided(struct answer *answer, struct search *q, size_t n,
	const struct results *r, struct undecided *u)
{
	u->len = 0;
	for (size_t k = 0; k < n; k++) {
		if (r->of[k] != MATCH_UNDECIDED)
			continue;
		u->index[u->len] = q->at + k;
		u->uid[u->len++] = answer->cmd.s->view.seq->uid[q->at + k];
	}
}

static enum rc fields_round(
	struct answer *answer, struct search *q, const struct undecided *u, struct results *r)
{
	struct imap *s = answer->cmd.s;
	struct ctx ctx = *answer->cmd.ctx;
	struct message_row *rows = arena_array(&answer->batch, u->len, sizeof *rows);
	size_t n_rows, row = 0;

	ctx.arena = &answer->batch;
	enum rc rc = message_rows(s->options->store, &ctx, s->mailbox_id, s->view.folder_id, u->uid,
		u->len, META_HEADERS, rows, &n_rows);
	if (rc != RC_OK)
		return rc;
	for (size_t k = 0; k < u->len && row < n_rows; k++) {
		if (rows[row].uid != u->uid[k])
			continue;
		struct span fields = rows[row++].headers;
		struct candidate c = { .index = u->index[k],
			.has_fields = fields.len > 0, /* none: too large for the row */
			.fields = fields };
		r->of[u->index[k] - q->at] = match_one(answer, q, &c);
	}
	return RC_OK;
}

/* Reads some of the messages from `from` on; *out_next is where to go on. */
static enum rc bytes_round(struct answer *answer, struct search *q, const struct undecided *u,
	size_t from, struct results *r, size_t *out_next)
{
	struct imap *s = answer->cmd.s;
	struct ctx ctx = *answer->cmd.ctx;
	size_t n = u->len - from, n_bytes, done, got = 0;
	struct arena bytes_arena;

	arena_init(&bytes_arena, 65536);
	ctx.arena = &bytes_arena;
	struct message_bytes *bytes = arena_array(&bytes_arena, n, sizeof *bytes);
	enum rc rc = message_read(s->options->store, &ctx, s->mailbox_id, s->view.folder_id,
		u->uid + from, n, false, BATCH_BYTES, bytes, &n_bytes, &done);
	for (size_t k = from; rc == RC_OK && k < from + done; k++) {
		r->of[u->index[k] - q->at] = MATCH_NO; /* gone, unless its bytes are here */
		if (got == n_bytes || bytes[got].uid != u->uid[k])
			continue;
		struct candidate c = { .index = u->index[k],
			.has_message = true,
			.message = { .a = &bytes_arena, .bytes = bytes[got++].bytes } };
		c.view = &s->view;
		c.now_s = answer->cmd.ctx->now_us / USEC_PER_SEC;
		c.a = &bytes_arena;
		r->of[u->index[k] - q->at] = search_match(q->query.root, &c);
	}
	arena_done(&bytes_arena);
	*out_next = rc == RC_OK ? from + done : from;
	return rc;
}

/* One batch through all rounds. */
static enum rc search_batch(struct answer *answer, struct search *q)
{
	size_t left = answer->cmd.s->view.seq->len - q->at;
	size_t n = left < BATCH_MESSAGES ? left : BATCH_MESSAGES;
	struct results *r = arena_alloc(&answer->batch, sizeof *r);
	struct undecided *u = arena_alloc(&answer->batch, sizeof *u);
	enum rc rc = RC_OK;

	first_round(answer, q, n, r);
	collect_undecided(answer, q, n, r, u);
	if (u->len)
		rc = fields_round(answer, q, u, r);
	collect_undecided(answer, q, n, r, u);
	for (size_t next = 0; rc == RC_OK && next < u->len;)
		rc = bytes_round(answer, q, u, next, r, &next);
	if (rc != RC_OK)
		return rc;
	for (size_t k = 0; k < n; k++)
		note(answer, q, q->at + k, r->of[k]);
	q->at += n;
	return RC_OK;
}

/* ------------------------------------------------------------------ answers */

static uint32_t name_of(const struct command *cmd, uint32_t index)
{
	return cmd->uid ? cmd->s->view.seq->uid[index] : index + 1;
}

static uint64_t highest_modseq(const struct command *cmd, const struct search *q)
{
	uint64_t highest = 0;

	for (size_t i = 0; i < q->found.len; i++) {
		struct view_row row = imap_view_at(&cmd->s->view, q->found.items[i]);
		if (row.snap->modseq[row.i] > highest)
			highest = row.snap->modseq[row.i];
	}
	return highest;
}

static void reply_search(const struct command *cmd, const struct search *q)
{
	struct str *out = conn_out(cmd->s->conn);

	str_add_cstr(out, "* SEARCH");
	for (size_t i = 0; i < q->found.len; i++) {
		str_add_c(out, ' ');
		str_add_u64(out, name_of(cmd, q->found.items[i]));
	}
	if (q->query.modseq && q->found.len)
		str_addf(out, " (MODSEQ %llu)", (unsigned long long)highest_modseq(cmd, q));
	str_add_cstr(out, "\r\n");
}

static void reply_esearch(struct answer *answer, const struct search *q)
{
	struct command *cmd = &answer->cmd;
	struct str *out = conn_out(cmd->s->conn);
	unsigned returns = q->query.returns ? q->query.returns : RETURN_ALL;
	size_t n = q->found.len;
	uint32_t *names = arena_array(&answer->arena, n, sizeof *names);

	for (size_t i = 0; i < n; i++)
		names[i] = name_of(cmd, q->found.items[i]);
	str_addf(out, "* ESEARCH (TAG \"%s\")%s", cmd->s->tag, cmd->uid ? " UID" : "");
	if (n && returns & RETURN_MIN)
		str_addf(out, " MIN %lu", (unsigned long)names[0]);
	if (n && returns & RETURN_MAX)
		str_addf(out, " MAX %lu", (unsigned long)names[n - 1]);
	if (n && returns & RETURN_ALL) {
		str_add_cstr(out, " ALL ");
		uid_set_add(out, names, n);
	}
	if (returns & RETURN_COUNT)
		str_addf(out, " COUNT %zu", n);
	if (q->query.modseq && n)
		str_addf(out, " MODSEQ %llu", (unsigned long long)highest_modseq(cmd, q));
	str_add_cstr(out, "\r\n");
}

/* "$" is what was found, or its ends when only those were asked for (RFC 5182 §2.4). */
static void save_result(struct imap *s, const struct search *q)
{
	unsigned ends = q->query.returns & (RETURN_MIN | RETURN_MAX);
	bool all = !ends || q->query.returns & (RETURN_ALL | RETURN_COUNT);
	size_t n = q->found.len;

	imap_session_forget_saved(s);
	if (!n)
		return;
	s->saved = heap_alloc(n * sizeof *s->saved);
	for (size_t i = 0; i < n; i++) {
		bool end = (i == 0 && ends & RETURN_MIN) || (i == n - 1 && ends & RETURN_MAX);
		if (all || end)
			s->saved[s->n_saved++] = s->view.seq->uid[q->found.items[i]];
	}
}

static enum step reply_found(struct answer *answer, const struct search *q)
{
	struct imap *s = answer->cmd.s;
	unsigned returns = q->query.returns;

	if (returns & RETURN_SAVE)
		save_result(s, q);
	if (returns == RETURN_SAVE)
		return imap_reply_ok(&answer->cmd, "Saved.");
	if (q->query.extended || s->utf8)
		reply_esearch(answer, q);
	else
		reply_search(&answer->cmd, q);
	return imap_reply_ok(&answer->cmd, "Done.");
}

/* ------------------------------------------------------------------ the command */

static enum step search_go(struct answer *answer)
{
	struct search *q = answer->data;
	struct imap *s = answer->cmd.s;

	while (q->at < s->view.seq->len) {
		arena_reset(&answer->batch);
		enum rc rc = search_batch(answer, q);
		if (rc != RC_OK) {
			if (q->query.returns & RETURN_SAVE)
				imap_session_forget_saved(s); /* RFC 5182 §2.1 */
			return imap_reply_rc(&answer->cmd, rc, NULL);
		}
		if (answer_is_long(answer))
			return STEP_MORE;
	}
	return reply_found(answer, q);
}

static enum step give_up(struct command *cmd, enum step step)
{
	answer_free(cmd->s->answer);
	cmd->s->answer = NULL;
	return step;
}

enum step imap_cmd_search(struct command *cmd)
{
	struct answer *answer = answer_new(cmd, search_go, sizeof(struct search));
	struct search *q = answer->data;
	enum search_parse parsed = lex_sp(&answer->cmd.args)
		? search_parse(&answer->cmd.args, &answer->arena, &q->query)
		: SEARCH_BAD;

	switch (parsed) {
	case SEARCH_PARSED:
		break;
	case SEARCH_BAD:
		return give_up(cmd, imap_reply_bad(cmd->s, "The search keys cannot be read."));
	case SEARCH_BADCHARSET:
		return give_up(
			cmd, imap_reply_no(cmd, "[BADCHARSET (UTF-8)] This charset is unknown."));
	}
	cmd->s->condstore = cmd->s->condstore || q->query.modseq;
	if (!search_prepare(cmd->s, q->query.root, &answer->arena))
		return give_up(cmd, imap_reply_bad(cmd->s, "There is no such message."));
	return answer_start(answer);
}
