/* TEXT and BODY by the folder's index: see search_words.h. */
#include "mailcore/imap/search_words.h"

#include "mailcore/store/search_index.h"

static void add_keys(struct answer *answer, struct search_words *w, struct search_key *key)
{
	for (struct search_key *k = key->children; k; k = k->next)
		add_keys(answer, w, k);
	bool is_text = key->op == SEARCH_TEXT || key->op == SEARCH_BODY;
	if (!is_text || !key->text.len || w->n_keys == SEARCH_WORDS_KEYS)
		return;
	size_t n = answer->cmd.s->view.seq->len;
	key->answers = arena_alloc(&answer->arena, n);
	memset(key->answers, WORDS_MAYBE, n);
	w->keys[w->n_keys++] = key;
}

void search_words_begin(struct answer *answer, struct search_words *w, struct search_key *root)
{
	add_keys(answer, w, root);
	w->done = w->n_keys == 0;
	w->n_unknown = w->done ? 0 : answer->cmd.s->view.seq->len;
}

static bool wants_head(const struct search_words *w)
{
	for (size_t i = 0; i < w->n_keys; i++) {
		if (w->keys[i]->op == SEARCH_TEXT)
			return true;
	}
	return false;
}

/* What the segment knows of its documents for a key. */
static bool ask(const struct search_segment *segment, const struct search_key *key,
	uint8_t out[WORDS_DOCS_MAX])
{
	struct words_needle needle;
	uint8_t head[WORDS_DOCS_MAX];

	words_needle_init(&needle, key->text);
	if (!words_look(segment->body, &needle, out, segment->n))
		return false;
	if (key->op == SEARCH_BODY)
		return true;
	if (!words_look(segment->head, &needle, head, segment->n))
		return false;
	for (size_t i = 0; i < segment->n; i++)
		out[i] = head[i] > out[i] ? head[i] : out[i];
	return true;
}

/* Copies answers of documents to the messages that have their UIDs. */
static size_t note(const struct snapshot *seq, const struct search_segment *segment,
	const uint8_t *found, uint8_t *answers)
{
	size_t index = segment->n ? snapshot_lower_bound(seq, segment->uids[0]) : 0, noted = 0;

	for (size_t i = 0; i < segment->n && index < seq->len; i++) {
		while (index < seq->len && seq->uid[index] < segment->uids[i])
			index++;
		if (index == seq->len || seq->uid[index] != segment->uids[i])
			continue;
		answers[index] = found[i];
		noted++;
	}
	return noted;
}

static void look_through(
	struct answer *answer, struct search_words *w, const struct search_segment *segment)
{
	const struct snapshot *seq = answer->cmd.s->view.seq;
	uint8_t found[WORDS_DOCS_MAX];
	size_t noted = 0;

	for (size_t i = 0; i < w->n_keys; i++) {
		if (ask(segment, w->keys[i], found))
			noted = note(seq, segment, found, w->keys[i]->answers);
	}
	w->n_unknown -= noted < w->n_unknown ? noted : w->n_unknown;
}

enum rc search_words_run(struct answer *answer, struct search_words *w)
{
	struct imap *s = answer->cmd.s;
	struct ctx ctx = *answer->cmd.ctx;
	struct search_segment segment;

	ctx.arena = &answer->batch;
	enum rc rc = search_segment_next(s->options->store, &ctx, s->mailbox_id, s->view.folder_id,
		w->at, wants_head(w), true, &segment);
	if (rc == RC_NOT_FOUND) {
		w->done = true;
		return RC_OK;
	}
	if (rc != RC_OK && rc != RC_INVALID)
		return rc;
	if (rc == RC_OK)
		look_through(answer, w, &segment);
	w->done = segment.last_uid == UINT32_MAX;
	w->at = segment.last_uid + 1;
	return RC_OK;
}
