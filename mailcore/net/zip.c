/* DEFLATE over one connection: see zip.h. */
#include "mailcore/net/zip.h"

#include <zlib.h>

#include "mailcore/base/arena.h"

/* A small window and a fast level: replies are short, or messages that were packed already. */
#define LEVEL       4
#define WINDOW_BITS 13
#define MEM_LEVEL   6
/* A flush brings out what zlib has kept of earlier chunks too (with MEM_LEVEL 6: 4 KiB). */
#define OUT_SIZE (2 * ZIP_CHUNK)

struct zip {
	z_stream packer, unpacker;
	bool has_packer, broken;
	char *in;
	size_t in_pos, in_len;
	char *out;
	size_t out_pos, out_len;
};

struct zip *zip_new(struct span received)
{
	struct zip *z = heap_zalloc(sizeof *z);

	z->broken = inflateInit2(&z->unpacker, -MAX_WBITS) != Z_OK;
	if (received.len) {
		z->in = heap_alloc(received.len > ZIP_CHUNK ? received.len : ZIP_CHUNK);
		memcpy(z->in, received.ptr, received.len);
		z->in_len = received.len;
	}
	return z;
}

static void drop_packer(struct zip *z)
{
	if (z->has_packer)
		(void)deflateEnd(&z->packer); /* unfinished, which is meant */
	z->has_packer = false;
}

void zip_free(struct zip *z)
{
	if (!z)
		return;
	drop_packer(z);
	(void)inflateEnd(&z->unpacker); /* says only whether it was made */
	heap_free(z->in);
	heap_free(z->out);
	heap_free(z);
}

void zip_rest(struct zip *z)
{
	if (z->in_pos == z->in_len) {
		heap_free(z->in);
		z->in = NULL;
		z->in_pos = z->in_len = 0;
	}
	if (z->out_pos == z->out_len) {
		drop_packer(z);
		heap_free(z->out);
		z->out = NULL;
		z->out_pos = z->out_len = 0;
	}
}

/* ------------------------------------------------------------------ out */

static void begin_packing(struct zip *z)
{
	if (!z->out)
		z->out = heap_alloc(OUT_SIZE);
	if (z->has_packer)
		return;
	z->packer = (z_stream){ 0 };
	int done = deflateInit2(
		&z->packer, LEVEL, Z_DEFLATED, -WINDOW_BITS, MEM_LEVEL, Z_DEFAULT_STRATEGY);
	ASSERT(done == Z_OK); /* else there is no memory */
	z->has_packer = true;
}

size_t zip_pack(struct zip *z, struct span plain)
{
	struct span piece = span_sub(plain, 0, ZIP_CHUNK);

	ASSERT(z->out_pos == z->out_len);
	begin_packing(z);
	z->packer.next_in = (Bytef *)(uintptr_t)piece.ptr;
	z->packer.avail_in = (uInt)piece.len;
	z->packer.next_out = (Bytef *)z->out;
	z->packer.avail_out = OUT_SIZE;
	bool last = piece.len == plain.len;
	int done = deflate(&z->packer, last ? Z_SYNC_FLUSH : Z_NO_FLUSH);
	ASSERT(done == Z_OK && z->packer.avail_in == 0 && z->packer.avail_out > 0);
	z->out_pos = 0;
	z->out_len = OUT_SIZE - z->packer.avail_out;
	return piece.len;
}

struct span zip_waiting(const struct zip *z)
{
	return span_make(z->out + z->out_pos, z->out_len - z->out_pos);
}

void zip_written(struct zip *z, size_t n)
{
	ASSERT(n <= z->out_len - z->out_pos);
	z->out_pos += n;
}

/* ------------------------------------------------------------------ in */

bool zip_unpack(struct zip *z, char *buf, size_t room, size_t *out_n)
{
	*out_n = 0;
	if (z->broken)
		return false;
	z->unpacker.next_in = (Bytef *)(z->in ? z->in + z->in_pos : NULL);
	z->unpacker.avail_in = (uInt)(z->in_len - z->in_pos);
	z->unpacker.next_out = (Bytef *)buf;
	z->unpacker.avail_out = (uInt)room;
	int done = inflate(&z->unpacker, Z_SYNC_FLUSH);
	z->in_pos = z->in_len - z->unpacker.avail_in;
	*out_n = room - z->unpacker.avail_out;
	z->broken = done != Z_OK && done != Z_BUF_ERROR; /* Z_STREAM_END too: nobody may end it */
	return !z->broken || *out_n > 0;
}

char *zip_input(struct zip *z)
{
	ASSERT(z->in_pos == z->in_len);
	if (!z->in)
		z->in = heap_alloc(ZIP_CHUNK);
	z->in_pos = z->in_len = 0;
	return z->in;
}

void zip_received(struct zip *z, size_t n)
{
	z->in_len = n;
}
