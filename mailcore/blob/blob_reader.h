/*
 * A message in pieces, for whoever cannot hold it whole: delivery to other servers.
 *
 * Opening takes one database statement; reading takes none, so nothing of the database is held
 * while a peer is waited for. Memory: the compressed row (48 KiB at most) and two buffers.
 */
#pragma once

#include "mailcore/blob/blob.h"

struct blob_reader;

/* RC_NOT_FOUND: no such blob, or its file is gone; RC_TEMP. Heap; blob_reader_close. */
MUST_CHECK enum rc blob_reader_open(
	struct blob_store *s, struct ctx *ctx, struct uuid id, struct blob_reader **out);
uint64_t blob_reader_size(const struct blob_reader *r);
uint64_t blob_reader_head_size(const struct blob_reader *r); /* its empty line included */
/* The next piece, valid until the next call; empty at the end, when all of the size has been
 * given. RC_TEMP: the bytes cannot be read or are not what they should be. */
MUST_CHECK enum rc blob_reader_next(struct blob_reader *r, struct span *out);
/* From the start again, for the next server. */
MUST_CHECK enum rc blob_reader_rewind(struct blob_reader *r);
void blob_reader_close(struct blob_reader *r);
