/* Message bytes on their way in. */
#include "mailcore/deliver/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "mailcore/base/log.h"

#define COPY_BYTES ((size_t)64 << 10)

void spool_init(struct spool *s, const char *dir, size_t threshold)
{
	*s = (struct spool){ .dir = dir, .threshold = threshold, .fd = -1 };
	str_init(&s->memory, threshold);
}

void spool_done(struct spool *s)
{
	str_done(&s->memory);
	if (s->fd >= 0)
		(void)close(s->fd); /* nothing of it was to be kept */
	s->fd = -1;
	s->size = 0;
}

static enum rc trouble(const struct spool *s, const char *what)
{
	log_error("spool.failed", "dir=%s call=%s errno=%d", s->dir, what, errno);
	return RC_TEMP;
}

static enum rc write_all(struct spool *s, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(s->fd, bytes.ptr, bytes.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return trouble(s, "write");
		bytes = span_from(bytes, (size_t)n);
	}
	return RC_OK;
}

bool spool_has_room(const char *dir, uint64_t bytes)
{
	struct statvfs fs;

	return statvfs(dir, &fs) != 0 || bytes / fs.f_frsize < fs.f_bavail;
}

enum rc spool_to_file(struct spool *s)
{
	if (s->fd >= 0)
		return RC_OK;
	s->fd = open(s->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return trouble(s, "open");
	enum rc rc = write_all(s, str_span(&s->memory));
	str_done(&s->memory);
	return rc;
}

enum rc spool_add(struct spool *s, struct span bytes)
{
	bool fits = s->fd < 0 && bytes.len <= s->threshold - s->memory.len;

	if (fits) {
		str_add(&s->memory, bytes);
	} else {
		enum rc rc = spool_to_file(s);
		if (rc == RC_OK)
			rc = write_all(s, bytes);
		if (rc != RC_OK)
			return rc;
	}
	s->size += bytes.len;
	return RC_OK;
}

/* Reads until `len` bytes are there: the file is ours and holds them. */
static enum rc read_at(const struct spool *s, char *out, size_t len, size_t offset)
{
	for (size_t have = 0; have < len;) {
		ssize_t n = pread(s->fd, out + have, len - have, (off_t)(offset + have));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return trouble(s, "pread");
		have += (size_t)n;
	}
	return RC_OK;
}

enum rc spool_start(struct spool *s, struct arena *a, size_t max, struct span *out)
{
	size_t len = s->size < max ? s->size : max;

	if (s->fd < 0) {
		*out = span_sub(str_span(&s->memory), 0, len);
		return RC_OK;
	}
	char *bytes = arena_alloc(a, len);
	enum rc rc = read_at(s, bytes, len, 0);
	if (rc == RC_OK)
		*out = span_make(bytes, len);
	return rc;
}

enum rc spool_piece(
	const struct spool *s, size_t offset, char *buffer, size_t size, struct span *out)
{
	size_t left = s->size - offset;
	size_t len = left < size ? left : size;

	if (s->fd < 0) {
		*out = span_from(str_span(&s->memory), offset);
		return RC_OK;
	}
	enum rc rc = read_at(s, buffer, len, offset);
	if (rc == RC_OK)
		*out = span_make(buffer, len);
	return rc;
}

static enum rc copy_file(struct spool *from, size_t offset, struct spool *to)
{
	char *buf = heap_alloc(COPY_BYTES);
	enum rc rc = RC_OK;

	while (rc == RC_OK && offset < from->size) {
		struct span piece = SPAN_NONE;
		rc = spool_piece(from, offset, buf, COPY_BYTES, &piece);
		if (rc == RC_OK)
			rc = spool_add(to, piece);
		offset += piece.len;
	}
	heap_free(buf);
	return rc;
}

enum rc spool_copy(struct spool *from, size_t offset, struct spool *to)
{
	if (from->fd < 0)
		return spool_add(to, span_from(str_span(&from->memory), offset));
	return copy_file(from, offset, to);
}

enum rc spool_map(const struct spool *s, struct span *out)
{
	if (s->fd < 0) {
		*out = str_span(&s->memory);
		return RC_OK;
	}
	void *map = mmap(NULL, s->size, PROT_READ, MAP_PRIVATE, s->fd, 0);
	if (map == MAP_FAILED)
		return trouble(s, "mmap");
	*out = span_make(map, s->size);
	return RC_OK;
}

void spool_unmap(const struct spool *s, struct span all)
{
	union {
		const char *bytes;
		void *map;
	} at = { .bytes = all.ptr };

	if (s->fd >= 0)
		(void)munmap(at.map, all.len);
}
