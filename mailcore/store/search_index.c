/* Making the index: see search_index.h. */
#include "mailcore/store/search_index.h"

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/mime/search_text.h"
#include "mailcore/store/search_build.h"
#include "mailcore/store/store_impl.h"
#include "sql/search.h"

#define STEP_MS        30000 /* until a statement is given up */
#define READ_BYTES     ((size_t)1 << 20)
#define READ_N         256
#define SWEEP_PAGE     10000 /* folders of one look */
#define SWEEP_NEXT_MS  MSEC_PER_SEC
#define SWEEP_PAUSE_MS (10 * MSEC_PER_SEC) /* between two rounds over all folders */
#define MERGE_MAX      8
#define MERGE_FACTOR   4 /* a segment this many times as large as what comes is left alone */
#define UID_MAX        UINT32_MAX

/* A folder whose lease we have. */
struct indexing {
	struct store *s;
	struct ctx *ctx; /* arena: emptied after each segment */
	int64_t mailbox_id, folder_id;
	int64_t indexed_uid, messages, uidnext;
	int64_t live; /* messages in the folder */
	size_t done;  /* messages indexed */
};

/* ------------------------------------------------------------------ who waits */

void search_work_init(struct search_work *w)
{
	pthread_mutex_init(&w->lock, NULL);
	w->owner = uuid_make(clock_now_us());
}

void search_work_done(struct search_work *w)
{
	pthread_mutex_destroy(&w->lock);
	heap_free(w->wanted);
}

/* Under the lock. */
static bool is_wanted(const struct search_work *w, struct search_wanted one)
{
	for (size_t i = 0; i < w->n_wanted; i++) {
		if (w->wanted[i].mailbox_id == one.mailbox_id &&
			w->wanted[i].folder_id == one.folder_id)
			return true;
	}
	return false;
}

static void want(struct search_work *w, struct search_wanted one, bool first)
{
	pthread_mutex_lock(&w->lock);
	if (!w->wanted)
		w->wanted = heap_alloc(SEARCH_WANTED_MAX * sizeof *w->wanted);
	if (w->n_wanted < SEARCH_WANTED_MAX && !is_wanted(w, one)) {
		size_t at = first ? 0 : w->n_wanted;
		memmove(w->wanted + at + 1, w->wanted + at, (w->n_wanted - at) * sizeof *w->wanted);
		w->wanted[at] = one;
		w->n_wanted++;
	}
	pthread_mutex_unlock(&w->lock);
}

static bool take_wanted(struct search_work *w, struct search_wanted *out)
{
	pthread_mutex_lock(&w->lock);
	bool any = w->n_wanted > 0;
	if (any) {
		*out = w->wanted[0];
		w->n_wanted--;
		memmove(w->wanted, w->wanted + 1, w->n_wanted * sizeof *w->wanted);
	}
	pthread_mutex_unlock(&w->lock);
	return any;
}

void search_index_want(struct store *s, int64_t mailbox_id, int64_t folder_id)
{
	want(&s->search, (struct search_wanted){ mailbox_id, folder_id }, true);
}

/* ------------------------------------------------------------------ the lease */

static enum rc restart(struct indexing *x)
{
	x->indexed_uid = 0;
	x->messages = 0;
	return db_exec(x->ctx, &SQL_SEARCH_RESTART,
		ARGS(A_I64(x->mailbox_id), A_I64(x->folder_id), A_UUID(x->s->search.owner),
			A_I64(SEARCH_TEXT_VERSION)),
		NULL);
}

/* RC_CONFLICT: another has it; RC_NOT_FOUND looks the same. */
static enum rc claim(struct indexing *x)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(x->ctx, &SQL_SEARCH_CLAIM,
		ARGS(A_I64(x->mailbox_id), A_I64(x->folder_id), A_UUID(x->s->search.owner),
			A_I64(SEARCH_TEXT_VERSION)),
		&r);

	if (rc != RC_OK)
		return rc;
	if (rows_len(r) == 0)
		return RC_CONFLICT;
	x->indexed_uid = row_i64(r, 0, 1);
	x->messages = row_i64(r, 0, 2);
	x->uidnext = row_i64(r, 0, 3);
	x->live = row_i64(r, 0, 4);
	return row_i64(r, 0, 0) == SEARCH_TEXT_VERSION ? RC_OK : restart(x);
}

static void release(struct indexing *x)
{
	enum rc rc = db_exec(x->ctx, &SQL_SEARCH_RELEASE,
		ARGS(A_I64(x->mailbox_id), A_I64(x->folder_id), A_UUID(x->s->search.owner)), NULL);

	if (rc != RC_OK)
		log_warn("search.release", "rc=%s", rc_name(rc)); /* it runs out by itself */
}

/* ------------------------------------------------------------------ reading */

static enum rc list_uids(struct indexing *x, int64_t above, int64_t upto, size_t limit,
	uint32_t **out, size_t *out_len)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(x->ctx, &SQL_SEARCH_UIDS,
		ARGS(A_I64(x->mailbox_id), A_I64(x->folder_id), A_I64(above), A_I64(upto),
			A_I64((int64_t)limit)),
		&r);

	if (rc != RC_OK)
		return rc;
	*out_len = rows_len(r);
	*out = arena_array(x->ctx->arena, *out_len, sizeof **out);
	for (size_t i = 0; i < *out_len; i++)
		(*out)[i] = (uint32_t)row_i64(r, i, 0);
	return RC_OK;
}

static enum rc add_some(struct indexing *x, struct search_build *b, const uint32_t *uids, size_t n,
	size_t *out_done)
{
	struct message_bytes bytes[READ_N];
	struct ctx ctx = *x->ctx;
	struct arena a;
	size_t len = 0;

	arena_init(&a, 65536);
	ctx.arena = &a;
	enum rc rc = message_read(x->s, &ctx, x->mailbox_id, x->folder_id, uids,
		n < READ_N ? n : READ_N, false, READ_BYTES, bytes, &len, out_done);
	for (size_t i = 0; rc == RC_OK && i < len; i++)
		search_build_message(b, &a, bytes[i].uid, &bytes[i]);
	arena_done(&a);
	return rc;
}

/* *out_upto: the last UID that was looked at; the segment may be full before the last of all. */
static enum rc add_messages(struct indexing *x, struct search_build *b, const uint32_t *uids,
	size_t n, uint32_t *out_upto)
{
	size_t at = 0, done;
	enum rc rc;

	do {
		rc = add_some(x, b, uids + at, n - at, &done);
		at += rc == RC_OK ? done : 0;
	} while (rc == RC_OK && at < n && search_build_size(b) < SEARCH_SEGMENT_BYTES);
	if (rc == RC_OK)
		*out_upto = uids[at - 1];
	return rc;
}

/* ------------------------------------------------------------------ merging */

/* Segments whose place a new one takes, ascending. */
struct merge {
	int64_t last_uids[MERGE_MAX];
	size_t n;
	int64_t messages; /* in them */
};

/* The last segments, as long as they are not much larger than what comes. */
static enum rc plan_merge(struct indexing *x, size_t n_new, struct merge *out)
{
	AUTO(rows_close) struct rows *r = NULL;
	int64_t last_uids[MERGE_MAX], total = (int64_t)n_new, bytes = 0;
	enum rc rc = db_query(x->ctx, &SQL_SEARCH_TAIL,
		ARGS(A_I64(x->mailbox_id), A_I64(x->folder_id), A_I64(MERGE_MAX)), &r);

	*out = (struct merge){ 0 };
	for (size_t i = 0; rc == RC_OK && i < rows_len(r); i++) {
		int64_t messages = row_i64(r, i, 1);
		bytes += row_i64(r, i, 2);
		if (messages >= MERGE_FACTOR * total || total + messages > WORDS_DOCS_MAX ||
			bytes > (int64_t)SEARCH_SEGMENT_BYTES)
			break;
		total += messages;
		out->messages += messages;
		last_uids[out->n++] = row_i64(r, i, 0);
	}
	for (size_t i = 0; i < out->n; i++)
		out->last_uids[i] = last_uids[out->n - 1 - i];
	return rc;
}

/* RC_INVALID: one is damaged. */
static enum rc add_segment(struct indexing *x, struct search_build *b, int64_t last_uid)
{
	struct search_segment segment;
	uint32_t *live;
	size_t n_live = 0;
	enum rc rc = search_segment_next(x->s, x->ctx, x->mailbox_id, x->folder_id,
		(uint32_t)last_uid, true, true, &segment);

	if (rc != RC_OK)
		return rc;
	if (segment.n)
		rc = list_uids(x, (int64_t)segment.uids[0] - 1, last_uid, WORDS_DOCS_MAX + 1, &live,
			&n_live);
	if (rc != RC_OK || !segment.n)
		return rc;
	return search_build_segment(b, x->ctx->arena, &segment, live, n_live) ? RC_OK : RC_INVALID;
}

static enum rc add_segments(struct indexing *x, struct search_build *b, const struct merge *merge)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < merge->n; i++)
		rc = add_segment(x, b, merge->last_uids[i]);
	return rc;
}

/* ------------------------------------------------------------------ storing */

struct storing {
	const struct indexing *x;
	const struct search_build *build;
	const struct search_packed *packed;
	const struct merge *merge;
	int64_t upto;
};

static enum rc store_tx(struct ctx *ctx, void *arg)
{
	const struct storing *st = arg;
	const struct indexing *x = st->x;
	struct arg mailbox = A_I64(x->mailbox_id), folder = A_I64(x->folder_id);
	struct arg owner = A_UUID(x->s->search.owner);
	struct rows *rows[2] = { 0 };
	int64_t n = (int64_t)st->build->n;
	struct batch *b = db_batch_new(ctx);

	db_batch_add(b, &SQL_SEARCH_ADVANCE,
		ARGS(mailbox, folder, owner, A_I64(st->upto),
			A_ARRAY(ARG_I64S, st->merge->last_uids, st->merge->n),
			A_I64(n - st->merge->messages)));
	if (n)
		db_batch_add(b, &SQL_SEARCH_INSERT,
			ARGS(mailbox, folder, owner, A_I64(st->build->uids[n - 1]),
				A_I64(SEARCH_TEXT_VERSION), A_I64(n), A_BYTES(st->packed->uids),
				A_BYTES(st->packed->head), A_BYTES(st->packed->body),
				A_I64((int64_t)st->packed->head_size),
				A_I64((int64_t)st->packed->body_size)));
	enum rc rc = db_batch_run(b, rows, NULL);
	bool mine = rc == RC_OK && rows_len(rows[0]) > 0;
	rows_close(rows[0]);
	rows_close(rows[1]);
	return rc == RC_OK && !mine ? RC_CONFLICT : rc;
}

/* RC_CONFLICT: the lease is gone. */
static enum rc store_segment(
	struct indexing *x, const struct search_build *b, const struct merge *merge, int64_t upto)
{
	struct search_packed packed = { 0 };
	struct storing st = { .x = x, .build = b, .packed = &packed, .merge = merge, .upto = upto };

	if (b->n && !search_build_pack(b, x->ctx->arena, &packed))
		return RC_INVALID;
	x->ctx->deadline_ms = clock_mono_ms() + STEP_MS;
	enum rc rc = store_tx(x->ctx, &st);
	if (rc != RC_OK)
		return rc;
	x->indexed_uid = upto;
	x->messages += (int64_t)b->n - merge->messages;
	return RC_OK;
}

/* ------------------------------------------------------------------ one segment */

static enum rc build_new(struct indexing *x, struct search_build *b, const uint32_t *uids, size_t n)
{
	struct merge merge;
	uint32_t upto = 0;
	enum rc rc = plan_merge(x, n, &merge);

	if (rc == RC_OK)
		rc = add_segments(x, b, &merge);
	size_t before = b->n;
	if (rc == RC_OK)
		rc = add_messages(x, b, uids, n, &upto);
	if (rc == RC_OK)
		rc = store_segment(x, b, &merge, upto);
	x->done += rc == RC_OK ? b->n - before : 0;
	return rc;
}

/* The next new messages. *out_more: there may be others. */
static enum rc index_new(struct indexing *x, bool *out_more)
{
	uint32_t *uids;
	size_t n;
	struct merge none = { 0 };
	enum rc rc = list_uids(x, x->indexed_uid, UID_MAX, WORDS_DOCS_MAX, &uids, &n);

	if (rc != RC_OK)
		return rc;
	*out_more = n == WORDS_DOCS_MAX;
	struct search_build *b = search_build_new();
	if (n)
		rc = build_new(x, b, uids, n);
	else if (x->uidnext - 1 > x->indexed_uid)
		rc = store_segment(x, b, &none, x->uidnext - 1); /* all are gone again */
	search_build_free(b);
	return rc;
}

/* ------------------------------------------------------------------ those that are gone */

/* Makes the segment that ends at last_uid again when more than a quarter of it is gone. */
static enum rc compact(struct indexing *x, int64_t last_uid, int64_t messages)
{
	struct merge merge = { .last_uids = { last_uid }, .n = 1, .messages = messages };
	struct search_build *b = search_build_new();
	enum rc rc = add_segment(x, b, last_uid);

	if (rc == RC_OK && 4 * (messages - (int64_t)b->n) > messages)
		rc = store_segment(x, b, &merge, x->indexed_uid);
	search_build_free(b);
	return rc;
}

static enum rc compact_all(struct indexing *x)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(x->ctx, &SQL_SEARCH_TAIL,
		ARGS(A_I64(x->mailbox_id), A_I64(x->folder_id), A_I64(INT32_MAX)), &r);

	for (size_t i = 0; rc == RC_OK && i < rows_len(r); i++) {
		x->ctx->deadline_ms = clock_mono_ms() + STEP_MS;
		rc = compact(x, row_i64(r, i, 0), row_i64(r, i, 1));
		arena_reset(x->ctx->arena);
	}
	return rc;
}

static bool is_mostly_gone(const struct indexing *x)
{
	return x->live ? x->messages > x->live + x->live / 2 + SEARCH_TAIL : x->messages > 0;
}

/* ------------------------------------------------------------------ one folder */

/* Until the time is over. *out_more: it is not done. */
static enum rc index_claimed(struct indexing *x, int64_t end_ms, bool *out_more)
{
	enum rc rc = RC_OK;

	for (*out_more = true; rc == RC_OK && *out_more && clock_mono_ms() < end_ms;) {
		x->ctx->deadline_ms = clock_mono_ms() + STEP_MS;
		rc = index_new(x, out_more);
		arena_reset(x->ctx->arena);
	}
	if (rc == RC_OK && !*out_more && is_mostly_gone(x))
		rc = compact_all(x);
	x->ctx->deadline_ms = clock_mono_ms() + STEP_MS;
	if (rc == RC_INVALID) { /* a damaged segment: from the beginning */
		rc = restart(x);
		*out_more = true;
	}
	return rc;
}

static enum rc index_folder(struct store *s, struct ctx *ctx, struct search_wanted one,
	int64_t end_ms, size_t *out_done)
{
	struct indexing x = {
		.s = s, .ctx = ctx, .mailbox_id = one.mailbox_id, .folder_id = one.folder_id
	};
	bool more = false;
	enum rc rc = claim(&x);

	if (rc == RC_CONFLICT)
		return RC_OK; /* somebody else is at it, or it is gone */
	if (rc != RC_OK)
		return rc;
	rc = index_claimed(&x, end_ms, &more);
	release(&x);
	*out_done += x.done;
	if (rc == RC_OK && more)
		search_index_want(s, one.mailbox_id, one.folder_id);
	return rc == RC_CONFLICT ? RC_OK : rc;
}

/* ------------------------------------------------------------------ all folders */

static enum rc forget_folder(struct ctx *ctx, struct search_wanted one)
{
	return db_exec(
		ctx, &SQL_SEARCH_FORGET, ARGS(A_I64(one.mailbox_id), A_I64(one.folder_id)), NULL);
}

/* Looks at the next page of folders when it is time. */
static enum rc sweep(struct store *s, struct ctx *ctx)
{
	AUTO(rows_close) struct rows *r = NULL;
	struct search_work *w = &s->search;
	int64_t now = clock_mono_ms();

	if (now < w->sweep_ms)
		return RC_OK;
	enum rc rc = db_query(ctx, &SQL_SEARCH_DUE,
		ARGS(A_I64(w->swept.mailbox_id), A_I64(w->swept.folder_id), A_I64(SWEEP_PAGE),
			A_I64(SEARCH_TAIL)),
		&r);
	size_t n = rc == RC_OK ? rows_len(r) : 0;
	w->sweep_ms = now + (n ? SWEEP_NEXT_MS : SWEEP_PAUSE_MS);
	w->swept = (struct search_wanted){ 0 };
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		w->swept = (struct search_wanted){ row_i64(r, i, 0), row_i64(r, i, 1) };
		if (row_i64(r, i, 2) == 1)
			want(w, w->swept, false);
		else if (row_i64(r, i, 2) == 2)
			rc = forget_folder(ctx, w->swept);
	}
	return rc;
}

enum rc search_index_work(struct store *s, struct ctx *ctx, int64_t budget_ms, size_t *out_messages)
{
	int64_t end_ms = clock_mono_ms() + budget_ms;
	struct ctx mine = *ctx;
	struct search_wanted one;
	struct arena a;

	arena_init(&a, 1 << 20);
	mine.arena = &a;
	*out_messages = 0;
	mine.deadline_ms = clock_mono_ms() + STEP_MS;
	enum rc rc = sweep(s, &mine);
	while (rc == RC_OK && clock_mono_ms() < end_ms && take_wanted(&s->search, &one)) {
		arena_reset(&a);
		mine.deadline_ms = clock_mono_ms() + STEP_MS;
		rc = index_folder(s, &mine, one, end_ms, out_messages);
	}
	arena_done(&a);
	return rc;
}
