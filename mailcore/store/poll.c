/*
 * The net below the bells: store_poll.
 *
 * A mailbox's state is the sum of its folders' HIGHESTMODSEQ. Folder rows stay and their MODSEQ only
 * grows, so the sum changes with every change and never comes back to an earlier value.
 */
#include "mailcore/base/vec.h"
#include "mailcore/store/store_impl.h"
#include "sql/folder.h"

struct watched {
	struct arena *arena;
	int64_t *items;
	size_t len, cap;
};

static void note_watched(int64_t mailbox_id, void *arg)
{
	struct watched *w = arg;
	VEC_PUSH(w->arena, w, mailbox_id);
}

/* Both lists are in ascending order of mailbox_id: *pos only moves on. */
static bool was_seen(const struct store *s, struct seen now, size_t *pos)
{
	while (*pos < s->n_seen && s->seen[*pos].mailbox_id < now.mailbox_id)
		(*pos)++;
	return *pos < s->n_seen && s->seen[*pos].mailbox_id == now.mailbox_id &&
		s->seen[*pos].modseqs == now.modseqs;
}

static void ring_changed(struct store *s, const struct seen *now, size_t n)
{
	size_t pos = 0;
	for (size_t i = 0; i < n; i++) {
		if (!was_seen(s, now[i], &pos))
			bell_ring_here(s->bells, now[i].mailbox_id, 0);
	}
}

enum rc store_poll(struct store *s, struct ctx *ctx)
{
	AUTO(rows_close) struct rows *r = NULL;
	struct watched w = { .arena = ctx->arena };
	bells_watched(s->bells, note_watched, &w);
	enum rc rc = RC_OK;
	if (w.len > 0)
		rc = db_query(
			ctx, &SQL_FOLDER_MODSEQS, ARGS(A_ARRAY(ARG_I64S, w.items, w.len)), &r);
	if (rc != RC_OK)
		return rc;
	size_t n = w.len > 0 ? rows_len(r) : 0;
	struct seen *now = heap_alloc((n + 1) * sizeof *now);
	for (size_t i = 0; i < n; i++)
		now[i] = (struct seen){ row_i64(r, i, 0), row_i64(r, i, 1) };
	ring_changed(s, now, n);
	heap_free(s->seen);
	s->seen = now;
	s->n_seen = n;
	return RC_OK;
}
