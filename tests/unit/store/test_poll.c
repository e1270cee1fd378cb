/* store_poll: who watches hears of changes whose bell was lost. */
#include "tests/unit/cmocka_all.h"

#include "tests/unit/store/store_fixture.h"

static struct fixture fix; /* its store has no bells: what it does is not heard */
static struct bells *bells;
static struct store *watching;
static struct arena arena;
static struct db *mx, *user;

static void count(int64_t mailbox_id, int64_t folder_id, void *arg)
{
	assert_true(mailbox_id == 1 || mailbox_id == 2);
	(*(int *)arg)++;
}

static void poll_once(void)
{
	struct ctx ctx = scratch_ctx(&arena, user);
	assert_int_equal(store_poll(watching, &ctx), RC_OK);
}

static void deliver_quietly(int64_t mailbox_id)
{
	struct ctx ctx = scratch_ctx(&arena, mx);
	struct uuid id = uuid_make(ctx.now_us);
	struct span message = fixture_message(&arena, "quiet", 500);
	assert_int_equal(fixture_deliver(&fix, &ctx, id, message, mailbox_id), RC_OK);
}

static void rings_for_what_changed(void **state)
{
	int rung[2] = { 0 };
	poll_once(); /* nobody watches */
	struct bell_watch *one = bell_watch(bells, 1, count, &rung[0]);
	struct bell_watch *two = bell_watch(bells, 2, count, &rung[1]);

	poll_once(); /* what changed before it was looked at: nobody knows */
	assert_int_equal(rung[0], 1);
	assert_int_equal(rung[1], 1);
	poll_once();
	assert_int_equal(rung[0], 1);

	deliver_quietly(2);
	deliver_quietly(3); /* not watched */
	assert_int_equal(rung[1], 1);
	poll_once();
	assert_int_equal(rung[0], 1);
	assert_int_equal(rung[1], 2);
	poll_once();
	assert_int_equal(rung[1], 2);

	bell_unwatch(bells, one);
	poll_once();
	bell_unwatch(bells, two);
	assert_int_equal(rung[0], 1);
	assert_int_equal(rung[1], 2);
}

/* The cached snapshot, too, is stale after such a ring. */
static void refreshes_snapshots(void **state)
{
	int rung = 0;
	const struct snapshot *snap;
	struct ctx ctx = scratch_ctx(&arena, user);
	struct folder inbox;
	struct bell_watch *one = bell_watch(bells, 1, count, &rung);
	poll_once();
	assert_int_equal(folder_find(watching, &ctx, 1, SPAN("INBOX"), &inbox), RC_OK);
	assert_int_equal(snapshot_get(watching, &ctx, 1, inbox.folder_id, true, &snap), RC_OK);
	size_t before = snap->len;
	snapshot_unref(snap);

	deliver_quietly(1);
	poll_once();
	assert_int_equal(snapshot_get(watching, &ctx, 1, inbox.folder_id, false, &snap), RC_OK);
	assert_int_equal(snap->len, before + 1);
	snapshot_unref(snap);
	bell_unwatch(bells, one);
}

static int group_begin(void **state)
{
	struct err err = { 0 };
	arena_init(&arena, 1 << 20);
	if (!fixture_begin(&fix, NULL) || bells_open(fix.dir, "test", &bells, &err) != RC_OK)
		return -1;
	watching = store_new(&(struct store_options){ .blobs = fix.blobs, .bells = bells });
	mx = scratch_open("mx");
	user = scratch_open("user");
	return 0;
}

static int group_end(void **state)
{
	db_close(mx);
	db_close(user);
	store_free(watching);
	bells_close(bells);
	fixture_end(&fix);
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rings_for_what_changed),
		cmocka_unit_test(refreshes_snapshots),
	};
	return cmocka_run_group_tests(tests, group_begin, group_end);
}
