/*
 * Getting a snapshot: from the cache, brought up to date by the change log, or loaded whole.
 *
 * The folder row is read before (or together with) the log, the messages after it: what is read is
 * at least as new as the highestmodseq that the snapshot claims, so nothing is missed; what is
 * newer comes again with the next refresh. A message whose row is gone but whose expunge is not in
 * the log that was read keeps its old values until it is.
 */
#include "mailcore/store/snapshot.h"

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/store/snapshot_cache.h"
#include "mailcore/store/uidset.h"
#include "sql/message.h"

#define CHECK_MS     15000
#define VANISHED_MAX 1000000
#define CHANGES_MAX  20000 /* more changed UIDs than that: load the folder whole */

struct load {
	int64_t mailbox_id, folder_id;
	struct snapshot head; /* counters of the folder row; no messages */
	int64_t log_floor;
	struct span *names;
	size_t n_names;
};

static void read_head(struct load *l, const struct rows *r, struct arena *a)
{
	l->head = (struct snapshot){ .mailbox_id = l->mailbox_id,
		.folder_id = l->folder_id,
		.uidvalidity = row_i64(r, 0, 0),
		.uidnext = row_i64(r, 0, 1),
		.highestmodseq = row_i64(r, 0, 2) };
	l->log_floor = row_i64(r, 0, 3);
	l->n_names = row_texts(r, 0, 4, a, &l->names);
}

/* ------------------------------------------------------------------------ whole */

static struct snap *make_whole(const struct load *l, const struct rows *r)
{
	struct snap *snap = snap_new(&l->head, rows_len(r), l->names, l->n_names);
	snap->log_floor = l->log_floor;
	for (size_t i = 0; i < rows_len(r); i++) {
		struct snap_row row = snap_row_read(r, i);
		if (row.uid < l->head.uidnext) /* else newer than the folder row */
			snap_add(snap, row);
	}
	return snap;
}

static enum rc load_whole(struct ctx *ctx, struct load *l, struct snap **out)
{
	struct rows *rows[2] = { 0 };
	struct batch *b = db_batch_new(ctx);
	db_batch_add(b, &SQL_SNAPSHOT_FOLDER, ARGS(A_I64(l->mailbox_id), A_I64(l->folder_id)));
	db_batch_add(b, &SQL_SNAPSHOT_ALL, ARGS(A_I64(l->mailbox_id), A_I64(l->folder_id)));
	enum rc rc = db_batch_run(b, rows, NULL);
	if (rc != RC_OK)
		return rc;
	if (rows_len(rows[0]) == 0) {
		rc = RC_NOT_FOUND;
	} else {
		read_head(l, rows[0], ctx->arena);
		*out = make_whole(l, rows[1]);
	}
	rows_close(rows[0]);
	rows_close(rows[1]);
	return rc;
}

/* ------------------------------------------------------------------------ changes */

struct changes {
	struct uidset touched; /* added or flags changed */
	struct uidset gone;
	bool readable;
};

static struct changes read_changes(const struct rows *r, struct arena *a)
{
	size_t n = rows_len(r);
	struct changes c = { .readable = true };
	struct uidset *touched = arena_array(a, n, sizeof *touched);
	struct uidset *gone = arena_array(a, n, sizeof *gone);
	size_t n_touched = 0;
	size_t n_gone = 0;
	for (size_t i = 0; i < n && !row_is_null(r, i, 5); i++) {
		struct uidset set;
		if (!uidset_unpack(a, row_bytes(r, i, 6), &set))
			c.readable = false;
		else if (row_i64(r, i, 5) == 'X')
			gone[n_gone++] = set;
		else
			touched[n_touched++] = set;
	}
	c.touched = uidset_union(a, touched, n_touched);
	c.gone = uidset_union(a, gone, n_gone);
	return c;
}

/* Merges two ascending lists: the old messages without those gone, and the rows just read. */
static struct snap *merge(const struct snap *old, const struct load *l, const struct rows *r,
	const struct uidset *gone)
{
	const struct snapshot *from = &old->pub;
	size_t n_rows = r ? rows_len(r) : 0;
	struct snap *snap = snap_new(&l->head, from->len + n_rows, l->names, l->n_names);
	size_t i = 0;
	snap->log_floor = l->log_floor;
	for (size_t k = 0; k <= n_rows; k++) {
		struct snap_row row = { 0 };
		if (k < n_rows)
			row = snap_row_read(r, k);
		while (i < from->len && (k == n_rows || from->uid[i] < row.uid)) {
			if (gone->len == 0 || !uidset_has(gone, from->uid[i]))
				snap_add_from(snap, from, i);
			i++;
		}
		if (k == n_rows)
			break;
		if (i < from->len && from->uid[i] == row.uid)
			i++;
		if (!uidset_has(gone, row.uid))
			snap_add(snap, row);
	}
	return snap;
}

static enum rc apply(struct ctx *ctx, struct load *l, const struct snap *old,
	const struct changes *c, struct snap **out)
{
	AUTO(rows_close) struct rows *r = NULL;
	if (c->touched.len) {
		uint32_t *uids = uidset_list(ctx->arena, &c->touched);
		enum rc rc = db_query(ctx, &SQL_SNAPSHOT_SOME,
			ARGS(A_I64(l->mailbox_id), A_I64(l->folder_id),
				uids_arg(ctx->arena, uids, uidset_count(&c->touched))),
			&r);
		if (rc != RC_OK)
			return rc;
	}
	*out = merge(old, l, r, &c->gone);
	return RC_OK;
}

/* *out stays NULL when the old one is still right. */
static enum rc refresh(struct ctx *ctx, struct load *l, const struct snap *old, struct snap **out)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_SNAPSHOT_CHANGES,
		ARGS(A_I64(l->mailbox_id), A_I64(l->folder_id), A_I64(old->pub.highestmodseq)), &r);
	if (rc != RC_OK)
		return rc;
	if (rows_len(r) == 0)
		return RC_NOT_FOUND;
	read_head(l, r, ctx->arena);
	if (l->head.uidvalidity == old->pub.uidvalidity &&
		l->head.highestmodseq == old->pub.highestmodseq &&
		l->n_names == old->pub.n_keywords)
		return RC_OK;
	if (l->head.uidvalidity != old->pub.uidvalidity || l->log_floor > old->pub.highestmodseq)
		return load_whole(ctx, l, out);
	struct changes c = read_changes(r, ctx->arena);
	if (!c.readable || uidset_count(&c.touched) > CHANGES_MAX)
		return load_whole(ctx, l, out);
	return apply(ctx, l, old, &c, out);
}

enum rc snapshot_get(struct store *s, struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	bool fresh, const struct snapshot **out)
{
	struct load l = { .mailbox_id = mailbox_id, .folder_id = folder_id };
	uint32_t rung = atomic_load(rung_of(s, mailbox_id)); /* before the database is asked */
	int64_t now = clock_mono_ms();
	struct cache_view view = cache_look(s, mailbox_id, folder_id);
	struct snap *made = NULL;
	if (view.snap && !fresh && view.rung == rung && now - view.checked_ms < CHECK_MS) {
		*out = &view.snap->pub;
		return RC_OK;
	}
	enum rc rc = view.snap ? refresh(ctx, &l, view.snap, &made) : load_whole(ctx, &l, &made);
	if (rc == RC_OK)
		*out = &cache_put(s, made ? made : view.snap, rung, now)->pub;
	if (rc == RC_NOT_FOUND)
		cache_drop(s, mailbox_id, folder_id);
	if (view.snap && (rc != RC_OK || made))
		snapshot_unref(&view.snap->pub);
	return rc;
}

enum rc snapshot_vanished(struct store *s, struct ctx *ctx, int64_t mailbox_id, int64_t folder_id,
	int64_t since_modseq, uint32_t **out_uids, size_t *out_len)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_SNAPSHOT_VANISHED,
		ARGS(A_I64(mailbox_id), A_I64(folder_id), A_I64(since_modseq)), &r);
	if (rc != RC_OK)
		return rc;
	if (rows_len(r) == 0)
		return RC_NOT_FOUND;
	if (row_i64(r, 0, 0) > since_modseq)
		return RC_LIMIT;
	struct uidset *sets = arena_array(ctx->arena, rows_len(r), sizeof *sets);
	size_t n = 0;
	for (size_t i = 0; i < rows_len(r) && !row_is_null(r, i, 1); i++)
		if (uidset_unpack(ctx->arena, row_bytes(r, i, 1), &sets[n]))
			n++;
		else
			return RC_LIMIT;
	struct uidset all = uidset_union(ctx->arena, sets, n);
	if (uidset_count(&all) > VANISHED_MAX)
		return RC_LIMIT;
	*out_len = uidset_count(&all);
	*out_uids = uidset_list(ctx->arena, &all);
	return RC_OK;
}
