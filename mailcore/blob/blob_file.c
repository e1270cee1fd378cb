/*
 * Blobs as files. Nothing is overwritten: a name appears complete or not at all, and a failed
 * fsync abandons the file (its pages may be lost although a second fsync says yes).
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailcore/base/auto.h"
#include "mailcore/base/log.h"
#include "mailcore/base/str.h"
#include "mailcore/blob/blob_impl.h"

#define IO_SIZE ((size_t)128 * 1024)

/* DIR/xx when name is NULL, else DIR/xx/name. */
static void path_of(struct str *out, const struct blob_store *s, struct uuid id, const char *suffix)
{
	str_init(out, BLOB_PATH_MAX);
	str_addf(out, "%s/%02x", s->dir, id.bytes[15]);
	if (!suffix)
		return;
	str_add_c(out, '/');
	uuid_add(out, id);
	str_add_cstr(out, suffix);
}

/* `mailstead import` may run as root; the roles that read what it wrote do not. What root makes
 * belongs to whoever the directory belongs to. */
static bool give_to_owner(int dir_fd, int fd)
{
	struct stat owner;

	return geteuid() != 0 ||
		(fstat(dir_fd, &owner) == 0 && fchown(fd, owner.st_uid, owner.st_gid) == 0);
}

static bool subdir_make(int dir_fd, const char *name)
{
	if (mkdirat(dir_fd, name, 0700) != 0)
		return errno == EEXIST;
	AUTO(close_fd) int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && give_to_owner(dir_fd, fd);
}

bool blob_dirs_make(const char *dir)
{
	AUTO(close_fd) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	for (unsigned i = 0; i < 256; i++) {
		char name[3];
		(void)snprintf(name, sizeof name, "%02x", i);
		if (!subdir_make(fd, name))
			return false;
	}
	return fsync(fd) == 0;
}

static bool write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool dir_sync(const struct blob_store *s, struct uuid id)
{
	struct str path;
	path_of(&path, s, id, NULL);
	AUTO(close_fd) int fd = open(str_cstr(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	str_done(&path);
	return fd >= 0 && fsync(fd) == 0;
}

/* What writes the contents into the new file. */
struct source {
	struct blob_store *store;
	struct span bytes; /* when fd is -1 */
	int fd;
	size_t offset, size;
};

static bool compress_step(struct codec *c, int out_fd, char *out, ZSTD_inBuffer *in, bool last)
{
	ZSTD_EndDirective mode = last ? ZSTD_e_end : ZSTD_e_continue;
	for (;;) {
		ZSTD_outBuffer o = { out, IO_SIZE, 0 };
		size_t left = ZSTD_compressStream2(c->out, &o, in, mode);
		if (ZSTD_isError(left) || !write_all(out_fd, out, o.pos))
			return false;
		if (last ? left == 0 : in->pos == in->size)
			return true;
	}
}

static bool compress_fd(struct codec *c, const struct source *src, int out_fd, char *in, char *out)
{
	size_t done = 0;
	ZSTD_CCtx_reset(c->out, ZSTD_reset_session_only);
	while (done < src->size) {
		size_t want = src->size - done < IO_SIZE ? src->size - done : IO_SIZE;
		ssize_t n = pread(src->fd, in, want, (off_t)(src->offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
		ZSTD_inBuffer i = { in, (size_t)n, 0 };
		if (!compress_step(c, out_fd, out, &i, done == src->size))
			return false;
	}
	return true;
}

static bool fill(const struct source *src, int out_fd)
{
	if (src->fd < 0)
		return write_all(out_fd, src->bytes.ptr, src->bytes.len);
	struct codec *c = codec_take(src->store);
	char *buffers = heap_alloc(2 * IO_SIZE);
	bool ok = compress_fd(c, src, out_fd, buffers, buffers + IO_SIZE);
	heap_free(buffers);
	codec_give(src->store, c);
	return ok;
}

static bool make(const struct source *src, struct uuid id, const char *temp, const char *final)
{
	AUTO(close_fd)
	int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	AUTO(close_fd) int dir = open(src->store->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || dir < 0 || !give_to_owner(dir, fd) || !fill(src, fd) || fsync(fd) != 0)
		return false;
	return rename(temp, final) == 0 && dir_sync(src->store, id);
}

static enum rc file_make(const struct source *src, struct uuid id)
{
	struct str temp, final;
	path_of(&temp, src->store, id, ".new");
	path_of(&final, src->store, id, "");
	enum rc rc = RC_OK;
	if (!str_ok(&temp) || !make(src, id, str_cstr(&temp), str_cstr(&final))) {
		log_error("blob.write", "path=%s errno=%d", str_cstr(&final), errno);
		(void)unlink(str_cstr(&temp));
		rc = RC_TEMP;
	}
	str_done(&temp);
	str_done(&final);
	return rc;
}

enum rc blob_file_write(struct blob_store *s, struct uuid id, struct span bytes)
{
	struct source src = { .store = s, .bytes = bytes, .fd = -1 };
	return file_make(&src, id);
}

enum rc blob_file_compress(struct blob_store *s, struct uuid id, int fd, size_t offset, size_t size)
{
	struct source src = { .store = s, .fd = fd, .offset = offset, .size = size };
	return file_make(&src, id);
}

void blob_file_remove(struct blob_store *s, struct uuid id)
{
	struct str path;
	path_of(&path, s, id, "");
	if (unlink(str_cstr(&path)) != 0 && errno != ENOENT)
		log_warn("blob.remove", "path=%s errno=%d", str_cstr(&path), errno);
	str_done(&path);
}

/* ------------------------------------------------------------------------ reading */

static bool read_raw(int fd, char *out, size_t len)
{
	size_t done = 0;
	while (done < len) {
		ssize_t n = read(fd, out + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static bool read_zstd(struct codec *c, int fd, char *in, char *out, size_t len)
{
	ZSTD_outBuffer o = { out, len, 0 };
	ZSTD_DCtx_reset(c->in, ZSTD_reset_session_only);
	for (;;) {
		ssize_t n = read(fd, in, IO_SIZE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 && o.pos == len;
		ZSTD_inBuffer i = { in, (size_t)n, 0 };
		while (i.pos < i.size) {
			size_t before = i.pos + o.pos;
			if (ZSTD_isError(ZSTD_decompressStream(c->in, &o, &i)) ||
				i.pos + o.pos == before)
				return false;
		}
	}
}

enum rc blob_file_open(struct blob_store *s, struct uuid id, int *out_fd)
{
	struct str path;
	path_of(&path, s, id, "");
	int fd = open(str_cstr(&path), O_RDONLY | O_CLOEXEC);
	str_done(&path);
	if (fd < 0)
		return errno == ENOENT ? RC_NOT_FOUND : RC_TEMP;
	*out_fd = fd;
	return RC_OK;
}

enum rc blob_file_read(struct blob_store *s, struct uuid id, int codec, char *out, size_t len)
{
	AUTO(close_fd) int fd = -1;
	enum rc rc = blob_file_open(s, id, &fd);
	if (rc != RC_OK)
		return rc;
	if (codec == CODEC_RAW)
		return read_raw(fd, out, len) ? RC_OK : RC_TEMP;
	struct codec *c = codec_take(s);
	char *in = heap_alloc(IO_SIZE);
	bool ok = read_zstd(c, fd, in, out, len);
	heap_free(in);
	codec_give(s, c);
	return ok ? RC_OK : RC_TEMP;
}
