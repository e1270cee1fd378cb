/*
 * The bytes of messages, exactly as received. Decides alone where they lie: small ones in the
 * blob row (zstd, head and body apart), larger ones (above 48 KiB compressed) in a file of the
 * blob directory: write, fsync, rename, fsync directory, before the tx that names it.
 *
 * A failed fsync is never retried on the same descriptor: the blob is abandoned, RC_TEMP.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/random.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"

struct blob_store;

MUST_CHECK enum rc blob_store_open(const char *dir, struct blob_store **out, struct err *err);
void blob_store_close(struct blob_store *s);

/* Encoded and, for a file, durable; the row is still to be inserted with blob_row_* by whoever
 * runs the tx (store/append batches many). Memory: the arena given. */
struct blob_draft {
	struct uuid id;
	int place; /* 0 row, 1 file */
	int codec; /* 0 raw, 1 zstd */
	size_t head_size;
	size_t size;
	struct span head, body; /* encoded columns */
};

/* head_size: octets of the header with its empty line. spool_fd: the body's bytes when they did
 * not fit in memory (-1: all in `message`). RC_TEMP: disk trouble. */
MUST_CHECK enum rc blob_encode(struct blob_store *s, struct arena *a, struct uuid id,
	struct span message, size_t head_size, struct blob_draft *out);
MUST_CHECK enum rc blob_encode_file(struct blob_store *s, struct arena *a, struct uuid id,
	struct span head, int spool_fd, size_t total_size, struct blob_draft *out);

/* Whole message, memory: arena. RC_NOT_FOUND; RC_TEMP. */
MUST_CHECK enum rc blob_read(
	struct blob_store *s, struct ctx *ctx, struct uuid id, struct span *out);
MUST_CHECK enum rc blob_read_head(
	struct blob_store *s, struct ctx *ctx, struct uuid id, struct span *out);
/* From columns that a query already brought. */
MUST_CHECK enum rc blob_decode(struct blob_store *s, struct arena *a, struct uuid id, int place,
	int codec, size_t head_size, size_t size, struct span head, struct span body,
	bool head_only, struct span *out);
/* Deletes blobs whose last message is gone, at most `limit`; for the send role's housekeeping. */
MUST_CHECK enum rc blob_collect(
	struct blob_store *s, struct ctx *ctx, size_t limit, size_t *out_deleted);
