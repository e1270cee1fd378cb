/* Bringing mail into a folder of a mailbox. */
#include "backend/cli/import.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/accounts/mailbox_service.h"
#include "backend/cli/mbox.h"
#include "mailcore/base/auto.h"
#include "mailcore/base/clock.h"
#include "mailcore/mime/date.h"
#include "mailcore/mime/header.h"
#include "mailcore/store/store.h"

#define BATCH_MESSAGES 64
#define BATCH_BYTES    (8 * 1024 * 1024)
#define BAR_WIDTH      30

struct importer {
	struct cli *cli;
	struct arena arena; /* of one batch */
	int64_t mailbox_id, folder_id;
	struct append_item items[BATCH_MESSAGES];
	size_t n, bytes, done;
};

static enum rc find_folder(struct importer *im, struct span name, struct err *err)
{
	struct store *store = im->cli->services.store;
	struct folder folder;

	enum rc rc = folder_find(store, &im->cli->ctx, im->mailbox_id, name, &folder);
	if (rc == RC_NOT_FOUND)
		rc = folder_create(
			store, &im->cli->ctx, im->mailbox_id, name, SPAN(""), &folder, err);
	if (rc == RC_OK)
		im->folder_id = folder.folder_id;
	return rc;
}

enum rc importer_open(struct cli *c, struct span address, struct span folder, struct importer **out,
	struct err *err)
{
	struct mailbox mailbox;
	enum rc rc = mailbox_get(&c->services, &c->ctx, address, &mailbox, err);
	if (rc != RC_OK)
		return rc;

	struct importer *im = heap_zalloc(sizeof *im);
	arena_init(&im->arena, 256 * 1024);
	im->cli = c;
	im->mailbox_id = mailbox.mailbox_id;
	rc = find_folder(im, folder, err);
	if (rc == RC_OK)
		*out = im;
	else
		importer_close(im);
	return rc;
}

void importer_close(struct importer *im)
{
	if (!im)
		return;
	arena_done(&im->arena);
	heap_free(im);
}

size_t importer_count(const struct importer *im)
{
	return im->done;
}

enum rc importer_flush(struct importer *im, struct err *err)
{
	uint32_t uids[BATCH_MESSAGES];
	int64_t uidvalidity;

	if (im->n == 0)
		return RC_OK;
	cli_renew_deadline(im->cli);
	enum rc rc = message_append(im->cli->services.store, &im->cli->ctx, im->mailbox_id,
		im->folder_id, im->items, im->n, &uidvalidity, uids);
	if (rc == RC_LIMIT)
		return err_set(err, rc, "mailbox", "The mailbox is full (its quota).");
	if (rc != RC_OK)
		return err_set(
			err, rc, "mailbox", "The messages could not be stored (%s).", rc_name(rc));
	im->done += im->n;
	im->n = im->bytes = 0;
	arena_reset(&im->arena);
	return RC_OK;
}

/* The message's own date, else now. */
static struct date date_of(struct span bytes)
{
	struct header_field field;
	struct date date = { .utc_s = clock_now_us() / USEC_PER_SEC };

	if (header_find(bytes, SPAN("Date"), &field))
		(void)date_parse(field.value, &date); /* unreadable: now */
	return date;
}

enum rc importer_add(
	struct importer *im, struct span bytes, uint8_t flags, int64_t at_s, struct err *err)
{
	struct prepared *prepared;
	struct date date = date_of(bytes);

	enum rc rc = message_prepare(
		im->cli->services.store, &im->arena, uuid_make(clock_now_us()), bytes, &prepared);
	if (rc != RC_OK)
		return err_set(
			err, rc, "message", "A message could not be stored (%s).", rc_name(rc));
	im->items[im->n++] = (struct append_item){ .message = prepared,
		.flags = flags,
		.internal_at = at_s ? at_s : date.utc_s,
		.internal_zone = at_s ? (int16_t)0 : (int16_t)date.zone_minutes };
	im->bytes += bytes.len;
	return im->n == BATCH_MESSAGES || im->bytes > BATCH_BYTES ? importer_flush(im, err) : RC_OK;
}

/* ------------------------------------------------------------------------ progress */

static void draw_bar(const char *name, size_t done, size_t all, size_t messages)
{
	size_t filled = all ? done * BAR_WIDTH / all : BAR_WIDTH;

	fprintf(stderr, "\r%-28.28s [%.*s%.*s] %3zu %%  %zu messages", name, (int)filled,
		"##############################", (int)(BAR_WIDTH - filled),
		"..............................", all ? done * 100 / all : 100, messages);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

/* ------------------------------------------------------------------------ mbox */

static enum rc map_file(const char *path, struct span *out, struct err *err)
{
	AUTO(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return err_set(
			err, RC_NOT_FOUND, "file", "%s cannot be read: %s.", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, RC_INVALID, "file", "%s is not a file.", path);
	if (st.st_size == 0) {
		*out = SPAN_NONE;
		return RC_OK;
	}
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return err_set(
			err, RC_TEMP, "file", "%s cannot be read: %s.", path, strerror(errno));
	*out = span_make(map, (size_t)st.st_size);
	return RC_OK;
}

static void unmap(struct span file)
{
	if (file.len > 0)
		(void)munmap((void *)(uintptr_t)file.ptr, file.len);
}

static enum rc add_messages(
	struct importer *im, struct span file, const char *name, bool progress, struct err *err)
{
	struct cur c = cur_of(file);
	struct mbox_message message;
	enum rc rc = RC_OK;

	while (rc == RC_OK && mbox_next(&c, &im->arena, &message)) {
		rc = importer_add(im, message.bytes, message.flags, 0, err);
		if (progress && im->n == 0)
			draw_bar(name, file.len - cur_left(&c), file.len, im->done);
	}
	if (rc == RC_OK && !cur_done(&c))
		return err_set(err, RC_INVALID, "file",
			"%s is not an mbox file: it does not begin with \"From \".", name);
	return rc;
}

enum rc import_mbox(
	struct cli *c, struct importer *im, const char *path, bool progress, struct err *err)
{
	struct span file;
	enum rc rc = map_file(path, &file, err);
	(void)c;

	if (rc != RC_OK)
		return rc;
	rc = add_messages(im, file, base_name(path), progress, err);
	if (rc == RC_OK)
		rc = importer_flush(im, err);
	if (rc == RC_OK && progress) {
		draw_bar(base_name(path), file.len, file.len, im->done);
		fputc('\n', stderr);
	}
	unmap(file);
	return rc;
}

/* ------------------------------------------------------------------------ maildir */

/* ":2,FRS" */
static uint8_t maildir_flags(const char *name)
{
	static const struct {
		char letter;
		uint8_t flag;
	} letters[] = { { 'S', FLAG_SEEN }, { 'R', FLAG_ANSWERED }, { 'F', FLAG_FLAGGED },
		{ 'T', FLAG_DELETED }, { 'D', FLAG_DRAFT } };
	const char *info = strstr(name, ":2,");
	uint8_t flags = 0;

	for (size_t i = 0; info && i < sizeof letters / sizeof letters[0]; i++) {
		if (strchr(info + 3, letters[i].letter))
			flags |= letters[i].flag;
	}
	return flags;
}

static enum rc add_file(struct importer *im, const char *dir, const char *name, struct err *err)
{
	struct span path = arena_printf(&im->cli->arena, "%s/%s", dir, name);
	struct span file;
	struct stat st;

	enum rc rc = map_file(path.ptr, &file, err);
	if (rc != RC_OK || file.len == 0)
		return rc;
	int64_t at_s = stat(path.ptr, &st) == 0 ? (int64_t)st.st_mtime : 0;
	rc = importer_add(im, message_with_crlf(&im->arena, file), maildir_flags(name), at_s, err);
	unmap(file);
	return rc;
}

static enum rc add_dir(
	struct importer *im, const char *path, const char *sub, bool progress, struct err *err)
{
	const char *dir = arena_printf(&im->cli->arena, "%s/%s", path, sub).ptr;
	struct dirent **names = NULL;
	int n = scandir(dir, &names, NULL, alphasort);
	enum rc rc = RC_OK;

	if (n < 0)
		return err_set(err, RC_NOT_FOUND, "file", "%s is not a Maildir: %s: %s.", path, dir,
			strerror(errno));
	for (int i = 0; i < n; i++) {
		if (rc == RC_OK && names[i]->d_name[0] != '.')
			rc = add_file(im, dir, names[i]->d_name, err);
		if (progress && im->n == 0)
			draw_bar(sub, (size_t)i + 1, (size_t)n, im->done);
		free(names[i]); /* scandir's */
	}
	free(names);
	return rc;
}

enum rc import_maildir(
	struct cli *c, struct importer *im, const char *path, bool progress, struct err *err)
{
	(void)c;
	enum rc rc = add_dir(im, path, "cur", progress, err);
	if (rc == RC_OK)
		rc = add_dir(im, path, "new", progress, err);
	if (rc == RC_OK)
		rc = importer_flush(im, err);
	if (rc == RC_OK && progress) {
		draw_bar(base_name(path), 1, 1, im->done);
		fputc('\n', stderr);
	}
	return rc;
}
