/*
 * Signs messages for interop.py: sign_messages OUT FILE...
 *
 * Writes OUT/records (selector, space, key record; domain a.test) and, for each FILE, the signed
 * message under the same name in OUT.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mailcore/auth/dkim.h"
#include "mailcore/base/clock.h"
#include "mailcore/mime/header.h"
#include "tests/unit/auth/signing.h"

#define MESSAGE_MAX ((size_t)16 << 20)

static struct test_key keys[2];
static const char *const selectors[] = { "r", "e" };

static FILE *open_or_die(const char *path, const char *mode)
{
	FILE *f = fopen(path, mode);
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

static struct span read_file(struct arena *a, const char *path)
{
	FILE *f = open_or_die(path, "rb");
	char *bytes = arena_alloc(a, MESSAGE_MAX);
	size_t len = fread(bytes, 1, MESSAGE_MAX, f);

	(void)fclose(f);
	return span_make(bytes, len);
}

static void sign(struct arena *a, struct span message, struct str *out)
{
	struct ctx ctx = { .arena = a };
	unsigned char hash[32];
	size_t len = header_block_len(message);

	struct dkim_body *body = dkim_body_begin(a);
	dkim_body_add(body, span_from(message, len));
	dkim_body_end(body, hash);
	for (int i = 0; i < 2; i++) {
		struct dkim_signer signer = { .sign = test_key_sign,
			.arg = &keys[i],
			.domain = SPAN("a.test"),
			.selector = span_of(selectors[i]),
			.algorithm = keys[i].rsa ? SPAN("rsa") : SPAN("ed25519") };
		ASSERT(dkim_sign(&ctx, &signer, span_sub(message, 0, len), hash,
			       clock_now_us() / USEC_PER_SEC, out) == RC_OK);
	}
	str_add(out, message);
	ASSERT(str_ok(out));
}

static void write_records(struct arena *a, const char *dir)
{
	FILE *f = open_or_die(arena_printf(a, "%s/records", dir).ptr, "w");

	for (int i = 0; i < 2; i++)
		fprintf(f, "%s " SPAN_FMT "\n", selectors[i],
			SPAN_ARG(test_key_record(a, &keys[i])));
	(void)fclose(f);
}

int main(int argc, char **argv)
{
	struct arena arena;

	if (argc < 2)
		return 2;
	arena_init(&arena, 65536);
	keys[0] = test_key_rsa(2048);
	keys[1] = test_key_ed25519();
	write_records(&arena, argv[1]);
	for (int i = 2; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');
		struct str out = str_in(&arena, 2 * MESSAGE_MAX);
		sign(&arena, read_file(&arena, argv[i]), &out);
		FILE *f = open_or_die(
			arena_printf(&arena, "%s/%s", argv[1], slash ? slash + 1 : argv[i]).ptr,
			"wb");
		bool written = fwrite(out.ptr, 1, out.len, f) == out.len;
		ASSERT(fclose(f) == 0 && written);
		arena_reset(&arena);
	}
	test_key_done(&keys[0]);
	test_key_done(&keys[1]);
	arena_done(&arena);
	return 0;
}
