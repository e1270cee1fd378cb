/* The outbound queue on a real database: making jobs, claiming, settling, limits on sending. */
#include "mailcore/queue/queue.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "tests/unit/store/store_fixture.h"

#define ME SPAN("node:1")

static struct fixture fixture;
static struct arena arena;
static struct db *db;

static struct ctx ctx_new(void)
{
	return scratch_ctx(&arena, db);
}

static int each_begin(void **state)
{
	scratch_sql("DELETE FROM job; DELETE FROM event; DELETE FROM queue_destination;"
		    "DELETE FROM send_count; DELETE FROM hold_notice; DELETE FROM blob_gc;");
	arena_init(&arena, 65536);
	db = scratch_open("send");
	return 0;
}

static int each_end(void **state)
{
	db_close(db);
	arena_done(&arena);
	return 0;
}

/* One message to n addresses at `domain`, from mailbox 1 or forwarded (0). */
static struct uuid enqueue(const char *domain, size_t n, int64_t mailbox_id, int64_t not_before_us)
{
	struct ctx ctx = ctx_new();
	struct prepared *p = NULL;
	struct uuid id = uuid_make(clock_now_us());
	struct delivery_job *jobs = arena_array(&arena, n, sizeof *jobs);

	assert_int_equal(
		message_prepare(fixture.store, &arena, id, fixture_message(&arena, "out", 200), &p),
		RC_OK);
	for (size_t i = 0; i < n; i++)
		jobs[i] = (struct delivery_job){ .account_id = 1,
			.domain_id = 1,
			.mailbox_id = mailbox_id,
			.mail_from = SPAN("m1@a.test"),
			.rcpt = arena_printf(&arena, "r%zu@%s", i, domain),
			.destination = span_of(domain),
			.envid = SPAN("e+2B1"),
			.notify = NOTIFY_FAILURE | NOTIFY_DELAY,
			.ret = RET_HDRS,
			.smtputf8 = true,
			.not_before_us = not_before_us };
	struct delivery d = { .message = p,
		.mail_from = SPAN("m1@a.test"),
		.jobs = jobs,
		.n_jobs = n,
		.received_at = clock_now_us() / USEC_PER_SEC };
	assert_int_equal(message_deliver(fixture.store, &ctx, &d), RC_OK);
	return id;
}

struct claimed {
	struct job_group *groups;
	size_t len;
	struct span after;
};

static struct claimed claim_busy(
	struct span owner, size_t destinations, const struct span *busy, size_t n_busy)
{
	struct ctx ctx = ctx_new();
	struct claimed c = { 0 };
	struct queue_claim claim = { .owner = owner,
		.max_destinations = destinations,
		.max_jobs = 10,
		.after = SPAN(""),
		.busy = busy,
		.n_busy = n_busy };

	assert_int_equal(queue_claim(&ctx, &claim, &c.groups, &c.len, &c.after), RC_OK);
	return c;
}

static struct claimed claim(size_t destinations)
{
	return claim_busy(ME, destinations, NULL, 0);
}

static void settle(const struct job *job, enum outcome outcome, int64_t wait_ms)
{
	struct ctx ctx = ctx_new();
	struct job_outcome o = { .job = job,
		.outcome = outcome,
		.reply = SPAN("451 4.0.0 Later"),
		.wait_ms = wait_ms,
		.name = SPAN("job.test"),
		.text = SPAN("It was tried."),
		.evidence = SPAN("{\"mx\":\"mx.test\"}") };
	assert_int_equal(queue_settle(&ctx, ME, &o, 1), RC_OK);
}

static size_t wake(int64_t *next_ms)
{
	struct ctx ctx = ctx_new();
	size_t woken = 0;

	assert_int_equal(queue_wake(&ctx, &woken, next_ms), RC_OK);
	return woken;
}

/* ------------------------------------------------------------------------ the way of a job */

static void a_group_is_a_message_and_a_destination(void **state)
{
	struct uuid one = enqueue("x.test", 3, 1, 0), two = enqueue("x.test", 1, 1, 0);
	enqueue("y.test", 1, 0, 0);
	struct claimed c = claim(10);

	assert_int_equal(c.len, 3);
	assert_int_equal(c.groups[0].len, 3);
	assert_true(uuid_eq(c.groups[0].jobs[0].trace_id, one));
	assert_true(uuid_eq(c.groups[1].jobs[0].trace_id, two));
	const struct job *j = &c.groups[0].jobs[2];
	assert_true(span_eq(j->rcpt, SPAN("r2@x.test")));
	assert_true(span_eq(j->destination, SPAN("x.test")));
	assert_true(span_eq(j->envid, SPAN("e+2B1")));
	assert_int_equal(j->notify, NOTIFY_FAILURE | NOTIFY_DELAY);
	assert_int_equal(j->ret, RET_HDRS);
	assert_true(j->smtputf8 && !j->body_8bit);
	assert_int_equal(j->mailbox_id, 1);
	assert_int_equal(c.groups[2].jobs[0].mailbox_id, 0);
	assert_int_equal(c.after.len, 0);
	assert_int_equal(claim(10).len, 0); /* leased */
}

static void outcomes_end_or_delay_a_job(void **state)
{
	int64_t next = 0;

	enqueue("x.test", 3, 1, 0);
	struct job *jobs = claim(1).groups[0].jobs;
	settle(&jobs[0], OUTCOME_SENT, 0);
	settle(&jobs[1], OUTCOME_FAILED, 0);
	settle(&jobs[2], OUTCOME_LATER, 60000);
	assert_int_equal(scratch_sql("SELECT count(*) FROM job"), 1);
	assert_int_equal(scratch_sql("SELECT count(*) FROM event WHERE name = 'job.test'"), 3);
	assert_int_equal(scratch_sql("SELECT count(DISTINCT blob_id) FROM blob_gc"), 1);
	assert_int_equal(scratch_sql("SELECT attempts FROM job WHERE state = 'waiting'"
				     " AND last_reply = '451 4.0.0 Later'"),
		1);
	assert_int_equal(wake(&next), 0);
	assert_in_range(next, 50000, 60000);
	scratch_sql("UPDATE job SET next_at = now() - interval '1 second'");
	assert_int_equal(wake(&next), 1);
	assert_int_equal(next, INT64_MAX);
	assert_int_equal(claim(1).len, 1);
}

static void what_another_holds_is_not_settled(void **state)
{
	enqueue("x.test", 1, 1, 0);
	struct claimed c = claim_busy(SPAN("node:2"), 1, NULL, 0);

	settle(&c.groups[0].jobs[0], OUTCOME_SENT, 0);
	assert_int_equal(scratch_sql("SELECT count(*) FROM job WHERE state = 'leased'"), 1);
	assert_int_equal(scratch_sql("SELECT count(*) FROM event"), 0);
}

static void a_lost_lease_is_run_again(void **state)
{
	int64_t next = 0;
	struct ctx ctx = ctx_new();

	enqueue("x.test", 2, 1, 0);
	assert_int_equal(claim(1).len, 1);
	assert_int_equal(wake(&next), 0);
	assert_in_range(next, (QUEUE_LEASE_S - 60) * 1000, QUEUE_LEASE_S * 1000);
	scratch_sql("UPDATE job SET leased_until = now() - interval '1 second'");
	assert_int_equal(wake(&next), 2);
	struct claimed c = claim(1);
	assert_int_equal(c.groups[0].len, 2);

	assert_int_equal(queue_unclaim(&ctx, ME, &c.groups[0].jobs[0].job_id, 1), RC_OK);
	assert_int_equal(claim(1).groups[0].len, 1);
	assert_int_equal(queue_unclaim_all(&ctx, SPAN("other")), RC_OK);
	assert_int_equal(claim(1).len, 0);
	assert_int_equal(queue_unclaim_all(&ctx, SPAN("node:")), RC_OK);
	assert_int_equal(claim(1).groups[0].len, 2);

	scratch_sql("UPDATE job SET leased_until = now() + interval '1 minute'");
	assert_int_equal(queue_renew(&ctx, ME), RC_OK);
	assert_int_equal(scratch_sql("SELECT count(*) FROM job"
				     " WHERE leased_until > now() + interval '5 minutes'"),
		2);
}

static void later_mail_waits(void **state)
{
	int64_t next = 0;

	enqueue("x.test", 1, 1, clock_now_us() + 3600 * USEC_PER_SEC);
	assert_int_equal(claim(1).len, 0);
	assert_int_equal(wake(&next), 0);
	assert_in_range(next, 3000 * 1000, 3600 * 1000);
}

/* ------------------------------------------------------------------------ destinations */

static void every_destination_has_its_part(void **state)
{
	struct span busy[] = { SPAN("b.test") };

	for (int i = 0; i < 30; i++)
		enqueue("a.test2", 1, 0, 0);
	enqueue("b.test", 1, 0, 0);
	enqueue("c.test", 1, 0, 0);
	struct claimed c = claim_busy(ME, 2, busy, 1);
	assert_int_equal(c.len, 11); /* ten of a, one of c */
	assert_true(span_eq(c.groups[10].jobs[0].destination, SPAN("c.test")));
	assert_true(span_eq(c.after, SPAN("c.test")));
}

static void who_is_down_is_left_alone(void **state)
{
	struct ctx ctx = ctx_new();
	struct destination_state *down;
	size_t n_down;
	int64_t next = 0;

	enqueue("dead.test", 2, 0, 0);
	enqueue("well.test", 1, 0, 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			queue_destination_set(&ctx, SPAN("dead.test"), 60000, SPAN("no route")),
			RC_OK);
	struct claimed c = claim(10);
	assert_int_equal(c.len, 1);
	assert_true(span_eq(c.groups[0].jobs[0].destination, SPAN("well.test")));
	settle(&c.groups[0].jobs[0], OUTCOME_SENT, 0);
	(void)wake(&next);
	assert_in_range(next, 50000, 60000);
	assert_int_equal(queue_destinations_down(&ctx, &down, &n_down), RC_OK);
	assert_int_equal(n_down, 1);
	assert_int_equal(down[0].failures, 2);
	assert_int_equal(queue_destination_set(&ctx, SPAN("dead.test"), 0, SPAN("")), RC_OK);
	assert_int_equal(claim(10).len, 1);
}

/* Its sender hears of a job that is too old though nobody tries its destination. */
static void old_jobs_are_found(void **state)
{
	struct ctx ctx = ctx_new();
	struct job_group *groups;
	size_t len;

	enqueue("dead.test", 3, 0, 0);
	assert_int_equal(
		queue_destination_set(&ctx, SPAN("dead.test"), 600000, SPAN("no route")), RC_OK);
	scratch_sql("UPDATE job SET created_at = now() - interval '6 days', delay_told = true"
		    " WHERE rcpt = 'r0@dead.test'");
	scratch_sql("UPDATE job SET created_at = now() - interval '5 hours'"
		    " WHERE rcpt = 'r1@dead.test'");
	assert_int_equal(queue_claim_old(&ctx, ME, 5 * 86400, 4 * 3600, &groups, &len), RC_OK);
	assert_int_equal(len, 1);
	assert_int_equal(groups[0].len, 2);
	assert_true(span_eq(groups[0].jobs[0].last_reply, SPAN("no route")));
	assert_int_equal(queue_claim_old(&ctx, ME, 5 * 86400, 4 * 3600, &groups, &len), RC_OK);
	assert_int_equal(len, 0);

	/* Nobody has run for a week: what can be tried is tried. */
	enqueue("well.test", 1, 0, 0);
	scratch_sql("UPDATE job SET created_at = now() - interval '6 days'"
		    " WHERE destination = 'well.test'");
	assert_int_equal(queue_claim_old(&ctx, ME, 5 * 86400, 4 * 3600, &groups, &len), RC_OK);
	assert_int_equal(len, 0);
	assert_int_equal(claim(10).len, 1);
}

/* What is read, not time. */
static int64_t entries_read(void)
{
	db_close(db); /* its counts are reported at the end */
	(void)poll(NULL, 0, 100);
	db = scratch_open("send");
	return scratch_sql("SELECT (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes"
			   " WHERE relname = 'job') + (SELECT seq_tup_read FROM"
			   " pg_stat_user_tables WHERE relname = 'job')");
}

/* A claim among 100,000 jobs of one dead destination costs what it costs among none. */
static void a_dead_crowd_costs_one_look(void **state)
{
	struct span busy[] = { SPAN("dead.test") };

	scratch_sql("INSERT INTO job (trace_id, blob_id, account_id, mail_from, rcpt, destination,"
		    " state) SELECT id, id, 1, 'a@a.test', 'b@dead.test', 'dead.test', 'ready'"
		    " FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 100000)) AS g");
	scratch_sql("ANALYZE job");
	enqueue("well.test", 1, 0, 0);
	struct claimed c = claim_busy(ME, 10, busy, 1);
	assert_int_equal(c.len, 1);
	assert_int_equal(scratch_sql("SELECT count(*) FROM job WHERE state = 'leased'"), 1);
	settle(&c.groups[0].jobs[0], OUTCOME_SENT, 0);
	int64_t before = entries_read(), after = before;
	for (int i = 0; i < 20; i++)
		assert_int_equal(claim_busy(ME, 10, busy, 1).len, 0);
	for (int i = 0; i < 100 && after == before; i++)
		after = entries_read();
	assert_in_range(after - before, 1, 20 * 20);
}

/* Plans are kept: one from an empty queue must not lease more than is asked for. */
static void a_plan_of_an_empty_queue_takes_no_more(void **state)
{
	scratch_sql("VACUUM (ANALYZE) job");
	assert_int_equal(claim(1).len, 0);
	scratch_sql("INSERT INTO job (trace_id, blob_id, account_id, mail_from, rcpt, destination,"
		    " state) SELECT id, id, 1, 'a@a.test', 'b@far.test', 'far.test', 'ready'"
		    " FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 500)) AS g");
	assert_int_equal(claim(1).len, 10);
	assert_int_equal(scratch_sql("SELECT count(*) FROM job WHERE state = 'leased'"), 10);
}

struct claimer {
	pthread_t thread;
	struct span owner;
	int64_t *seen;
	_Atomic size_t *total;
};

static void *claim_all(void *arg)
{
	struct claimer *me = arg;
	struct arena own;
	struct db *conn = scratch_open("send");
	size_t len = 1;

	arena_init(&own, 65536);
	while (len > 0) {
		struct ctx ctx = scratch_ctx(&own, conn);
		struct job_group *groups;
		struct span after;
		struct queue_claim c = {
			.owner = me->owner, .max_destinations = 4, .max_jobs = 3, .after = SPAN("")
		};
		if (queue_claim(&ctx, &c, &groups, &len, &after) != RC_OK)
			break;
		for (size_t i = 0; i < len; i++)
			atomic_fetch_add(me->total, groups[i].len);
		arena_reset(&own);
	}
	db_close(conn);
	arena_done(&own);
	return NULL;
}

static void two_claimers_share(void **state)
{
	_Atomic size_t total = 0;
	struct claimer both[] = { { .owner = SPAN("node:1"), .total = &total },
		{ .owner = SPAN("node:2"), .total = &total } };

	for (int i = 0; i < 60; i++)
		enqueue(i % 2 ? "x.test" : "y.test", 2, 0, 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&both[i].thread, NULL, claim_all, &both[i]), 0);
	for (int i = 0; i < 2; i++)
		(void)pthread_join(both[i].thread, NULL);
	assert_int_equal(total, 120);
	assert_int_equal(scratch_sql("SELECT count(*) FROM job WHERE state = 'leased'"), 120);
}

/* ------------------------------------------------------------------------ limits (61) */

static void a_stolen_mailbox_is_held(void **state)
{
	for (int i = 0; i < 170; i++)
		enqueue("x.test", 1, 1, 0);
	assert_int_equal(scratch_sql("SELECT count(*) FROM job WHERE state = 'ready'"), 150);
	assert_int_equal(scratch_sql("SELECT count(*) FROM job WHERE state = 'held'"
				     " AND hold_reason = 'mailbox_hour'"),
		20);
	assert_int_equal(scratch_sql("SELECT count(*) FROM event WHERE name = 'message.held'"), 20);
	assert_int_equal(scratch_sql("SELECT count(*) FROM hold_notice WHERE mailbox_id = 1"
				     " AND told_at IS NULL"),
		1);
	enqueue("x.test", 1, 2, 0); /* its neighbour goes on */
	assert_int_equal(scratch_sql("SELECT count(*) FROM job WHERE state = 'ready'"), 151);
	enqueue("x.test", 1, 0, 0); /* what is forwarded is not the mailbox' */
	assert_int_equal(scratch_sql("SELECT count(*) FROM job WHERE state = 'ready'"), 152);
}

static void recipients_and_days_count(void **state)
{
	for (int i = 0; i < 6; i++)
		enqueue("x.test", 100, 1, 0);
	assert_int_equal(scratch_sql("SELECT count(*) FROM job WHERE state = 'ready'"), 500);
	scratch_sql("DELETE FROM job; UPDATE send_count SET hour = hour - 5, messages = 750,"
		    " recipients = 750 WHERE scope = 'mailbox'");
	enqueue("x.test", 1, 1, 0);
	assert_int_equal(
		scratch_sql("SELECT count(*) FROM job WHERE hold_reason = 'mailbox_day'"), 1);
	scratch_sql("INSERT INTO send_limit VALUES ('mailbox', 1, 0, 0, 0, 0)");
	enqueue("x.test", 1, 1, 0);
	assert_int_equal(scratch_sql("SELECT count(*) FROM job WHERE state = 'ready'"), 1);
	scratch_sql("DELETE FROM send_limit WHERE id <> 0");
}

int main(void)
{
	if (!fixture_begin(&fixture, NULL))
		return 1;
#define T(f) cmocka_unit_test_setup_teardown(f, each_begin, each_end)
	const struct CMUnitTest tests[] = {
		T(a_group_is_a_message_and_a_destination),
		T(outcomes_end_or_delay_a_job),
		T(what_another_holds_is_not_settled),
		T(a_lost_lease_is_run_again),
		T(later_mail_waits),
		T(every_destination_has_its_part),
		T(who_is_down_is_left_alone),
		T(old_jobs_are_found),
		T(a_plan_of_an_empty_queue_takes_no_more),
		T(a_dead_crowd_costs_one_look),
		T(two_claimers_share),
		T(a_stolen_mailbox_is_held),
		T(recipients_and_days_count),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&fixture);
	return failed;
}
