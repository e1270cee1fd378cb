/* The object that all functions of the mail store share. */
#include "mailcore/store/store.h"

#include "mailcore/store/header_terms.h"
#include "mailcore/store/store_impl.h"

#define SNAPSHOT_BYTES ((size_t)256 << 20)

_Atomic uint32_t *rung_of(struct store *s, int64_t mailbox_id)
{
	return s->bells ? bell_count(s->bells, mailbox_id)
			: &s->rung[(size_t)mailbox_id & (RUNG_N - 1)];
}

struct store *store_new(const struct store_options *options)
{
	struct store *s = heap_zalloc(sizeof *s);
	s->blobs = options->blobs;
	s->bells = options->bells;
	cache_init(s, options->snapshot_bytes ? options->snapshot_bytes : SNAPSHOT_BYTES);
	kept_init(&s->terms, TERMS_KEPT_BYTES);
	search_work_init(&s->search);
	deliver_init(s, options);
	return s;
}

void store_free(struct store *s)
{
	if (!s)
		return;
	cache_done(s);
	kept_done(&s->terms);
	search_work_done(&s->search);
	heap_free(s->seen);
	deliver_done(s);
	heap_free(s);
}

struct blob_store *store_blobs(struct store *s)
{
	return s->blobs;
}

struct bells *store_bells(struct store *s)
{
	return s->bells;
}

void store_ring_all(struct store *s, const struct bell_ring *rings, size_t n)
{
	if (s->bells)
		bell_ring_all(s->bells, rings, n);
	for (size_t i = 0; i < n && !s->bells; i++)
		atomic_fetch_add(rung_of(s, rings[i].mailbox_id), 1);
}

void store_ring(struct store *s, int64_t mailbox_id, int64_t folder_id)
{
	store_ring_all(s, &(struct bell_ring){ mailbox_id, folder_id }, 1);
}
