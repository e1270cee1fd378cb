/*
 * Shared by the files of this folder.
 *
 * Locks: deliver_lock, cache_lock, kept.lock and search.lock are leaves; none is held while the database is asked or a
 * bell rings. A ring also counts (rung_of), which locks nothing.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "mailcore/base/list.h"
#include "mailcore/db/tx.h"
#include "mailcore/store/kept.h"
#include "mailcore/store/store.h"

#define RUNG_N 4096 /* power of two */

struct seen {
	int64_t mailbox_id;
	int64_t modseqs; /* sum over its folders */
};

/* search_index.c: folders that are to be indexed, and how far the sweep has come. */
struct search_wanted {
	int64_t mailbox_id, folder_id;
};
struct search_work {
	pthread_mutex_t lock; /* of wanted; a leaf */
	struct search_wanted *wanted;
	size_t n_wanted;
	struct uuid owner; /* of our leases */
	struct search_wanted swept;
	int64_t sweep_ms;
};
void search_work_init(struct search_work *w);
void search_work_done(struct search_work *w);

struct snap;

#define LEADERS 2 /* groups of deliveries that are committed at the same time */

struct store {
	struct blob_store *blobs;
	struct bells *bells;

	/* snapshot.c */
	pthread_mutex_t cache_lock;
	struct map *cache;  /* (mailbox, folder) -> struct cached */
	struct list cached; /* least recently used first */
	size_t cache_bytes, cache_budget;
	_Atomic uint32_t rung[RUNG_N]; /* without bells: how often a mailbox has rung */

	struct kept terms;         /* header_terms.c */
	struct search_work search; /* search_index.c */

	/* poll.c: one caller at a time, no lock */
	struct seen *seen; /* by mailbox_id */
	size_t n_seen;

	/* prepare.c: one large message is in memory at a time */
	pthread_mutex_t map_lock;

	/* deliver.c */
	pthread_mutex_t deliver_lock;
	struct list waiting;
	size_t n_waiting;
	unsigned leaders;
	struct db *lead_dbs[LEADERS]; /* those that no leader has; NULL: lent, or none */
	_Atomic unsigned coming;      /* delivery_begin */
	pthread_cond_t company;       /* the last of those that were coming has come */
	unsigned patience_us;         /* how long a pause between two of them may be */
};

/* After a commit. */
void store_ring(struct store *s, int64_t mailbox_id, int64_t folder_id);
void store_ring_all(struct store *s, const struct bell_ring *rings, size_t n);
_Atomic uint32_t *rung_of(struct store *s, int64_t mailbox_id);
void deliver_init(struct store *s, const struct store_options *options);
void deliver_done(struct store *s);
void cache_init(struct store *s, size_t budget);
void cache_done(struct store *s);

/* A message as it goes into the database; all spans are what the columns hold. */
struct prepared {
	struct blob_draft blob;
	struct span envelope, bodystructure, headers;
	struct span subject, from_text, to_text, preview;
	struct span message_id, refs; /* refs: msg-ids separated by a space */
	int64_t sent_at;
	bool has_attachment;
};

/* message_repo.c: rows for blob and message_meta. meta: one row per pair (mailboxes[i],
 * *docs[doc_of[i]]). */
void batch_add_blobs(
	struct batch *b, struct arena *a, const struct prepared *const *docs, size_t n);
void batch_add_meta(struct batch *b, struct arena *a, const struct prepared *const *docs,
	size_t n_docs, const int64_t *mailboxes, const int64_t *doc_of, size_t n);

/* deliver_jobs.c: the queue's rows of some deliveries. */
#define DELIVERIES_MAX 64
void batch_add_jobs(
	struct batch *b, struct arena *a, const struct delivery *const *deliveries, size_t n);

/* After a lost connection: which of the deliveries or appends with these blobs are committed. The
 * others cannot be any more. */
MUST_CHECK enum rc blobs_settle(struct ctx *ctx, const struct uuid *ids, size_t n, bool *out_there);

/* uint32_t[] as the server's bigint[]. */
struct arg uids_arg(struct arena *a, const uint32_t *uids, size_t n);
/* bigint[] of a row as uint32_t[]. */
size_t uids_read(struct rows *r, size_t row, unsigned col, struct arena *a, uint32_t **out);

/* keyword.c: the 63 keywords of a folder. */
#define KEYWORDS_MAX    63
#define KEYWORD_LEN_MAX 64

struct keyword_table {
	struct span names[KEYWORDS_MAX];
	size_t len;
	size_t known; /* those from there on are new */
};
void keyword_table_read(
	struct keyword_table *t, const struct rows *r, size_t row, unsigned col, struct arena *a);
/* The bit of a name, added when it is new; false: the table is full or the name is not allowed. */
bool keyword_bit(struct keyword_table *t, struct span name, uint64_t *out);
/* Stores the new ones, under the folder lock. */
MUST_CHECK enum rc keyword_table_save(
	struct ctx *ctx, int64_t mailbox_id, int64_t folder_id, const struct keyword_table *t);
