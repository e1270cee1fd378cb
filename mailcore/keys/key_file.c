/*
 * The key file: 32 random bytes, mode 0600. Made once: written under another name, made durable,
 * then linked into place, so that roles starting together agree on one.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailcore/base/auto.h"
#include "mailcore/base/random.h"
#include "mailcore/keys/keys_impl.h"

static bool write_new(const char *path, const unsigned char key[KEY_SIZE])
{
	AUTO(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd >= 0 && write(fd, key, KEY_SIZE) == KEY_SIZE && fsync(fd) == 0;
}

static bool key_file_make(const char *path)
{
	unsigned char key[KEY_SIZE];
	struct str temp;
	str_init(&temp, 4096);
	str_add_cstr(&temp, path);
	str_add_c(&temp, '.');
	random_add_token(&temp, 12);
	random_bytes(key, sizeof key);
	bool ok = str_ok(&temp) && write_new(str_cstr(&temp), key);
	if (ok && link(str_cstr(&temp), path) != 0)
		ok = access(path, R_OK) == 0; /* another role was first */
	(void)unlink(str_cstr(&temp));
	explicit_bzero(key, sizeof key);
	str_done(&temp);
	return ok;
}

enum rc key_file_load(const char *path, unsigned char out[KEY_SIZE], struct err *err)
{
	if (access(path, F_OK) != 0 && !key_file_make(path))
		return err_set(err, RC_TEMP, "key_file", "Cannot make the key file %s: %m.", path);
	AUTO(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_set(err, RC_TEMP, "key_file", "Cannot read the key file %s: %m.", path);
	if (st.st_mode & 077)
		return err_set(err, RC_DENIED, "key_file",
			"The key file %s must be readable by its owner only (chmod 600).", path);
	if (st.st_size != KEY_SIZE || read(fd, out, KEY_SIZE) != KEY_SIZE)
		return err_set(
			err, RC_INVALID, "key_file", "The key file %s must hold 32 bytes.", path);
	return RC_OK;
}
