/* mailcore/net/zip: what one side packs the other unpacks, in pieces, over pauses. */
#include "tests/unit/cmocka_all.h"

#include <zlib.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/random.h"
#include "mailcore/base/str.h"
#include "mailcore/net/zip.h"

/* Moves what is waiting from one side to the other and unpacks it, `room` bytes at a time. */
static void carry(struct zip *from, struct zip *to, struct str *out, size_t room)
{
	struct span waiting = zip_waiting(from);
	char buf[4096];
	size_t n;

	while (waiting.len) {
		size_t part = waiting.len < 1000 ? waiting.len : 1000;
		memcpy(zip_input(to), waiting.ptr, part);
		zip_received(to, part);
		zip_written(from, part);
		do {
			assert_true(zip_unpack(to, buf, room, &n));
			str_add(out, span_make(buf, n));
		} while (n);
		waiting = zip_waiting(from);
	}
}

static void send_text(struct zip *from, struct zip *to, struct span text, size_t room)
{
	struct str out;

	str_init(&out, text.len + 1);
	for (struct span rest = text; rest.len;) {
		rest = span_from(rest, zip_pack(from, rest));
		carry(from, to, &out, room);
	}
	assert_true(str_ok(&out));
	assert_true(span_eq(str_span(&out), text));
	str_done(&out);
}

/* Text that packs well, and bytes that do not. */
static struct span make_text(struct arena *a, size_t len, bool noise)
{
	char *text = arena_alloc(a, len);

	if (noise)
		random_bytes(text, len);
	for (size_t i = 0; !noise && i < len; i++)
		text[i] = "* 1 FETCH (FLAGS ())\r\n"[i % 22];
	return span_make(text, len);
}

static void round_trips(void **state)
{
	static const size_t sizes[] = { 1, 22, 1000, ZIP_CHUNK - 1, ZIP_CHUNK, ZIP_CHUNK + 1,
		5 * ZIP_CHUNK, 300000 };
	struct zip *from = zip_new(SPAN("")), *to = zip_new(SPAN(""));
	struct arena a;

	arena_init(&a, 4096);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		for (int noise = 0; noise < 2; noise++) {
			send_text(from, to, make_text(&a, sizes[i], noise), 1 + i * 500);
			if (i % 2)
				zip_rest(from); /* a fresh packer goes on in the same stream */
			zip_rest(to);
		}
	}
	arena_done(&a);
	zip_free(from);
	zip_free(to);
}

/* What had been read already when DEFLATE was turned on belongs to the stream. */
static void early_input(void **state)
{
	struct zip *from = zip_new(SPAN(""));
	char buf[100];
	size_t n;

	(void)zip_pack(from, SPAN("a NOOP\r\n"));
	struct zip *to = zip_new(zip_waiting(from));
	assert_true(zip_unpack(to, buf, sizeof buf, &n));
	assert_true(span_eq(span_make(buf, n), SPAN("a NOOP\r\n")));
	assert_true(zip_unpack(to, buf, sizeof buf, &n));
	assert_int_equal(n, 0);
	zip_free(from);
	zip_free(to);
}

static void garbage_and_ends(void **state)
{
	static const char end[] = { 3, 0 }; /* an empty last block */
	char buf[100];
	size_t n;
	struct zip *z = zip_new(SPAN("this is no DEFLATE at all"));

	assert_false(zip_unpack(z, buf, sizeof buf, &n));
	assert_false(zip_unpack(z, buf, sizeof buf, &n));
	zip_free(z);
	z = zip_new(span_make(end, sizeof end));
	assert_false(zip_unpack(z, buf, sizeof buf, &n));
	zip_free(z);
}

/* A small input that becomes large comes out in pieces of the room given. */
static void bombs(void **state)
{
	struct arena a;
	char packed[20000], buf[1000];
	z_stream s = { 0 };
	size_t n, total = 0;

	arena_init(&a, 4096);
	char *zeros = arena_zalloc(&a, 10 << 20);
	assert_int_equal(deflateInit2(&s, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	s.next_in = (Bytef *)zeros;
	s.avail_in = 10 << 20;
	s.next_out = (Bytef *)packed;
	s.avail_out = sizeof packed;
	assert_int_equal(deflate(&s, Z_SYNC_FLUSH), Z_OK);
	struct zip *z = zip_new(span_make(packed, sizeof packed - s.avail_out));
	do {
		assert_true(zip_unpack(z, buf, sizeof buf, &n));
		assert_true(n <= sizeof buf);
		total += n;
	} while (n);
	assert_int_equal(total, 10 << 20);
	(void)deflateEnd(&s);
	zip_free(z);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(early_input),
		cmocka_unit_test(garbage_and_ends),
		cmocka_unit_test(bombs),
	};
	return cmocka_run_group_tests_name("zip", tests, NULL, NULL);
}
