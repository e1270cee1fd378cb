/* mailcore/store/snapshot_make: what a snapshot shows of rows that are newer than itself. */
#include "tests/unit/cmocka_all.h"

#include "mailcore/store/snapshot.h"

static void rows_are_not_newer_than_the_snapshot(void **state)
{
	struct snapshot like = { .uidnext = 10, .highestmodseq = 57 };
	struct snap *snap = snap_new(&like, 3, NULL, 0);

	snap_add(snap, (struct snap_row){ .uid = 1, .modseq = 56 });
	snap_add(snap, (struct snap_row){ .uid = 2, .modseq = 60, .flags = FLAG_SEEN });
	snap_add(snap, (struct snap_row){ .uid = 3, .modseq = 57 });
	assert_int_equal(snap->pub.modseq[0], 56);
	assert_int_equal(snap->pub.modseq[1], 57);
	assert_int_equal(snap->pub.flags[1], FLAG_SEEN);
	assert_int_equal(snap->pub.modseq[2], 57);

	/* the next one, in which the change is known */
	like.highestmodseq = 60;
	struct snap *next = snap_new(&like, 3, NULL, 0);
	snap_add_from(next, &snap->pub, 0);
	snap_add(next, (struct snap_row){ .uid = 2, .modseq = 60, .flags = FLAG_SEEN });
	assert_int_equal(next->pub.modseq[1], 60);
	snapshot_unref(&next->pub);
	snapshot_unref(&snap->pub);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_not_newer_than_the_snapshot),
	};
	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
