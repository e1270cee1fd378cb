/* Searching a folder: see search_run.h. The rounds are those of search.h. */
#include "mailcore/imap/search_run.h"

#include "mailcore/base/clock.h"
#include "mailcore/base/vec.h"
#include "mailcore/imap/reply.h"
#include "mailcore/store/search_index.h"

#define BATCH_MESSAGES 1000
#define BATCH_BYTES    ((size_t)1 << 20)
#define TAIL_BYTES     ((size_t)4 << 20) /* without an index: time to make one */

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

static enum match match_one(
	struct answer *answer, struct search *q, struct arena *a, struct candidate *c)
{
	c->view = &answer->cmd.s->view;
	c->now_s = answer->cmd.ctx->now_us / USEC_PER_SEC;
	c->a = a;
	return search_match(q->query.root, c);
}

/* Found ones must stay in order, so results of a batch are noted in the batch first. */
struct results {
	enum match of[BATCH_MESSAGES];
	const struct message_row *row[BATCH_MESSAGES];
};

static void first_round(struct answer *answer, struct search *q, size_t n, struct results *r)
{
	for (size_t k = 0; k < n; k++) {
		struct candidate c = { .index = q->at + k };
		r->of[k] = match_one(answer, q, &answer->batch, &c);
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

static enum rc terms_round(
	struct answer *answer, struct search *q, const struct undecided *u, struct results *r)
{
	struct imap *s = answer->cmd.s;
	struct ctx ctx = *answer->cmd.ctx;
	struct header_terms *terms = arena_array(&answer->batch, u->len, sizeof *terms);
	struct header_terms_hold hold;

	ctx.arena = &answer->batch;
	enum rc rc = header_terms_load(s->options->store, &ctx, s->mailbox_id, s->view.folder_id,
		u->uid, u->len, terms, &hold);
	for (size_t k = 0; rc == RC_OK && k < u->len; k++) {
		if (terms[k].state != TERMS_HERE)
			continue;
		struct candidate c = { .index = u->index[k], .terms = &terms[k] };
		r->of[u->index[k] - q->at] = match_one(answer, q, &answer->batch, &c);
	}
	header_terms_done(&hold);
	return rc;
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
		u->len, q->want, rows, &n_rows);
	if (rc != RC_OK)
		return rc;
	for (size_t k = 0; k < u->len && row < n_rows; k++) {
		if (rows[row].uid != u->uid[k])
			continue;
		const struct message_row *it = &rows[row++];
		struct span fields = it->headers;
		r->row[u->index[k] - q->at] = it;
		struct candidate c = { .index = u->index[k],
			.row = it,
			.has_fields = fields.len > 0, /* none: too large for the row */
			.fields = fields };
		r->of[u->index[k] - q->at] = match_one(answer, q, &answer->batch, &c);
	}
	return RC_OK;
}

/* A message that cannot be read matches nothing, and the client is told. */
static enum match match_bytes(struct answer *answer, struct search *q, struct results *r,
	size_t index, struct arena *a, const struct message_bytes *bytes)
{
	struct candidate c = { .index = index,
		.row = r->row[index - q->at],
		.has_message = true,
		.message = { .a = a, .bytes = bytes->bytes } };

	if (!bytes->unreadable)
		return match_one(answer, q, a, &c);
	imap_reply_untagged(answer->cmd.s,
		"NO [CORRUPTION] Message %zu (UID %lu) cannot be searched.", index + 1,
		(unsigned long)bytes->uid);
	return MATCH_NO;
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
	for (size_t k = 0; rc == RC_OK && k < n_bytes; k++)
		q->looked_bytes += bytes[k].bytes.len;
	for (size_t k = from; rc == RC_OK && k < from + done; k++) {
		r->of[u->index[k] - q->at] = MATCH_NO; /* gone, unless its bytes are here */
		if (got == n_bytes || bytes[got].uid != u->uid[k])
			continue;
		r->of[u->index[k] - q->at] =
			match_bytes(answer, q, r, u->index[k], &bytes_arena, &bytes[got++]);
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
	struct results *r = arena_zalloc(&answer->batch, sizeof *r);
	struct undecided *u = arena_alloc(&answer->batch, sizeof *u);
	enum rc rc = RC_OK;

	first_round(answer, q, n, r);
	collect_undecided(answer, q, n, r, u);
	if (u->len && q->wants_terms)
		rc = terms_round(answer, q, u, r);
	collect_undecided(answer, q, n, r, u);
	if (rc == RC_OK && u->len && q->wants_row)
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

/* ------------------------------------------------------------------ the folder */

static void note_wants(struct search *q, const struct search_key *key)
{
	bool ids = key->op == SEARCH_EMAILID || key->op == SEARCH_THREADID ||
		(key->op >= SEARCH_SAVED_BEFORE && key->op <= SEARCH_SAVED_SINCE);
	bool sent = key->op >= SEARCH_SENT_BEFORE && key->op <= SEARCH_SENT_SINCE;
	bool header = key->op == SEARCH_HEADER;

	q->wants_terms = q->wants_terms || sent || (header && key->number);
	q->wants_row = q->wants_row || ids ||
		(header && !key->number && message_header_is_cached(key->name));
	q->wants_words = q->wants_words || key->op == SEARCH_TEXT || key->op == SEARCH_BODY;
	q->want |= ids ? META_IDS : 0;
	for (const struct search_key *k = key->children; k; k = k->next)
		note_wants(q, k);
}

bool search_begin(struct answer *answer, struct search *q)
{
	if (!search_prepare(answer->cmd.s, q->query.root, &answer->arena))
		return false;
	q->want = META_HEADERS;
	note_wants(q, q->query.root);
	return true;
}

/* Do the other keys leave so many messages that the index is worth its price? */
static bool is_worth_words(struct answer *answer, struct search *q)
{
	size_t undecided = 0, n = answer->cmd.s->view.seq->len;

	for (size_t i = 0; i < n && undecided < SEARCH_WORDS_MIN; i++) {
		struct candidate c = { .index = i };
		undecided += match_one(answer, q, &answer->batch, &c) == MATCH_UNDECIDED;
	}
	return undecided == SEARCH_WORDS_MIN;
}

/* The index is asked before any message. */
static enum rc words_round(struct answer *answer, struct search *q)
{
	enum rc rc = RC_OK;

	if (!q->begun) {
		q->begun = true;
		q->words.done = true;
		if (q->wants_words && is_worth_words(answer, q))
			search_words_begin(answer, &q->words, q->query.root);
	}
	while (rc == RC_OK && !q->words.done) {
		arena_reset(&answer->batch);
		rc = search_words_run(answer, &q->words);
		progress_tell(answer->cmd.s, &q->progress, 0, answer->cmd.s->view.seq->len);
		if (answer_is_long(answer))
			break;
	}
	return rc;
}

/* What took long is to be quicker the next time. */
static void ask_for_index(struct answer *answer, const struct search *q)
{
	struct imap *s = answer->cmd.s;
	size_t unknown = q->words.n_unknown;

	if (unknown >= SEARCH_TAIL || (unknown && q->looked_bytes >= TAIL_BYTES))
		search_index_want(s->options->store, s->mailbox_id, s->view.folder_id);
}

enum rc search_run(struct answer *answer, struct search *q, bool *out_done)
{
	struct imap *s = answer->cmd.s;
	size_t n = s->view.seq->len;
	enum rc rc = words_round(answer, q);

	*out_done = false;
	while (rc == RC_OK && q->words.done && q->at < n) {
		arena_reset(&answer->batch);
		rc = search_batch(answer, q);
		progress_tell(s, &q->progress, q->at, n);
		if (q->at < n && answer_is_long(answer))
			return rc;
	}
	*out_done = rc == RC_OK && q->words.done && q->at == n;
	if (*out_done)
		ask_for_index(answer, q);
	return rc;
}
