/* Runs a fuzz target over the files of directories, in builds without libFuzzer. */
#include <dirent.h>
#include <stdio.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/auto.h"
#include "mailcore/base/str.h"
#include "tests/fuzz/fuzz.h"

static void auto_close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* nothing to do about it at the end of a scope */
}

static bool replay_file(const char *path)
{
	AUTO(close_file) FILE *file = fopen(path, "rb");
	struct str bytes;
	size_t got;
	char chunk[4096];

	if (!file)
		return false;
	str_init(&bytes, (size_t)64 << 20);
	do {
		got = fread(chunk, 1, sizeof chunk, file);
		str_add(&bytes, span_make(chunk, got));
	} while (got > 0);
	/* A block of its own size, so that the sanitizer sees a read behind its end. */
	uint8_t *copy = heap_alloc(bytes.len);
	if (bytes.len > 0)
		memcpy(copy, bytes.ptr, bytes.len);
	(void)LLVMFuzzerTestOneInput(copy, bytes.len); /* always 0 */
	heap_free(copy);
	str_done(&bytes);
	return true;
}

/* How many files were run. */
static size_t replay_dir(const char *path)
{
	AUTO(close_dir) DIR *dir = opendir(path);
	size_t count = 0;

	for (;;) {
		const struct dirent *entry = dir ? readdir(dir) : NULL;
		struct str file;
		if (!entry)
			return count;
		if (entry->d_name[0] == '.')
			continue;
		str_init(&file, 4096);
		str_addf(&file, "%s/%s", path, entry->d_name);
		count += replay_file(str_cstr(&file));
		str_done(&file);
	}
}

int main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++)
		count += replay_dir(argv[i]);
	printf("%zu inputs replayed\n", count);
	return count > 0 ? 0 : 1;
}
