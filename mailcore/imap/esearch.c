/* ESEARCH answers: see esearch.h. */
#include "mailcore/imap/esearch.h"

#include <stdlib.h>

#include "mailcore/imap/reply.h"

uint32_t *esearch_names(struct answer *answer, const struct search *q)
{
	const struct command *cmd = &answer->cmd;
	uint32_t *names = arena_array(&answer->arena, q->found.len, sizeof *names);

	for (size_t i = 0; i < q->found.len; i++) {
		uint32_t index = q->found.items[i];
		names[i] = cmd->uid ? cmd->s->view.seq->uid[index] : index + 1;
	}
	return names;
}

uint64_t esearch_modseq(const struct command *cmd, const struct search *q)
{
	uint64_t highest = 0;

	for (size_t i = 0; i < q->found.len; i++) {
		struct view_row row = imap_view_at(&cmd->s->view, q->found.items[i]);
		if (row.snap->modseq[row.i] > highest)
			highest = row.snap->modseq[row.i];
	}
	return highest;
}

/* PARTIAL (-1:-100 5,7:9) */
static void add_partial(
	struct str *out, const struct partial_range *range, const uint32_t *names, size_t n)
{
	size_t from, to;

	partial_range_cut(range, n, &from, &to);
	str_add_cstr(out, " PARTIAL (");
	str_add(out, range->text);
	str_add_c(out, ' ');
	if (from == to)
		str_add_cstr(out, "NIL");
	else
		uid_set_add(out, names + from, to - from);
	str_add_c(out, ')');
}

void esearch_reply(struct answer *answer, const struct search *q, const uint32_t *names)
{
	struct command *cmd = &answer->cmd;
	struct str *out = conn_out(cmd->s->conn);
	unsigned returns = q->query.returns ? q->query.returns : RETURN_ALL;
	size_t n = q->found.len;

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
	if (returns & RETURN_PARTIAL)
		add_partial(out, &q->query.partial, names, n);
	if (q->query.modseq && n)
		str_addf(out, " MODSEQ %llu", (unsigned long long)esearch_modseq(cmd, q));
	str_add_cstr(out, "\r\n");
}

static int uid_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Which of n results go into "$". */
static bool is_saved(const struct search_query *q, size_t i, size_t n)
{
	size_t from, to;

	if (q->returns & RETURN_PARTIAL) {
		partial_range_cut(&q->partial, n, &from, &to);
		if (i >= from && i < to)
			return true;
	} else if (!(q->returns & (RETURN_MIN | RETURN_MAX)) ||
		q->returns & (RETURN_ALL | RETURN_COUNT)) {
		return true;
	}
	return (i == 0 && q->returns & RETURN_MIN) || (i == n - 1 && q->returns & RETURN_MAX);
}

void esearch_save(struct imap *s, const struct search *q)
{
	size_t n = q->found.len;

	if (!(q->query.returns & RETURN_SAVE))
		return;
	imap_session_forget_saved(s);
	if (!n)
		return;
	s->saved = heap_alloc(n * sizeof *s->saved);
	for (size_t i = 0; i < n; i++) {
		if (is_saved(&q->query, i, n))
			s->saved[s->n_saved++] = s->view.seq->uid[q->found.items[i]];
	}
	qsort(s->saved, s->n_saved, sizeof *s->saved, uid_cmp); /* SORT has another order */
}

enum step esearch_fail(struct answer *answer, const struct search *q, enum rc rc)
{
	if (q->query.returns & RETURN_SAVE)
		imap_session_forget_saved(answer->cmd.s);
	return imap_reply_rc(&answer->cmd, rc, NULL);
}

static enum step give_up(struct answer *answer, enum step step)
{
	answer->cmd.s->answer = NULL;
	answer_free(answer);
	return step;
}

enum step esearch_start(struct answer *answer, struct search *q, enum search_parse parsed)
{
	struct command *cmd = &answer->cmd;
	struct imap *s = cmd->s;

	if (parsed == SEARCH_BADCHARSET)
		return give_up(answer,
			imap_reply_no(cmd, "[BADCHARSET (UTF-8)] This charset is unknown."));
	if (parsed == SEARCH_BAD)
		return give_up(answer, imap_reply_bad(s, "The search keys cannot be read."));
	if (q->query.charset && s->utf8_accept) /* RFC 6855 §3 */
		return give_up(answer, imap_reply_bad(s, "All text is UTF-8 now."));
	s->condstore = s->condstore || q->query.modseq;
	if (!search_begin(answer, q))
		return give_up(answer, imap_reply_bad(s, "There is no such message."));
	return answer_start(answer);
}
