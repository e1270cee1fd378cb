/* mailcore/blob/blob_reader: every kind of blob in pieces is what was stored; damage is noticed. */
#include <sys/stat.h>

#include "mailcore/base/log.h"
#include "mailcore/blob/blob_reader.h"
#include "tests/unit/store/store_fixture.h"

static struct fixture fix;
static struct arena arena;
static struct db *mx, *send;

static bool is_all(struct blob_reader *r, struct span message)
{
	struct span piece;
	size_t at = 0;

	for (;;) {
		if (blob_reader_next(r, &piece) != RC_OK)
			return false;
		if (piece.len == 0)
			return at == message.len;
		if (at + piece.len > message.len ||
			!span_eq(piece, span_sub(message, at, piece.len)))
			return false;
		at += piece.len;
	}
}

static struct uuid keep(struct span message)
{
	struct ctx ctx = scratch_ctx(&arena, mx);
	struct uuid id = uuid_make(ctx.now_us);

	assert_int_equal(fixture_deliver(&fix, &ctx, id, message, 1), RC_OK);
	return id;
}

static void check(struct span message)
{
	struct ctx ctx = scratch_ctx(&arena, send);
	struct blob_reader *r;

	assert_int_equal(blob_reader_open(fix.blobs, &ctx, keep(message), &r), RC_OK);
	assert_int_equal(blob_reader_size(r), message.len);
	assert_true(is_all(r, message));
	assert_int_equal(blob_reader_rewind(r), RC_OK);
	assert_true(is_all(r, message));
	blob_reader_close(r);
}

static void test_sizes(void **state)
{
	char *blank = arena_alloc(&arena, 3 << 20);
	struct str s = str_in(&arena, 4 << 20);

	check(SPAN("A: b\r\n\r\n"));
	check(SPAN("A: b\r\n\r\nx"));
	check(fixture_message(&arena, "small", 2000));
	check(fixture_message(&arena, "row", 60000));
	check(fixture_message(&arena, "file", 3 << 20));
	/* much out of little: a row that is megabytes when decoded */
	memset(blank, ' ', 3 << 20);
	str_add_cstr(&s, "A: b\r\n\r\n");
	str_add(&s, span_make(blank, 3 << 20));
	check(str_span(&s));
}

static void file_of(struct uuid id, char *out, size_t cap)
{
	struct str name = str_in(&arena, 64);

	uuid_add(&name, id);
	(void)snprintf(out, cap, "%s/%02x/%s", fix.dir, id.bytes[15], str_cstr(&name));
}

static void test_damage(void **state)
{
	struct span message = fixture_message(&arena, "file", 1 << 20);
	struct ctx ctx = scratch_ctx(&arena, send);
	struct uuid id = keep(message);
	struct blob_reader *r;
	struct stat st;
	char path[200];

	file_of(id, path, sizeof path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size / 2), 0);
	assert_int_equal(blob_reader_open(fix.blobs, &ctx, id, &r), RC_OK);
	assert_false(is_all(r, message));
	blob_reader_close(r);

	assert_int_equal(unlink(path), 0);
	assert_int_equal(blob_reader_open(fix.blobs, &ctx, id, &r), RC_NOT_FOUND);
	assert_int_equal(blob_reader_open(fix.blobs, &ctx, uuid_make(1), &r), RC_NOT_FOUND);
}

static int set_up(void **state)
{
	log_init("test", LOG_ERROR);
	arena_init(&arena, 1 << 20);
	if (!fixture_begin(&fix, NULL))
		return 1;
	mx = scratch_open("mx");
	send = scratch_open("send");
	return 0;
}

static int tear_down(void **state)
{
	db_close(mx);
	db_close(send);
	fixture_end(&fix);
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_damage),
	};
	return cmocka_run_group_tests_name("blob_reader", tests, set_up, tear_down);
}
