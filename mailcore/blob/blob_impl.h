/* Shared by the files of this folder. */
#pragma once

#include <pthread.h>
#include <zstd.h>

#include "mailcore/base/list.h"
#include "mailcore/blob/blob.h"

#define BLOB_ROW_MAX  ((size_t)48 * 1024) /* compressed body that still lies in the row */
#define ZSTD_LEVEL    1
#define BLOB_PATH_MAX 4096

enum { PLACE_ROW, PLACE_FILE };
enum { CODEC_RAW, CODEC_ZSTD };

/* Compression contexts cost more to make than a small message to compress: they are kept. */
struct codec {
	struct list node;
	ZSTD_CCtx *out;
	ZSTD_DCtx *in;
};

struct blob_store {
	char *dir;
	pthread_mutex_t lock; /* of codecs; a leaf */
	struct list codecs;
};

struct codec *codec_take(struct blob_store *s);
void codec_give(struct blob_store *s, struct codec *c);

/* blob_file.c: DIR/xx/UUID, xx the last byte of the id. */

/* Durable before it returns: written under another name, fsync, rename, fsync of the directory. */
MUST_CHECK enum rc blob_file_write(struct blob_store *s, struct uuid id, struct span bytes);
/* The same of the rest of `fd` from `offset`, compressed on the way. */
MUST_CHECK enum rc blob_file_compress(
	struct blob_store *s, struct uuid id, int fd, size_t offset, size_t size);
/* Fills out[0..len) with the decoded file. RC_NOT_FOUND, RC_TEMP. */
MUST_CHECK enum rc blob_file_read(
	struct blob_store *s, struct uuid id, int codec, char *out, size_t len);
/* For reading. RC_NOT_FOUND, RC_TEMP. */
MUST_CHECK enum rc blob_file_open(struct blob_store *s, struct uuid id, int *out_fd);
/* Gone or never there: both are fine. */
void blob_file_remove(struct blob_store *s, struct uuid id);
MUST_CHECK bool blob_dirs_make(const char *dir);
