/*
 * Delivery, with a commit shared by all who deliver at the same time.
 *
 * A thread puts its delivery into the queue. If nobody leads, it leads: takes what waits (at most
 * GROUP_MAX targets), stores it in one round trip and one commit, tells the others, and goes on
 * until its own is done. Meanwhile the next group gathers by itself.
 *
 * A commit costs the same for one message and for twenty. So a leader that knows of messages still
 * on their way (delivery_begin) waits for them, as long as they keep coming: the pause that it allows
 * grows when the last one brought somebody and shrinks when it did not. Alone it never waits.
 *
 * When a group fails for its data, each of its deliveries is tried alone, so that one bad message
 * cannot fail the others. The delivery id is the blob id: after a lost connection it is looked up,
 * and one that is not there is fenced off, so that RC_TEMP is the truth.
 */
#include <poll.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/log.h"
#include "mailcore/base/map.h"
#include "mailcore/store/store_impl.h"
#include "sql/message.h"

#define GROUP_MAX    DELIVERIES_MAX
#define TARGETS_MAX  1024 /* and jobs */
#define ALSO_MAX     6    /* statements of deliveries that fit into a batch with ours */
#define CROWD        32   /* waiting deliveries that make a second leader worth while */
#define GROUP_TRIES  8
#define LEADER_MS    10000
#define PATIENCE_MIN 20 /* µs without a newcomer */
#define PATIENCE_MAX 1000
#define GATHER_MAX   4000 /* µs in all */
#define LOOKUP_TRIES 10
#define LOOKUP_PAUSE 500 /* ms */

struct waiting {
	struct list node;
	const struct delivery *delivery;
	pthread_cond_t wake; /* done, or its turn to lead */
	enum rc rc;
	bool taken, done;
};

/* What a leader commits together. */
struct group {
	struct waiting *items[GROUP_MAX];
	size_t len;
	size_t n_targets, n_jobs, n_also;
};

/* ------------------------------------------------------------------------ the statements */

static size_t count_events(const struct group *g)
{
	size_t n = 0;
	for (size_t i = 0; i < g->len; i++)
		n += g->items[i]->delivery->n_events;
	return n;
}

static struct span text_of(struct span s)
{
	return s.ptr ? s : SPAN("");
}

static void add_event(struct batch *b, const struct delivery *d)
{
	const struct delivery_event *e = d->events;
	db_batch_add(b, &SQL_EVENT_INSERT_ONE,
		ARGS(A_UUID(d->message->blob.id), A_I64(e->domain_id), A_I64(e->mailbox_id),
			A_TEXT(text_of(d->mail_from)), A_TEXT(text_of(e->rcpt)),
			A_TEXT(text_of(e->name)), A_TEXT(text_of(e->text)),
			A_TEXT(text_of(e->evidence))));
}

static void add_events(struct batch *b, struct arena *a, const struct group *g)
{
	size_t n = count_events(g);
	if (n == 1 && g->len == 1) {
		add_event(b, g->items[0]->delivery);
		return;
	}
	struct uuid *trace = arena_array(a, n, sizeof *trace);
	int64_t *seq = arena_array(a, n, sizeof *seq);
	int64_t *domain = arena_array(a, n, sizeof *domain);
	int64_t *mailbox = arena_array(a, n, sizeof *mailbox);
	struct span *text[5];
	for (int k = 0; k < 5; k++)
		text[k] = arena_array(a, n, sizeof **text);
	size_t at = 0;
	for (size_t i = 0; i < g->len; i++) {
		const struct delivery *d = g->items[i]->delivery;
		for (size_t k = 0; k < d->n_events; k++, at++) {
			const struct delivery_event *e = &d->events[k];
			trace[at] = d->message->blob.id;
			seq[at] = (int64_t)k;
			domain[at] = e->domain_id;
			mailbox[at] = e->mailbox_id;
			struct span columns[] = { d->mail_from, e->rcpt, e->name, e->text,
				e->evidence };
			for (int c = 0; c < 5; c++)
				text[c][at] = text_of(columns[c]);
		}
	}
	db_batch_add(b, &SQL_EVENT_INSERT,
		ARGS(A_ARRAY(ARG_UUIDS, trace, n), A_ARRAY(ARG_I64S, seq, n),
			A_ARRAY(ARG_I64S, domain, n), A_ARRAY(ARG_I64S, mailbox, n),
			A_ARRAY(ARG_TEXTS, text[0], n), A_ARRAY(ARG_TEXTS, text[1], n),
			A_ARRAY(ARG_TEXTS, text[2], n), A_ARRAY(ARG_TEXTS, text[3], n),
			A_ARRAY(ARG_TEXTS, text[4], n)));
}

/* The targets of a group as columns. */
struct targets {
	size_t n;
	int64_t *mailbox, *doc, *size, *at;
	bool *junk;
	struct uuid *blob;
};

static struct targets list_targets(struct arena *a, const struct group *g)
{
	size_t max = g->n_targets;
	struct targets t = { .mailbox = arena_array(a, max, sizeof *t.mailbox),
		.doc = arena_array(a, max, sizeof *t.doc),
		.size = arena_array(a, max, sizeof *t.size),
		.at = arena_array(a, max, sizeof *t.at),
		.junk = arena_array(a, max, sizeof *t.junk),
		.blob = arena_array(a, max, sizeof *t.blob) };
	for (size_t i = 0; i < g->len; i++) {
		const struct delivery *d = g->items[i]->delivery;
		for (size_t k = 0; k < d->n_targets; k++, t.n++) {
			t.mailbox[t.n] = d->targets[k].mailbox_id;
			t.junk[t.n] = d->targets[k].junk;
			t.doc[t.n] = (int64_t)i;
			t.size[t.n] = (int64_t)d->message->blob.size;
			t.at[t.n] = d->received_at * USEC_PER_SEC;
			t.blob[t.n] = d->message->blob.id;
		}
	}
	return t;
}

static void add_also(struct batch *b, const struct group *g)
{
	for (size_t i = 0; i < g->len; i++) {
		const struct delivery *d = g->items[i]->delivery;
		if (d->also)
			db_batch_add(b, d->also, d->also_args, d->n_also_args);
	}
}

static void add_jobs(struct batch *b, struct arena *a, const struct group *g)
{
	const struct delivery *deliveries[GROUP_MAX];
	for (size_t i = 0; i < g->len; i++)
		deliveries[i] = g->items[i]->delivery;
	batch_add_jobs(b, a, deliveries, g->len);
}

static void add_messages(struct batch *b, const struct targets *t)
{
	if (t->n == 1 && !t->junk[0]) {
		db_batch_add(b, &SQL_DELIVER_INSERT_ONE,
			ARGS(A_I64(t->mailbox[0]), A_UUID(t->blob[0]), A_I64(t->size[0]),
				A_TIME(t->at[0])));
		return;
	}
	struct arg mailbox = A_ARRAY(ARG_I64S, t->mailbox, t->n);
	struct arg junk = A_ARRAY(ARG_BOOLS, t->junk, t->n);
	db_batch_add(b, &SQL_DELIVER_LOCK, ARGS(mailbox, junk));
	db_batch_add(b, &SQL_DELIVER_INSERT,
		ARGS(mailbox, junk, A_ARRAY(ARG_UUIDS, t->blob, t->n),
			A_ARRAY(ARG_I64S, t->size, t->n), A_ARRAY(ARG_TIMES, t->at, t->n)));
}

/* Blob and meta first, the folder rows last: they are locked for as short as possible. */
static struct batch *make_batch(struct ctx *ctx, const struct group *g)
{
	struct arena *a = ctx->arena;
	struct batch *b = db_batch_new(ctx);
	const struct prepared *docs[GROUP_MAX];
	struct targets t = list_targets(a, g);
	for (size_t i = 0; i < g->len; i++)
		docs[i] = g->items[i]->delivery->message;
	batch_add_blobs(b, a, docs, g->len);
	if (count_events(g))
		add_events(b, a, g);
	add_also(b, g);
	if (g->n_jobs)
		add_jobs(b, a, g);
	if (t.n == 0)
		return b;
	batch_add_meta(b, a, docs, g->len, t.mailbox, t.doc, t.n);
	add_messages(b, &t);
	return b;
}

/* ------------------------------------------------------------------------ committing */

static void group_add(struct group *g, struct waiting *w)
{
	g->items[g->len++] = w;
	g->n_targets += w->delivery->n_targets;
	g->n_jobs += w->delivery->n_jobs;
	g->n_also += w->delivery->also != NULL;
}

static bool group_has_room(const struct group *g, const struct delivery *d)
{
	return g->len == 0 ||
		(g->len < GROUP_MAX && g->n_targets + d->n_targets <= TARGETS_MAX &&
			g->n_jobs + d->n_jobs <= TARGETS_MAX && g->n_also < ALSO_MAX);
}

/* Marks those that are in the database; the others are RC_TEMP and will never be there. */
static enum rc look_up_once(struct ctx *ctx, struct group *g)
{
	struct uuid *ids = arena_array(ctx->arena, g->len, sizeof *ids);
	bool *there = arena_array(ctx->arena, g->len, sizeof *there);
	for (size_t i = 0; i < g->len; i++)
		ids[i] = g->items[i]->delivery->message->blob.id;
	enum rc rc = blobs_settle(ctx, ids, g->len, there);
	for (size_t i = 0; rc == RC_OK && i < g->len; i++)
		g->items[i]->rc = there[i] ? RC_OK : RC_TEMP;
	return rc;
}

static void look_up(struct ctx *ctx, struct group *g)
{
	for (size_t i = 0; i < g->len; i++)
		g->items[i]->rc = RC_TEMP;
	for (int try = 0; try < LOOKUP_TRIES; try++) {
		if (look_up_once(ctx, g) == RC_OK || clock_mono_ms() >= ctx->deadline_ms)
			return;
		(void)poll(NULL, 0, LOOKUP_PAUSE);
	}
	log_warn("store.deliver", "err=\"unknown whether stored\" n=%zu", g->len);
}

static void ring_all(struct store *s, struct arena *a, const struct rows *folders)
{
	size_t n = rows_len(folders);
	struct bell_ring *rings = arena_array(a, n, sizeof *rings);
	for (size_t i = 0; i < n; i++)
		rings[i] = (struct bell_ring){ row_i64(folders, i, 0), row_i64(folders, i, 1) };
	store_ring_all(s, rings, n);
}

static enum rc commit_once(
	struct store *s, struct ctx *ctx, const struct group *g, bool *out_unknown)
{
	struct rows *rows[16] = { 0 };
	enum rc rc = db_batch_run(make_batch(ctx, g), rows, out_unknown);
	if (rc != RC_OK)
		return rc;
	size_t n = 0;
	while (n < 16 && rows[n])
		n++;
	if (g->n_targets)
		ring_all(s, ctx->arena, rows[n - 1]);
	if (g->n_jobs && s->bells)
		bell_ring(s->bells, BELL_QUEUE, 0);
	for (size_t i = 0; i < n; i++)
		rows_close(rows[i]);
	return RC_OK;
}

static enum rc commit(struct store *s, struct ctx *ctx, struct group *g, bool *out_unknown)
{
	enum rc rc = RC_CONFLICT;
	for (int try = 0; rc == RC_CONFLICT && try < GROUP_TRIES; try++)
		rc = commit_once(s, ctx, g, out_unknown);
	return rc == RC_CONFLICT ? RC_TEMP : rc;
}

/* A delivery of its own: its data are at fault, or it is there already. */
static void commit_single(struct store *s, struct ctx *ctx, struct waiting *w)
{
	struct group g = { 0 };
	group_add(&g, w);
	bool unknown = false;
	enum rc rc = commit(s, ctx, &g, &unknown);
	if (rc == RC_OK)
		w->rc = RC_OK;
	else if (unknown || rc == RC_EXISTS)
		look_up(ctx, &g);
	else
		w->rc = RC_TEMP;
}

static void commit_group(struct store *s, struct ctx *ctx, struct group *g)
{
	bool unknown = false;
	enum rc rc = commit(s, ctx, g, &unknown);
	bool at_fault = rc == RC_EXISTS || rc == RC_INVALID || rc == RC_NOT_FOUND;
	if (unknown) {
		look_up(ctx, g);
		return;
	}
	for (size_t i = 0; i < g->len; i++) {
		g->items[i]->rc = rc;
		if (at_fault)
			commit_single(s, ctx, g->items[i]);
	}
}

/* ------------------------------------------------------------------------ leading */

/* Under deliver_lock. */
static void take_group(struct store *s, struct group *g)
{
	*g = (struct group){ 0 };
	LIST_EACH(it, &s->waiting)
	{
		struct waiting *w = LIST_ITEM(it, struct waiting, node);
		if (!group_has_room(g, w->delivery))
			return;
		list_del(&w->node);
		s->n_waiting--;
		w->taken = true;
		group_add(g, w);
	}
}

void delivery_begin(struct store *s)
{
	atomic_fetch_add(&s->coming, 1);
}

void delivery_end(struct store *s)
{
	atomic_fetch_sub(&s->coming, 1);
}

/* Under deliver_lock, released meanwhile. True: somebody has come. */
static bool wait_for_newcomer(struct store *s)
{
	size_t before = s->n_waiting;
	struct timespec until;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += s->patience_us * 1000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	(void)pthread_cond_timedwait(&s->company, &s->deliver_lock, &until);
	return s->n_waiting > before;
}

/* Under deliver_lock, released meanwhile. */
static void gather(struct store *s)
{
	int64_t until_us = clock_mono_us() + GATHER_MAX;
	while (atomic_load(&s->coming) > 0 && s->n_waiting < GROUP_MAX &&
		clock_mono_us() < until_us) {
		bool came = wait_for_newcomer(s);
		unsigned patience = came ? s->patience_us * 2 : s->patience_us / 2;
		if (patience < PATIENCE_MIN)
			patience = PATIENCE_MIN;
		s->patience_us = patience < PATIENCE_MAX ? patience : PATIENCE_MAX;
		if (!came)
			return;
	}
}

/* Under deliver_lock. Nobody else is woken: a crowd at the lock costs more than a commit. */
static void tell(struct group *g)
{
	for (size_t i = 0; i < g->len; i++) {
		g->items[i]->done = true;
		pthread_cond_signal(&g->items[i]->wake);
	}
}

/* Under deliver_lock. A second leader splits the group, which pays only when there is a crowd. */
static bool may_lead(const struct store *s)
{
	return s->leaders == 0 || (s->leaders < LEADERS && s->n_waiting >= CROWD);
}

/* Under deliver_lock. Leaders take turns with few connections, so that few backends of PostgreSQL
 * are used and are warm, however many workers there are. NULL: the leader uses its own. */
static struct db *take_lead(struct store *s)
{
	s->leaders++;
	for (size_t i = 0; i < LEADERS; i++) {
		struct db *db = s->lead_dbs[i];
		s->lead_dbs[i] = NULL;
		if (db)
			return db;
	}
	return NULL;
}

static void give_back_lead(struct store *s, struct db *db)
{
	size_t i = 0;

	s->leaders--;
	while (db && s->lead_dbs[i])
		i++;
	if (db)
		s->lead_dbs[i] = db;
}

/* Under deliver_lock, which is released meanwhile. Takes groups until `mine` is in one. */
static void lead(struct store *s, struct ctx *ctx, const struct waiting *mine)
{
	struct arena own;
	struct group g;
	struct ctx step = *ctx;
	arena_init(&own, 256 << 10);
	step.arena = &own;
	/* others' messages should not fail because this one has waited long */
	if (step.deadline_ms && step.deadline_ms < clock_mono_ms() + LEADER_MS)
		step.deadline_ms = clock_mono_ms() + LEADER_MS;
	struct db *lent = take_lead(s);
	if (lent)
		step.db = lent;
	while (!mine->taken) {
		gather(s);
		take_group(s, &g);
		pthread_mutex_unlock(&s->deliver_lock);
		commit_group(s, &step, &g);
		arena_reset(&own);
		pthread_mutex_lock(&s->deliver_lock);
		tell(&g);
	}
	give_back_lead(s, lent);
	arena_done(&own);
	if (!list_empty(&s->waiting))
		pthread_cond_signal(&LIST_ITEM(s->waiting.next, struct waiting, node)->wake);
}

enum rc message_deliver(struct store *s, struct ctx *ctx, const struct delivery *d)
{
	struct waiting mine = { .delivery = d, .rc = RC_TEMP };
	list_init(&mine.node);
	pthread_cond_init(&mine.wake, NULL);
	ASSERT(d->n_targets <= TARGETS_MAX && d->n_jobs <= TARGETS_MAX);
	pthread_mutex_lock(&s->deliver_lock);
	list_add_tail(&s->waiting, &mine.node);
	s->n_waiting++;
	if (atomic_load(&s->coming) == 0)
		pthread_cond_signal(&s->company);
	while (!mine.done) {
		if (!mine.taken && may_lead(s))
			lead(s, ctx, &mine);
		else
			pthread_cond_wait(&mine.wake, &s->deliver_lock);
	}
	pthread_mutex_unlock(&s->deliver_lock);
	pthread_cond_destroy(&mine.wake);
	return mine.rc;
}

void deliver_init(struct store *s, const struct store_options *options)
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&s->map_lock, NULL);
	pthread_mutex_init(&s->deliver_lock, NULL);
	pthread_cond_init(&s->company, &monotonic);
	pthread_condattr_destroy(&monotonic);
	list_init(&s->waiting);
	s->patience_us = PATIENCE_MIN;
	for (size_t i = 0; options->conninfo && i < LEADERS; i++)
		s->lead_dbs[i] = db_open(options->conninfo, options->role);
}

void deliver_done(struct store *s)
{
	for (size_t i = 0; i < LEADERS; i++)
		db_close(s->lead_dbs[i]);
	pthread_cond_destroy(&s->company);
	pthread_mutex_destroy(&s->deliver_lock);
	pthread_mutex_destroy(&s->map_lock);
}
