/* Encoding and decoding of messages, and where their bytes lie; see blob.h. */
#include "mailcore/blob/blob.h"

#include <limits.h>
#include <unistd.h>

#include "mailcore/base/log.h"
#include "mailcore/blob/blob_impl.h"

enum rc blob_store_open(const char *dir, struct blob_store **out, struct err *err)
{
	if (!blob_dirs_make(dir))
		return err_set(err, RC_TEMP, "data", "Cannot use the directory %s: %m.", dir);
	struct blob_store *s = heap_zalloc(sizeof *s);
	s->dir = heap_strdup(dir);
	pthread_mutex_init(&s->lock, NULL);
	list_init(&s->codecs);
	*out = s;
	return RC_OK;
}

void blob_store_close(struct blob_store *s)
{
	if (!s)
		return;
	LIST_EACH(it, &s->codecs)
	{
		struct codec *c = LIST_ITEM(it, struct codec, node);
		ZSTD_freeCCtx(c->out);
		ZSTD_freeDCtx(c->in);
		heap_free(c);
	}
	pthread_mutex_destroy(&s->lock);
	heap_free(s->dir);
	heap_free(s);
}

struct codec *codec_take(struct blob_store *s)
{
	struct codec *c = NULL;
	pthread_mutex_lock(&s->lock);
	if (!list_empty(&s->codecs)) {
		c = LIST_ITEM(s->codecs.prev, struct codec, node);
		list_del(&c->node);
	}
	pthread_mutex_unlock(&s->lock);
	if (c)
		return c;
	c = heap_zalloc(sizeof *c);
	list_init(&c->node);
	c->out = ZSTD_createCCtx();
	c->in = ZSTD_createDCtx();
	ASSERT(c->out && c->in);
	ZSTD_CCtx_setParameter(c->out, ZSTD_c_compressionLevel, ZSTD_LEVEL);
	return c;
}

void codec_give(struct blob_store *s, struct codec *c)
{
	pthread_mutex_lock(&s->lock);
	list_add_tail(&s->codecs, &c->node);
	pthread_mutex_unlock(&s->lock);
}

/* ------------------------------------------------------------------------ encoding */

static struct span compress(struct codec *c, struct arena *a, struct span in)
{
	if (in.len == 0)
		return SPAN("");
	size_t cap = ZSTD_compressBound(in.len);
	char *out = arena_alloc(a, cap);
	size_t n = ZSTD_compress2(c->out, out, cap, in.ptr, in.len);
	ASSERT(!ZSTD_isError(n)); /* the room suffices, nothing else can fail */
	return span_make(out, n);
}

enum rc blob_encode(struct blob_store *s, struct arena *a, struct uuid id, struct span message,
	size_t head_size, struct blob_draft *out)
{
	ASSERT(head_size <= message.len && message.len < INT_MAX);
	struct codec *c = codec_take(s);
	struct blob_draft d = {
		.id = id, .codec = CODEC_ZSTD, .head_size = head_size, .size = message.len
	};
	d.head = compress(c, a, span_sub(message, 0, head_size));
	d.body = compress(c, a, span_from(message, head_size));
	codec_give(s, c);
	if (d.head.len + d.body.len >= message.len) {
		d.codec = CODEC_RAW;
		d.head = span_sub(message, 0, head_size);
		d.body = span_from(message, head_size);
	}
	if (d.body.len > BLOB_ROW_MAX) {
		enum rc rc = blob_file_write(s, id, d.body);
		if (rc != RC_OK)
			return rc;
		d.place = PLACE_FILE;
		d.body = SPAN("");
	}
	*out = d;
	return RC_OK;
}

enum rc blob_encode_file(struct blob_store *s, struct arena *a, struct uuid id, struct span head,
	int spool_fd, size_t total_size, struct blob_draft *out)
{
	ASSERT(head.len < total_size && total_size < INT_MAX);
	enum rc rc = blob_file_compress(s, id, spool_fd, head.len, total_size - head.len);
	if (rc != RC_OK)
		return rc;
	struct codec *c = codec_take(s);
	*out = (struct blob_draft){ .id = id,
		.place = PLACE_FILE,
		.codec = CODEC_ZSTD,
		.head_size = head.len,
		.size = total_size,
		.head = compress(c, a, head),
		.body = SPAN("") };
	codec_give(s, c);
	return RC_OK;
}

/* ------------------------------------------------------------------------ decoding */

static bool decode_column(struct blob_store *s, int codec, struct span in, char *out, size_t len)
{
	if (codec == CODEC_RAW || len == 0) {
		if (in.len == len)
			memcpy(out, in.ptr, len);
		return in.len == len;
	}
	struct codec *c = codec_take(s);
	size_t n = ZSTD_decompressDCtx(c->in, out, len, in.ptr, in.len);
	codec_give(s, c);
	return !ZSTD_isError(n) && n == len;
}

enum rc blob_decode(struct blob_store *s, struct arena *a, struct uuid id, int place, int codec,
	size_t head_size, size_t size, struct span head, struct span body, bool head_only,
	struct span *out)
{
	size_t len = head_only ? head_size : size;
	if (head_size > size || size > INT_MAX)
		return RC_TEMP;
	char *text = arena_alloc(a, len + 1);
	bool ok = decode_column(s, codec, head, text, head_size);
	if (ok && !head_only && place == PLACE_ROW)
		ok = decode_column(s, codec, body, text + head_size, size - head_size);
	if (ok && !head_only && place == PLACE_FILE)
		ok = blob_file_read(s, id, codec, text + head_size, size - head_size) == RC_OK;
	if (!ok) {
		struct str name = str_in(a, 64);
		uuid_add(&name, id);
		log_error("blob.read", "id=%s place=%d", str_cstr(&name), place);
		return RC_TEMP;
	}
	text[len] = '\0';
	*out = span_make(text, len);
	return RC_OK;
}
