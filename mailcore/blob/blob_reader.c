/*
 * A message in pieces; see blob_reader.h. Header and body are two streams one behind the other, each
 * raw or zstd; the body's is a file when the message is large.
 */
#include "mailcore/blob/blob_reader.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "mailcore/base/auto.h"
#include "mailcore/base/log.h"
#include "mailcore/blob/blob_impl.h"
#include "mailcore/db/db.h"
#include "sql/blob.h"

#define PIECE ((size_t)64 * 1024)

struct blob_reader {
	struct blob_store *store;
	struct codec *codec;
	struct uuid id;
	int place, coding; /* PLACE_*, CODEC_* */
	uint64_t head_size, size;
	struct str head, body; /* columns, encoded */
	int fd;                /* -1: the body is in its column */
	bool in_body;
	uint64_t given;   /* of the whole message */
	ZSTD_inBuffer in; /* what is to be decoded */
	char *in_buf, *out_buf;
};

/* --- opening ---------------------------------------------------------------------------------- */

static struct str copy_of(struct span s)
{
	struct str out;
	str_init(&out, s.len + 1);
	str_add(&out, s);
	return out;
}

static struct blob_reader *reader_new(struct blob_store *s, struct uuid id, const struct rows *r)
{
	struct blob_reader *b = heap_zalloc(sizeof *b);

	b->store = s;
	b->id = id;
	b->fd = -1;
	b->place = (int)row_i64(r, 0, 0);
	b->coding = (int)row_i64(r, 0, 1);
	b->head_size = (uint64_t)row_i64(r, 0, 2);
	b->size = (uint64_t)row_i64(r, 0, 3);
	b->head = copy_of(row_bytes(r, 0, 4));
	b->body = copy_of(row_bytes(r, 0, 5));
	b->codec = codec_take(s);
	b->in_buf = heap_alloc(PIECE);
	b->out_buf = heap_alloc(PIECE);
	return b;
}

static void use(struct blob_reader *b, struct span column)
{
	b->in = (ZSTD_inBuffer){ column.ptr, column.len, 0 };
	ZSTD_DCtx_reset(b->codec->in, ZSTD_reset_session_only);
}

enum rc blob_reader_open(
	struct blob_store *s, struct ctx *ctx, struct uuid id, struct blob_reader **out)
{
	AUTO(rows_close) struct rows *r = NULL;
	enum rc rc = db_query(ctx, &SQL_BLOB_FIND, ARGS(A_UUID(id), A_BOOL(false)), &r);

	if (rc != RC_OK)
		return rc;
	if (rows_len(r) == 0)
		return RC_NOT_FOUND;
	struct blob_reader *b = reader_new(s, id, r);
	if (b->head_size > b->size || b->size > INT_MAX)
		rc = RC_TEMP;
	else if (b->place == PLACE_FILE)
		rc = blob_file_open(s, id, &b->fd);
	if (rc != RC_OK) {
		blob_reader_close(b);
		return rc;
	}
	use(b, str_span(&b->head));
	*out = b;
	return RC_OK;
}

void blob_reader_close(struct blob_reader *b)
{
	if (!b)
		return;
	if (b->fd >= 0)
		(void)close(b->fd); /* only read */
	codec_give(b->store, b->codec);
	str_done(&b->head);
	str_done(&b->body);
	heap_free(b->in_buf);
	heap_free(b->out_buf);
	heap_free(b);
}

uint64_t blob_reader_size(const struct blob_reader *b)
{
	return b->size;
}

uint64_t blob_reader_head_size(const struct blob_reader *b)
{
	return b->head_size;
}

enum rc blob_reader_rewind(struct blob_reader *b)
{
	if (b->fd >= 0 && lseek(b->fd, 0, SEEK_SET) != 0)
		return RC_TEMP;
	b->given = 0;
	b->in_body = false;
	use(b, str_span(&b->head));
	return RC_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* More of the file; false: there is none, or it cannot be read. */
static bool refill(struct blob_reader *b)
{
	ssize_t n;

	if (!b->in_body || b->fd < 0)
		return false;
	do
		n = read(b->fd, b->in_buf, PIECE);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	b->in = (ZSTD_inBuffer){ b->in_buf, (size_t)n, 0 };
	return true;
}

/* The next decoded bytes of the stream; 0: it has ended, or is damaged. */
static size_t decode(struct blob_reader *b, struct span *out)
{
	ZSTD_outBuffer o = { b->out_buf, PIECE, 0 };

	while (o.pos == 0) {
		size_t before = b->in.pos;
		if (b->coding == CODEC_RAW && b->in.pos < b->in.size) {
			*out = span_make(
				(const char *)b->in.src + b->in.pos, b->in.size - b->in.pos);
			out->len = out->len < PIECE ? out->len : PIECE;
			b->in.pos += out->len;
			return out->len;
		}
		if (b->coding == CODEC_ZSTD &&
			ZSTD_isError(ZSTD_decompressStream(b->codec->in, &o, &b->in)))
			return 0;
		if (o.pos == 0 && b->in.pos == before && !refill(b))
			return 0;
	}
	*out = span_make(b->out_buf, o.pos);
	return o.pos;
}

static enum rc damaged(const struct blob_reader *b)
{
	struct str name;

	str_init(&name, 64);
	uuid_add(&name, b->id);
	log_error("blob.read", "id=%s place=%d at=%llu", str_cstr(&name), b->place,
		(unsigned long long)b->given);
	str_done(&name);
	return RC_TEMP;
}

enum rc blob_reader_next(struct blob_reader *b, struct span *out)
{
	uint64_t end = b->in_body ? b->size : b->head_size;

	if (b->given == end && !b->in_body) {
		b->in_body = true;
		end = b->size;
		use(b, b->fd >= 0 ? SPAN("") : str_span(&b->body));
	}
	if (b->given == end) {
		*out = SPAN("");
		return RC_OK;
	}
	struct span piece;
	size_t n = decode(b, &piece);
	if (n == 0 || n > end - b->given)
		return damaged(b);
	b->given += n;
	*out = piece;
	return RC_OK;
}
