/* Turns, priorities and concurrency of destinations, in memory. */
#include "mailcore/deliver/schedule.h"
#include "tests/unit/cmocka_all.h"

static struct schedule s;

static int begin(void **state)
{
	schedule_init(&s, 50);
	return 0;
}

static int end(void **state)
{
	schedule_done(&s);
	return 0;
}

static void add(const char *destination, int priority, int64_t id)
{
	struct job job = {
		.job_id = id, .destination = span_of(destination), .priority = priority
	};
	schedule_add(&s, work_new(&(struct job_group){ &job, 1 }, false));
}

/* The job that runs next, 0: none. */
static int64_t next(struct work **out)
{
	struct work *w = schedule_take(&s);
	*out = w;
	return w ? w->group.jobs[0].job_id : 0;
}

static struct schedule_change finish(struct work *w, enum feedback feedback)
{
	struct schedule_change change = schedule_end(&s, w, feedback);
	work_free(w);
	return change;
}

static void destinations_take_turns(void **state)
{
	struct work *w[6];

	for (int i = 0; i < 4; i++)
		add("a.test", PRIORITY_PERSON, 10 + i);
	add("b.test", PRIORITY_PERSON, 20);
	add("a.test", PRIORITY_BULK, 15);
	add("c.test", PRIORITY_PERSON, 30);
	static const int64_t want[] = { 10, 20, 30, 11, 12, 13 };
	for (int i = 0; i < 6; i++)
		assert_int_equal(next(&w[i]), want[i]);
	for (int i = 0; i < 6; i++)
		(void)finish(w[i], FEEDBACK_GOOD);
	assert_int_equal(next(&w[0]), 15);
	(void)finish(w[0], FEEDBACK_NONE);
}

static size_t run_all(struct work **w, size_t max)
{
	size_t n = 0;
	while (n < max && next(&w[n]) != 0)
		n++;
	return n;
}

static void success_widens_and_busy_narrows(void **state)
{
	struct work *w[100];
	size_t n;

	for (int i = 0; i < 500; i++)
		add("a.test", PRIORITY_PERSON, i + 1);
	n = run_all(w, 100);
	assert_int_equal(n, SCHEDULE_START);
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < n; i++)
			(void)finish(w[i], FEEDBACK_GOOD);
		size_t more = run_all(w, 100);
		assert_true(more >= n && more <= n + 1);
		n = more;
	}
	assert_int_equal(n, SCHEDULE_MAX);
	(void)finish(w[--n], FEEDBACK_BUSY);
	for (size_t i = 0; i < n; i++)
		(void)finish(w[i], FEEDBACK_NONE);
	n = run_all(w, 100);
	assert_int_equal(n, SCHEDULE_MAX / 2);
	for (size_t i = 0; i < n; i++)
		(void)finish(w[i], FEEDBACK_NONE);
}

static void who_cannot_be_reached_goes_down(void **state)
{
	struct work *w[100];
	struct list dropped;
	struct schedule_change change = { 0 };

	for (int i = 0; i < 20; i++)
		add("a.test", PRIORITY_PERSON, i + 1);
	size_t n = run_all(w, 100);
	for (size_t i = 0; i < n; i++) {
		change = finish(w[i], FEEDBACK_UNREACHABLE);
		assert_int_equal(change.down, i == n - 1);
	}
	assert_int_equal(change.failures, 1);
	list_init(&dropped);
	schedule_drop(&s, SPAN("a.test"), &dropped);
	n = 0;
	LIST_EACH(it, &dropped)
	{
		work_free(LIST_ITEM(it, struct work, node));
		n++;
	}
	assert_int_equal(n, 20 - SCHEDULE_START);

	/* Later by one, and down again at once, or up. */
	for (int i = 0; i < 5; i++)
		add("a.test", PRIORITY_PERSON, 100 + i);
	assert_int_equal(run_all(w, 100), 1);
	change = finish(w[0], FEEDBACK_UNREACHABLE);
	assert_true(change.down);
	assert_int_equal(change.failures, 2);
	assert_int_equal(run_all(w, 100), 1);
	change = finish(w[0], FEEDBACK_GOOD);
	assert_true(change.up && !change.down);
	n = run_all(w, 100);
	assert_int_equal(n, 3);
	while (n-- > 0)
		(void)finish(w[n], FEEDBACK_NONE);
	schedule_set_failures(&s, SPAN("b.test"), 3);
	add("b.test", PRIORITY_PERSON, 1);
	assert_int_equal(run_all(w, 1), 1);
	assert_int_equal(finish(w[0], FEEDBACK_UNREACHABLE).failures, 4);
}

static void bulk_leaves_room(void **state)
{
	struct work *w[100];
	char name[32];

	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof name, "d%d.test", i);
		add(name, PRIORITY_BULK, i + 1);
	}
	size_t n = run_all(w, 100);
	assert_int_equal(n, 38);
	add("person.test", PRIORITY_PERSON, 1000);
	assert_int_equal(next(&w[n]), 1000);
	for (size_t i = 0; i <= n; i++)
		(void)finish(w[i], FEEDBACK_NONE);
}

static void what_is_full_is_named_and_asks_again(void **state)
{
	struct arena a;
	struct span *full;
	struct work *w;
	int asked = 0;

	arena_init(&a, 1024);
	for (int i = 0; i < SCHEDULE_FULL; i++)
		add("a.test", PRIORITY_PERSON, i + 1);
	add("b.test", PRIORITY_PERSON, 1);
	assert_int_equal(schedule_full(&s, PRIORITY_PERSON, &a, &full), 1);
	assert_true(span_eq(full[0], SPAN("a.test")));
	assert_int_equal(schedule_full(&s, PRIORITY_BULK, &a, &full), 0);
	while (next(&w) != 0)
		asked += finish(w, FEEDBACK_GOOD).hungry;
	assert_int_equal(asked, 1);
	arena_done(&a);
}

static void bulk_takes_no_room_from_persons(void **state)
{
	struct list dropped;
	struct work *w;

	for (int i = 0; i < SCHEDULE_TOTAL + 10; i++)
		add("many.test", PRIORITY_BULK, i + 1);
	assert_false(schedule_has_room(&s, PRIORITY_BULK));
	assert_true(schedule_has_room(&s, PRIORITY_PERSON));
	add("many.test", PRIORITY_PERSON, 7777);
	assert_int_equal(next(&w), 7777); /* before all that came earlier */
	(void)finish(w, FEEDBACK_GOOD);
	assert_true(next(&w) > 0);
	(void)finish(w, FEEDBACK_GOOD);
	list_init(&dropped);
	schedule_drop(&s, SPAN("many.test"), &dropped);
	assert_int_equal(s.waiting, 0);
	assert_int_equal(s.bulk_waiting, 0);
	LIST_EACH(it, &dropped)
	work_free(LIST_ITEM(it, struct work, node));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(destinations_take_turns),
		T(success_widens_and_busy_narrows),
		T(who_cannot_be_reached_goes_down),
		T(bulk_leaves_room),
		T(bulk_takes_no_room_from_persons),
		T(what_is_full_is_named_and_asks_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
