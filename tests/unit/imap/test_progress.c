/* mailcore/imap/progress: when a long command says that it is still at work (RFC 9585). */
#include "tests/unit/cmocka_all.h"

#include "mailcore/imap/progress.h"

static void first_after_a_while_then_now_and_then(void **state)
{
	struct progress p = { 0 };
	int64_t now = 1000000;

	assert_false(progress_is_due(&p, now));
	assert_false(progress_is_due(&p, now + PROGRESS_FIRST_MS - 1));
	assert_true(progress_is_due(&p, now + PROGRESS_FIRST_MS));
	assert_false(progress_is_due(&p, now + PROGRESS_FIRST_MS + 1));
	now += PROGRESS_FIRST_MS + PROGRESS_EVERY_MS;
	assert_true(progress_is_due(&p, now));
	assert_false(progress_is_due(&p, now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_after_a_while_then_now_and_then),
	};
	return cmocka_run_group_tests_name("imap progress", tests, NULL, NULL);
}
